// Fuzzing finds every fault of the models as they were written, and none in the corrected ones.

import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import { type CatalogueScenario, identify, SCENARIOS } from '../../src/scenarios/index.ts';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';

const SEED = 1;
/** Faults that are not found in so many runs count as not found. */
const RUNS_TO_FIND_MAX = 10_000;
/** `npm start` makes as many of each by another strategy, and `npm run soak` far more. */
const RUNS_TO_SURVIVE = 300;
/** Of scenarios about one fault, which leave less to chance. */
const RUNS_TO_SURVIVE_SPECIAL = 30;

function* failures(scenario: Scenario, runsMax: number): Generator<Failure> {
  const strategy = new RandomWalk(SEED);
  for (let run = 0; run < runsMax; run++) {
    strategy.begin();
    const { failure } = new Run(scenario, { strategy }).execute();
    if (failure !== undefined) yield failure;
  }
}

/** Those that were not found. */
function missing({ model, scenario, expects }: CatalogueScenario): Set<number> {
  const left = new Set(expects);
  for (const failure of failures(scenario, RUNS_TO_FIND_MAX)) {
    for (const number of identify(model, failure)) left.delete(number);
    if (left.size === 0) break;
  }
  return left;
}

const named = (entries: readonly CatalogueScenario[]) =>
  entries.map((entry) => [entry.scenario.name, entry] as const);

describe('each fault is found', () => {
  const faulty = SCENARIOS.filter(({ expects }) => expects.length > 0);
  it.each(named(faulty))('%s', (_, entry) => {
    expect(missing(entry)).toEqual(new Set());
  });
});

describe('nothing is found', () => {
  const sound = SCENARIOS.filter(({ variant }) => variant === 'corrected');
  it.each(named(sound))('%s', (_, { scenario, isUsual }) => {
    const runs = isUsual ? RUNS_TO_SURVIVE : RUNS_TO_SURVIVE_SPECIAL;
    for (const failure of failures(scenario, runs)) expect.fail(failure.message);
  });
});

describe('the catalogue', () => {
  it('has every fault of the table', () => {
    const numbers = new Set(SCENARIOS.flatMap(({ expects }) => expects));
    const known = MODELS.flatMap(({ faults }) => faults.map(({ number }) => number));
    const last = Math.max(...known);
    expect(last).toBeGreaterThanOrEqual(40);
    for (let number = 1; number <= last; number++) expect(numbers, `${number}`).toContain(number);
  });

  it('names each model and each scenario once', () => {
    const names = SCENARIOS.map(({ scenario }) => scenario.name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(MODELS.map(({ id }) => id)).size).toBe(MODELS.length);
  });
});
