/**
 * Which lanes are drawn, and in which order: hidden ones are not, pinned ones come first, and those
 * of a process that is folded lie one upon the other.
 */
import type { Run } from './run.ts';

export interface LaneOrder {
  /** Lanes from left to right. */
  readonly shown: readonly number[];
  readonly hidden: ReadonlySet<number>;
  readonly pinned: readonly number[];
  /** Where a lane is drawn; undefined: nowhere. */
  readonly column: (lane: number) => number | undefined;
  /** Of a folded process, its own. */
  readonly nameOf: (lane: number) => string;
}

export function laneOrder(
  run: Run,
  hidden: readonly number[],
  pinned: readonly number[],
  folded: readonly number[],
): LaneOrder {
  const away = new Set(hidden);
  const first = pinned.filter((lane) => lane in run.model.lanes);
  const rest = run.columns.filter((lane) => !first.includes(lane));
  const visible = [...first, ...rest].filter((lane) => !away.has(lane));
  const pidOf = (lane: number): number => run.model.lanes[lane]?.pid ?? 0;
  const topOf = (lane: number): number =>
    folded.includes(pidOf(lane))
      ? (visible.find((one) => pidOf(one) === pidOf(lane)) as number)
      : lane;
  const shown = visible.filter((lane) => topOf(lane) === lane);
  const columns = new Map(visible.map((lane) => [lane, shown.indexOf(topOf(lane))]));
  const nameOf = (lane: number): string => {
    const { name = '', process = '', pid = 0 } = run.model.lanes[lane] ?? {};
    return folded.includes(pid) ? process : name;
  };
  const column = (lane: number): number | undefined => columns.get(lane);
  return { shown, hidden: away, pinned: first, column, nameOf };
}
