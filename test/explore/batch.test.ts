import { describe, expect, it } from 'vitest';
import { type BatchFailure, BatchRunner, batchesOf } from '../../src/sim/explore/batch.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { SPECIMENS } from '../zoo/programs.ts';

const twostage = SPECIMENS.find(({ name }) => name === 'twostage')?.scenario as Scenario;

describe('batches', () => {
  it('cover all runs once, in order', () => {
    for (const strategy of ['random', 'pct:3', 'surw', 'portfolio', 'dfs']) {
      const ranges = [...batchesOf({ strategy, seed: 1 }, 2_345)];
      let next = 1;
      for (const { firstRun, runs } of ranges) {
        expect(firstRun).toBe(next);
        next += runs;
      }
      expect(next).toBe(2_346);
    }
  });

  it('find the same whoever makes them, in whatever order, and in whatever slices', () => {
    for (const strategy of ['random', 'pct:3', 'surw', 'feedback', 'portfolio']) {
      const plan = { strategy, seed: 5 };
      const ranges = [...batchesOf(plan, 1_200)];
      const whole = ranges.map((range) => new BatchRunner(twostage, plan, range).more(range.runs));
      const backwards = ranges
        .toReversed()
        .map((range) => new BatchRunner(twostage, plan, range).more(range.runs));
      expect(backwards.reverse()).toEqual(whole);
      const [range] = ranges;
      if (range === undefined) throw new Error('no batches');
      const runner = new BatchRunner(twostage, plan, range);
      const slices = [runner.more(30), runner.more(range.runs - 30)];
      expect(slices.flatMap(({ classes }) => classes)).toEqual(whole[0]?.classes);
      const first = (failures: readonly BatchFailure[]) => failures[0]?.run;
      expect(first(slices.flatMap(({ failures }) => failures))).toBe(
        first(whole[0]?.failures ?? []),
      );
    }
  });

  it('of a random walk are the runs of one long walk', () => {
    const { found } = fuzz(twostage, { runs: 1_000, seed: 5 });
    const plan = { strategy: 'random', seed: 5 };
    const met = [...batchesOf(plan, 1_000)].flatMap(
      (range) => new BatchRunner(twostage, plan, range).more(range.runs).failures,
    );
    expect(met[0]).toMatchObject({ run: found?.run, decisions: found?.decisions });
  });
});
