/**
 * The whole run in a strip: whose step when, the decisions that were not calm, the failure, and
 * where one is.
 */
import type { JSX, TargetedMouseEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Run } from './run.ts';

const HEIGHT = 34;
const WIDTH = 1000;

export function Overview({
  run,
  selected,
  onSelect,
}: {
  run: Run;
  selected: number;
  onSelect: (step: number) => void;
}): JSX.Element {
  const x = (step: number): number => ((step - 0.5) / run.length) * WIDTH;
  const strip = useMemo(() => stripOf(run, x), [run]);
  const jump = (event: TargetedMouseEvent<HTMLButtonElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const part = (event.clientX - left) / width;
    onSelect(Math.max(1, Math.min(run.length, Math.round(part * run.length + 0.5))));
  };
  return (
    <button
      type="button"
      class="overview"
      tabIndex={-1}
      aria-label={`Overview: step ${selected} of ${run.length}`}
      onClick={jump}
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {strip}
      </svg>
      {run.marked.slice(0, MARKS_MAX).map((step) => (
        <span key={step} class="at needed" style={{ left: `${x(step) / 10}%` }}>
          {run.mark(step) === 'free' ? '◇' : '◆'}
        </span>
      ))}
      {run.model.failure === null ? null : (
        <span class="at failure" style={{ left: `${x(run.model.failure.step) / 10}%` }}>
          ✗
        </span>
      )}
      <span class="cursor" style={{ left: `${x(Math.max(1, selected)) / 10}%` }} />
    </button>
  );
}

/** More than these nobody can tell apart. */
const MARKS_MAX = 120;

/** One path a lane: thousands of lines would be slow. */
function stripOf(run: Run, x: (step: number) => number): JSX.Element[] {
  const lanes = Math.max(1, run.model.lanes.length);
  const paths: string[] = run.model.lanes.map(() => '');
  run.model.steps.forEach(({ lane, kind }, index) => {
    if (lane === null || kind === 'time') return;
    const y = ((lane + 0.5) / lanes) * (HEIGHT - 10) + 8;
    const width = Math.max(0.9, (WIDTH / run.length) * 0.8);
    paths[lane] +=
      `M${x(index + 1).toFixed(1)} ${(y - 2).toFixed(1)}h${width.toFixed(2)}v4h-${width.toFixed(2)}z`;
  });
  return paths.map((d, lane) => <path key={lane} class={`tone${lane % 8}`} d={d} />);
}
