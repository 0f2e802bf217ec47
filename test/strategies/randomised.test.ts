import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { makeStrategy, STRATEGY_NAMES } from '../../src/sim/schedule/strategies/index.ts';
import { Pct } from '../../src/sim/schedule/strategies/pct.ts';
import { Portfolio } from '../../src/sim/schedule/strategies/portfolio.ts';
import { AccessCounts, Surw } from '../../src/sim/schedule/strategies/surw.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { DemotesToLowest } from '../zoo/demotes-to-lowest.ts';
import { schedulesToFirst } from '../zoo/measure.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { spinning, waitingByTurns } from './worlds.ts';

function specimen(name: string): Scenario {
  return SPECIMENS.find((one) => one.name === name)?.scenario as Scenario;
}

describe('every strategy', () => {
  it.each(STRATEGY_NAMES)('makes the same runs again for the same seed: %s', (name) => {
    const digests = (): string[] => {
      const strategy = makeStrategy(name, { seed: 7 });
      return Array.from(
        { length: 100 },
        () => attempt(specimen('reorder_3'), strategy, { digest: true })?.digest ?? '',
      );
    };
    expect(digests()).toEqual(digests());
  });

  it.each(STRATEGY_NAMES)('lets nobody spin for ever: %s', (name) => {
    const strategy = makeStrategy(name, { seed: 7 });
    for (let run = 0; run < 200; run++) {
      expect(attempt(spinning(), strategy)?.failure).toBeUndefined();
    }
  });

  // Where a low priority stands while somebody spins, some twenty of these runs are longer: also of
  // the walk of surw that goes by priorities.
  it.each([
    ['pos', () => makeStrategy('pos', { seed: 7 })],
    ['surw by priority', () => new Surw(7, 0, 'by priority')],
  ] as const)('keeps nobody for whom another waits by turns: %s', (_, make) => {
    const strategy = make();
    let longest = 0;
    for (let run = 0; run < 5_000; run++) {
      longest = Math.max(longest, attempt(waitingByTurns(20), strategy)?.steps ?? 0);
    }
    expect(longest).toBeLessThan(1_000);
  });

  it.each(STRATEGY_NAMES)(
    'lets those that spin on a lock-free stack come to their end: %s',
    (name) => {
      const strategy = makeStrategy(name, { seed: 7 });
      for (let run = 0; run < 300; run++) {
        expect(attempt(specimen('SafeStack'), strategy)?.failure).toBeUndefined();
      }
    },
  );

  it.each(STRATEGY_NAMES)('finds a deadlock of two tasks: %s', (name) => {
    const first = schedulesToFirst(specimen('deadlock01'), makeStrategy(name, { seed: 7 }), 100);
    expect(first).toBeDefined();
  });
});

describe('names of strategies', () => {
  it.each([
    ['pct', 'pct:3'],
    ['pct:5', 'pct:5'],
    ['delay:2', 'delay:2'],
    ['icb', 'icb'],
  ])('%s makes %s', (spec, name) => {
    expect(makeStrategy(spec, { seed: 1 }).name).toBe(name);
  });

  it.each([
    ['nonsense', /there is no strategy "nonsense"; there are: random/],
    ['constructor', /there is no strategy/],
    ['pct:0', /from 1 to 1000/],
    ['pct:x', /number behind pct is the depth/],
    ['pct:2:3', /cannot be read/],
    ['pos:3', /takes no number/],
  ])('%s is refused', (spec, message) => {
    expect(() => makeStrategy(spec, { seed: 1 })).toThrow(message);
  });
});

describe('PCT', () => {
  const SEEDS = 10;
  const RUNS = 2_000;

  it('finds a nested order at depth 3, which demoting to the lowest never does', () => {
    const nested = specimen('nested order A B C B A');
    let paper = 0;
    let lowest = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      if (schedulesToFirst(nested, new Pct(seed, 3), RUNS) !== undefined) paper++;
      if (schedulesToFirst(nested, new DemotesToLowest(seed, 3), RUNS) !== undefined) lowest++;
    }
    expect({ paper, lowest }).toEqual({ paper: SEEDS, lowest: 0 });
  });
});

describe('the selectively uniform random walk', () => {
  it.each([
    ['reorder_10', 200],
    ['reorder_20', 400],
    ['twostage_20', 800],
  ])('finds what random walks do not: %s', (name, runs) => {
    for (let seed = 1; seed <= 5; seed++) {
      const first = schedulesToFirst(specimen(name), makeStrategy('surw', { seed }), runs);
      expect(first).toBeDefined();
    }
  });
});

describe('those that draw by the same counts', () => {
  it('draw by what another of them has counted', () => {
    /** How many of so many seeds find, in their first run, what a random walk does not. */
    const findsOf = (countsOf: (seed: number) => AccessCounts): number => {
      let finds = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const strategy = new Surw(seed, 0, 'by steps', countsOf(seed));
        if (attempt(specimen('uneven-25'), strategy)?.failure !== undefined) finds++;
      }
      return finds;
    };
    expect(findsOf(() => new AccessCounts())).toBe(0);
    const counted = (seed: number): AccessCounts => {
      const counts = new AccessCounts();
      attempt(specimen('uneven-25'), new Surw(seed, 0, 'by priority', counts));
      return counts;
    };
    // One order of 26 steps: about one in 26.
    const finds = findsOf(counted);
    expect(finds).toBeGreaterThan(3);
    expect(finds).toBeLessThan(30);
  });
});

describe('the portfolio', () => {
  it('gives more runs to who finds more', () => {
    const portfolio = new Portfolio([
      { strategy: makeStrategy('surw', { seed: 1 }), share: 1 },
      { strategy: makeStrategy('random', { seed: 1 }), share: 1 },
    ]);
    for (let run = 0; run < 300; run++) attempt(specimen('reorder_20'), portfolio);
    const shares = portfolio.shares;
    expect(shares.get('surw')).toBeGreaterThan(shares.get('random') as number);
  });

  it('goes on without a member that has come to its end', () => {
    const portfolio = new Portfolio([
      { strategy: makeStrategy('dfs', { seed: 1 }), share: 1 },
      { strategy: makeStrategy('random', { seed: 1 }), share: 1 },
    ]);
    for (let run = 0; run < 200; run++) {
      expect(attempt(specimen('account-manager'), portfolio)).toBeDefined();
    }
  });

  /** Answers nothing but the calm alternative, and counts its runs. */
  class Counting implements Strategy {
    readonly name: string;
    runs = 0;
    constructor(name: string) {
      this.name = name;
    }
    begin(): boolean {
      this.runs++;
      return true;
    }
    choose(): number {
      return 0;
    }
    end(): void {}
  }

  it('begins with its opening, and goes on by shares', () => {
    const [a, b] = [new Counting('a'), new Counting('b')];
    const [often, seldom] = [
      { strategy: a, share: 3 },
      { strategy: b, share: 1 },
    ];
    const portfolio = new Portfolio([often, seldom], [seldom, seldom, often, seldom]);
    const counts = (runs: number): number[] => {
      for (let run = 0; run < runs; run++) attempt(specimen('account-manager'), portfolio);
      return [a.runs, b.runs];
    };
    expect(counts(2)).toEqual([0, 2]);
    expect(counts(2)).toEqual([1, 3]);
    expect(counts(40)).toEqual([31, 13]);
  });

  it('shares the runs in another way the longer nothing new is found', () => {
    const portfolio = new Portfolio([
      { strategy: new Counting('draws'), share: 9, idleShare: 1 },
      { strategy: new Counting('searches'), share: 1, idleShare: 9 },
    ]);
    const share = (runs: number): number => {
      for (let run = 0; run < runs; run++) attempt(specimen('account-manager'), portfolio);
      return portfolio.shares.get('searches') as number;
    };
    // Every run is the calm one: what there is to be seen is seen in the first.
    expect(share(1)).toBeCloseTo(0.1);
    expect(share(250)).toBeCloseTo(0.5, 1);
    expect(share(5_000)).toBeGreaterThan(0.8);
  });

  it('leaves a long search to who learns, as long as that brings what no run has shown', () => {
    const lateShareOf = (name: string): number => {
      const learning = makeStrategy('feedback', { seed: 1 });
      const portfolio = new Portfolio(
        [
          { strategy: learning, share: 1, idleShare: 1, lateShare: 99 },
          { strategy: makeStrategy('random', { seed: 1 }), share: 1, idleShare: 1 },
        ],
        [],
        100_000,
      );
      for (let run = 0; run < 1_000; run++) attempt(specimen(name), portfolio);
      const shares = portfolio.shares;
      const all = [...shares.values()].reduce((sum, share) => sum + share);
      return (shares.get('feedback') as number) / all;
    };
    // What two tasks with two steps each can do has soon been seen.
    expect(lateShareOf('deadlock01')).toBeLessThan(0.55);
    expect(lateShareOf('SafeStack')).toBeGreaterThan(0.8);
  });

  it('makes the calm run once for all that begin with it', () => {
    const schedulesOf = (strategy: Strategy): string[] => {
      const schedules: string[] = [];
      for (;;) {
        const result = attempt(specimen('account-manager'), strategy);
        if (result === undefined) return schedules.sort();
        schedules.push(result.schedule.join(' '));
      }
    };
    const parts = () => [
      { strategy: makeStrategy('delay:2', { seed: 1 }), share: 2, beginsCalm: true },
      { strategy: makeStrategy('icb:1', { seed: 1 }), share: 1, beginsCalm: true },
    ];
    const [delay = [], icb = []] = parts().map(({ strategy }) => schedulesOf(strategy));
    const calm = delay[0] as string;
    expect(icb[0]).toBe(calm);
    const together = schedulesOf(new Portfolio(parts()));
    expect([...together, calm].sort()).toEqual([...delay, ...icb].sort());
  });

  it('takes for no find what batches before it have shown', () => {
    const pairsOf = (pairs: readonly number[]): number => {
      const random = { strategy: makeStrategy('random', { seed: 1 }), share: 1, idleShare: 1 };
      const sticky = { strategy: makeStrategy('sticky', { seed: 1 }), share: 1, idleShare: 99 };
      const portfolio = new Portfolio([random, sticky], [], 0, pairs);
      for (let run = 0; run < 100; run++) attempt(specimen('account-manager'), portfolio);
      return portfolio.shares.get('sticky') as number;
    };
    const feedback = makeStrategy('feedback', { seed: 1 });
    for (let run = 0; run < 500; run++) attempt(specimen('account-manager'), feedback);
    expect(pairsOf(feedback.learned?.().pairs ?? [])).toBeGreaterThan(pairsOf([]));
  });

  it('makes the systematic runs in the first batch only', () => {
    const membersOf = (firstRun: number): readonly string[] => [
      ...(makeStrategy('portfolio', { seed: 1, firstRun }) as Portfolio).shares.keys(),
    ];
    const systematic = ['dpor', 'delay', 'icb'];
    expect(membersOf(1)).toEqual(expect.arrayContaining(systematic));
    expect(membersOf(1_001).filter((name) => systematic.includes(name))).toEqual([]);
    expect(membersOf(1_001)).toContain('surw');
  });
});
