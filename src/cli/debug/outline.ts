/**
 * What is known of a run before it is debugged. Each run of it is the same, so that a moment is a
 * number: how many syscalls the programs have asked for until then.
 */
import type { StateLog } from '../../sim/trace/model.ts';

/** A program asks for a syscall or a service; its place in the list, from 1, is the moment. */
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

/** A breakpoint of the user's was passed. */
export interface Hit {
  readonly breakpoint: string;
  /** Syscalls that had been asked for until then. */
  readonly asks: number;
  /** The how-manieth time since the last of them that this breakpoint was passed, from 1. */
  readonly time: number;
  /** The id of the task whose code it was; null for the scenario's own. */
  readonly task: number | null;
}

/** Where a run stands. */
export type Position =
  | { readonly kind: 'ask'; readonly ask: number }
  | { readonly kind: 'hit'; readonly hit: Hit }
  | { readonly kind: 'end' };

/** How far a run is to go: to a syscall that is asked for, to a breakpoint, or else to its end. */
export interface Goal {
  /** Stop where this syscall is asked for; 0 for none. */
  readonly ask: number;
  /** Stop at every breakpoint, at none, or at the how-manieth that is passed, from 1. */
  readonly hit: 'every' | 'none' | number;
  /** The user has seen already what is printed on the way. */
  readonly isSilent: boolean;
}

/** What the process of the run tells the adapter. */
export type Told =
  | { readonly what: 'ready'; readonly outline: Outline }
  | { readonly what: 'refused'; readonly message: string }
  | { readonly what: 'printed'; readonly text: string; readonly isError: boolean }
  | { readonly what: 'asks'; readonly ask: number }
  | { readonly what: 'hit'; readonly hit: Hit }
  | { readonly what: 'ended'; readonly hits: readonly Hit[] };

/** What is to be debugged; given to the process of the run on its command line. */
export interface DebugOrder {
  /** A failure file, or a schedule as text. */
  readonly what: string;
  readonly file: string | undefined;
  readonly trust: boolean;
}

/** The process of the run is asked through this global object. */
export const CONTROL = 'heddleDebug';

/** And answers by calling this global function. */
export const TELL = 'heddleTell';
