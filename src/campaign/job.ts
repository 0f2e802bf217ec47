/** What is handed out to be done, and what comes back: plain data. */
import type { Batch } from '../sim/explore/batch.ts';
import type { Slice, SliceOrder } from '../sim/explore/exploration.ts';
import type { Reduction } from '../sim/explore/investigate.ts';
import type { Bundle } from './plan.ts';

interface AnyJob {
  /** Names it within its campaign: the same work has the same key, whoever asks for it. */
  readonly key: string;
  /** Its scenario's place in the plan. */
  readonly scenario: number;
}

/** Some batches of a search. */
export interface BatchJob extends AnyJob {
  readonly kind: 'batches';
  readonly strategy: string;
  readonly seed: number;
  readonly endsAtFailure: boolean;
  readonly ranges: Bundle;
  /** The hash of what the search has learned before; null: nothing. */
  readonly known: string | null;
}

/** The reduction of a failure. */
export interface ReductionJob extends AnyJob {
  readonly kind: 'reduction';
  readonly decisions: readonly number[];
}

/** Some runs of a systematic search. */
export interface SliceJob extends AnyJob {
  readonly kind: 'slice';
  readonly order: SliceOrder;
}

/** Whether a failure that somebody has saved shows here. */
export interface ConfirmJob extends AnyJob {
  readonly kind: 'confirm';
  /** The text of its file. */
  readonly file: string;
}

export type Job = BatchJob | ReductionJob | SliceJob | ConfirmJob;

/** What comes of a job. */
export type JobResult =
  | { readonly kind: 'batches'; readonly batches: readonly Batch[] }
  | { readonly kind: 'reduction'; readonly reduction: Reduction }
  | { readonly kind: 'slice'; readonly slice: Slice }
  | { readonly kind: 'confirm'; readonly fails: boolean }
  /** The scenario could not be run. */
  | { readonly kind: 'broken'; readonly name: string; readonly message: string }
  /** It has ended each process that tried; how each ended. */
  | { readonly kind: 'aside'; readonly deaths: readonly string[] };

/** A result as it comes from somewhere. */
export interface Answer {
  readonly key: string;
  /** Which machine it is from. */
  readonly by: string;
  readonly result: JobResult;
}
