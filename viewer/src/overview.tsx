/**
 * The whole run in a strip: whose step when, the decisions that were not calm, the failure, and
 * where one is.
 */
import type { JSX, TargetedMouseEvent } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Run } from './run.ts';

const HEIGHT = 34;
const WIDTH = 1000;

export interface OverviewProps {
  readonly run: Run;
  readonly selected: number;
  /** The steps that are shown; empty: all. */
  readonly range: readonly number[];
  readonly onSelect: (step: number) => void;
  readonly onRange: (range: readonly number[]) => void;
}

export function Overview({ run, selected, range, onSelect, onRange }: OverviewProps): JSX.Element {
  const [from = 1, to = run.length] = range;
  const count = Math.max(1, to - from + 1);
  const x = (step: number): number => ((step - from + 0.5) / count) * WIDTH;
  const strip = useMemo(() => stripOf(run, x, WIDTH / count), [run, from, to]);
  const pressed = useRef(0);
  const stepAt = (event: TargetedMouseEvent<HTMLButtonElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const part = (event.clientX - left) / width;
    return Math.max(from, Math.min(to, Math.round(part * count - 0.5) + from));
  };
  // A click goes there; from one place to another it is the part to be seen alone.
  const jump = (event: TargetedMouseEvent<HTMLButtonElement>): void => {
    const [begin, end] = [pressed.current, stepAt(event)];
    if (Math.abs(end - begin) < count / 50) onSelect(end);
    else onRange([Math.min(begin, end), Math.max(begin, end)]);
  };
  const inside = (step: number): boolean => step >= from && step <= to;
  return (
    <button
      type="button"
      class="overview"
      tabIndex={-1}
      aria-label={`Overview: step ${selected} of ${run.length}`}
      title="drag over a part to see that alone"
      onMouseDown={(event) => {
        pressed.current = stepAt(event);
      }}
      onClick={jump}
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {strip}
      </svg>
      {run.marked
        .filter(inside)
        .slice(0, MARKS_MAX)
        .map((step) => (
          <span key={step} class="at needed" style={{ left: `${x(step) / 10}%` }}>
            {run.mark(step) === 'free' ? '◇' : '◆'}
          </span>
        ))}
      {run.model.failure === null || !inside(run.model.failure.step) ? null : (
        <span class="at failure" style={{ left: `${x(run.model.failure.step) / 10}%` }}>
          ✗
        </span>
      )}
      {inside(selected) ? <span class="cursor" style={{ left: `${x(selected) / 10}%` }} /> : null}
    </button>
  );
}

/** More than these nobody can tell apart. */
const MARKS_MAX = 120;

/** One path a lane: thousands of lines would be slow. */
function stripOf(run: Run, x: (step: number) => number, room: number): JSX.Element[] {
  const lanes = Math.max(1, run.model.lanes.length);
  const paths: string[] = run.model.lanes.map(() => '');
  run.model.steps.forEach(({ lane, kind }, index) => {
    const at = x(index + 1);
    if (lane === null || kind === 'time' || at < 0 || at > WIDTH) return;
    const y = ((lane + 0.5) / lanes) * (HEIGHT - 10) + 8;
    const width = Math.max(0.9, room * 0.8);
    paths[lane] +=
      `M${at.toFixed(1)} ${(y - 2).toFixed(1)}h${width.toFixed(2)}v4h-${width.toFixed(2)}z`;
  });
  return paths.map((d, lane) => <path key={lane} class={`tone${lane % 8}`} d={d} />);
}
