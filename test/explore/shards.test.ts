// What is cut into shards is, put together, exactly what it would have been in one piece.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SHARD } from '../../src/sim/explore/amounts.ts';
import {
  type Batch,
  batchesHere,
  dealOf,
  type FuzzPlan,
  runsDealt,
  wholeBatches,
} from '../../src/sim/explore/batch.ts';
import { type Checked, type CheckOptions, check } from '../../src/sim/explore/check.ts';
import { UnreachedError } from '../../src/sim/explore/reached.ts';
import { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { SPECIMENS } from '../zoo/programs.ts';

const SHARDS = [1, 2, 3, 4].map((index) => ({ index, of: 4 }));
/** Two add one to a number, without a lock, and it matters in few runs. */
const counter = scenario('a counter', (world) => {
  const count = world.cell('count', 0);
  const luck = world.draw('luck', 100);
  for (const who of ['ann', 'bob']) {
    world.process('p').spawn(who, function* (sys) {
      yield* sys.store(count, (yield* sys.load(count)) + 1);
    });
  }
  world.finally(
    'both are counted',
    () => luck !== 1 || count.value === 2 || `it is ${count.value}`,
  );
});

const folder = mkdtempSync(join(tmpdir(), 'heddle-shards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function batchesBy(plan: FuzzPlan, runs: number): Promise<Batch[]> {
  const made: Batch[] = [];
  for await (const batch of wholeBatches(batchesHere(counter, plan, runs))) made.push(batch);
  return made;
}

describe('the batches of all shards', () => {
  // Two groups of rounds, the last of them unfinished; and a batch that is not whole.
  it.each([
    ['random', 1_250],
    ['pct:3', 1_250],
    ['surw', 1_250],
    ['feedback', 14_500],
    ['portfolio', 14_500],
    ['dfs', 300],
  ])('by %s are those of one search of %i runs', async (strategy, runs) => {
    const plan = { strategy, seed: 5 };
    const one = await batchesBy(plan, runs);
    const shards: Batch[][] = [];
    for (const shard of SHARDS) {
      const dealt = { ...plan, deal: dealOf(counter, shard) };
      const batches = await batchesBy(dealt, runs);
      const made = batches.reduce((sum, batch) => sum + batch.runs, 0);
      if (strategy !== 'dfs') expect(made).toBe(runsDealt(dealt, runs));
      shards.push(batches);
    }
    const all = shards.flat().sort((a, b) => a.firstRun - b.firstRun);
    expect(all).toEqual(one);
    expect(one.flatMap(({ failures }) => failures).length).toBeGreaterThan(0);
    // Nobody makes what others make.
    const dealt = shards.filter((batches) => batches.length > 0).length;
    expect(dealt).toBe(Math.min(4, { feedback: 2, portfolio: 2, dfs: 1 }[strategy] ?? 4));
  });

  it('of short searches are spread by the names of the scenarios', () => {
    const firsts = SPECIMENS.map((specimen) =>
      SHARDS.findIndex((shard) => {
        const deal = dealOf(specimen.scenario, shard);
        return runsDealt({ strategy: 'portfolio', seed: 1, deal }, 1_000) === 1_000;
      }),
    );
    expect(new Set(firsts)).toEqual(new Set([0, 1, 2, 3]));
  });

  it('have no end where the search has none', () => {
    const plan = (strategy: string) => ({ strategy, seed: 1, deal: { first: 2, of: 3 } });
    expect(runsDealt(plan('portfolio'), Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(runsDealt(plan('dfs'), Number.POSITIVE_INFINITY)).toBe(0);
  });
});

/** What came of a check, and the files that it has left. */
async function outcomeOf(its: Scenario, options: CheckOptions) {
  const at = join(folder, 'saved');
  rmSync(at, { recursive: true, force: true });
  const ended: Checked | Error = await check(its, { ...options, folder: at }).catch((e) => e);
  const names = existsSync(at) ? readdirSync(at) : [];
  const files = names.map((file) => [file, readFileSync(join(at, file), 'utf8')]);
  const run = Number(
    ended instanceof ScheduleFailure && /^run ([\d,]+)/.exec(ended.found ?? '')?.[1],
  );
  return { ended, run, files };
}

describe('check in shards', () => {
  it.each(['random', 'pct:3', 'portfolio'])(
    'by %s: the first failure of one search is found by one shard, byte for byte',
    async (strategy) => {
      const options = { strategy, runs: 5_000, seed: 3 };
      const one = await outcomeOf(counter, options);
      const all = [];
      for (const shard of SHARDS) {
        all.push(await outcomeOf(counter, { ...options, shard }));
      }
      expect(one.run).toBeGreaterThan(0);
      const found = all.filter(({ run }) => run > 0).sort((a, b) => a.run - b.run);
      expect(found[0]).toEqual(one);
      expect(found.filter(({ run }) => run === one.run)).toHaveLength(1);
    },
  );

  it('all runs of a scenario that holds are made once', async () => {
    const options = { strategy: 'random', runs: 1_000 } as const;
    const holds = atMost(2);
    const one = (await outcomeOf(holds, options)).ended as Checked;
    let [runs, steps] = [0, 0];
    for (const shard of SHARDS) {
      const its = (await outcomeOf(holds, { ...options, shard })).ended as Checked;
      runs += its.runs;
      steps += its.steps;
    }
    expect({ runs, steps }).toEqual({ runs: one.runs, steps: one.steps });
  });

  it('what must be reached once is missed by all shards that have runs, or by none', async () => {
    const options = { strategy: 'random', runs: 400 } as const;
    // Reached in a single batch, and nowhere: the shards of other batches look there too.
    for (const [law, message] of [
      [drawing(300, 7), undefined],
      [drawing(300, 300), /none of 400 runs/],
    ] as const) {
      const one = await outcomeOf(law, options);
      const met = (one.ended as Checked).reached?.sometimes['it is the one'];
      if (message === undefined) expect(met).toBe(1);
      const all = [];
      for (const shard of SHARDS) all.push(await outcomeOf(law, { ...options, shard }));
      for (const { ended } of [one, ...all]) {
        expect(ended instanceof UnreachedError).toBe(message !== undefined);
        if (ended instanceof UnreachedError) expect(ended.message).toMatch(message ?? '');
      }
    }
  });

  it('data races are found by one shard, in the run in which one search finds them', async () => {
    const racy = scenario('a race in some runs', (world) => {
      const cell = world.cell('count', 0);
      const luck = world.draw('luck', 300);
      for (const who of ['ann', 'bob']) {
        world.process('p').spawn(who, function* (sys) {
          yield* sys.getpid();
          if (luck === 8) yield* sys.store(cell, 1);
        });
      }
    });
    const options = { strategy: 'random', runs: 1_000, races: true } as const;
    const one = await outcomeOf(racy, options);
    const all = [];
    for (const shard of SHARDS) all.push(await outcomeOf(racy, { ...options, shard }));
    const found = all.filter(({ run }) => run > 0).sort((a, b) => a.run - b.run);
    expect(found[0]?.run).toBe(one.run);
    // Behind the first batch of each shard.
    expect(one.run).toBeGreaterThan(400);
  });
});

/** It means to meet one number of so many. */
function drawing(n: number, wanted: number): Scenario {
  return scenario('luck', (world) => {
    const luck = world.draw('luck', n);
    world.process('p').spawn('a', function* (sys) {
      yield* sys.getpid();
    });
    world.sometimes('it is the one', () => luck === wanted);
  });
}

/** Two tasks, of which both have their turn. */
function atMost(turnsMax: number): Scenario {
  return scenario('two turns', (world) => {
    let turns = 0;
    for (const task of ['a', 'b']) {
      world.process('p').spawn(task, function* (sys) {
        yield* sys.getpid();
        turns++;
      });
    }
    world.finally('not more', () => turns <= turnsMax);
  });
}

describe('a shard as text', () => {
  it.each(['', '3', '0/4', '5/4', '1/0', '-1/4', '1/4/2', '1.5/4', 'a/b', '1/9999999'])(
    'is not %j',
    (text) => expect(SHARD.read(text)).toBeUndefined(),
  );
  it('is a place among so many', () => expect(SHARD.read('3/10')).toEqual({ index: 3, of: 10 }));
});
