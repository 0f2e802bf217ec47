/** Searches of `heddle explore` that were stopped, as files with which it goes on. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shardText } from '../sim/explore/amounts.ts';
import { replay } from '../sim/explore/attempt.ts';
import {
  type Exploration,
  type ExplorePlan,
  type SavedExploration,
  savedExploration,
} from '../sim/explore/exploration.ts';
import { FAILURES_FOLDER, slugOf } from '../sim/explore/failures.ts';
import { readBounded, writeWhole } from '../sim/explore/whole-file.ts';
import { zod } from '../sim/explore/zod.ts';
import { faultsOf, type Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';

const FORMAT = 'heddle-search';
const VERSION = 1;

/** A search of some millions of classes; a run of that many takes days. */
const BYTES_MAX = 1 << 30;

/** What a kept search is about: with another world, or another program, it would be another one. */
function aboutOf(scenario: Scenario, plan: ExplorePlan): string {
  const world = { faults: faultsOf(scenario), network: scenario.options.network ?? {} };
  const { share, ...how } = plan;
  // Where it was cut is kept with it.
  const part = share === undefined ? [] : [shardText(share)];
  return JSON.stringify([scenario.name, how, world, ...part]);
}

/** One file for each scenario and way to search it. */
export function keptSearchPath(scenario: Scenario, plan: ExplorePlan): string {
  const hash = createHash('sha256').update(aboutOf(scenario, plan)).digest('hex').slice(0, 8);
  return join(FAILURES_FOLDER, `${slugOf(scenario.name)}-${hash}.search`);
}

/** What the quiet run does: it is another if the scenario has been edited. */
const fingerprint = (scenario: Scenario): string => replay(scenario, []).digest;

/** Write down how far a search has come. */
export function keepSearch(scenario: Scenario, exploration: Exploration): string {
  const path = keptSearchPath(scenario, exploration.plan);
  const search = exploration.save();
  const file = { format: FORMAT, version: VERSION, calm: fingerprint(scenario), search };
  writeWhole(path, JSON.stringify(file));
  return path;
}

/** It is over: there is nothing to go on with. */
export function forgetSearch(scenario: Scenario, plan: ExplorePlan): void {
  rmSync(keptSearchPath(scenario, plan), { force: true });
}

/**
 * The search that was kept; undefined if there is none.
 *
 * @throws UsageError if the file is damaged, or the scenario has changed since
 */
export function keptSearch(scenario: Scenario, plan: ExplorePlan): SavedExploration | undefined {
  const path = keptSearchPath(scenario, plan);
  if (!existsSync(path)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readBounded(path, BYTES_MAX).toString('utf8'));
  } catch (error) {
    throw new UsageError(
      `${path} cannot be read (${(error as Error).message}); leave out --resume to begin again`,
    );
  }
  const z = zod();
  const parsed = z
    .object({
      format: z.literal(FORMAT),
      version: z.literal(VERSION),
      calm: z.string(),
      search: savedExploration(),
    })
    .safeParse(json);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.');
    throw new UsageError(
      `${path} is damaged (its field ${field}), or of another version; leave out --resume to begin again`,
    );
  }
  if (parsed.data.calm !== fingerprint(scenario)) {
    throw new UsageError(
      `${path} is of a scenario that has been edited since; leave out --resume to begin again`,
    );
  }
  return parsed.data.search;
}
