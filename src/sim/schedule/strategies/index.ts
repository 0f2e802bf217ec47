import { UsageError } from '../../../sys/errors.ts';
import type { Strategy } from '../strategy.ts';
import { ContextBound } from './context-bound.ts';
import { DelayBound } from './delay-bound.ts';
import { DepthFirst } from './depth-first.ts';
import { Dpor } from './dpor.ts';
import { Feedback } from './feedback.ts';
import type { Knowledge } from './knowledge.ts';
import { Pct } from './pct.ts';
import { type Part, Portfolio } from './portfolio.ts';
import { Pos } from './pos.ts';
import { RandomWalk } from './random-walk.ts';
import { Sticky } from './sticky.ts';
import { Surw } from './surw.ts';
import { Urw } from './urw.ts';

export interface StrategyOptions {
  readonly seed: number;
  /**
   * The number of the first run, for strategies whose runs are a function of seed and number.
   * Default: 0.
   */
  readonly firstRun?: number;
  /** What batches before this one have learned, for strategies that learn from their runs. */
  readonly known?: Knowledge | undefined;
}

type Maker = (
  options: StrategyOptions & { readonly firstRun: number },
  bound: number | undefined,
) => Strategy;

/** A bound stands behind a colon: `pct:3`. */
interface Entry {
  readonly make: Maker;
  /** What the number behind the colon is; undefined where there is none. */
  readonly bound?: string;
  /**
   * Runs of a batch, of which each begins with a strategy made anew. Default: {@link BATCH_RUNS}.
   */
  readonly batchRuns?: number;
  /** What its batches learn is handed on: see Rounds. */
  readonly learns?: true;
}

/**
 * Enough to keep workers busy, and few enough that learning the number of steps once a batch costs
 * nothing.
 */
const BATCH_RUNS = 100;
/** For strategies that learn from their runs which ones to make. */
const BATCH_RUNS_LEARNING = 1_000;
/** For systematic search, which goes from each run to the next. */
const BATCH_RUNS_SYSTEMATIC: number = Number.POSITIVE_INFINITY;

const STRATEGY_MAKERS: Readonly<Record<string, Entry>> = {
  random: { make: ({ seed, firstRun }) => new RandomWalk(seed, firstRun) },
  sticky: { make: ({ seed, firstRun }) => new Sticky(seed, firstRun) },
  pct: { make: ({ seed, firstRun }, depth = 3) => new Pct(seed, depth, firstRun), bound: 'depth' },
  pos: { make: ({ seed, firstRun }) => new Pos(seed, firstRun) },
  delay: {
    make: (_options, delays) => new DelayBound(delays),
    bound: 'delays at the most',
    batchRuns: BATCH_RUNS_SYSTEMATIC,
  },
  icb: {
    make: (_options, preemptions) => new ContextBound(preemptions),
    bound: 'preemptions at the most',
    batchRuns: BATCH_RUNS_SYSTEMATIC,
  },
  dfs: { make: () => new DepthFirst(), batchRuns: BATCH_RUNS_SYSTEMATIC },
  dpor: {
    make: (_options, faultsMax = 0) => new Dpor({ faultsMax }),
    bound: 'faults at the most',
    batchRuns: BATCH_RUNS_SYSTEMATIC,
  },
  urw: { make: ({ seed, firstRun }) => new Urw(seed, firstRun) },
  surw: { make: ({ seed, firstRun }) => new Surw(seed, firstRun) },
  feedback: {
    make: ({ seed, firstRun, known }) => new Feedback(seed, firstRun, known),
    learns: true,
    batchRuns: BATCH_RUNS_LEARNING,
  },
  portfolio: {
    make: ({ seed, firstRun, known }) => portfolioOf(seed, firstRun, known),
    learns: true,
    batchRuns: BATCH_RUNS_LEARNING,
  },
};

/**
 * Whose the first runs of the portfolio are. Half of the first dozen belong to partial-order
 * reduction: the calm run, and those that take the first races of it the other way; a bug that it
 * finds later than that, others find as soon. They come early enough that what it finds in its n-th
 * run is found in run 2n. The other half are drawn, by URW before SURW, because where the tasks are
 * few and alike it is a little better.
 */
const openingOf = (urw: Part, surw: Part, dpor: Part): Part[] => [
  ...[urw, dpor, urw, dpor, dpor, dpor, urw, surw, urw, surw, dpor, dpor],
  ...[urw, surw, urw, surw, urw, surw, urw, surw, urw, surw, urw, surw],
];

/**
 * The portfolio: mostly SURW, which on nearly every program of the zoo is within a few runs of the
 * best of all (`npm run zoo`), and now and then the others, for what it cannot do. When nothing new
 * shows any more, more than half of the runs go to delay bounding: what has not been drawn by then
 * is rare, and it makes no run twice.
 *
 * Runs after the first batch are made without the members that search systematically: they would
 * make the same ones again.
 */
function portfolioOf(seed: number, firstRun: number, known: Knowledge | undefined): Portfolio {
  const urw = { strategy: new Urw(seed ^ 0x4000, firstRun), share: 8, idleShare: 8 };
  const surw = { strategy: new Surw(seed, firstRun), share: 76, idleShare: 18 };
  const drawing: Part[] = [
    urw,
    surw,
    { strategy: new RandomWalk(seed ^ 0x2000, firstRun), share: 4, idleShare: 4 },
    { strategy: new Pct(seed ^ 0x3000, 3, firstRun), share: 2, idleShare: 2 },
    { strategy: new Pos(seed ^ 0x1000, firstRun), share: 1, idleShare: 2 },
    { strategy: new Sticky(seed ^ 0x6000, firstRun), share: 1, idleShare: 3 },
    {
      strategy: new Feedback(seed ^ 0x5000, firstRun, known),
      share: 1,
      idleShare: 1,
      lateShare: 400,
    },
  ];
  if (firstRun > 1) return new Portfolio(drawing, [], firstRun - 1);
  const dpor = { strategy: new Dpor(), share: 3, idleShare: 2 };
  const systematic: Part[] = [
    dpor,
    { strategy: new DelayBound(), share: 3, idleShare: 58 },
    { strategy: new ContextBound(), share: 1, idleShare: 2 },
  ];
  return new Portfolio([...drawing, ...systematic], openingOf(urw, surw, dpor));
}

/** The names that {@link makeStrategy} knows. */
export const STRATEGY_NAMES: readonly string[] = Object.keys(STRATEGY_MAKERS);

/**
 * How many runs of a strategy make a batch: what one worker does at a time, with a strategy of its
 * own.
 */
export function batchRunsOf(spec: string): number {
  return STRATEGY_MAKERS[spec.split(':')[0] ?? '']?.batchRuns ?? BATCH_RUNS;
}

/** Whether what its batches learn is handed on from one round of them to the next. */
export function isLearning(spec: string): boolean {
  return STRATEGY_MAKERS[spec.split(':')[0] ?? '']?.learns === true;
}

/** A strategy by its name: `random`, `pct`, `pct:5`, `pos`, `delay:2`, … */
export function makeStrategy(spec: string, options: StrategyOptions): Strategy {
  const [name = '', number, ...rest] = spec.split(':');
  const entry = Object.hasOwn(STRATEGY_MAKERS, name) ? STRATEGY_MAKERS[name] : undefined;
  if (entry === undefined) {
    throw new UsageError(
      `there is no strategy "${name}"; there are: ${STRATEGY_NAMES.join(', ')}; pct, icb, delay and dpor take a number, as pct:3`,
    );
  }
  let bound: number | undefined;
  if (number !== undefined) {
    bound = /^\d+$/.test(number) ? Number(number) : Number.NaN;
    const least = name === 'pct' ? 1 : 0;
    if (entry.bound === undefined || rest.length > 0 || !(bound >= least && bound <= 1000)) {
      throw new UsageError(
        entry.bound === undefined
          ? `the strategy ${name} takes no number: write "${name}"`
          : `the strategy "${spec}" cannot be read: the number behind ${name} is the ${entry.bound}, from ${least} to 1000`,
      );
    }
  }
  return entry.make({ firstRun: 0, ...options }, bound);
}
