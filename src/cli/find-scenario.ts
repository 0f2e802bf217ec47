import { loadScenarios } from '../load/scenarios.ts';
import { hostsOfRecipe } from '../node/hosts.ts';
import { exploredScenarios } from '../scenarios/explored.ts';
import { type CatalogueScenario, SCENARIOS } from '../scenarios/index.ts';
import { notedPath, type SavedFailure } from '../sim/explore/failures.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { ScheduleError, scenarioHash } from '../sim/schedule/text.ts';
import { UsageError } from '../sys/errors.ts';

/** Where a scenario is looked for. */
export interface Whereabouts {
  /** Only among those of this model. */
  readonly model?: string | undefined;
  /** In this file of the user's, instead of the one that is noted or the built-in ones. */
  readonly file?: string | undefined;
}

/** The scenario that a saved failure belongs to: a built-in one, or from the file that it names. */
export async function scenarioOfFile(
  { path, file }: SavedFailure,
  { model, file: given }: Whereabouts,
): Promise<Scenario> {
  const { name, file: noted, recipe } = file.scenario;
  const hosts = given === undefined ? hostsOfRecipe(recipe) : undefined;
  if (hosts !== undefined) return hosts;
  const entry = SCENARIOS.find(({ scenario }) => scenario.name === name);
  if (model !== undefined && entry?.model.id !== model) {
    throw new UsageError(
      `${path} belongs to ${entry === undefined ? `the scenario ${JSON.stringify(name)}` : `the model ${entry.model.id}`}, not to ${model}`,
    );
  }
  if (entry !== undefined && given === undefined) return entry.scenario;
  const explored = exploredScenarios().find(({ scenario }) => scenario.name === name);
  if (explored !== undefined && given === undefined) return explored.scenario;
  const from = given ?? (noted === null ? null : notedPath(path, noted));
  if (from === null) {
    throw new UsageError(
      `${path} does not say in which file its scenario ${JSON.stringify(name)} is defined; name it with --file`,
    );
  }
  const found = (await loadScenarios(from)).filter((scenario) => scenario.name === name);
  if (found.length === 1) return found[0] as Scenario;
  throw new UsageError(
    found.length === 0
      ? `${path} belongs to the scenario ${JSON.stringify(name)}, which is not in ${from}; if it has moved, name its file with --file, if it has gone, delete ${path}`
      : `${from} defines ${found.length} scenarios that are called ${JSON.stringify(name)}; a scenario is known by its name, so give each its own`,
  );
}

/** The scenario that a schedule as text belongs to. */
export async function scenarioOfText(
  hash: number,
  { model, file }: Whereabouts,
): Promise<Scenario> {
  if (file !== undefined) {
    const scenarios = await loadScenarios(file);
    const found = scenarios.find(({ name }) => scenarioHash(name) === hash);
    if (found !== undefined) return found;
    const names = scenarios.map(({ name }) => JSON.stringify(name)).join(', ');
    throw new ScheduleError(`this schedule belongs to none of the scenarios of ${file}: ${names}`);
  }
  const entry = SCENARIOS.find(({ scenario }) => scenarioHash(scenario.name) === hash);
  const explored = exploredScenarios().find(({ scenario }) => scenarioHash(scenario.name) === hash);
  if (explored !== undefined) return ofModel(explored, model);
  if (entry === undefined) {
    throw new ScheduleError(
      'this schedule belongs to a scenario that is not among the built-in ones; name the file of the scenario with --file, or replay the file under .heddle/',
    );
  }
  return ofModel(entry, model);
}

function ofModel(
  { model: { id }, scenario }: Pick<CatalogueScenario, 'model' | 'scenario'>,
  model: string | undefined,
) {
  if (model === undefined || id === model) return scenario;
  throw new ScheduleError(
    `this schedule belongs to another scenario: ${JSON.stringify(scenario.name)}, a scenario of ${id} and not of ${model}; leave out --model`,
  );
}
