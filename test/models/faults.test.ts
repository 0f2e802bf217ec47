// Fuzzing finds the faults of the models as they were written, and none in the corrected ones.

import { describe, expect, it } from 'vitest';
import { MODELS, modelNamed } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { echoScenario } from '../../src/scenarios/echo.ts';
import { identify } from '../../src/scenarios/faults.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';

const SEED = 1;
/** A fault that is not found in so many runs counts as not found. */
const RUNS_TO_FIND_MAX = 5_000;
const RUNS_TO_SURVIVE = 2_000;

function* failures(scenario: Scenario, runsMax: number): Generator<Failure> {
  const strategy = new RandomWalk(SEED);
  for (let run = 0; run < runsMax; run++) {
    strategy.begin();
    const { failure } = new Run(scenario, { strategy }).execute();
    if (failure !== undefined) yield failure;
  }
}

function isFound(model: Model, number: number): boolean {
  for (const failure of failures(echoScenario(model, 'asWritten'), RUNS_TO_FIND_MAX)) {
    if (identify(model, failure).includes(number)) return true;
  }
  return false;
}

const known = MODELS.flatMap((model) =>
  model.faults.map((fault) => [model.id, fault.number, fault.what] as const),
);

describe('as written', () => {
  it.each(known)('%s: fault %i is found (%s)', (id, number) => {
    expect(isFound(modelNamed(id) as Model, number)).toBe(true);
  });
});

describe('corrected', () => {
  it.each(MODELS.map((model) => [model.id, model] as const))('%s survives', (_id, model) => {
    for (const failure of failures(echoScenario(model, 'corrected'), RUNS_TO_SURVIVE)) {
      expect.fail(failure.message);
    }
  });
});
