import { describe, expect, it } from 'vitest';
import { isLeast, median, randomFailures } from './shrinking.ts';

/** Programs whose runs are short. */
const QUICK = [
  'account',
  'deadlock01',
  'lazy01',
  'token_ring',
  'reorder_3',
  'stringbuffer',
  'bluetooth',
  'nested order',
  'bounded buffer',
];

describe('failures of the zoo', () => {
  const shrunk = [...randomFailures(40, QUICK)];
  const known = shrunk.filter((one) => isLeast(one) !== undefined);

  it('are the same failures when they are shrunk', () => {
    expect(shrunk).toHaveLength(40);
    expect(shrunk.filter(({ same }) => !same)).toEqual([]);
  });

  it('have the fewest preemptions there are, in at least 95 of 100', () => {
    expect(known.length).toBeGreaterThan(30);
    const least = known.filter((one) => isLeast(one) === true);
    expect(least.length / known.length).toBeGreaterThanOrEqual(0.95);
  });

  it('have the fewest decisions that there are, in at least 97 of 100', () => {
    const told = shrunk.map(({ isFewest }) => isFewest).filter((one) => one !== undefined);
    expect(told.length).toBeGreaterThan(30);
    expect(told.filter(Boolean).length / told.length).toBeGreaterThanOrEqual(0.97);
  });

  it('take few replays, and few decisions are left', () => {
    expect(median(shrunk.map(({ replays }) => replays))).toBeLessThanOrEqual(120);
    expect(median(shrunk.map(({ after }) => after.notCalm))).toBeLessThanOrEqual(3);
    for (const { before, after } of shrunk) {
      expect(after.notCalm).toBeLessThanOrEqual(before.notCalm);
    }
  });
});
