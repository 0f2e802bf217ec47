import type { Ends, Exchange, Programs } from './programs.ts';

/** Two things that programs did at once, as far as their connections show it. */
export interface Collision {
  /** The steps of the two, in order. */
  readonly steps: readonly [first: number, second: number];
  readonly text: string;
}

/**
 * The two requests or the request and the end of its connection that ran into each other before a
 * step: a request that is sent on a connection which the other side has closed, or else one that
 * comes to a program while it has not answered another.
 *
 * @param near how far each step is from what broke; those that are no cause are not in it
 */
export function collisionOf(
  { exchanges, closings }: Programs,
  near: ReadonlyMap<number, number>,
): Collision | undefined {
  return crossed(exchanges, closings, near) ?? overlapping(exchanges, near);
}

/** What never gets its answer, and whose connection the other side has closed. */
function crossed(
  exchanges: Programs['exchanges'],
  closings: Programs['closings'],
  near: ReadonlyMap<number, number>,
): Collision | undefined {
  for (const asked of exchanges.toReversed()) {
    if (asked.side !== 'asks' || asked.answered !== undefined || !near.has(asked.step)) continue;
    const read = exchanges.some(
      (one) => one.side === 'answers' && isOther(one.ends, asked.ends) && one.step > asked.step,
    );
    const closing = closings.find((one) => isOther(one.ends, asked.ends));
    if (closing === undefined || read) continue;
    const sent = `${asked.task.name} sends ${asked.what} on it in step ${asked.step}`;
    const closed = `${closing.task.name} closes a connection in step ${closing.step}`;
    const isLate = closing.step < asked.step;
    return {
      steps: isLate ? [closing.step, asked.step] : [asked.step, closing.step],
      text: isLate
        ? `${closed}, and ${sent}, before that is known there`
        : `${closed}, and has not read what ${asked.task.name} has sent on it in step ${asked.step}: ${asked.what}`,
    };
  }
  return undefined;
}

/** The other end of the same connection. */
export function isOther(one: Ends, other: Ends): boolean {
  return one.own === other.peer && one.peer === other.own;
}

/** The pair that is nearest to what broke; of those, one of two requests that read alike. */
function overlapping(
  exchanges: Programs['exchanges'],
  near: ReadonlyMap<number, number>,
): Collision | undefined {
  const served = exchanges.filter(({ side, step }) => side === 'answers' && near.has(step));
  let best: readonly [Exchange, Exchange] | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const [place, second] of served.entries()) {
    for (const first of served.slice(Math.max(0, place - PAIRS_MAX), place)) {
      const { answered = Number.POSITIVE_INFINITY } = first;
      if (first.task !== second.task || answered <= second.step) continue;
      const alike = first.what === second.what ? 0 : pathOf(first) === pathOf(second) ? 10 : 20;
      const apart = first.step === second.step ? TOGETHER : 0;
      const rank = alike + apart + Math.min(near.get(first.step) ?? 0, near.get(second.step) ?? 0);
      if (rank > bestRank) continue;
      best = [first, second];
      bestRank = rank;
    }
  }
  if (best === undefined) return undefined;
  const [first, second] = best;
  const steps = [first.step, second.step] as const;
  const got = `${first.task.name} gets ${first.what}`;
  if (first.step === second.step)
    return { steps, text: `${got} and ${second.what} in one piece, in step ${first.step}` };
  const answered =
    first.answered === undefined ? 'has no answer' : `answers in step ${first.answered}`;
  const between = `${second.what} comes in between, in step ${second.step}`;
  return {
    steps,
    text: `${got} in step ${first.step} (from ${first.ends.peer}) and ${answered}; ${between} (from ${second.ends.peer})`,
  };
}

/** Worse than any two that came apart: what comes in one piece is answered in its order. */
const TOGETHER = 10_000;

/** Requests before one that are held against it; earlier ones were answered long ago. */
const PAIRS_MAX = 64;

function pathOf({ what }: Exchange): string {
  return what.split(' ')[1] ?? what;
}
