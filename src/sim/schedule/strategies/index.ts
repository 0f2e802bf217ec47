import { UsageError } from '../../../sys/errors.ts';
import type { Strategy } from '../strategy.ts';
import { ContextBound } from './context-bound.ts';
import { DelayBound } from './delay-bound.ts';
import { DepthFirst } from './depth-first.ts';
import { Dpor } from './dpor.ts';
import { Feedback } from './feedback.ts';
import type { Knowledge } from './knowledge.ts';
import { mix } from './mix.ts';
import { Pct } from './pct.ts';
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
   * Runs of a batch, of which each begins with a strategy made again. Default: {@link BATCH_RUNS}.
   */
  readonly batchRuns?: number;
  /** What its batches learn is handed on: see Rounds. The first of them are shorter. */
  readonly learns?: true;
}

/**
 * Enough to keep workers busy, and few enough that learning the number of steps once a batch costs
 * nothing.
 */
const BATCH_RUNS = 100;
/** For strategies that learn from their runs which ones to make. */
const BATCH_RUNS_LEARNING = 1_000;
/**
 * Their first batch, which nobody can share, and each of the next {@link SHORT_BATCHES}: so of the
 * 1,000 runs that are made by default more than half can be shared among workers.
 */
const BATCH_RUNS_FIRST = 400;
const BATCH_RUNS_SECOND = 150;
const SHORT_BATCHES = 4;
/** For systematic search, which goes from each run to the next. */
const BATCH_RUNS_SYSTEMATIC: number = Number.POSITIVE_INFINITY;

const STRATEGY_MAKERS: Readonly<Record<string, Entry>> = {
  random: { make: ({ seed, firstRun }) => new RandomWalk(seed, firstRun) },
  sticky: { make: ({ seed, firstRun }) => new Sticky(seed, firstRun) },
  pct: { make: ({ seed, firstRun }, depth = 3) => new Pct(seed, depth, firstRun), bound: 'depth' },
  pos: { make: ({ seed, firstRun }) => new Pos(seed, firstRun) },
  delay: {
    make: (_options, delays) => new DelayBound(delays),
    bound: 'delays at most',
    batchRuns: BATCH_RUNS_SYSTEMATIC,
  },
  icb: {
    make: (_options, preemptions) => new ContextBound(preemptions),
    bound: 'preemptions at most',
    batchRuns: BATCH_RUNS_SYSTEMATIC,
  },
  dfs: { make: () => new DepthFirst(), batchRuns: BATCH_RUNS_SYSTEMATIC },
  dpor: {
    make: (_options, faultsMax = 0) => new Dpor({ faultsMax }),
    bound: 'faults at most',
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
    make: ({ seed, firstRun, known }) => mix(seed, firstRun, known),
    learns: true,
    batchRuns: BATCH_RUNS_LEARNING,
  },
};

/** Who makes the decisions where nobody says who shall. */
export const STRATEGY_DEFAULT = 'portfolio';

/** The names that {@link makeStrategy} knows. @since 0.1.0 */
export const STRATEGY_NAMES: readonly string[] = Object.keys(STRATEGY_MAKERS);

/**
 * How many runs of a strategy make batch `index`, from 0: what one worker does at a time, with a
 * strategy of its own.
 */
export function batchRunsOf(spec: string, index: number): number {
  const { batchRuns = BATCH_RUNS, learns } = STRATEGY_MAKERS[spec.split(':')[0] ?? ''] ?? {};
  if (learns !== true || index > SHORT_BATCHES) return batchRuns;
  return index === 0 ? BATCH_RUNS_FIRST : BATCH_RUNS_SECOND;
}

/** Whether what its batches learn is handed on from one round of them to the next. */
export function isLearning(spec: string): boolean {
  return STRATEGY_MAKERS[spec.split(':')[0] ?? '']?.learns === true;
}

/**
 * A strategy by its name: `random`, `pct`, `pct:5`, `pos`, `delay:2`, …
 *
 * ```ts
 * const strategy = makeStrategy('pct:3', { seed: 7 });
 * ```
 *
 * @since 0.1.0
 */
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
