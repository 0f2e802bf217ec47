// Every variant runs on every kernel, or the kernel says what it lacks: what the table of kernels
// claims.

import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { runOnLinux } from '../../src/real/linux/index.ts';
import { runOnNode } from '../../src/real/node/index.ts';
import { type CatalogueScenario, identify, SCENARIOS } from '../../src/scenarios/index.ts';
import { type Kernel, whyNotOn } from '../../src/scenarios/kernels.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { UnsupportedError } from '../../src/sys/errors.ts';
import { whyNoLinux } from '../real-linux/linux.ts';

const RUN: { readonly [kernel in Kernel]: (scenario: Scenario) => Promise<RunResult> } = {
  simulated: async (scenario) => attempt(scenario, new Calm()) as RunResult,
  'node:net': (scenario) => runOnNode(scenario),
  Linux: (scenario) => runOnLinux(scenario),
};

const kernels: readonly Kernel[] = [
  'simulated',
  'node:net',
  ...(whyNoLinux === undefined ? (['Linux'] as const) : []),
];

const lackedBy = (kernel: Kernel, { model }: CatalogueScenario): string | undefined =>
  whyNotOn(kernel, model as Model);

describe.each(kernels)('on %s', (kernel) => {
  const runs = SCENARIOS.filter((entry) => lackedBy(kernel, entry) === undefined);
  const lacking = SCENARIOS.filter((entry) => lackedBy(kernel, entry) !== undefined);
  const named = (entries: readonly CatalogueScenario[]) =>
    entries.map((entry) => [entry.scenario.name, entry] as const);

  // On a loaded machine two real sleeps that end close together may change places.
  it.each(named(runs))(
    '%s',
    { retry: kernel === 'simulated' ? 0 : 3 },
    async (_, { model, variant, scenario }) => {
      const { failure } = await RUN[kernel](scenario);
      // As written it may show what is known to be wrong with it, and nothing else.
      const known = variant === 'asWritten' && failure !== undefined && identify(model, failure);
      if (!known || known.length === 0) expect(failure?.message).toBeUndefined();
    },
  );

  if (lacking.length > 0) {
    it.each(named(lacking))('%s: says what is lacking', async (_, { scenario }) => {
      const { failure } = await RUN[kernel](scenario);
      expect(failure?.error).toBeInstanceOf(UnsupportedError);
      expect(failure?.message).toMatch(
        /not supported by this kernel; (run it on the simulated|docs\/linux\.md lists)/,
      );
    });
  }
});

describe('the simulated kernel', () => {
  it('runs every model', () => {
    expect(MODELS.filter((model) => whyNotOn('simulated', model) !== undefined)).toEqual([]);
  });
});
