import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { Pct } from '../../src/sim/schedule/strategies/pct.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { Cell } from '../../src/sys/index.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { criticalValue, type Fit, fitOf, together } from './chi-squared.ts';
import { enumerate } from './exact.ts';

const exact = SPECIMENS.filter(
  ({ probability, name }) => probability !== undefined && name !== 'fsbench',
);

describe('the whole tree of schedules', () => {
  it.each(
    exact.map(
      ({ name, scenario, probability }) => [name, scenario, probability as number] as const,
    ),
  )('gives the known probability that a random walk fails: %s', (_name, scenario, probability) => {
    expect(Math.abs(enumerate(scenario).probability - probability)).toBeLessThan(1e-6);
  });
});

/**
 * A sound strategy is called unsound once in a thousand times; the seeds are fixed, so it is once
 * and for all.
 */
const P = 0.001;
/** The normal distribution is below -Z with that probability. */
const Z = 3.09;

const byChance = ({ statistic, degrees }: Fit): void => {
  expect(degrees).toBeGreaterThan(0);
  expect(statistic).toBeLessThan(criticalValue(degrees, P));
};

describe('chi-squared', () => {
  // Abramowitz and Stegun, table 26.8.
  it.each([
    [1, 0.001, 10.828],
    [1, 0.5, 0.45494],
    [2, 0.001, 13.816],
    [5, 0.001, 20.515],
    [10, 0.05, 18.307],
    [30, 0.001, 59.703],
    [100, 0.001, 149.449],
  ])(
    'with %i degrees of freedom exceeds with probability %f what tables say',
    (degrees, p, value) => {
      expect(criticalValue(degrees, p)).toBeCloseTo(value, 3);
    },
  );

  it('tells a loaded die from a fair one', () => {
    const fair = new Map(['1', '2', '3', '4', '5', '6'].map((face) => [face, 1 / 6]));
    const throws = (...counts: readonly number[]): Map<string, number> =>
      new Map(counts.map((count, i) => [`${i + 1}`, count]));
    byChance(fitOf(throws(98, 104, 91, 110, 99, 98), fair));
    expect(fitOf(throws(90, 90, 90, 90, 90, 150), fair).statistic).toBeGreaterThan(
      criticalValue(5, P),
    );
    expect(() => fitOf(new Map([['7', 1]]), fair)).toThrow('impossible');
  });
});

describe('the random walk, in 200,000 runs', () => {
  const RUNS_EACH = 40_000;
  const walked = ['deadlock01', 'twostage', 'reorder_3', 'bluetooth_driver', 'account-manager'];
  const walks = new Map<string, ReturnType<typeof walk>>();
  const walkOf = (name: string): ReturnType<typeof walk> => {
    const made = walks.get(name) ?? walk(name, RUNS_EACH);
    walks.set(name, made);
    return made;
  };

  it('fails as often as it must', () => {
    const fits = walked.map((name) => walkOf(name).outcomes);
    for (const fit of fits) byChance(fit);
    const all = together(fits);
    expect(all.degrees).toBe(walked.length);
    byChance(all);
  });

  it.each(walked)('makes each schedule as often as it must: %s', (name) => {
    const { scenario, schedules } = walkOf(name);
    byChance(fitOf(schedules, enumerate(scenario).schedules));
  });
});

function walk(name: string, runs: number) {
  const { scenario, probability = 0 } = exact.find((one) => one.name === name) as (typeof exact)[0];
  const strategy = makeStrategy('random', { seed: 2026 });
  const schedules = new Map<string, number>();
  let failures = 0;
  for (let run = 0; run < runs; run++) {
    const { failure, schedule } = attempt(scenario, strategy) as RunResult;
    if (failure !== undefined) failures++;
    count(schedules, schedule.join());
  }
  const outcomes = new Map([
    ['fails', failures],
    ['passes', runs - failures],
  ]);
  const expected = new Map([
    ['fails', probability],
    ['passes', 1 - probability],
  ]);
  return { scenario, schedules, outcomes: fitOf(outcomes, expected) };
}

describe('partial order sampling', () => {
  const RUNS = 15_000;

  it.each<[string, Programs]>([
    ['three writers', [['w'], ['w'], ['w']]],
    [
      'two increments',
      [
        ['r', 'w'],
        ['r', 'w'],
      ],
    ],
    ['a reader between two writes', [['w', 'w'], ['r']]],
    ['two readers and a writer', [['r'], ['r'], ['w']]],
    ['uneven tasks that do not meet', [['-', '-', '-'], ['-']]],
    [
      'one that meets nobody',
      [
        ['w', '-'],
        ['-', 'w'],
      ],
    ],
  ])('makes each order as often as the algorithm of the paper: %s', (_name, programs) => {
    const seen = ordersOf(programs, makeStrategy('pos', { seed: 2026 }), RUNS);
    byChance(fitOf(seen, ordersByPos(programs)));
  });
});

describe('the uniform random walk', () => {
  const RUNS = 15_000;

  it.each([[[4, 1, 1]], [[3, 3]], [[6, 2]], [[3, 2, 2]], [[2, 2, 1, 1]]])(
    'makes every interleaving of %j steps equally often',
    (steps) => {
      const programs = steps.map((n) => Array.from({ length: n }, () => '-' as const));
      const strategy = makeStrategy('urw', { seed: 3 });
      // The first run counts the steps.
      ordersOf(programs, strategy, 1);
      const all = new Map<string, number>();
      for (const order of ordersBy(programs, new DepthFirst())) all.set(order, 0);
      for (const order of all.keys()) all.set(order, 1 / all.size);
      byChance(fitOf(ordersOf(programs, strategy, RUNS), all));
    },
  );
});

describe('PCT', () => {
  const RUNS = 5_000;

  it('without change points runs the tasks one after the other, in every order equally often', () => {
    const programs: Programs = [['-', '-'], ['-'], ['w', '-', 'w'], ['w']];
    const tasks = programs.map((program, i) => LETTERS[i]?.repeat(program.length) as string);
    const orders = permutations(tasks).map((order) => order.join(''));
    const expected = new Map(orders.map((order) => [order, 1 / orders.length]));
    byChance(fitOf(ordersOf(programs, makeStrategy('pct:1', { seed: 5 }), RUNS), expected));
  });

  it.each([
    ['account', 1],
    ['deadlock01', 2],
    ['twostage', 2],
    ['reorder_3', 2],
    ['stringbuffer', 3],
  ])('finds a bug of %s at depth %i no less often than its bound', (name, depth) => {
    const { scenario } = SPECIMENS.find((one) =>
      one.name.startsWith(name),
    ) as (typeof SPECIMENS)[0];
    const strategy = new Pct(7, depth);
    let failures = 0;
    for (let run = 0; run < RUNS; run++) {
      if (attempt(scenario, strategy)?.failure !== undefined) failures++;
    }
    const { movers, steps } = strategy.measure;
    const bound = 1 / (movers * steps ** (depth - 1));
    // The bound may be met exactly. Fewer failures than this are seen once in a thousand times.
    const chance = Z * Math.sqrt((bound * (1 - bound)) / RUNS);
    expect(failures / RUNS).toBeGreaterThanOrEqual(bound - chance);
  });
});

// ---- programs over one cell, and the orders of their steps ----

/** Of each task its steps: a read or a write of the one cell there is, or neither. */
type Programs = readonly (readonly ('r' | 'w' | '-')[])[];

const LETTERS = 'abcdefgh';

function count(counts: Map<string, number>, cell: string): void {
  counts.set(cell, (counts.get(cell) ?? 0) + 1);
}

function asScenario(programs: Programs, seen: (order: string) => void): Scenario {
  return scenario('programs over one cell', (world) => {
    let order = '';
    const cell = new Cell('x', 0);
    const process = world.process('p');
    for (const [i, program] of programs.entries()) {
      process.spawn(LETTERS[i] as string, function* works(sys) {
        for (const step of program) {
          if (step === 'r') yield* sys.load(cell);
          else if (step === 'w') yield* sys.store(cell, i);
          else yield* sys.gettid();
          order += LETTERS[i];
        }
      });
    }
    world.finally('the order is told', () => {
      seen(order);
    });
  });
}

/** The orders of the runs that a strategy makes, until it has nothing left. */
function ordersBy(
  programs: Programs,
  strategy: Strategy,
  runs = Number.POSITIVE_INFINITY,
): string[] {
  const orders: string[] = [];
  const given = asScenario(programs, (order) => orders.push(order));
  for (let run = 0; run < runs && attempt(given, strategy) !== undefined; run++);
  return orders;
}

function ordersOf(programs: Programs, strategy: Strategy, runs: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const order of ordersBy(programs, strategy, runs)) count(counts, order);
  return counts;
}

/**
 * How likely POS is to make each order, by its definition. Priorities are drawn from a continuous
 * distribution, so the draws stand in each order of size with the same probability: the algorithm
 * is carried out for all of these, of as many draws as it ever needs.
 */
function ordersByPos(programs: Programs): Map<string, number> {
  for (let draws = 1; ; draws++) {
    const all = permutations(Array.from({ length: draws }, (_, i) => i + 1));
    const counts = new Map<string, number>();
    if (!all.every((priorities) => noteOrderByPos(programs, priorities, counts))) continue;
    return new Map([...counts].map(([order, times]) => [order, times / all.length]));
  }
}

/** Count the order that POS makes with these draws; false if they are too few. */
function noteOrderByPos(
  programs: Programs,
  draws: readonly number[],
  counts: Map<string, number>,
): boolean {
  const left = programs.map((program) => [...program]);
  const priorities: (number | undefined)[] = programs.map(() => undefined);
  let drawn = 0;
  let order = '';
  for (;;) {
    const pending = [...left.keys()].filter((i) => left[i]?.length !== 0);
    if (pending.length === 0) break;
    for (const i of pending) if (pending.length > 1) priorities[i] ??= draws[drawn++] ?? 0;
    if (drawn > draws.length) return false;
    const next = pending.reduce((a, b) => ((priorities[b] ?? 0) > (priorities[a] ?? 0) ? b : a));
    const step = left[next]?.shift();
    order += LETTERS[next];
    priorities[next] = undefined;
    for (const i of pending) {
      const other = left[i]?.[0];
      const races = step !== '-' && other !== '-' && (step === 'w' || other === 'w');
      if (races) priorities[i] = undefined;
    }
  }
  count(counts, order);
  return true;
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first, i) =>
    permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}
