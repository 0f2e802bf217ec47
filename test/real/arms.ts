import { expect } from 'vitest';
import { runOnNode } from '../../src/real/node/index.ts';
import { Run, type RunResult } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';

/** Where a scenario runs: what is asserted of one is asserted of the other. */
export interface Arm {
  readonly name: string;
  run(scenario: Scenario): Promise<RunResult>;
}

export const virtualArm: Arm = {
  name: 'the virtual network',
  run: async (scenario) => new Run(scenario, { strategy: new Calm() }).execute(),
};

export const nodeArm: Arm = {
  name: 'real sockets',
  run: (scenario) => runOnNode(scenario),
};

export const arms: readonly Arm[] = [virtualArm, nodeArm];

/** The run has no failure. */
export async function passes(arm: Arm, scenario: Scenario): Promise<RunResult> {
  const result = await arm.run(scenario);
  expect(result.failure?.message).toBeUndefined();
  return result;
}
