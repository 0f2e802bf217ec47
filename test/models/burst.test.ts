// Two hundred clients at once: every corrected server serves every one of them, on all its kernels.

import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/catalogue.ts';
import { runOnLinux } from '../../src/real/linux/index.ts';
import { runOnNode } from '../../src/real/node/index.ts';
import { burstScenario } from '../../src/scenarios/burst.ts';
import { type Kernel, whyNotOn } from '../../src/scenarios/kernels.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { whyNoLinux } from '../real-linux/linux.ts';

const CLIENTS = 200;

const RUN: { readonly [kernel in Kernel]: (scenario: Scenario) => Promise<RunResult> } = {
  simulated: async (scenario) => attempt(scenario, new Calm(), { stepsMax: 1e6 }) as RunResult,
  'node:net': (scenario) => runOnNode(scenario),
  Linux: (scenario) => runOnLinux(scenario),
};

const kernels: readonly Kernel[] = [
  'simulated',
  'node:net',
  ...(whyNoLinux === undefined ? (['Linux'] as const) : []),
];

describe.each(kernels)(`${CLIENTS} clients at once on %s`, (kernel) => {
  const servers = MODELS.filter((model) => whyNotOn(kernel, model) === undefined);
  it.each(servers.map((model) => [model.id, model] as const))(
    '%s serves all of them',
    { retry: kernel === 'simulated' ? 0 : 2, timeout: 120_000 },
    async (_, model) => {
      const { failure } = await RUN[kernel](burstScenario(model, 'corrected', CLIENTS));
      expect(failure?.message).toBeUndefined();
    },
  );
});

describe('the law has teeth', () => {
  it('a queue of five does not take two hundred', async () => {
    const got = MODELS.find(({ id }) => id === 'got-sequential') as (typeof MODELS)[number];
    const { failure } = await RUN.simulated(burstScenario(got, 'asWritten', CLIENTS));
    expect(failure?.message).toMatch(/^after \d+ ms only \d+ of 200 clients are connected$/);
  });
});
