import { UsageError } from '../../../sys/errors.ts';
import type { Strategy } from '../strategy.ts';
import { ContextBound } from './context-bound.ts';
import { DelayBound } from './delay-bound.ts';
import { DepthFirst } from './depth-first.ts';
import { Dpor } from './dpor.ts';
import { Feedback } from './feedback.ts';
import { Pct } from './pct.ts';
import { Portfolio } from './portfolio.ts';
import { Pos } from './pos.ts';
import { RandomWalk } from './random-walk.ts';
import { Sticky } from './sticky.ts';
import { Surw } from './surw.ts';
import { Urw } from './urw.ts';

export interface StrategyOptions {
  readonly seed: number;
  /** The number of the first run, for strategies whose runs are a function of seed and number. Default: 0. */
  readonly firstRun?: number;
}

type Maker = (options: Required<StrategyOptions>, bound: number | undefined) => Strategy;

/** A bound stands behind a colon: `pct:3`. */
interface Entry {
  readonly make: Maker;
  /** What the number behind the colon is; undefined where there is none. */
  readonly bound?: string;
  /** Runs of a batch, of which each begins with a strategy made anew. Default: {@link BATCH_RUNS}. */
  readonly batchRuns?: number;
}

/** Enough to keep workers busy, and few enough that learning the number of steps once a batch costs nothing. */
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
    make: ({ seed, firstRun }) => new Feedback(seed, firstRun),
    batchRuns: BATCH_RUNS_LEARNING,
  },
  portfolio: {
    make: ({ seed, firstRun }) => portfolioOf(seed, firstRun),
    batchRuns: BATCH_RUNS_LEARNING,
  },
};

/**
 * The portfolio: mostly SURW, which on nearly every program of the zoo is within a few runs of the best of all (`npm run zoo`), and now and
 * then the others, for what it cannot do. Every other run of the opening belongs to others: the calm run, with which context bounding begins,
 * the round of turns, with which delay bounding does, and a random walk.
 */
function portfolioOf(seed: number, firstRun: number): Portfolio {
  const members: [Strategy, prior: number][] = [
    [new Surw(seed, firstRun), 0.84],
    [new ContextBound(), 0.01],
    [new DelayBound(), 0.02],
    [new RandomWalk(seed ^ 0x2000, firstRun), 0.04],
    [new Urw(seed ^ 0x4000, firstRun), 0.03],
    [new Pos(seed ^ 0x1000, firstRun), 0.02],
    [new Pct(seed ^ 0x3000, 3, firstRun), 0.02],
    [new Feedback(seed ^ 0x5000, firstRun), 0.01],
    [new Sticky(seed ^ 0x6000, firstRun), 0.01],
  ];
  return new Portfolio(
    members.map(([strategy]) => strategy),
    members.map(([, prior]) => prior),
    [0, 1, 0, 2, 0, 3],
  );
}

/** The names that {@link makeStrategy} knows. */
export const STRATEGY_NAMES: readonly string[] = Object.keys(STRATEGY_MAKERS);

/** How many runs of a strategy make a batch: what one worker does at a time, with a strategy of its own. */
export function batchRunsOf(spec: string): number {
  return STRATEGY_MAKERS[spec.split(':')[0] ?? '']?.batchRuns ?? BATCH_RUNS;
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
