import { SEED } from '../sim/explore/amounts.ts';
import { UsageError } from '../sys/errors.ts';

/** The seed of HEDDLE_SEED; undefined if it is not set. */
export function parseSeedText(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seed = SEED.read(text);
  if (seed !== undefined) return seed;
  throw new UsageError(`HEDDLE_SEED=${text} is no seed; it is ${SEED.is}`);
}
