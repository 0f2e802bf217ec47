/** One run: its steps among the lanes, and all there is to know of the selected one. */
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PageData } from '../../src/sim/trace/page.ts';
import { Details } from './details.tsx';
import { Footer } from './footer.tsx';
import { Help } from './help.tsx';
import { LaneMenu } from './lane-menu.tsx';
import { laneOrder } from './lane-order.ts';
import { Listing } from './listing.tsx';
import { LISTS, linesOf } from './lists.ts';
import { Overview } from './overview.tsx';
import { PageTools } from './page-tools.tsx';
import { Passing } from './passing.tsx';
import { NOWHERE, type Place } from './place.ts';
import type { Run } from './run.ts';
import { search } from './search.ts';
import { Timeline } from './timeline.tsx';

export interface RunViewProps {
  readonly run: Run;
  readonly data: PageData;
  readonly place: Place;
  readonly go: (change: Partial<Place>) => void;
  readonly theme: string;
  readonly onTheme: () => void;
}

export function RunView({ run, data, place, go, theme, onTheme }: RunViewProps): JSX.Element {
  const { model } = run;
  const [help, setHelp] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const selected = Math.min(run.length, place.step || (model.failure?.step ?? run.firstTold));
  const found = useMemo(() => search(run, place.query), [run, place.query]);
  const past = place.view === 'causes' ? run.past(selected) : undefined;
  const order = useMemo(
    () => laneOrder(run, place.hide, place.pin, place.fold),
    [run, place.hide, place.pin, place.fold],
  );
  const rows = useMemo(() => {
    const [from = 1, to = run.length] = place.range;
    const all = model.steps.flatMap(({ lane }, index) =>
      (lane === null || !order.hidden.has(lane)) && index + 1 >= from && index < to
        ? [index + 1]
        : [],
    );
    const told = place.syscalls ? all : all.filter((step) => run.isTold(step) || step === selected);
    if (place.view === 'causes') return told.filter((step) => run.past(selected).has(step));
    if (place.view !== 'found' || place.query === '') return told;
    const wanted = new Set(found);
    return all.filter((step) => wanted.has(step));
    // In the causal view other steps are other rows; and a selected step is always there.
  }, [
    ...[run, order, place.view, place.range, place.syscalls, found],
    place.view === 'causes' || !run.isTold(selected) ? selected : 0,
  ]);
  const lists = useMemo(
    () =>
      LISTS.map((name) => [name, linesOf(run, name)] as const).filter(([, of]) => of.length > 0),
    [run],
  );
  const list = lists.find(([name]) => name === place.view);
  const foundSet = useMemo(() => new Set(found), [found]);
  const select = (step: number): void => {
    if (step >= 1 && step <= run.length) go({ step });
  };
  const keys = useKeys({
    run,
    rows,
    selected,
    found,
    place,
    select,
    go,
    onTheme,
    onHelp: () => setHelp(true),
    field,
  });
  // At once: the next key may come before the picture of this one.
  useLayoutEffect(() => {
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  });
  return (
    <div class="page">
      <header>
        <div class="title">
          {data.runs.length > 1 ? (
            <button type="button" class="back" onClick={() => go({ ...NOWHERE, run: undefined })}>
              ← all {data.runs.length}
            </button>
          ) : (
            <span class="brand">heddle</span>
          )}
          <h1 title={model.scenario}>{data.runs.length > 1 ? run.page.title : model.scenario}</h1>
        </div>
        <div class="tools">
          <search>
            <input
              ref={field}
              type="search"
              placeholder="Search steps   /"
              aria-label="Search steps"
              value={place.query}
              onInput={(event) =>
                go({
                  query: event.currentTarget.value,
                  ...(place.view === 'causes' ? { view: 'all' } : {}),
                })
              }
            />
            {place.query === '' ? null : (
              <output aria-live="polite">
                {found.length} {found.length === 1 ? 'step' : 'steps'}
              </output>
            )}
          </search>
          <fieldset class="switch" aria-label="Which steps">
            <Tab
              label="all"
              title={`all ${run.length} steps`}
              on={place.view === 'all'}
              onClick={() => go({ view: 'all' })}
            />
            <Tab
              label="causes"
              title="only what led to the selected step (c)"
              on={place.view === 'causes'}
              onClick={() => go({ view: 'causes' })}
            />
            <Tab
              label="found"
              title="only what the search has found"
              on={place.view === 'found'}
              disabled={place.query === ''}
              onClick={() => go({ view: 'found' })}
            />
            <Tab
              label="passing"
              title={
                model.nearest === null
                  ? 'no run that passes has been found near this one'
                  : 'the nearest run that passes, beside this one (d)'
              }
              on={place.view === 'passing'}
              disabled={model.nearest === null}
              onClick={() => go({ view: 'passing' })}
            />
            {lists.map(([name, { length }]) => (
              <Tab
                key={name}
                label={name}
                title={`${name} of this run: ${length}`}
                on={place.view === name}
                onClick={() => go({ view: name })}
              />
            ))}
          </fieldset>
          {run.isOfPrograms ? (
            <fieldset class="switch">
              <Tab
                label="syscalls"
                title="what the event loop does besides, too"
                on={place.syscalls}
                onClick={() => go({ syscalls: !place.syscalls })}
              />
            </fieldset>
          ) : null}
          <LaneMenu run={run} order={order} fold={place.fold} go={go} />
          <PageTools theme={theme} onTheme={onTheme} onHelp={() => setHelp(true)} />
        </div>
      </header>
      <Verdict run={run} onSelect={select} />
      <div class="strip">
        <button
          type="button"
          class="icon"
          aria-label="Step before"
          onClick={() => select(selected - 1)}
        >
          ‹
        </button>
        <Overview
          run={run}
          selected={selected}
          range={place.range}
          onSelect={select}
          onRange={(range) => go({ range })}
        />
        <button
          type="button"
          class="icon"
          aria-label="Next step"
          onClick={() => select(selected + 1)}
        >
          ›
        </button>
      </div>
      <main>
        <div class="left">
          {past === undefined ? null : (
            <p class="banner">
              {past.size} of {run.length} steps led to step {selected}.{' '}
              <button type="button" onClick={() => go({ view: 'all' })}>
                show all
              </button>
            </p>
          )}
          {place.range.length === 0 ? null : (
            <p class="banner">
              Steps {place.range.join(' to ')}.{' '}
              <button type="button" onClick={() => go({ range: [] })}>
                show all
              </button>
            </p>
          )}
          {rows.length === 0 ? <p class="banner">No step is like that.</p> : null}
          {list !== undefined ? (
            <Listing
              run={run}
              name={list[0]}
              lines={list[1]}
              selected={selected}
              onSelect={select}
            />
          ) : place.view === 'passing' && model.nearest !== null ? (
            <Passing
              nearest={model.nearest}
              selected={selected}
              failedAt={model.failure?.step}
              onSelect={select}
            />
          ) : (
            <Timeline
              run={run}
              order={order}
              rows={rows}
              selected={selected}
              past={past}
              found={foundSet}
              onSelect={select}
            />
          )}
        </div>
        <Details run={run} step={selected} data={data} onSelect={select} />
      </main>
      <output class="sr" aria-live="polite">
        {lineOf(run, selected)}
      </output>
      <Footer next={data.next} digest={model.digest} />
      {help ? <Help onClose={() => setHelp(false)} /> : null}
    </div>
  );
}

/** What is told of a step once it is selected. */
function lineOf(run: Run, number: number): string {
  const step = run.step(number);
  if (step === undefined) return '';
  const gave = step.result === '' ? '' : ` → ${step.result}`;
  return `step ${number} of ${run.length}: ${run.who(step)} ${step.did}${gave}`;
}

interface TabProps {
  readonly label: string;
  readonly title: string;
  readonly on: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function Tab({ label, title, on, disabled, onClick }: TabProps): JSX.Element {
  return (
    <button type="button" aria-pressed={on} disabled={disabled} title={title} onClick={onClick}>
      {label}
    </button>
  );
}

function Verdict({ run, onSelect }: { run: Run; onSelect: (step: number) => void }): JSX.Element {
  const { failure, given, faults } = run.model;
  const restless = run.marked.length;
  const about = [
    `${run.length.toLocaleString('en')} steps`,
    `${run.model.lanes.length} tasks`,
    restless === 0
      ? 'every decision calm'
      : `${restless} ${restless === 1 ? 'step' : 'steps'} with a decision that was not calm`,
    ...(given.length > 0 ? [`given ${given.join(', ')}`] : []),
    ...(faults.length > 0 ? [`faults ${faults.join(', ')}`] : []),
  ].join(' · ');
  if (failure === null) {
    return (
      <section class="verdict passes" aria-label="Verdict">
        <p>
          <strong>✓ passes</strong> {run.page.what}
        </p>
        <p class="about">{about}</p>
      </section>
    );
  }
  return (
    <section class="verdict fails" aria-label="Verdict">
      <p>
        <button type="button" onClick={() => onSelect(failure.step)}>
          ✗ step {failure.step}
        </button>{' '}
        <strong>{failure.message}</strong>
      </p>
      <p class="about">
        broken law: {failure.law} · {about}
      </p>
    </section>
  );
}

interface Keys {
  readonly run: Run;
  readonly rows: readonly number[];
  readonly selected: number;
  readonly found: readonly number[];
  readonly place: Place;
  readonly select: (step: number) => void;
  readonly go: (change: Partial<Place>) => void;
  readonly onTheme: () => void;
  readonly onHelp: () => void;
  readonly field: { readonly current: HTMLInputElement | null };
}

/** What a key does. */
function useKeys(keys: Keys): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const inField = event.target === keys.field.current;
    const action = inField ? fieldAction(event, keys) : pageAction(event.key, keys);
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
}

type Action = (() => void) | undefined;

function fieldAction(
  { key, shiftKey }: KeyboardEvent,
  { found, selected, select, go, field }: Keys,
): Action {
  if (key === 'Escape') {
    return () => {
      go({ query: '', view: 'all' });
      field.current?.blur();
    };
  }
  if (key !== 'Enter') return undefined;
  const next = shiftKey
    ? (found.findLast((step) => step < selected) ?? found.at(-1))
    : (found.find((step) => step > selected) ?? found[0]);
  return () => select(next ?? selected);
}

function pageAction(key: string, keys: Keys): Action {
  const { run, rows, selected, select, go, place } = keys;
  const near = (list: readonly number[], forward: boolean): Action => {
    const step = forward
      ? list.find((one) => one > selected)
      : list.findLast((one) => one < selected);
    return () => select(step ?? selected);
  };
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowUp':
    case 'k':
      return near(rows, false);
    case 'ArrowRight':
    case 'ArrowDown':
    case 'j':
      return near(rows, true);
    case 'Home':
      return () => select(rows[0] ?? 1);
    case 'End':
      return () => select(rows.at(-1) ?? run.length);
    case '[':
      return near(run.marked, false);
    case ']':
      return near(run.marked, true);
    case 'f':
      return () => select(run.model.failure?.step ?? selected);
    case 'p':
    case 'n': {
      const lane = run.step(selected)?.lane;
      return near(
        rows.filter((step) => run.step(step)?.lane === lane),
        key === 'n',
      );
    }
    case 'c':
      return () => go({ view: place.view === 'causes' ? 'all' : 'causes' });
    case '{':
      return () => go({ range: [selected, place.range[1] ?? run.length] });
    case '}':
      return () => go({ range: [place.range[0] ?? 1, selected] });
    case 'd':
      if (run.model.nearest === null) return undefined;
      return () => go({ view: place.view === 'passing' ? 'all' : 'passing' });
    case '/':
      return () => keys.field.current?.focus();
    case 't':
      return keys.onTheme;
    case '?':
      return keys.onHelp;
    case 'Escape':
      return () => go({ view: 'all', range: [] });
    default:
      return undefined;
  }
}
