/** How many schedules a strategy needs to make a program fail. */
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';

/** The number of the first run that fails, from 1; undefined if none does. */
export function schedulesToFirst(
  scenario: Scenario,
  strategy: Strategy,
  runsMax: number,
): { readonly run: number | undefined; readonly runs: number; readonly steps: number } {
  let steps = 0;
  for (let run = 1; run <= runsMax; run++) {
    const result = attempt(scenario, strategy);
    if (result === undefined) return { run: undefined, runs: run - 1, steps };
    steps += result.steps;
    if (result.failure !== undefined) return { run, runs: run, steps };
  }
  return { run: undefined, runs: runsMax, steps };
}

export interface Measured {
  /** First failing runs of the seeds that found one. */
  readonly found: readonly number[];
  readonly seeds: number;
  readonly steps: number;
  readonly ms: number;
}

export function measure(
  scenario: Scenario,
  make: (seed: number) => Strategy,
  options: { readonly seeds: number; readonly runsMax: number },
): Measured {
  const found: number[] = [];
  let steps = 0;
  const began = performance.now();
  for (let seed = 1; seed <= options.seeds; seed++) {
    const first = schedulesToFirst(scenario, make(seed), options.runsMax);
    steps += first.steps;
    if (first.run !== undefined) found.push(first.run);
  }
  return { found, seeds: options.seeds, steps, ms: performance.now() - began };
}

/** `24`, `4711 (1)` when only one seed found it, `0` when none did. */
export function measuredText({ found, seeds }: Measured): string {
  if (found.length === 0) return '0';
  const mean = Math.round(found.reduce((sum, run) => sum + run, 0) / found.length);
  return found.length === seeds ? String(mean) : `${mean} (${found.length})`;
}

/** The mean over all seeds; one that found nothing counts as `runsMax`, so it is more than this. */
export function meanOf({ found, seeds }: Measured, runsMax: number): number {
  const sum = found.reduce((total, run) => total + run, 0);
  return (sum + (seeds - found.length) * runsMax) / seeds;
}
