/** The space-time diagram: a lane a task, a row a step, arrows from causes to effects. */
import type { JSX } from 'preact';
import { memo } from 'preact/compat';
import type { Arrow } from '../../src/sim/trace/model.ts';
import type { LaneOrder } from './lane-order.ts';
import { Mark, type Shape } from './marks.tsx';
import type { Run } from './run.ts';

export interface LanesProps {
  readonly run: Run;
  readonly order: LaneOrder;
  /** The steps that are shown, in order, and the height of a row. */
  readonly rows: readonly number[];
  readonly rowHeight: number;
  readonly laneWidth: number;
  /** Rows that are drawn: the others are out of sight. */
  readonly from: number;
  readonly to: number;
  readonly selected: number;
  /** All that led to the selected step; only while it is asked for. */
  readonly past: ReadonlySet<number> | undefined;
}

/** Those between tasks; the others would lie on the lane itself. */
const DRAWN: ReadonlySet<string> = new Set(['message', 'wake', 'spawn', 'memory', 'ready']);

export const Lanes = memo(function Lanes(props: LanesProps): JSX.Element {
  const { run, order, rows, rowHeight, laneWidth, from, to } = props;
  const place = placesOf(run, rows);
  const x = (lane: number): number => ((order.column(lane) ?? 0) + 0.5) * laneWidth;
  const y = (row: number): number => (row + 0.5 - from) * rowHeight;
  const width = order.shown.length * laneWidth;
  const height = Math.max(0, to - from) * rowHeight;
  return (
    <svg
      class="lanes"
      width={width}
      height={height}
      style={{ top: `${from * rowHeight}px` }}
      aria-hidden="true"
    >
      <defs>
        <Arrowhead id="head" look="head" d="M0 .6L7.4 4L0 7.4z" />
        <Arrowhead id="open" look="open-head" d="M1 .8L7 4L1 7.2" />
      </defs>
      <g>{spans(props, place, x, y)}</g>
      <g>{arrows(props, place, x, y)}</g>
      <g>{marks(props, x, y, width)}</g>
    </svg>
  );
});

type Coordinate = (value: number) => number;

/** For each step, the row it stands in, or where it would stand between the rows. */
const known = new WeakMap<readonly number[], Float64Array>();

export function placesOf(run: Run, rows: readonly number[]): Float64Array {
  let places = known.get(rows);
  if (places === undefined) {
    places = new Float64Array(run.length + 2);
    let row = 0;
    for (let step = 0; step < places.length; step++) {
      while (row < rows.length && (rows[row] as number) < step) row++;
      places[step] = rows[row] === step ? row : row - 0.5;
    }
    known.set(rows, places);
  }
  return places;
}

function spans(
  { run, order, from, to }: LanesProps,
  place: Float64Array,
  x: Coordinate,
  y: Coordinate,
): JSX.Element[] {
  const drawn: JSX.Element[] = [];
  run.model.spans.forEach(({ lane, from: begin, to: end, status }, index) => {
    if (order.hidden.has(lane)) return;
    const top = begin === 0 ? -0.5 : (place[begin] as number);
    const bottom = place[end] as number;
    if (bottom < from - 1 || top > to) return;
    drawn.push(
      <line
        key={index}
        class={`span ${status} tone${lane % 8}`}
        x1={x(lane)}
        x2={x(lane)}
        y1={y(top)}
        y2={y(bottom)}
      />,
    );
  });
  run.model.lanes.forEach(({ ended, died }, lane) => {
    if (ended === null || order.hidden.has(lane)) return;
    const row = place[ended] as number;
    if (row < from - 1 || row > to) return;
    const at = y(row) + 9;
    drawn.push(
      <line
        key={`end${lane}`}
        class={`ended ${died ? 'died' : ''}`}
        x1={x(lane) - 7}
        x2={x(lane) + 7}
        y1={at}
        y2={at}
      />,
    );
  });
  return drawn;
}

function arrows(
  props: LanesProps,
  place: Float64Array,
  x: Coordinate,
  y: Coordinate,
): JSX.Element[] {
  const { run, order, from, to, selected, past } = props;
  const { steps, arrows: all } = run.model;
  const drawn: JSX.Element[] = [];
  all.forEach((arrow, index) => {
    const near = arrow.to === selected || arrow.from === selected;
    if (!DRAWN.has(arrow.kind) && !near) return;
    const [top, bottom] = [place[arrow.from] as number, place[arrow.to] as number];
    if (bottom < from - 1 || top > to) return;
    // What is not shown has no arrows.
    if (!Number.isInteger(top) || !Number.isInteger(bottom)) return;
    const begin = steps[arrow.from - 1]?.lane ?? null;
    const end = steps[arrow.to - 1]?.lane ?? null;
    if (begin === null || end === null || (begin === end && !near)) return;
    if (order.hidden.has(begin) || order.hidden.has(end)) return;
    const led = past?.has(arrow.to) && past.has(arrow.from);
    const tone = near ? 'near' : past !== undefined && !led ? 'far' : '';
    drawn.push(
      <path
        key={index}
        class={`arrow ${arrow.kind} ${tone}`}
        d={curve(x(begin), y(top), x(end), y(bottom))}
        marker-end={headOf(arrow)}
      />,
    );
  });
  return drawn;
}

function headOf({ kind }: Arrow): string {
  return kind === 'message' || kind === 'spawn' ? 'url(#head)' : 'url(#open)';
}

/** Straight where there is room; from a lane to itself around the marks between. */
function curve(x1: number, y1: number, x2: number, y2: number): string {
  if (x1 === x2) return `M${x1 + 6} ${y1}C${x1 + 26} ${y1} ${x2 + 26} ${y2} ${x2 + 8} ${y2}`;
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  return `M${x1 + dx * 7} ${y1 + dy * 7}L${x2 - dx * 9} ${y2 - dy * 9}`;
}

function marks(
  { run, rows, from, to, selected, past }: LanesProps,
  x: Coordinate,
  y: Coordinate,
  width: number,
): JSX.Element[] {
  const drawn: JSX.Element[] = [];
  for (let row = Math.max(0, from); row < Math.min(to, rows.length); row++) {
    const number = rows[row] as number;
    const step = run.step(number);
    if (step === undefined) continue;
    if (step.kind === 'time' || step.lane === null) {
      drawn.push(<line key={number} class="moment" x1={0} x2={width} y1={y(row)} y2={y(row)} />);
      continue;
    }
    const shape: Shape = run.mark(number) ?? (step.kind as Shape);
    const far = past !== undefined && !past.has(number);
    if (number === selected) {
      drawn.push(<circle key={`s${number}`} class="halo" cx={x(step.lane)} cy={y(row)} r={12} />);
    }
    drawn.push(
      <Mark
        key={number}
        shape={shape}
        x={x(step.lane)}
        y={y(row)}
        tone={`tone${step.lane % 8}${far ? ' far' : ''}`}
      />,
    );
  }
  return drawn;
}

function Arrowhead({ id, look, d }: { id: string; look: string; d: string }): JSX.Element {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerUnits="userSpaceOnUse"
      markerWidth="10"
      markerHeight="10"
      orient="auto"
    >
      <path class={look} d={d} />
    </marker>
  );
}
