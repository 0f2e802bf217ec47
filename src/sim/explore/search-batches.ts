import type { Scenario } from '../schedule/scenario.ts';
import { makeStrategy } from '../schedule/strategies/index.ts';
import {
  type Batch,
  type BatchSource,
  batchesHere,
  type FuzzPlan,
  runsDealt,
  surveyBatch,
} from './batch.ts';
import { type Confidence, Survey } from './confidence.ts';
import { joinReached, NOTHING_REACHED, type Reached } from './reached.ts';

/** How far a search has come. */
export interface SearchProgress {
  readonly runs: number;
  /**
   * Of a shard those that are its own. Infinity where only time ends it; likewise `timeMs` where
   * only runs do.
   */
  readonly runsMax: number;
  readonly steps: number;
  /** Classes of interleavings among those of its runs that were looked at. */
  readonly classes: number;
  readonly elapsedMs: number;
  readonly timeMs: number;
}

export interface SearchBounds {
  readonly runsMax: number;
  readonly timeMs: number;
  /** Where the runs are made. Default: all of them in this process. */
  readonly batches?: BatchSource | undefined;
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined;
  /** Asked after each batch: whether somebody wants it to end. */
  readonly isStopped?: (() => boolean) | undefined;
}

/** A batch, and what was known when it had come. */
export interface SearchedBatch {
  readonly batch: Batch;
  /** Runs and steps of the batches before it. */
  readonly runsBefore: number;
  readonly stepsBefore: number;
  /** What all runs so far mean; undefined if one of them has failed. */
  readonly confidence: Confidence | undefined;
  readonly reached: Reached;
}

/**
 * The runs of a plan, batch after batch, until there are enough, time is up, or the strategy has
 * nothing left to try. Whoever has seen enough stops asking.
 */
export async function* searchBatches(
  scenario: Scenario,
  plan: FuzzPlan,
  { runsMax, timeMs, batches = batchesHere, onProgress, isStopped }: SearchBounds,
): AsyncGenerator<SearchedBatch> {
  const survey = new Survey(makeStrategy(plan.strategy, plan), scenario);
  const dealt = runsDealt(plan, runsMax);
  const began = performance.now();
  let runs = 0;
  let steps = 0;
  let reached = NOTHING_REACHED;
  for await (const batch of batches(scenario, plan, runsMax)) {
    surveyBatch(survey, batch);
    reached = joinReached(reached, batch.reached);
    const { confidence } = survey;
    yield { batch, runsBefore: runs, stepsBefore: steps, confidence, reached };
    runs += batch.runs;
    steps += batch.steps;
    const elapsedMs = performance.now() - began;
    onProgress?.({ runs, runsMax: dealt, steps, classes: survey.classes, elapsedMs, timeMs });
    if (batch.exhausted || elapsedMs >= timeMs || isStopped?.() === true) return;
  }
}
