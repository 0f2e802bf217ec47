import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { RandomWalk } from '../schedule/strategies/random-walk.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { attempt } from './attempt.ts';

/** A failure as it was met. */
export interface Found {
  readonly failure: Failure;
  /** The run that met it, from 1. */
  readonly run: number;
  readonly decisions: number[];
  /** Decisions taken, calm ones included. */
  readonly decisionCount: number;
  readonly digest: string;
}

export interface FuzzOptions {
  /** Runs at the most. */
  readonly runs: number;
  /** The first run's number; for saying it, and for the walk's stream. Default: 1. */
  readonly firstRun?: number;
  readonly seed: number;
  /** Default: the random walk. */
  readonly strategy?: Strategy;
  /** Told of every failure; false stops. Default: stop at the first. */
  readonly onFailure?: (found: Found) => boolean;
}

export interface FuzzResult {
  readonly runs: number;
  readonly steps: number;
  readonly found: Found | undefined;
  /** The strategy had nothing left to try. */
  readonly exhausted: boolean;
}

/** Run a scenario many times under a strategy's schedules. Synchronous: call it in slices to stay responsive. */
export function fuzz(scenario: Scenario, options: FuzzOptions): FuzzResult {
  const first = options.firstRun ?? 1;
  const strategy = options.strategy ?? new RandomWalk(options.seed, first);
  let steps = 0;
  let found: Found | undefined;
  for (let run = 0; run < options.runs; run++) {
    const result = attempt(scenario, strategy);
    if (result === undefined) return { runs: run, steps, found, exhausted: true };
    steps += result.steps;
    if (result.failure === undefined) continue;
    found = {
      failure: result.failure,
      run: first + run,
      decisions: result.schedule,
      decisionCount: result.decisions,
      digest: result.digest,
    };
    if (options.onFailure?.(found) !== true)
      return { runs: run + 1, steps, found, exhausted: false };
  }
  return { runs: options.runs, steps, found, exhausted: false };
}
