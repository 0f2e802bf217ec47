/**
 * Where one is on the page, as its address says it: `#run=1&step=24&view=causes&q=fd:7`,
 * `&hide=2&pin=0,3&fold=1` for lanes, `&range=12,40` for a part of the run, and `&syscalls=1`.
 */

import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { LISTS } from './lists.ts';

/**
 * All steps, what led to the selected one, what the search found, the nearest passing run beside
 * this one; and what is listed by itself.
 */
const VIEWS = ['all', 'causes', 'found', 'passing', ...LISTS] as const;

export interface Place {
  /** Which run; undefined: all of them side by side. */
  readonly run: number | undefined;
  readonly step: number;
  readonly view: (typeof VIEWS)[number];
  readonly query: string;
  /** Lanes that are not drawn, and those that stand first, in their order. */
  readonly hide: readonly number[];
  readonly pin: readonly number[];
  /** Processes whose tasks share a lane. */
  readonly fold: readonly number[];
  /** The first and the last step of those that are shown; empty: all. */
  readonly range: readonly number[];
  /** Of Node programs the housekeeping too. */
  readonly syscalls: boolean;
}

/** What is left behind where one goes to another run. */
export const NOWHERE: Omit<Place, 'run'> = {
  ...{ step: 0, view: 'all', query: '', hide: [], pin: [], fold: [], range: [] },
  syscalls: false,
};

const listed = (text: string | null): number[] =>
  (text ?? '')
    .split(',')
    .filter((word) => /^\d{1,6}$/.test(word))
    .map(Number);

function read(runs: number): Place {
  const given = new URLSearchParams(location.hash.slice(1));
  const run = Number(given.get('run') ?? Number.NaN);
  const step = Number(given.get('step') ?? 0);
  const view = given.get('view');
  return {
    run: runs === 1 ? 0 : run >= 1 && run <= runs ? run - 1 : undefined,
    step: Number.isInteger(step) && step > 0 ? step : 0,
    view: VIEWS.find((one) => one === view) ?? 'all',
    query: given.get('q') ?? '',
    hide: listed(given.get('hide')),
    pin: [...new Set(listed(given.get('pin')))],
    fold: listed(given.get('fold')),
    range: listed(given.get('range')).slice(0, 2),
    syscalls: given.has('syscalls'),
  };
}

function write({ run, step, view, query, syscalls, ...lists }: Place, runs: number): void {
  const parts: string[] = [];
  if (run !== undefined && runs > 1) parts.push(`run=${run + 1}`);
  if (step > 0) parts.push(`step=${step}`);
  if (view !== 'all') parts.push(`view=${view}`);
  if (query !== '') parts.push(`q=${encodeURIComponent(query)}`);
  for (const name of ['hide', 'pin', 'fold', 'range'] as const) {
    if (lists[name].length > 0) parts.push(`${name}=${lists[name].join(',')}`);
  }
  if (syscalls) parts.push('syscalls=1');
  const hash = `#${parts.join('&')}`;
  if (hash !== location.hash && !(hash === '#' && location.hash === '')) {
    history.replaceState(null, '', hash);
  }
}

/** The place, and how to go elsewhere. */
export function usePlace(runs: number): [Place, (change: Partial<Place>) => void] {
  const [place, setPlace] = useState(() => read(runs));
  useEffect(() => {
    const follow = (): void => setPlace(read(runs));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [runs]);
  useLayoutEffect(() => write(place, runs), [place, runs]);
  return [place, (change) => setPlace((before) => ({ ...before, ...change }))];
}
