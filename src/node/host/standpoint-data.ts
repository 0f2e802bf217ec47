/** What the thread that looks where a program stands says, and how. */

/** The calls of a program that are under way, the innermost first. */
export type Standpoint = readonly {
  readonly functionName: string;
  readonly url: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}[];

/** What the thread that looks is asked. */
export interface StandpointData {
  /** Of this question. */
  readonly id: number;
  /** Two numbers, and a text. */
  readonly shared: SharedArrayBuffer;
  /** Of the thread that is looked at. */
  readonly threadId: number;
}

/** Nobody wants to know it any more. */
export interface StandpointEnd {
  readonly end: number;
}

/** It is known where the other thread stands, and it goes on. */
export const STOPPED = 1;
