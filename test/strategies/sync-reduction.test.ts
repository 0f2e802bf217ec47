/**
 * The reduced search against the plain one, on random programs that synchronise: what `heddle/sync`
 * touches is what it says that it touches.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import { search, searchReduced } from './exact.ts';
import { asScenario, programs } from './sync-programs.ts';

/** More interleavings than this, and a program is passed over. */
const RUNS_MAX = 200;

it('finds the outcomes of the plain search, and makes no class twice', () => {
  let compared = 0;
  let severalOutcomes = 0;
  fc.assert(
    fc.property(programs, (program) => {
      const plain = search(asScenario(program), new DepthFirst(), RUNS_MAX);
      if (plain === undefined) return;
      compared++;
      if (plain.outcomes.size > 1) severalOutcomes++;
      const reduced = searchReduced(asScenario(program), {}, RUNS_MAX);
      expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
      expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
      expect(reduced?.runs).toBe(reduced?.classes.size);
    }),
    { numRuns: 400, seed: 2026 },
  );
  expect(compared).toBeGreaterThan(300);
  expect(severalOutcomes).toBeGreaterThan(150);
});
