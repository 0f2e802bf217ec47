import type { Random } from '../../src/sim/schedule/random.ts';

/** What a stranger, or a disk, may put in the place of a value. */
const VALUES: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 1e308, 2 ** 53, '', 'x', '__proto__', '../../../etc/passwd'],
  ...['\u001b]0;t\u0007', [], [[]], {}, [null], ['step'], ['step', '', -1], 'x'.repeat(10_000)],
];

/** One value of the JSON, somewhere in it, is another one, or is not there. */
export function mutated(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.below(8) === 0) {
    return VALUES[random.below(VALUES.length)];
  }
  const keys = Object.keys(value);
  const key = keys[random.below(Math.max(1, keys.length))];
  if (key === undefined) return VALUES[random.below(VALUES.length)];
  const copy = structuredClone(value) as Record<string, unknown>;
  if (random.below(10) === 0) delete copy[key];
  else copy[key] = mutated(copy[key], random);
  return copy;
}
