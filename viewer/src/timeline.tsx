// biome-ignore-all lint/a11y/useSemanticElements: a table would lay out rows that are not there.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and names the row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: keys are the page's, wherever the focus is.
/**
 * The steps of a run, a row each: what was done in words, and its place among the lanes. Only what
 * is in sight is drawn.
 */
import type { CSSProperties, JSX } from 'preact';
import { flushSync } from 'preact/compat';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Lane } from '../../src/sim/trace/model.ts';
import type { LaneOrder } from './lane-order.ts';
import { Lanes, placesOf } from './lanes.tsx';
import { GLYPH, GLYPH_TEXT } from './marks.tsx';
import type { Run } from './run.ts';
import { TaskName } from './task-name.tsx';

const ROW_HEIGHT = 26;
/** Rows drawn above and below what is in sight. */
const MARGIN_ROWS = 12;
const LANE_WIDTH_MIN = 34;
const LANE_WIDTH_MAX = 132;
const NARROW = 84;
const TEXT_WIDTH_MIN = 400;

export interface TimelineProps {
  readonly run: Run;
  readonly order: LaneOrder;
  readonly rows: readonly number[];
  readonly selected: number;
  readonly past: ReadonlySet<number> | undefined;
  readonly found: ReadonlySet<number>;
  readonly onSelect: (step: number) => void;
}

export function Timeline({
  run,
  order,
  rows,
  selected,
  past,
  found,
  onSelect,
}: TimelineProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSight] = useState({ top: 0, height: 800, width: 1000 });
  const printing = usePrinting();
  const sight = printing ? { top: 0, height: rows.length * ROW_HEIGHT, width: PAPER_WIDTH } : seen;
  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement;
    const measure = (): void =>
      setSight({
        top: element.scrollTop,
        height: element.clientHeight,
        width: element.clientWidth,
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  const count = order.shown.length;
  const lanesWidth = Math.min(
    count * LANE_WIDTH_MAX,
    Math.max(count * LANE_WIDTH_MIN, sight.width / 2),
  );
  const textWidth = Math.max(TEXT_WIDTH_MIN, sight.width - lanesWidth - 2);
  const laneWidth = Math.max(
    LANE_WIDTH_MIN,
    Math.min(LANE_WIDTH_MAX, (sight.width - textWidth) / Math.max(1, count)),
  );
  const isNarrow = laneWidth < NARROW;
  // The selected step comes into sight, with some of what surrounds it.
  useEffect(() => {
    const element = box.current as HTMLDivElement;
    const row = placesOf(run, rows)[selected] ?? 0;
    const top = row * ROW_HEIGHT;
    const head = element.querySelector<HTMLElement>('.heads')?.offsetHeight ?? 0;
    const room = element.clientHeight - head;
    if (
      top < element.scrollTop + 3 * ROW_HEIGHT ||
      top > element.scrollTop + room - 4 * ROW_HEIGHT
    ) {
      element.scrollTop = Math.max(0, top - room / 2);
    }
    // Its room is another once the names stand upright, or the window is another.
  }, [run, rows, selected, isNarrow, seen.height]);

  const from = Math.max(0, Math.floor(sight.top / ROW_HEIGHT) - MARGIN_ROWS);
  const to = Math.min(
    rows.length,
    Math.ceil((sight.top + sight.height) / ROW_HEIGHT) + MARGIN_ROWS,
  );
  const drawn = rows.slice(from, to);
  const style = { '--words': `${textWidth}px`, '--row': `${ROW_HEIGHT}px` };
  return (
    // A grid with one stop for the Tab key: rows come and go as it scrolls, and would take the
    // focus with them. The page's keys move the selection.
    <div
      class="timeline"
      ref={box}
      style={style as CSSProperties}
      role="grid"
      tabIndex={0}
      aria-label="Steps"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={drawn.includes(selected) ? idOf(selected) : undefined}
    >
      <Heads run={run} order={order} laneWidth={laneWidth} isNarrow={isNarrow} />
      <div
        class="rows"
        style={{
          height: `${rows.length * ROW_HEIGHT}px`,
          minWidth: `${textWidth + count * laneWidth}px`,
        }}
      >
        <div class="list" role="rowgroup">
          {drawn.map((number, index) => (
            <Row
              key={number}
              run={run}
              number={number}
              row={from + index}
              selected={number === selected}
              far={past !== undefined && !past.has(number)}
              found={found.has(number)}
              onSelect={onSelect}
            />
          ))}
        </div>
        <div class="drawing">
          <Lanes
            run={run}
            order={order}
            rows={rows}
            rowHeight={ROW_HEIGHT}
            laneWidth={laneWidth}
            from={from}
            to={to}
            selected={selected}
            past={past}
          />
        </div>
      </div>
    </div>
  );
}

/** Of a sheet of A4 on its side, without its margins. */
const PAPER_WIDTH = 1000;

/** Whether the page is being printed: then all rows are drawn, as nobody can scroll paper. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    // At once: the sheets are laid out when the event is over.
    const begin = (): void => flushSync(() => setPrinting(true));
    const end = (): void => setPrinting(false);
    addEventListener('beforeprint', begin);
    addEventListener('afterprint', end);
    return () => {
      removeEventListener('beforeprint', begin);
      removeEventListener('afterprint', end);
    };
  }, []);
  return printing;
}

interface RowProps {
  readonly run: Run;
  readonly number: number;
  /** Its place among the rows that are shown. */
  readonly row: number;
  readonly selected: boolean;
  readonly far: boolean;
  readonly found: boolean;
  readonly onSelect: (step: number) => void;
}

const idOf = (step: number): string => `step-${step}`;

function Row({ run, number, row, selected, far, found, onSelect }: RowProps): JSX.Element {
  const step = run.step(number);
  const mark = run.mark(number);
  const who = run.who(step);
  const tone = step?.lane == null || step.kind === 'time' ? '' : `tone${step.lane % 8}`;
  const classes = [
    'row',
    step?.kind ?? '',
    selected ? 'selected' : '',
    far ? 'far' : '',
    found ? 'found' : '',
    mark ?? '',
  ];
  return (
    <div
      id={idOf(number)}
      class={classes.join(' ')}
      style={{ top: `${row * ROW_HEIGHT}px` }}
      role="row"
      aria-rowindex={row + 2}
      aria-selected={selected}
      data-step={number}
      onClick={() => onSelect(number)}
    >
      <span role="gridcell" class="glyph">
        {mark === undefined ? null : (
          <span title={GLYPH_TEXT[mark]}>
            <span aria-hidden="true">{GLYPH[mark]}</span>
            <span class="sr">{GLYPH_TEXT[mark]}</span>
          </span>
        )}
      </span>
      <span role="gridcell" class="number">
        {number}
      </span>
      <span role="gridcell" class="who">
        <TaskName class={tone} name={who} />
      </span>
      <span role="gridcell" class="did">
        {step?.isPlumbing && step.after !== '' ? step.after : step?.did}
        {step?.result === '' || step?.kind === 'arrival' ? null : (
          <span class={`gave${isErrno(step?.result) ? ' errno' : ''}`}> → {step?.result}</span>
        )}
        {step?.isPlumbing || step?.after === '' ? null : ` · ${step?.after}`}
      </span>
    </div>
  );
}

export function isErrno(result: string | undefined): boolean {
  return result !== undefined && /^E[A-Z0-9]{3,}$/.test(result);
}

interface HeadsProps {
  readonly run: Run;
  readonly order: LaneOrder;
  readonly laneWidth: number;
  /** There is room for names only if they stand upright. */
  readonly isNarrow: boolean;
}

/** Names of the tasks, by process and host. */
function Heads({ run, order, laneWidth, isNarrow }: HeadsProps): JSX.Element {
  const { lanes } = run.model;
  const groups: { title: string; from: number; count: number }[] = [];
  const hosts = new Set(lanes.map(({ host }) => host)).size;
  let before: number | undefined;
  order.shown.forEach((lane, column) => {
    const { process, pid, host } = lanes[lane] as Lane;
    const last = groups.at(-1);
    if (last !== undefined && before === pid) last.count++;
    else
      groups.push({ title: hosts > 1 ? `${process} @ ${host}` : process, from: column, count: 1 });
    before = pid;
  });
  return (
    <div class={`heads ${isNarrow ? 'narrow' : ''}`} role="rowgroup">
      <div class="columns" role="row" aria-rowindex={1}>
        <span class="glyph" role="columnheader">
          <span class="sr">mark</span>
        </span>
        <span class="number" role="columnheader">
          step
        </span>
        <span class="who" role="columnheader">
          task
        </span>
        <span class="did" role="columnheader">
          did → result
        </span>
      </div>
      <div
        class="names"
        aria-hidden="true"
        style={{ width: `${order.shown.length * laneWidth}px` }}
      >
        {groups.map(({ title, from, count }) => (
          <span
            key={from}
            class="process"
            title={`process ${title}`}
            style={{ left: `${from * laneWidth}px`, width: `${count * laneWidth}px` }}
          >
            {title}
          </span>
        ))}
        {order.shown.map((lane, column) => (
          <TaskName
            key={lane}
            class={`lane tone${lane % 8}`}
            name={order.nameOf(lane)}
            style={{ left: `${column * laneWidth}px`, width: `${laneWidth}px` }}
          />
        ))}
      </div>
    </div>
  );
}
