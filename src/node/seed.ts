import { UsageError } from '../sys/errors.ts';

/** The seed of HEDDLE_SEED; undefined if it is not set. */
export function parseSeedText(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) return seed;
  throw new UsageError(`HEDDLE_SEED=${text} is no seed; it is a whole number from 0 to 4294967295`);
}
