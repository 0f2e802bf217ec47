import { describe, expect, it } from 'vitest';
import {
  type Batch,
  type BatchFailure,
  type BatchRange,
  BatchRunner,
  batchesOf,
  Rounds,
  wholeBatches,
} from '../../src/sim/explore/batch.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
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

  it('leave more than half of the default runs to be shared, where the first is learned from', () => {
    const first = (strategy: string, runs: number) =>
      [...batchesOf({ strategy, seed: 1 }, runs)].map((range) => range.runs);
    expect(first('portfolio', 1_000)).toEqual([400, 150, 150, 150, 150]);
    expect(first('feedback', 3_500).slice(5)).toEqual([1_000, 1_000, 500]);
    expect(first('random', 250)).toEqual([100, 100, 50]);
    expect(first('dpor', 250)).toEqual([250]);
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
    const strategy = makeStrategy('random', { seed: 5, firstRun: 1 });
    const { found } = fuzz(twostage, { runs: 1_000, seed: 5, strategy });
    const plan = { strategy: 'random', seed: 5 };
    const met = [...batchesOf(plan, 1_000)].flatMap(
      (range) => new BatchRunner(twostage, plan, range).more(range.runs).failures,
    );
    expect(met[0]).toMatchObject({ run: found?.run, decisions: found?.decisions });
  });
});

describe('what batches learn', () => {
  const plan = { strategy: 'portfolio', seed: 3 };

  it('is handed on in rounds, whoever makes a batch and whenever', () => {
    const inOrder = new Rounds(plan, 7_000);
    const backwards = new Rounds(plan, 7_000);
    for (;;) {
      const round = inOrder.next();
      const other = backwards.next();
      if (round === undefined || other === undefined) {
        expect([round, other]).toEqual([undefined, undefined]);
        break;
      }
      const ranges = [...round];
      const reversed = [...other].reverse();
      const make = (range: BatchRange): Batch =>
        new BatchRunner(twostage, plan, range).more(range.runs);
      const made = ranges.map(make);
      const madeBackwards = reversed.map(make).reverse();
      expect(madeBackwards).toEqual(made);
      for (const { learned } of made) inOrder.learn(learned);
      for (const { learned } of madeBackwards) backwards.learn(learned);
    }
  });

  it('is known to those of the next round, and to no other', () => {
    const rounds = new Rounds(plan, 9_000);
    const sizes: number[] = [];
    let known = 0;
    for (let round = rounds.next(); round !== undefined; round = rounds.next()) {
      const ranges = [...round];
      sizes.push(ranges.length);
      for (const range of ranges) expect(range.known?.parents.length ?? 0).toBe(known);
      rounds.learn({ pairs: [known], parents: [[known]] });
      known++;
    }
    expect(sizes).toEqual([1, 4, 4, 4]);
    expect([...(new Rounds({ strategy: 'pos', seed: 1 }, 900).next() ?? [])]).toHaveLength(9);
  });

  it('comes out the same in slices that are put together as in one piece', async () => {
    const range = { firstRun: 1_001, runs: 1_000 };
    const whole = new BatchRunner(twostage, plan, range).more(1_000);
    async function* slices(): AsyncGenerator<Batch> {
      const runner = new BatchRunner(twostage, plan, range);
      for (let i = 0; i < 20; i++) yield runner.more(50);
    }
    const together: Batch[] = [];
    for await (const batch of wholeBatches(slices())) together.push(batch);
    expect(together).toEqual([whole]);
  });
});
