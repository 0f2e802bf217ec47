import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { readFailure, savedFailures } from '../../src/sim/explore/failures.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { replaySaved } from '../../src/sim/explore/replay-file.ts';
import { keepFailure } from '../../src/sim/explore/reporting.ts';
import type { Random } from '../../src/sim/schedule/random.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { parseSchedule } from '../../src/sim/schedule/text.ts';
import { InternalError, UsageError } from '../../src/sys/errors.ts';
import { line, type Part, Tally } from './part.ts';

const scenario = (SCENARIOS.find(({ model }) => model.id === 'sequential') as (typeof SCENARIOS)[0])
  .scenario;

/** What a stranger, or a disk, may put in the place of a value. */
const VALUES: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 1e308, 2 ** 53, '', 'x', '__proto__', '../../../etc/passwd'],
  ...['\u001b]0;t\u0007', [], [[]], {}, [null], ['step'], ['step', '', -1], 'x'.repeat(10_000)],
];

/** One value of the JSON, somewhere in it, is another one, or is not there. */
function mutated(value: unknown, random: Random): unknown {
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

/** Text with a few characters changed, dropped or doubled. */
function smudged(text: string, random: Random): string {
  const chars = [...text];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(chars.length);
    chars.splice(at, random.below(2), String.fromCharCode(32 + random.below(96)));
  }
  return chars.join('');
}

const isClear = (error: unknown): boolean =>
  (error instanceof UsageError || (error as Error).name === 'Departure') &&
  !(error instanceof InternalError);

/** A failure file with something wrong in it, read and replayed: an answer, or a clear error. */
export const files: Part = {
  name: 'mutated failure files',
  share: 12,
  async run({ random, isOver, folder }) {
    const saved = join(folder, 'saved');
    await inMacrotask(() => {
      const { found } = fuzz(scenario, { runs: 2_000, seed: 1 });
      if (found === undefined) throw new Error('nothing was found to be mutated');
      keepFailure(scenario, found, { strategy: 'random', seed: 1, folder: saved, note: () => {} });
    });
    const [whole] = savedFailures(saved);
    const text = readFileSync(whole?.path as string, 'utf8');
    const path = join(folder, 'mutated.json');
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    do {
      const asJson = random.below(4) > 0;
      const given = asJson
        ? JSON.stringify(mutated(JSON.parse(text), random))
        : smudged(text, random);
      writeFileSync(path, given);
      await inMacrotask(() => {
        tried++;
        try {
          const file = readFailure(path);
          const { failure } = replaySaved(scenario, { path, file }).recorded.run;
          tally.add(failure === undefined ? 'replayed and passed' : 'replayed and failed');
        } catch (error) {
          if (isClear(error)) tally.add('refused');
          else wrong.push(`${line(error)} of ${given.slice(0, 300)}`);
        }
      });
      const polluted = Object.keys(Object.prototype);
      if (polluted.length > 0) wrong.push(`Object.prototype has grown: ${polluted.join(', ')}`);
    } while (!isOver());
    return { what: this.name, tried, came: `${tally}`, wrong };
  },
};

/** Schedules as text with something wrong in them. */
export const schedules: Part = {
  name: 'mutated schedules',
  share: 5,
  async run({ random, isOver }) {
    const [first] = await inMacrotask(() => {
      const { found } = fuzz(scenario, { runs: 2_000, seed: 2 });
      return [found?.decisions ?? []];
    });
    const { formatSchedule } = await import('../../src/sim/schedule/text.ts');
    const text = formatSchedule(scenario.name, first);
    const tally = new Tally();
    const wrong: string[] = [];
    let tried = 0;
    do {
      for (let i = 0; i < 100; i++) {
        const given = smudged(text, random);
        tried++;
        try {
          tally.add(parseSchedule(given).decisions.length > 0 ? 'read' : 'empty');
        } catch (error) {
          if (isClear(error)) tally.add('refused');
          else wrong.push(`${line(error)} of ${given}`);
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    } while (!isOver());
    return { what: this.name, tried, came: `${tally}`, wrong };
  },
};
