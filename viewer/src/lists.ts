/** What of a run is listed by itself: messages, requests, queries, and what was printed. */
import type { Run } from './run.ts';

export const LISTS = ['messages', 'requests', 'queries', 'console'] as const;
export type ListName = (typeof LISTS)[number];

export interface Line {
  readonly step: number;
  readonly text: string;
  /** The step that it led to: the answer, or who read it; null where there is none. */
  readonly end: number | null;
}

/** The lines of a list, in their order. */
export function linesOf(run: Run, name: ListName): Line[] {
  const { steps, exchanges } = run.model;
  if (name === 'requests' || name === 'queries') {
    const wanted = name === 'queries' ? 'query' : 'request';
    return exchanges
      .filter(({ kind }) => kind === wanted)
      .map(({ step, text, answered }) => ({ step, text, end: answered }));
  }
  return steps.flatMap(({ did, call, fd, arrives }, index) => {
    const step = index + 1;
    if (name === 'console') {
      return call === 'write' && (fd === 1 || fd === 2) ? [{ step, text: did, end: null }] : [];
    }
    if (arrives !== 'data' && arrives !== 'datagram') return [];
    const sent = run.causes(step).find(({ kind }) => kind === 'message')?.from ?? step;
    const end = run.effects(step).find(({ kind }) => kind === 'message')?.to ?? null;
    return [{ step: sent, text: did, end }];
  });
}
