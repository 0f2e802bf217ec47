/**
 * Who gets how much of a round: a function of what is merged, so that a plan is one campaign
 * whatever machines there are.
 */

/** A scenario under a strategy, as far as its share hangs on it. */
export interface Claim {
  /** Classes looked at in its last round, and how many of them were new to its scenario. */
  readonly looked: number;
  readonly fresh: number;
  /** So many searches of it can go on in this round. */
  readonly able: number;
}

/**
 * How many of `width` units each gets: one at the least, if it is able, and the others by the share
 * of new classes (the highest averages of D'Hondt, which need no rounding). What has shown nothing
 * yet counts as showing one new class in two.
 */
export function sharesOf(claims: readonly Claim[], width: number): number[] {
  const shares = claims.map(({ able }) => Math.min(1, able));
  const worth = claims.map(({ looked, fresh }) => (fresh + 1) / (looked + 2));
  let left = width - shares.reduce((sum, share) => sum + share, 0);
  for (; left > 0; left--) {
    let best = -1;
    for (const [at, { able }] of claims.entries()) {
      if ((shares[at] as number) >= able) continue;
      if (best < 0 || averageOf(at) > averageOf(best)) best = at;
    }
    if (best < 0) break;
    (shares[best] as number)++;
  }
  return shares;

  function averageOf(at: number): number {
    return (worth[at] as number) / ((shares[at] as number) + 1);
  }
}
