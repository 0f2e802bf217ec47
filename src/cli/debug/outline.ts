/**
 * What is known of a run before it is debugged. Each run of it is the same, so that a moment is a
 * number: for how much the programs have asked until then.
 */
import type { Hit, Passed } from '../../node/debug-control.ts';
import type { StateLog } from '../../sim/trace/model.ts';

/**
 * A program asks for a syscall, a service or, if it is one of Node's, for what becomes syscalls;
 * its place in the list, from 1, is the moment.
 */
export interface Ask {
  /** The task's id. */
  readonly task: number;
  /** The line of the user that asks, as `src/server.ts:22:11`; empty where none does. */
  readonly where: string;
  /** The syscall, as `recv fd 4`, or the call of a service. */
  readonly call: string;
  /** Steps in which it had its turn: the first may only have put its task to sleep. */
  readonly steps: readonly number[];
  /** What came of it, as `"h"`; null where the run ended before. */
  readonly result: string | null;
  /** Steps that were complete when it was asked for. */
  readonly after: number;
}

/** What went wrong in the run. */
export interface OutlinedFailure {
  readonly law: string;
  readonly message: string;
  readonly step: number;
  /** The id of the task that it happened to. */
  readonly task: number | null;
  /** The line in which it did; undefined where none is known, or it is no task's. */
  readonly where: string | undefined;
}

/** A run, before it is debugged. */
export interface Outline {
  readonly scenario: string;
  readonly tasks: readonly { readonly id: number; readonly name: string }[];
  readonly asks: readonly Ask[];
  /** The kernel's state after each step. */
  readonly state: StateLog;
  readonly failure: OutlinedFailure | null;
  /** What `heddle replay` says of it. */
  readonly report: string;
}

/** Where a run stands. */
export type Position =
  | { readonly kind: 'ask'; readonly ask: number }
  | { readonly kind: 'hit'; readonly hit: Hit }
  | { readonly kind: 'end' };

/** What the process of the run tells the adapter. */
export type Told =
  /** The run has been made; those that come are debugged. */
  | { readonly what: 'found' }
  | { readonly what: 'ready'; readonly outline: Outline }
  | { readonly what: 'refused'; readonly message: string }
  | { readonly what: 'printed'; readonly text: string; readonly isError: boolean }
  | Passed
  | { readonly what: 'ended' };

/** What is to be debugged; given to the process of the run on its command line. */
export interface DebugOrder {
  /** A failure file, or a schedule as text. */
  readonly what: string;
  readonly file: string | undefined;
  readonly trust: boolean;
}
