/** What a page of the viewer is given: one run, or several side by side. */
import type { PackedTrace } from './pack.ts';

export interface PageData {
  readonly runs: readonly PageRun[];
  readonly sources: Sources;
  /** What names of files are relative to, so that links lead to them. */
  readonly folder: string;
  /** Commands to run next. */
  readonly next: readonly (readonly [label: string, command: string])[];
  /** It is served by `heddle view --live`, which takes another road if it is asked to. */
  readonly live: boolean;
}

export interface PageRun {
  /** `threaded`, or the scenario's name. */
  readonly title: string;
  /** What it is, in one sentence; may be empty. */
  readonly what: string;
  /** Names of the processes whose cost is counted; empty where nothing is compared. */
  readonly counted: readonly string[];
  /** Messages that those processes have answered. */
  readonly messages: number;
  /**
   * The command that takes another road, but for its last word: the decision's place and the
   * alternative, as `12:1`.
   */
  readonly branch: string;
  readonly trace: PackedTrace;
}

/** Excerpts of files by name: their first line and their text. */
export type Sources = Readonly<Record<string, readonly Excerpt[]>>;

export interface Excerpt {
  readonly line: number;
  readonly lines: readonly string[];
}
