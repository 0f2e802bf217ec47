/** From one moment of a run to another: pure, because every run of it is the same. */
import type { Hit } from '../../node/debug-control.ts';
import type { Ask, Outline, Position } from './outline.ts';

/** Syscalls that have been asked for, with the one that the run is just about to ask for. */
export function askedUntil(position: Position, { asks }: Pick<Outline, 'asks'>): number {
  if (position.kind === 'ask') return position.ask;
  return position.kind === 'hit' ? position.hit.asks : asks.length;
}

/** The next moment, of a task or of any, at which code of the user's asks; 0 if there is none. */
export function askAfter(
  position: Position,
  { asks }: Pick<Outline, 'asks'>,
  isWanted: (ask: Ask) => boolean,
): number {
  const until = askedUntil(position, { asks });
  const place = asks.findIndex((ask, at) => at >= until && ask.where !== '' && isWanted(ask));
  return place + 1;
}

/** The last such moment before; 0 if there is none. */
export function askBefore(
  position: Position,
  { asks }: Pick<Outline, 'asks'>,
  isWanted: (ask: Ask) => boolean,
): number {
  const until = askedUntil(position, { asks }) - (position.kind === 'ask' ? 1 : 0);
  const place = asks.findLastIndex((ask, at) => at < until && ask.where !== '' && isWanted(ask));
  return place + 1;
}

/**
 * The breakpoint that was passed last before a position, as the how-manieth of its run, from 1; 0
 * if there is none.
 *
 * @param hits of the whole run, under the breakpoints as they are now
 */
export function hitBefore(position: Position, hits: readonly Hit[]): number {
  if (position.kind === 'end') return hits.length;
  if (position.kind === 'ask') return hits.findLastIndex(({ asks }) => asks < position.ask) + 1;
  const { asks, breakpoint, time, task } = position.hit;
  const own = hits.findIndex(
    (hit) =>
      hit.asks === asks && hit.breakpoint === breakpoint && hit.time === time && hit.task === task,
  );
  // Its breakpoint has been taken away: what came after the last syscall cannot be told apart.
  return own >= 0 ? own : hits.findLastIndex((hit) => hit.asks < asks) + 1;
}

/** What a task asks for at a position, or asked for last; undefined before its first. */
export function lastAskOf(
  task: number,
  position: Position,
  outline: Outline,
  isWanted: (ask: Ask) => boolean = ({ call }) => call !== '',
): Ask | undefined {
  const until = askedUntil(position, outline);
  return outline.asks.findLast((ask, at) => at < until && ask.task === task && isWanted(ask));
}
