/**
 * What a strategy that learns from its runs has learned, as data: other batches begin with it,
 * wherever they are made.
 */
export interface Knowledge {
  /** Pairs of conflicting accesses that have been seen: see coverage.ts. */
  readonly pairs: readonly number[];
  /** Decisions of the runs that showed a new one, the oldest first. */
  readonly parents: readonly (readonly number[])[];
}

/** Runs kept for mutation; the oldest go first. */
export const PARENTS_MAX = 256;

/** What was known, and what a batch has learned besides. */
export function withKnowledge(
  known: Knowledge | undefined,
  learned: Knowledge | undefined,
): Knowledge | undefined {
  if (known === undefined || learned === undefined) return learned ?? known;
  return {
    pairs: [...new Set([...known.pairs, ...learned.pairs])],
    parents: [...known.parents, ...learned.parents].slice(-PARENTS_MAX),
  };
}
