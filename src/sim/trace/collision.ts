import type { Code, Overtaking } from './code.ts';
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

/**
 * The await during which another call went on, as a reader would tell it: one that a passing run
 * does not have, before any other. Else two calls of one function, and two of several, for nobody
 * knows which of them it is; of each the one that was the shortest, for during what is longer much
 * else goes on. That the body itself waits says something only where nothing else does.
 *
 * @param passing what code has done in the nearest passing run, where there is one
 */
export function overtakingsOf(code: Code, passing?: Code): Overtaking[] {
  const all = code.overtakings;
  const known = new Set(passing?.overtakings.map(({ name }) => name));
  const others = all.filter(({ name }) => !known.has(name));
  if (passing !== undefined && others.length > 0) return bestOf(others, () => 0);
  const between = all.filter(({ ofBody }) => !ofBody);
  const alike = bestOf(
    between.filter((one) => one.alike),
    ({ length }) => length,
  );
  const unlike = bestOf(
    between.filter((one) => !one.alike),
    ({ length }) => length,
  );
  const found = [...alike, ...unlike];
  return found.length > 0 ? found : bestOf(all, ({ length }) => length);
}

/** The first of those with the lowest rank; what came to its end before what never did. */
function bestOf(all: readonly Overtaking[], rankOf: (one: Overtaking) => number): Overtaking[] {
  const rank = (one: Overtaking): number =>
    rankOf(one) + (one.awaits.to === undefined ? 1e9 : 0) + (one.alike ? 0 : 0.5);
  const lowest = Math.min(...all.map(rank));
  return all.filter((one) => rank(one) === lowest).slice(0, 1);
}

/** `the await at src/shop.ts:7 (steps 3 to 9), by code that goes on behind src/shop.ts:12 …`. */
export function overtakingText({ awaits, by }: Overtaking): string {
  const { from, to } = awaits;
  const until = to === undefined ? 'on' : `to step ${to}`;
  const start = from === 0 ? 'the start' : `step ${from}`;
  const when = from !== to ? `from ${start} ${until}` : `${from === 0 ? 'at' : 'in'} ${start}`;
  const other = by.does === 'begins' ? 'a call that begins at' : 'code that goes on behind';
  const moment = by.step === 0 ? 'at the start' : `in step ${by.step}`;
  return `the await at ${lineOf(awaits.where)} (${when}), by ${other} ${lineOf(by.where)} ${moment}`;
}

/** Without the column. */
export const lineOf = (where: string): string => where.replace(/:\d+$/, '');

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
