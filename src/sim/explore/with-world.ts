import type { Scenario, ScenarioOptions } from '../schedule/scenario.ts';

/** What of a scenario's worlds can be chosen from outside. */
export type WorldChoice = Pick<ScenarioOptions, 'faults' | 'network'>;

/** The scenario in other worlds: with these faults, and what is said of the network. */
export function withWorld(scenario: Scenario, { faults, network }: WorldChoice): Scenario {
  const { options } = scenario;
  return {
    ...scenario,
    options: {
      ...options,
      ...(faults === undefined ? {} : { faults }),
      ...(network === undefined ? {} : { network: { ...options.network, ...network } }),
    },
  };
}

/** The scenario in runs of so many steps at most. */
export function cutAfter(scenario: Scenario, steps: number): Scenario {
  const { stepsMax = steps } = scenario.options;
  return { ...scenario, options: { ...scenario.options, stepsMax: Math.min(stepsMax, steps) } };
}

/** Longer than a busy machine makes a run take that was quick before. */
const PATIENCE = 100;

/** The scenario in runs that the real clock does not end: they are known to end by themselves. */
export function unhurried(scenario: Scenario): Scenario {
  return { ...scenario, options: { ...scenario.options, patience: PATIENCE } };
}
