import { resolve } from 'node:path';
import { loadScenarios } from '../load/scenarios.ts';
import { type HostPlan, hostsPlanOf, hostsScenario } from '../node/hosts.ts';
import { fileOf } from '../node/hosts-services.ts';
import { exploredScenarios } from '../scenarios/explored.ts';
import { type CatalogueScenario, SCENARIOS } from '../scenarios/index.ts';
import { type FailureFile, notedPath } from '../sim/explore/failures.ts';
import { isOfProject, projectFolder } from '../sim/explore/project.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { ScheduleError, scenarioHash } from '../sim/schedule/text.ts';
import { UsageError } from '../sys/errors.ts';

/** Where a scenario is looked for. */
export interface Whereabouts {
  /** Only among those of this model. */
  readonly model?: string | undefined;
  /** In this file of the user's, instead of the one that is noted or the built-in ones. */
  readonly file?: string | undefined;
  /** What a failure file names may be anywhere. */
  readonly trust: boolean;
  /** Told what of the user's will be run, before it is. */
  readonly say: (text: string) => void;
}

/**
 * The scenario that a saved failure belongs to: a built-in one, or from the file that it names. A
 * failure file may be somebody else's: unless it is trusted, it can name only what is in this
 * project already.
 */
export async function scenarioOfFile(
  { path, file }: { readonly path: string; readonly file: Pick<FailureFile, 'scenario'> },
  { model, file: given, trust, say }: Whereabouts,
): Promise<Scenario> {
  const { name, file: noted, recipe } = file.scenario;
  if (given !== undefined) return scenarioIn(given, name, path);
  const hosts = hostsPlanOf(recipe);
  if (hosts !== undefined) {
    for (const plan of trust ? [] : hosts.hosts) {
      const { cwd = '.' } = plan;
      const program = fileOf(plan);
      if (program !== undefined) refuseForeign(program, path, '--trust');
      if (resolve(cwd) !== projectFolder() && cwd !== '.') refuseForeign(cwd, path, '--trust');
    }
    say(`runs ${hosts.hosts.map(commandText).join(', ')}`);
    return hostsScenario(hosts);
  }
  const builtIn = builtInNamed(name);
  if (model !== undefined && builtIn?.model.id !== model) {
    throw new UsageError(
      `${path} belongs to ${builtIn === undefined ? `the scenario ${JSON.stringify(name)}` : `the model ${builtIn.model.id}`}, not to ${model}`,
    );
  }
  if (builtIn !== undefined) return builtIn.scenario;
  if (noted === null) {
    throw new UsageError(
      `${path} does not say in which file its scenario ${JSON.stringify(name)} is defined; name it with --file`,
    );
  }
  const from = notedPath(path, noted);
  if (!trust) refuseForeign(from, path, '--file, if you trust it');
  say(`runs ${from}`);
  return scenarioIn(from, name, path);
}

function builtInNamed(name: string): Pick<CatalogueScenario, 'model' | 'scenario'> | undefined {
  return [...SCENARIOS, ...exploredScenarios()].find(({ scenario }) => scenario.name === name);
}

/** As it would be typed: `NAME=value server.js --port 80`. */
function commandText({ program, args = [], env = {} }: HostPlan): string {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...settings, program, ...args].join(' ');
}

/** @param flag what permits it */
function refuseForeign(program: string, path: string, flag: string): void {
  if (isOfProject(program)) return;
  throw new UsageError(
    `${path} names ${JSON.stringify(program)}, which is not there or not of this project (${projectFolder()}): nothing was run; permit it with ${flag}`,
  );
}

/** The scenario of that name which a file defines; `path` is the failure that asks for it. */
async function scenarioIn(from: string, name: string, path: string): Promise<Scenario> {
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
  { model, file }: Pick<Whereabouts, 'model' | 'file'>,
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
