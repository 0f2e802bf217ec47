import { UsageError } from '../../sys/errors.ts';
import { printable } from '../trace/printable.ts';
import { type Amount, COUNT, SEED, SHARD, type Shard, TIME_SPAN } from './amounts.ts';

/** How much a test searches, as far as the environment may say it. */
export interface Depth {
  readonly runs?: number;
  readonly timeMs?: number;
  readonly seed?: number;
  readonly shard?: Shard | undefined;
  readonly corpus?: string | undefined;
}

/** What says that tests are to search more than they do by themselves. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How much a test searches where the environment says more: HEDDLE_RUNS and HEDDLE_TIME are bounds
 * instead of the test's own, unless its own of that kind is the greater one; HEDDLE_SEED,
 * HEDDLE_SHARD and HEDDLE_CORPUS are in the place of its own.
 *
 * @throws UsageError if a variable means nothing
 */
export function deepened<Given extends Depth>(
  given: Given,
  environment: Environment = process.env,
): Given {
  const runs = variableAmount(environment, 'HEDDLE_RUNS', COUNT);
  const timeMs = variableAmount(environment, 'HEDDLE_TIME', TIME_SPAN);
  const seed = variableAmount(environment, 'HEDDLE_SEED', SEED);
  const shard = variableAmount(environment, 'HEDDLE_SHARD', SHARD);
  const corpus = environment['HEDDLE_CORPUS'];
  const deep: Given = {
    ...given,
    ...(seed === undefined ? {} : { seed }),
    ...(shard === undefined ? {} : { shard }),
    ...(corpus === undefined || corpus === '' ? {} : { corpus }),
  };
  if (runs === undefined && timeMs === undefined) return deep;
  const { runs: runsGiven = 0, timeMs: timeGiven = 0, ...rest } = deep;
  return {
    ...(rest as Given),
    ...(runs === undefined ? {} : { runs: Math.max(runs, runsGiven) }),
    ...(timeMs === undefined ? {} : { timeMs: Math.max(timeMs, timeGiven) }),
  };
}

/**
 * What a variable of the environment says; undefined if it is not set.
 *
 * @throws UsageError if it means nothing
 */
export function variableAmount<T>(
  environment: Environment,
  name: string,
  { read, is }: Amount<T>,
): T | undefined {
  const text = environment[name];
  // CI systems set what is missing to nothing.
  if (text === undefined || text === '') return undefined;
  const value = read(text);
  if (value !== undefined) return value;
  throw new UsageError(
    `${name}=${printable(text)} says nothing: it must be ${is}; set it so, or unset it`,
  );
}
