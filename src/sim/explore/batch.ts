import type { Failure } from '../schedule/failure.ts';
import { inMacrotask } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { batchRunsOf, makeStrategy } from '../schedule/strategies/index.ts';
import type { PctMeasure } from '../schedule/strategies/pct.ts';
import { attempt, replay } from './attempt.ts';
import { Looker, type Survey } from './confidence.ts';
import type { Found } from './fuzz.ts';

/** Fuzzing as it is given to workers: everything but the scenario is data. */
export interface FuzzPlan {
  /** As `random` or `pct:3`. */
  readonly strategy: string;
  readonly seed: number;
}

/** A failure as a batch met it; whoever wants more replays its decisions. */
export interface BatchFailure {
  /** The run that met it, from 1. */
  readonly run: number;
  readonly decisions: number[];
  /** Decisions taken, calm ones included. */
  readonly decisionCount: number;
  /** Without what was thrown, which cannot be sent from one process to another. */
  readonly failure: Omit<Failure, 'error'>;
  /** Steps of this batch up to the end of that run. */
  readonly steps: number;
}

/** What came of the runs of one batch. */
export interface Batch {
  readonly firstRun: number;
  readonly runs: number;
  readonly steps: number;
  readonly passed: number;
  /** The first of each signature and message, in order. */
  readonly failures: readonly BatchFailure[];
  /** Classes of those runs that are looked at, in order. */
  readonly classes: readonly number[];
  readonly pct: PctMeasure | undefined;
  /** The strategy had nothing left to try. */
  readonly exhausted: boolean;
}

/** Which runs a batch is to make. */
export interface BatchRange {
  readonly firstRun: number;
  readonly runs: number;
}

/**
 * How `runs` runs are cut into batches. Every batch begins with a strategy that knows nothing but
 * the seed and the number of its first run. So what a batch finds is a function of those, whoever
 * runs it and whatever ran before, and the result of them all does not depend on how many workers
 * there are.
 */
export function* batchesOf(plan: FuzzPlan, runs: number): Generator<BatchRange> {
  const size = batchRunsOf(plan.strategy);
  for (let firstRun = 1; firstRun <= runs; firstRun += size) {
    yield { firstRun, runs: Math.min(size, runs + 1 - firstRun) };
  }
}

/** Makes the runs of one batch, all at once or in slices. */
export class BatchRunner {
  readonly #scenario: Scenario;
  readonly #looker: Looker;
  #next: number;

  constructor(scenario: Scenario, { strategy, seed }: FuzzPlan, { firstRun }: BatchRange) {
    this.#scenario = scenario;
    this.#looker = new Looker(makeStrategy(strategy, { seed, firstRun }));
    this.#next = firstRun;
  }

  /** The next `runs` runs. Synchronous. */
  more(runs: number): Batch {
    const firstRun = this.#next;
    const failures = new Map<string, BatchFailure>();
    const classes: number[] = [];
    let steps = 0;
    let passed = 0;
    for (; this.#next < firstRun + runs; this.#next++) {
      const run = this.#next;
      const result = attempt(this.#scenario, this.#looker.strategyOf(run));
      if (result === undefined) break;
      steps += result.steps;
      const seen = this.#looker.classOf(run);
      if (seen !== undefined) classes.push(seen);
      if (result.failure === undefined) {
        passed++;
        continue;
      }
      const { error: _, ...failure } = result.failure;
      const key = `${failure.signature}\n${failure.message}`;
      if (failures.has(key)) continue;
      const { schedule: decisions, decisions: decisionCount } = result;
      failures.set(key, { run, decisions, decisionCount, failure, steps });
    }
    return {
      firstRun,
      runs: this.#next - firstRun,
      steps,
      passed,
      failures: [...failures.values()],
      classes,
      pct: this.#looker.measure,
      exhausted: this.#next < firstRun + runs,
    };
  }
}

/**
 * The batches of a fuzzing in the order of their runs, some of them in slices. Whoever has seen
 * enough stops asking.
 */
export type BatchSource = (
  scenario: Scenario,
  plan: FuzzPlan,
  runs: number,
) => AsyncIterable<Batch>;

/** Runs between two turns of the event loop. */
const SLICE_RUNS = 50;

/** All batches made in this process. */
export async function* batchesHere(
  scenario: Scenario,
  plan: FuzzPlan,
  runs: number,
): AsyncGenerator<Batch> {
  for (const range of batchesOf(plan, runs)) yield* batchHere(scenario, plan, range);
}

/** One batch made in this process, in slices. */
export async function* batchHere(
  scenario: Scenario,
  plan: FuzzPlan,
  range: BatchRange,
): AsyncGenerator<Batch> {
  const runner = new BatchRunner(scenario, plan, range);
  for (let left = range.runs; left > 0; left -= SLICE_RUNS) {
    const slice = await inMacrotask(() => runner.more(Math.min(SLICE_RUNS, left)));
    yield slice;
    if (slice.exhausted) return;
  }
}

/** A failure that a batch has met, met again: with what was thrown. */
export function foundAgain(scenario: Scenario, met: BatchFailure): Found {
  const { decisions, decisionCount, run } = met;
  const { failure = met.failure } = replay(scenario, decisions, 'clamp');
  return { failure, run, decisions, decisionCount };
}

/** Count a batch for a survey; batches come in the order of their runs. */
export function surveyBatch(survey: Survey, batch: Batch): void {
  survey.passed(batch.passed);
  if (batch.passed < batch.runs) survey.failed();
  for (const seen of batch.classes) survey.saw(seen);
  survey.measured(batch.pct);
}
