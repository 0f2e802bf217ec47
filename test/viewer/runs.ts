/**
 * Runs to draw: calm visits, failures of models as written, and runs under random schedules with
 * faults.
 */
import { CLIENTS, MODELS } from '../../src/models/catalogue.ts';
import { tourScenario } from '../../src/scenarios/comparison.ts';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';

export interface Sample {
  readonly name: string;
  readonly scenario: Scenario;
  readonly decisions: readonly number[];
  readonly digest: string;
}

/** One run a model under a random schedule (which may fail or not), and its calm visit. */
export function samples(seed = 1): Sample[] {
  const list: Sample[] = [];
  for (const model of [...MODELS, ...CLIENTS]) {
    const written = SCENARIOS.filter((entry) => entry.model.id === model.id);
    for (const { scenario } of written) list.push(sampleOf(scenario, seed));
    if ('echo' in model) list.push(sampleOf(tourScenario(model, 'corrected'), undefined));
  }
  return list;
}

function sampleOf(scenario: Scenario, seed: number | undefined): Sample {
  const strategy = seed === undefined ? new Calm() : makeStrategy('random', { seed });
  const result = attempt(scenario, strategy, { digest: true });
  if (result === undefined) throw new Error(`${scenario.name}: nothing to try`);
  return {
    name: `${scenario.name}, ${strategy.name}`,
    scenario,
    decisions: result.schedule,
    digest: result.digest,
  };
}

export function tour(id: string): Scenario {
  const model = MODELS.find((one) => one.id === id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return tourScenario(model, 'corrected');
}
