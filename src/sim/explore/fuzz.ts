import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { makeStrategy, STRATEGY_DEFAULT } from '../schedule/strategies/index.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { attempt } from './attempt.ts';
import { type Confidence, Looker, Survey } from './confidence.ts';

/** A failure as it was met. @since 0.1.0 */
export interface Found {
  /** How the run failed. */
  readonly failure: Failure;
  /** The run that met it, from 1; 0 for the calm one before them. */
  readonly run: number;
  /** Its schedule, as it was found. */
  readonly decisions: number[];
  /** Decisions taken, calm ones included. */
  readonly decisionCount: number;
}

/** How many runs, by which strategy, and what may go wrong in them. @since 0.1.0 */
export interface FuzzOptions {
  /** Runs at most. */
  readonly runs: number;
  /** The first run's number; for saying it, and for the walk's stream. Default: 1. */
  readonly firstRun?: number;
  /** Of the strategy: the same seed makes the same runs. */
  readonly seed: number;
  /** Default: the portfolio. */
  readonly strategy?: Strategy;
  /** Told of every failure; false stops. Default: stop at the first. */
  readonly onFailure?: (found: Found) => boolean;
  /**
   * Where the runs of an earlier call are already counted, for those that fuzz in slices. Default:
   * nothing is counted.
   */
  readonly survey?: Survey;
}

/** What came of a search: the first failure, if there was one. @since 0.1.0 */
export interface FuzzResult {
  /** Runs that were made. */
  readonly runs: number;
  /** Steps of all runs together. */
  readonly steps: number;
  /** The first failing run; undefined if all passed. */
  readonly found: Found | undefined;
  /** The strategy had nothing left to try. */
  readonly exhausted: boolean;
  /** What the passing runs mean, those of earlier slices included; undefined if one has failed. */
  readonly confidence: Confidence | undefined;
}

/**
 * Run a scenario many times under a strategy's schedules. Synchronous: call it in slices to stay
 * responsive.
 *
 * ```ts
 * const { runs, found } = fuzz(echo, { runs: 1000, seed: 1 });
 * console.log(found === undefined ? `${runs} runs held` : found.failure.message);
 * ```
 *
 * @since 0.1.0
 */
export function fuzz(scenario: Scenario, options: FuzzOptions): FuzzResult {
  const first = options.firstRun ?? 1;
  const strategy =
    options.strategy ?? makeStrategy(STRATEGY_DEFAULT, { seed: options.seed, firstRun: first });
  const looker = new Looker(strategy);
  const survey = options.survey ?? new Survey(strategy);
  let steps = 0;
  let found: Found | undefined;
  const ended = (runs: number, exhausted: boolean): FuzzResult => {
    survey.measured(looker.measure);
    return { runs, steps, found, exhausted, confidence: survey.confidence };
  };
  for (let run = 0; run < options.runs; run++) {
    const result = attempt(scenario, looker.strategyOf(first + run));
    if (result === undefined) return ended(run, true);
    steps += result.steps;
    survey.saw(looker.classOf(first + run));
    if (result.failure === undefined) {
      survey.passed(1);
      if (strategy.alikeBy !== undefined) survey.passedAlike({ [strategy.alikeBy]: 1 });
      continue;
    }
    survey.failed();
    found = {
      failure: result.failure,
      run: first + run,
      decisions: result.schedule,
      decisionCount: result.decisions,
    };
    if (options.onFailure?.(found) !== true) return ended(run + 1, false);
  }
  return ended(options.runs, false);
}
