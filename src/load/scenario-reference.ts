/** How one process tells another which scenario it means: as data. */
import { hostsPlanOf, hostsScenario } from '../node/hosts.ts';
import { exploredScenarios } from '../scenarios/explored.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { type WorldChoice, withWorld } from '../sim/explore/with-world.ts';
import { faultsOf, type Recipe, type Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import { loadScenarios } from './scenarios.ts';

/**
 * Where a scenario is found: among the built-in ones, in a file of the user's, or in what it is
 * made of.
 */
export interface ScenarioReference {
  readonly name: string;
  /** Relative to the current folder; undefined for one that is built in, or has a recipe. */
  readonly file: string | undefined;
  readonly recipe: Recipe | undefined;
  /** In which worlds it is run. */
  readonly world: WorldChoice;
}

/** @param file that defines it; undefined for one that is built in, or has a recipe */
export function referenceTo(scenario: Scenario, file: string | undefined): ScenarioReference {
  const { name, recipe, options } = scenario;
  const { network = {} } = options;
  return { name, file, recipe, world: { faults: faultsOf(scenario), network } };
}

/** @throws UsageError if there is no such scenario here */
export async function referredScenario(reference: ScenarioReference): Promise<Scenario> {
  const { name, file, recipe, world } = reference;
  const hosts = hostsPlanOf(recipe);
  if (hosts !== undefined) return hostsScenario(hosts);
  const found =
    file === undefined
      ? [...SCENARIOS, ...exploredScenarios()].find((one) => one.scenario.name === name)?.scenario
      : (await loadScenarios(file)).find((scenario) => scenario.name === name);
  if (found === undefined) {
    throw new UsageError(`there is no scenario ${JSON.stringify(name)} in ${file ?? 'heddle'}`);
  }
  return withWorld(found, world);
}
