/**
 * Where one is on the page, as its address says it: `#run=1&step=24&view=causes&q=fd:7`, and
 * `&hide=2&pin=0,3` for lanes.
 */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

/**
 * All steps, what led to the selected one, what the search found, and the nearest passing run
 * beside this one.
 */
const VIEWS = ['all', 'causes', 'found', 'passing'] as const;

export interface Place {
  /** Which run; undefined: all of them side by side. */
  readonly run: number | undefined;
  readonly step: number;
  readonly view: (typeof VIEWS)[number];
  readonly query: string;
  /** Lanes that are not drawn, and those that stand first, in their order. */
  readonly hide: readonly number[];
  readonly pin: readonly number[];
}

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
  };
}

function write({ run, step, view, query, hide, pin }: Place, runs: number): void {
  const parts: string[] = [];
  if (run !== undefined && runs > 1) parts.push(`run=${run + 1}`);
  if (step > 0) parts.push(`step=${step}`);
  if (view !== 'all') parts.push(`view=${view}`);
  if (query !== '') parts.push(`q=${encodeURIComponent(query)}`);
  if (hide.length > 0) parts.push(`hide=${hide.join(',')}`);
  if (pin.length > 0) parts.push(`pin=${pin.join(',')}`);
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
