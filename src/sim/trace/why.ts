import type { TraceStep } from './recorder.ts';

/** Why nothing wakes a task that sleeps, and the steps since which it waits in vain. */
export interface Why {
  /** `client#1 sends nothing more`; empty where there is nothing to say. */
  readonly why: string;
  /** Steps since which it waits in vain: by which what it wants was taken, or woken too early. */
  readonly since: readonly number[];
}

export const because = (why: string, ...since: readonly (TraceStep | undefined)[]): Why => ({
  why,
  since: since.flatMap((step) => (step === undefined ? [] : [step.step])),
});
