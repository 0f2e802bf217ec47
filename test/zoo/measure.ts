/** How many schedules a strategy needs to make a program fail. */
import { attempt } from '../../src/sim/explore/attempt.ts';
import { type FuzzPlan, Rounds } from '../../src/sim/explore/batch.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';

/**
 * The number of the first run that fails, from 1; undefined if none does, up to `runsMax` or the
 * end of what there is to try.
 */
export function schedulesToFirst(
  scenario: Scenario,
  strategy: Strategy,
  runsMax: number,
): number | undefined {
  for (let run = 1; run <= runsMax; run++) {
    const result = attempt(scenario, strategy);
    if (result === undefined) return undefined;
    if (result.failure !== undefined) return run;
  }
  return undefined;
}

/**
 * {@link schedulesToFirst} of a search as it is made by default: in batches, of which each begins
 * with a strategy made again that knows what the rounds before have learned.
 */
export function runsToFirst(
  scenario: Scenario,
  plan: FuzzPlan,
  runsMax: number,
): number | undefined {
  const rounds = new Rounds(plan, runsMax);
  for (let round = rounds.next(); round !== undefined; round = rounds.next()) {
    for (const { firstRun, runs, known } of round) {
      const strategy = makeStrategy(plan.strategy, { seed: plan.seed, firstRun, known });
      const first = schedulesToFirst(scenario, strategy, runs);
      if (first !== undefined) return firstRun - 1 + first;
      rounds.learn(strategy.learned?.());
    }
  }
  return undefined;
}

/** The first failing run of each seed; null for one that found nothing. */
export type FirstRuns = readonly (number | null)[];

export interface Mean {
  readonly value: number;
  /** By how much it may be off: its standard error; 0 for what is the same every time. */
  readonly error: number;
}

/**
 * The mean over all seeds; one that found nothing counts as `runsMax`, so the true mean is more
 * than this.
 */
export function meanOf(firsts: FirstRuns, runsMax: number): Mean {
  const runs = firsts.map((first) => first ?? runsMax);
  const value = runs.reduce((sum, run) => sum + run, 0) / runs.length;
  if (runs.length < 2) return { value, error: 0 };
  const squares = runs.reduce((sum, run) => sum + (run - value) ** 2, 0);
  return { value, error: Math.sqrt(squares / (runs.length - 1) / runs.length) };
}

/** One mean divided by the other, which is of other runs. */
export function ratioOf(above: Mean, below: Mean): Mean {
  const value = above.value / below.value;
  const error = value * Math.hypot(above.error / above.value, below.error / below.value);
  return { value, error };
}

/** `24`, `2.4`, `4711 (1)` when only one seed found it, `0 of 20` when none did. */
export function firstsText(firsts: FirstRuns): string {
  const found = firsts.filter((first) => first !== null);
  if (found.length === 0) return `0 of ${firsts.length}`;
  const mean = found.reduce((sum, run) => sum + run, 0) / found.length;
  const text = mean < 10 && !Number.isInteger(mean) ? mean.toFixed(1) : String(Math.round(mean));
  return found.length === firsts.length ? text : `${text} (${found.length})`;
}
