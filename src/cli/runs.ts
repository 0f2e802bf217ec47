/** What users call a run: a failure file, a schedule as text, or a model. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepareImports } from '../load/scenarios.ts';
import { modelNamed } from '../models/catalogue.ts';
import type { Server } from '../models/model.ts';
import { tourScenario } from '../scenarios/comparison.ts';
import { SCENARIOS, type Variant } from '../scenarios/index.ts';
import { readFailure } from '../sim/explore/failures.ts';
import { replaySaved } from '../sim/explore/replay-file.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { isScheduleText, parseSchedule } from '../sim/schedule/text.ts';
import { UsageError } from '../sys/errors.ts';
import { scenarioOfFile, scenarioOfText } from './find-scenario.ts';
import { MODEL_IDS, nearestWord } from './model-ids.ts';

/** A run that a user has named. */
export interface NamedRun {
  readonly scenario: Scenario;
  readonly decisions: readonly number[];
}

export interface RunName {
  /** A failure file, a schedule as text, or a model. */
  readonly what: string;
  /** Of a model. */
  readonly variant: Variant;
  /** The file that defines the scenario, if it is not the one that was noted. */
  readonly file: string | undefined;
  /** What a failure file names may be anywhere. */
  readonly trust: boolean;
}

/**
 * The run that is named; `say` is told what of the user's will be run. What has to be imported is
 * there when this resolves; what it gives has to be called inside a macrotask. A model's run is the
 * calm one of a visit by two clients; of one that serves no clients, of its own scenario.
 */
export async function openRun(name: RunName, say: (text: string) => void): Promise<() => NamedRun> {
  const { what, variant } = name;
  if (isScheduleText(what)) {
    const { scenario: hash, decisions } = parseSchedule(what);
    const scenario = await scenarioOfText(hash, { file: name.file });
    return () => ({ scenario, decisions });
  }
  if (MODEL_IDS.includes(what)) return () => runOfModel(what, variant);
  if (existsSync(what)) {
    const saved = { path: what, file: readFailure(what) };
    const scenario = await scenarioOfFile(saved, { file: name.file, trust: name.trust, say });
    return () => replaySaved(scenario, saved);
  }
  throw new UsageError(unknownMessage(what));
}

/** The visit of two clients to a server: a model, or what a file of the user's exports as one. */
export async function openVisit({ what, variant }: RunName): Promise<() => NamedRun> {
  if (MODEL_IDS.includes(what)) return () => runOfModel(what, variant);
  await prepareImports();
  const exported = (await import(pathToFileURL(resolve(what)).href)) as { server?: Server };
  const { server } = exported;
  if (typeof server !== 'function') {
    throw new UsageError(
      `${what} exports no server: --compare wants \`export function* server(sys, { port })\`, or an async function`,
    );
  }
  const own = { id: what, seed: '', what: '', io: 'blocking', echo: 'same', faults: [] } as const;
  const model = { ...own, asWritten: server, corrected: server };
  return () => ({ scenario: tourScenario(model, variant), decisions: [] });
}

function unknownMessage(what: string): string {
  const near = nearestWord(what, MODEL_IDS);
  const hint = near === undefined ? '' : `did you mean the model ${near}? `;
  return `${JSON.stringify(what)} is neither a failure file, nor a schedule (those begin with h1:), nor a model; ${hint}heddle fuzz prints the former two, heddle models lists the models`;
}

export function runOfModel(id: string, variant: Variant): NamedRun {
  const model = modelNamed(id);
  if (model !== undefined) return { scenario: tourScenario(model, variant), decisions: [] };
  const own = SCENARIOS.filter((entry) => entry.model.id === id);
  const entry = own.find((one) => one.variant === variant) ?? own[0];
  if (entry === undefined) throw new UsageError(`the model ${id} has no scenario to run`);
  return { scenario: entry.scenario, decisions: [] };
}

/** A word for what was named, for names of files. */
export function slugOf({ what, variant }: RunName): string {
  if (isScheduleText(what)) return `schedule-${what.replace(/[^A-Za-z0-9]/g, '').slice(2, 14)}`;
  const slug = what.replace(/^.*[/\\]/, '').replace(/\.json$/, '');
  return variant === 'asWritten' && MODEL_IDS.includes(what) ? `${slug}-as-written` : slug;
}
