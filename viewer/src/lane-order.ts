/** Which lanes are drawn, and in which order: hidden ones are not, pinned ones come first. */
import type { Run } from './run.ts';

export interface LaneOrder {
  /** Lanes from left to right. */
  readonly shown: readonly number[];
  readonly hidden: ReadonlySet<number>;
  readonly pinned: readonly number[];
  /** Where a lane is drawn; undefined: nowhere. */
  readonly column: (lane: number) => number | undefined;
}

export function laneOrder(
  run: Run,
  hidden: readonly number[],
  pinned: readonly number[],
): LaneOrder {
  const away = new Set(hidden);
  const first = pinned.filter((lane) => lane in run.model.lanes);
  const rest = run.columns.filter((lane) => !first.includes(lane));
  const shown = [...first, ...rest].filter((lane) => !away.has(lane));
  const columns = new Map(shown.map((lane, column) => [lane, column]));
  return { shown, hidden: away, pinned: first, column: (lane) => columns.get(lane) };
}
