import { FAULT_NAMES, type FaultName } from '../kernel/choices.ts';
import type { VirtualNetworkOptions } from '../network/virtual.ts';
import { Departure } from '../schedule/departure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { ReplayByName } from '../schedule/strategies/replay-by-name.ts';
import { parseSchedule, ScheduleError, scenarioHash } from '../schedule/text.ts';
import { replay } from './attempt.ts';
import { changedSources, namedSchedule, type SavedFailure } from './failures.ts';
import { type RecordedRun, recordRun, recordUnder } from './record.ts';
import { cutAfter, withWorld } from './with-world.ts';

/** A saved failure, run again. */
export interface ReplayedFailure {
  /** The scenario in the worlds of the file: with its faults, and its network. */
  readonly scenario: Scenario;
  readonly decisions: readonly number[];
  readonly recorded: RecordedRun;
  readonly digest: string;
  /**
   * The trace is the recorded one, step by step; else the program has changed, and names were
   * followed.
   */
  readonly same: boolean;
}

/**
 * Run a saved failure again: by the places of its decisions while the trace is the recorded one,
 * else by the names of tasks and syscalls, so that edits that have nothing to do with the failure
 * do not matter.
 *
 * @throws Departure if the run cannot follow the recording; it names the source files that have
 *   changed
 */
export function replaySaved(
  scenario: Scenario,
  saved: SavedFailure,
  options: { readonly byName?: boolean } = {},
): ReplayedFailure {
  const { path, file } = saved;
  const parsed = parseSchedule(file.schedule);
  if (parsed.scenario !== scenarioHash(scenario.name)) {
    throw new ScheduleError(
      `${path} is damaged: its schedule belongs to another scenario than its field "scenario.name" says`,
    );
  }
  const faults = file.world.faults.filter((name) => FAULT_NAMES.includes(name as FaultName));
  const { network } = file.world;
  const its = withWorld(scenario, {
    faults: faults as FaultName[],
    ...(network === undefined ? {} : { network: network as Partial<VirtualNetworkOptions> }),
  });
  const { kind, step } = file.failure;
  // The real clock may have ended it: what comes after that step is in no digest.
  const told = kind === 'livelock' ? cutAfter(its, step) : its;
  if (options.byName !== true && sameDigest(told, parsed.decisions, file.digest)) {
    const recorded = recordRun(its, parsed.decisions);
    const { decisions } = parsed;
    const isCut = recorded.run.failure?.cutAfter !== undefined;
    const scenario = isCut ? told : its;
    return { scenario, decisions, recorded, digest: file.digest, same: true };
  }
  try {
    const recorded = recordUnder(its, new ReplayByName(namedSchedule(file)));
    const { schedule: decisions, digest } = recorded.result;
    return { scenario: its, decisions, recorded, digest, same: digest === file.digest };
  } catch (error) {
    if (!(error instanceof Departure)) throw error;
    throw new Departure({ ...error.details, changed: changedSources(saved) });
  }
}

function sameDigest(scenario: Scenario, decisions: readonly number[], digest: string): boolean {
  try {
    return replay(scenario, decisions, 'strict').digest === digest;
  } catch (error) {
    if (error instanceof Departure) return false;
    throw error;
  }
}
