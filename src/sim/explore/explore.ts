import type { Scenario } from '../schedule/scenario.ts';
import { type Dpor, Redundant } from '../schedule/strategies/dpor.ts';
import { type AttemptOptions, attempt } from './attempt.ts';
import type { Found } from './fuzz.ts';
import { Histories } from './histories.ts';

export interface ExploreOptions {
  /** Runs to make before it comes back; call it again to go on. */
  readonly runs: number;
  /** Told of every failure; false stops. Default: stop at the first. */
  readonly onFailure?: (found: Found) => boolean;
  /** Handed to every run, for those who want to see more of it. */
  readonly run?: AttemptOptions;
  /**
   * The outcomes of the runs that are made to their end are added to it: see {@link
   * Histories.outcome}.
   */
  readonly outcomes?: Set<string>;
}

export interface Explored {
  /** Nothing is left to try: there is no other interleaving, within the bounds. */
  readonly exhausted: boolean;
  readonly steps: number;
}

/**
 * Go on with the systematic search of a scenario: one run for each class of interleavings. How far
 * it has come stands in `search`. Call it in slices to stay responsive.
 */
export function explore(scenario: Scenario, search: Dpor, options: ExploreOptions): Explored {
  let steps = 0;
  for (let run = 0; run < options.runs; run++) {
    const histories = options.outcomes === undefined ? undefined : new Histories();
    const seen = histories === undefined ? {} : { observer: histories };
    try {
      const result = attempt(scenario, search, { ...options.run, ...seen });
      if (result === undefined) return { exhausted: true, steps };
      if (histories !== undefined) options.outcomes?.add(histories.outcome(result.failure));
      steps += result.steps;
      if (result.failure === undefined) continue;
      const found = {
        failure: result.failure,
        run: search.complete + search.cutShort,
        decisions: result.schedule,
        decisionCount: result.decisions,
      };
      if (options.onFailure?.(found) !== true) return { exhausted: false, steps };
    } catch (error) {
      if (!(error instanceof Redundant)) throw error;
    }
  }
  return { exhausted: false, steps };
}
