/** The same visit to several servers, side by side: who waits where, and what a message costs. */
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { type Cost, costOf, lanesOf } from '../../src/sim/trace/cost.ts';
import type { PageData } from '../../src/sim/trace/page.ts';
import { Footer } from './footer.tsx';
import { Help } from './help.tsx';
import { lessonOf } from './lessons.ts';
import { Mark, type Shape } from './marks.tsx';
import { PageTools } from './page-tools.tsx';
import type { Place } from './place.ts';
import type { Run } from './run.ts';
import { TaskName } from './task-name.tsx';

export interface CompareProps {
  readonly runs: readonly Run[];
  readonly data: PageData;
  readonly place: Place;
  readonly go: (change: Partial<Place>) => void;
  readonly theme: string;
  readonly onTheme: () => void;
}

export function Compare({ runs, data, go, theme, onTheme }: CompareProps): JSX.Element {
  const moments = useMemo(() => momentsOf(runs), [runs]);
  const costs = useMemo(() => runs.map(({ model, page }) => costOf(model, page.counted)), [runs]);
  const [at, setAt] = useState(Math.min(3, moments.length - 1));
  const [help, setHelp] = useState(false);
  const move = (to: number): void => setAt(Math.max(0, Math.min(moments.length - 1, to)));
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || help) return;
      const action = actionOf(event.key);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    const actionOf = (key: string): (() => void) | undefined => {
      if (key === 'ArrowLeft' || key === 'k') return () => move(at - 1);
      if (key === 'ArrowRight' || key === 'j') return () => move(at + 1);
      if (key === 't') return onTheme;
      if (key === '?') return () => setHelp(true);
      const run = Number(key) - 1;
      return run in runs ? () => go({ run, step: 0 }) : undefined;
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  const now = moments[at] ?? 0;
  const visit = isVisit(runs);
  return (
    <div class="page compare">
      <header>
        <div class="title">
          <span class="brand">heddle</span>
          <h1>
            {visit
              ? `The same visit to ${runs.length} servers`
              : `${runs.length} runs side by side`}
          </h1>
        </div>
        <div class="tools">
          <PageTools theme={theme} onTheme={onTheme} onHelp={() => setHelp(true)} />
        </div>
      </header>
      <main>
        <div class="scrubber">
          <label for="moment">
            At the end of <strong>{now} ms</strong>
          </label>
          <input
            id="moment"
            type="range"
            min={0}
            max={moments.length - 1}
            value={at}
            aria-valuetext={`${now} ms`}
            onInput={(event) => move(Number(event.currentTarget.value))}
          />
          <p>
            {visit ? VISIT : ''}Move through time with ← and →, and look{' '}
            {visit ? 'where each server waits' : 'what each task waits for'}.
          </p>
        </div>
        <div class="servers">
          {runs.map((run, index) => (
            <Server
              key={index}
              run={run}
              cost={costs[index] as Cost}
              now={now}
              onOpen={() => go({ run: index, step: stepAt(run, now) })}
            />
          ))}
        </div>
        {visit ? <Table runs={runs} costs={costs} /> : null}
      </main>
      <Footer next={data.next} />
      {help ? <Help onClose={() => setHelp(false)} /> : null}
    </div>
  );
}

const VISIT =
  'Two clients connect, and each sends two messages and waits for each answer. What is sent travels for 1 ms. ';

/** Servers that are asked the same, and not any runs: then it says something what that costs. */
function isVisit(runs: readonly Run[]): boolean {
  return runs.every(({ page }) => page.messages > 0);
}

/** All moments of virtual time at which something happens anywhere. */
function momentsOf(runs: readonly Run[]): number[] {
  const moments = new Set(runs.flatMap(({ model }) => model.steps.map(({ timeMs }) => timeMs)));
  return [...moments].sort((a, b) => a - b);
}

/** The last step that is not later than `now`. */
function stepAt(run: Run, now: number): number {
  return run.model.steps.findLastIndex(({ timeMs }) => timeMs <= now) + 1;
}

interface ServerProps {
  readonly run: Run;
  readonly cost: Cost;
  readonly now: number;
  readonly onOpen: () => void;
}

function Server({ run, cost, now, onOpen }: ServerProps): JSX.Element {
  const step = stepAt(run, now);
  const state = useMemo(() => run.state(step), [run, step]);
  const { messages } = run.page;
  const visit = messages > 0;
  const counted = useMemo(
    () => (visit ? lanesOf(run.model, run.page.counted) : new Set(run.model.lanes.keys())),
    [run, visit],
  );
  return (
    <section class="server" aria-label={run.page.title}>
      <h2>
        <button type="button" onClick={onOpen} title="open this run">
          {run.page.title} <span aria-hidden="true">↗</span>
        </button>
      </h2>
      <p class="what">{run.page.what}</p>
      {visit ? (
        <dl class="figures">
          <Figure value={`${cost.tasksMax}`} name={cost.tasksMax === 1 ? 'task' : 'tasks'} />
          <Figure value={perMessage(cost.syscalls, messages)} name="syscalls a message" />
          <Figure value={perMessage(cost.wakeUps, messages)} name="wake-ups a message" />
        </dl>
      ) : (
        <p>{run.model.failure === null ? '✓ passes' : `✗ ${run.model.failure.message}`}</p>
      )}
      <MiniLanes run={run} step={step} />
      <h3>Who waits where, at {now} ms</h3>
      <ul class="waits">
        {run.model.lanes.map(({ name, born, ended }, lane) => {
          if (born > step || (ended !== null && ended <= step) || !counted.has(lane)) return null;
          const doing = state.get(`task\t${name}\tstate`) ?? '';
          return (
            <li key={name}>
              <span class={`who tone${lane % 8}`}>{name}</span> {doing}
              <Watching run={run} name={name} state={state} />
            </li>
          );
        })}
      </ul>
      {visit ? <p class="lesson">{lessonOf(cost, run.page.what)}</p> : null}
    </section>
  );
}

function Figure({ value, name }: { value: string; name: string }): JSX.Element {
  return (
    <div>
      <dd>{value}</dd>
      <dt>{name}</dt>
    </div>
  );
}

/** What a select, poll or epoll_wait looks at, with what is ready of it. */
function Watching({
  name,
  state,
}: {
  run: Run;
  name: string;
  state: ReadonlyMap<string, string>;
}): JSX.Element | null {
  const lines: string[] = [];
  const call = state.get(`task\t${name}\tasks for`) ?? '';
  for (const [key, value] of state) {
    const [section, subject = '', field = ''] = key.split('\t');
    if (section === 'task' && subject === name && /^(poll|select) /.test(field))
      lines.push(`${field}: ${value}`);
    if (/^epollWait/.test(call) && section === 'ofd' && field.startsWith('watches '))
      lines.push(`${field.replace('watches ', '')}: ${value}`);
  }
  if (lines.length === 0) return null;
  return (
    <ul class="watching">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function perMessage(count: number, messages: number): string {
  return messages === 0 ? '–' : String(Number((count / messages).toFixed(1)));
}

/** Of a small picture, in units of its own. */
const MINI_WIDTH = 300;
const MINI_HEIGHT = 330;

/** The whole run, small: enough to see its pattern. */
function MiniLanes({ run, step: now }: { run: Run; step: number }): JSX.Element {
  const { lanes, steps, spans, arrows } = run.model;
  const x = (lane: number): number => ((run.column(lane) + 0.5) / lanes.length) * MINI_WIDTH;
  const y = (step: number): number => (step / (steps.length + 1)) * MINI_HEIGHT;
  const here = y(now + 0.5);
  return (
    <div class="drawn">
      <div class="mini-names" aria-hidden="true">
        {run.columns.map((lane) => (
          <TaskName key={lane} name={lanes[lane]?.name ?? ''} class={`tone${lane % 8}`} />
        ))}
      </div>
      <svg
        class="mini"
        viewBox={`0 0 ${MINI_WIDTH} ${MINI_HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${steps.length} steps of ${lanes.length} tasks`}
      >
        <rect class="past" x={0} y={0} width={MINI_WIDTH} height={here} />
        {spans.map(({ lane, from, to, status }) => (
          <line
            key={`${lane} ${from}`}
            class={`span ${status} tone${lane % 8}`}
            x1={x(lane)}
            x2={x(lane)}
            y1={y(from)}
            y2={y(to)}
          />
        ))}
        {arrows.map(({ kind, from, to }) => {
          const [begin, end] = [steps[from - 1]?.lane ?? null, steps[to - 1]?.lane ?? null];
          const drawn = kind === 'message' || kind === 'spawn';
          if (!drawn || begin === null || end === null || begin === end) return null;
          return (
            <line
              key={`${kind} ${from} ${to}`}
              class={`arrow ${kind}`}
              x1={x(begin)}
              y1={y(from)}
              x2={x(end)}
              y2={y(to)}
            />
          );
        })}
        {steps.map(({ lane, kind }, index) => {
          if (lane === null || kind === 'time') return null;
          const at = `translate(${x(lane)} ${y(index + 1)}) scale(.55)`;
          return (
            <g key={index} transform={at}>
              <Mark shape={kind as Shape} x={0} y={0} tone={`tone${lane % 8}`} />
            </g>
          );
        })}
        <line class="now" x1={0} x2={MINI_WIDTH} y1={here} y2={here} />
      </svg>
    </div>
  );
}

function Table({ runs, costs }: { runs: readonly Run[]; costs: readonly Cost[] }): JSX.Element {
  const rows: [string, (cost: Cost, run: Run) => string][] = [
    ['tasks at the same time', (cost) => String(cost.tasksMax)],
    ['processes', (cost) => String(cost.processes)],
    [
      'asleep in',
      ({ waits }) =>
        waits.map(([call, tasks]) => `${call}${tasks > 1 ? ` ×${tasks}` : ''}`).join(', ') ||
        'never',
    ],
    ['syscalls from the first message to the last answer', ({ syscalls }) => String(syscalls)],
    ['of these', ({ byCall }) => byCall.map(([call, count]) => `${call} ${count}`).join(', ')],
    ['syscalls a message', ({ syscalls }, { page }) => perMessage(syscalls, page.messages)],
    ['wake-ups a message', ({ wakeUps }, { page }) => perMessage(wakeUps, page.messages)],
    ['steps of the whole run', (_, run) => String(run.length)],
  ];
  return (
    <div class="table">
      <table>
        <caption>
          What {runs[0]?.page.messages ?? 0} messages cost, counted in these runs; what a server
          prints is left out
        </caption>
        <thead>
          <tr>
            <th scope="col">server</th>
            {runs.map(({ page }) => (
              <th key={page.title} scope="col">
                {page.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, tell]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {runs.map((run, index) => (
                <td key={run.page.title}>{tell(costs[index] as Cost, run)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
