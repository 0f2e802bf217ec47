import { type DataRace, DataRaces } from '../laws/data-races.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { makeStrategy, STRATEGY_DEFAULT } from '../schedule/strategies/index.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { withSources } from '../trace/recorder.ts';
import { attempt } from './attempt.ts';

/** A data race, and the run that showed it. @since 0.1.0 */
export interface FoundRace {
  /** The two accesses. */
  readonly race: DataRace;
  /** The run that met it, from 1. */
  readonly run: number;
  /** The schedule of a run that has it. */
  readonly decisions: readonly number[];
}

/**
 * Look for two accesses to a shared cell that nothing puts in order. One run often suffices,
 * because the race need not have done any harm in it; the run is then replayed so that both source
 * lines can be named.
 *
 * ```ts
 * const found = findDataRace(counter, { runs: 1000, seed: 1 });
 * if (found !== undefined) console.log(raceText(found.race));
 * ```
 *
 * @since 0.1.0
 */
export function findDataRace(
  scenario: Scenario,
  options: { readonly runs: number; readonly seed: number; readonly strategy?: Strategy },
): FoundRace | undefined {
  const { seed, strategy = makeStrategy(STRATEGY_DEFAULT, { seed }) } = options;
  const races = new DataRaces(strategy);
  for (let run = 1; run <= options.runs; run++) {
    const result = attempt(scenario, races);
    if (result === undefined) return undefined;
    if (races.race === undefined) continue;
    const decisions = result.schedule;
    const again = new DataRaces(new Replay(decisions));
    withSources(() => attempt(scenario, again));
    return { race: again.race ?? races.race, run, decisions };
  }
  return undefined;
}
