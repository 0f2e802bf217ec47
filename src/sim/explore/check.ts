import { resolve } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import type { FaultName } from '../kernel/choices.ts';
import { Departure } from '../schedule/departure.ts';
import type { Failure } from '../schedule/failure.ts';
import { inMacrotask } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { makeStrategy } from '../schedule/strategies/index.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { formatSchedule, parseSchedule, ScheduleError, scenarioHash } from '../schedule/text.ts';
import { asCause } from '../schedule/user-frame.ts';
import { nextCommands } from '../trace/invocation.ts';
import { countText, ERROR_NAME, formatReport, type ReportContext } from '../trace/report.ts';
import { replay } from './attempt.ts';
import { type BatchSource, batchesHere, foundAgain, surveyBatch } from './batch.ts';
import { type Confidence, Survey } from './confidence.ts';
import { findDataRace } from './data-races.ts';
import { checkDeterminism, NondeterminismError } from './determinism.ts';
import { FAILURES_FOLDER, passesNowText, savedFailures, saveFailure } from './failures.ts';
import type { Found } from './fuzz.ts';
import { type Finding, investigate, lookAt } from './investigate.ts';
import { investigateRace } from './race-report.ts';
import { recordRun } from './record.ts';
import { replaySaved } from './replay-file.ts';
import { withWorld } from './with-world.ts';

export interface CheckOptions {
  /** Runs at the most. Default: 1,000, or as many as `timeMs` allows if that is given. */
  readonly runs?: number;
  /** Stop after this time. Default: no bound but `runs`. */
  readonly timeMs?: number;
  /** Default: 1, so that a test does the same each time. */
  readonly seed?: number;
  /**
   * Who makes the decisions: `random`, `pct:3`, `pos`, `surw`, … (`STRATEGY_NAMES`). Default:
   * `random`.
   */
  readonly strategy?: string;
  /** Faults that may be drawn for a run, instead of the scenario's own. */
  readonly faults?: readonly FaultName[];
  /**
   * Look for data races too: accesses to a `world.cell` by two tasks that nothing puts in order,
   * whether or not they did harm. Takes as many runs again. Default: false.
   */
  readonly races?: boolean;
  /** A schedule as text: only this one is run. */
  readonly replay?: string;
  /**
   * The folder in which a failure is saved, and from which those saved before are run first; false:
   * none. Default: `.heddle`, in the current folder.
   */
  readonly folder?: string | false;
  /**
   * Told what is worth knowing although it is no failure: a saved one that passes now. Default: a
   * line on stderr.
   */
  readonly note?: (text: string) => void;
  /** Where the runs are made. Default: all of them in this process. */
  readonly batches?: BatchSource;
  /** Told now and then how far it has come. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

export interface CheckProgress {
  readonly runs: number;
  /** Infinity where only time ends it; likewise `timeMs` where only runs do. */
  readonly runsMax: number;
  readonly steps: number;
  /** Classes of interleavings among those of its runs that were looked at. */
  readonly classes: number;
  readonly elapsedMs: number;
  readonly timeMs: number;
}

export interface Checked {
  readonly runs: number;
  readonly steps: number;
  /** What it means that they passed; undefined for a single schedule. */
  readonly confidence: Confidence | undefined;
}

/** A scenario failed: the message is the whole report, so every test runner shows it. */
export class ScheduleFailure extends Error {
  override readonly name: string = ERROR_NAME;
  /** What went wrong, in parts. */
  declare readonly failure: Failure;
  /** The schedule as text, to be given to `check(scenario, { replay })`. */
  declare readonly schedule: string;
  /** The file it was saved to, relative to the current folder; undefined if it was not. */
  declare readonly path: string | undefined;

  constructor(
    report: string,
    failure: Failure,
    schedule: string,
    { at, path }: { readonly at: string | undefined; readonly path: string | undefined },
  ) {
    super(report, asCause(failure.error));
    // The report says it all: runners that print the fields of an error need not repeat them.
    Object.defineProperty(this, 'failure', { value: failure });
    Object.defineProperty(this, 'schedule', { value: schedule });
    Object.defineProperty(this, 'path', { value: path });
    // Our own frames help nobody; the user's line does.
    this.stack = `${this.name}: ${report}${at === undefined ? '' : `\n    at ${resolve(at)}`}`;
  }
}

const RUNS_DEFAULT = 1_000;

/**
 * Run a scenario under many schedules; for tests of any runner. Failures of it that were saved
 * before are run first. Resolves when every run held, and rejects with a {@link ScheduleFailure}
 * whose message is the report of the shrunk failure, which is saved.
 *
 * ```ts
 * test('every client gets its bytes back', () => check(echo, { runs: 2000 }));
 * ```
 */
export async function check(scenario: Scenario, options: CheckOptions = {}): Promise<Checked> {
  const { faults, note = toStderr, folder = FAILURES_FOLDER } = options;
  const { timeMs = Number.POSITIVE_INFINITY, seed = 1 } = options;
  const plan = { strategy: options.strategy ?? 'random', seed };
  // A strategy that is unknown is refused before anything is run.
  const { name } = makeStrategy(plan.strategy, plan);
  const its = faults === undefined ? scenario : withWorld(scenario, { faults });
  if (options.replay !== undefined) return checkOne(its, options.replay, options.races === true);
  if (folder !== false) await checkSaved(scenario, folder, note);
  const runs = options.runs ?? (Number.isFinite(timeMs) ? Number.POSITIVE_INFINITY : RUNS_DEFAULT);
  const survey = new Survey(name);
  await inMacrotask(() => {
    const unsteady = checkDeterminism(its, []);
    if (unsteady !== undefined) throw new NondeterminismError(unsteady);
  });
  const racing = options.races === true ? makeStrategy(plan.strategy, plan) : undefined;
  const began = performance.now();
  let done = 0;
  let steps = 0;
  const batches = (options.batches ?? batchesHere)(its, plan, runs);
  for await (const batch of batches) {
    surveyBatch(survey, batch);
    const [met] = batch.failures;
    if (met !== undefined) {
      const how = { runs, seed, strategy: name, folder, note };
      throw await inMacrotask(() => failureOf(its, foundAgain(its, met), how));
    }
    if (racing !== undefined) {
      await inMacrotask(() =>
        checkRaces(its, racing, { runs: batch.runs, firstRun: done + 1, seed }),
      );
    }
    done += batch.runs;
    steps += batch.steps;
    const elapsedMs = performance.now() - began;
    options.onProgress?.({
      runs: done,
      runsMax: runs,
      steps,
      classes: survey.classes,
      elapsedMs,
      timeMs,
    });
    if (batch.exhausted || elapsedMs >= timeMs) break;
  }
  return { runs: done, steps, confidence: survey.confidence };
}

function toStderr(text: string): void {
  process.stderr.write(`heddle: ${text}\n`);
}

/** Failures of this scenario that were saved come first; what cannot be replayed stops nothing. */
async function checkSaved(
  scenario: Scenario,
  folder: string,
  note: (text: string) => void,
): Promise<void> {
  const saved = savedFailures(folder, note);
  for (const one of saved) {
    if (one.file.scenario.name !== scenario.name) continue;
    await inMacrotask(() => {
      try {
        const again = replaySaved(scenario, one);
        if (again.recorded.run.failure === undefined) note(passesNowText(one.path));
        else {
          const finding = lookAt(again.scenario, again.decisions, again.recorded, again.digest);
          throw reportOf(finding, `saved in ${one.path}, which is run first`, one.path);
        }
      } catch (error) {
        if (!(error instanceof Departure || error instanceof ScheduleError)) throw error;
        note(`${one.path} was left alone: ${error.message}`);
      }
    });
  }
}

function checkRaces(
  scenario: Scenario,
  strategy: Strategy,
  { runs, firstRun, seed }: { runs: number; firstRun: number; seed: number },
): void {
  const found = findDataRace(scenario, { runs, seed, strategy });
  if (found === undefined) return;
  const text = `run ${countText(firstRun + found.run - 1)} by ${strategy.name}, seed ${seed}`;
  throw reportOf(investigateRace(scenario, found), text, undefined);
}

interface Circumstances {
  readonly runs: number;
  readonly seed: number;
  readonly strategy: string;
  readonly folder: string | false;
  readonly note: (text: string) => void;
}

function failureOf(scenario: Scenario, found: Found, how: Circumstances): ScheduleFailure {
  const finding = investigate(scenario, found);
  const of = Number.isFinite(how.runs) ? ` of ${countText(how.runs)}` : '';
  const text = `run ${countText(found.run)}${of} by ${how.strategy}, seed ${how.seed}`;
  return reportOf(finding, text, save(finding, found, how));
}

/** Gives the file's path; undefined if it could not be written, or is not to be. */
function save(
  finding: Finding,
  { run, decisionCount }: Found,
  { seed, strategy, folder, note }: Circumstances,
): string | undefined {
  if (folder === false) return undefined;
  const { shrinkReplays } = finding;
  try {
    return saveFailure(
      {
        ...finding,
        at: finding.story.at,
        found: { run, strategy, seed, decisions: decisionCount, shrinkReplays },
      },
      folder,
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    note(error.message);
    return undefined;
  }
}

function reportOf(
  finding: Finding,
  found: string | undefined,
  path: string | undefined,
): ScheduleFailure {
  const schedule = formatSchedule(finding.scenario.name, finding.decisions);
  return failureReport(finding, {
    found,
    path,
    next: [
      ...nextCommands(path, stepToDebug(finding)),
      [
        'pin',
        `check(…, { ${finding.failure.kind === 'race' ? 'races: true, ' : ''}replay: '${schedule}' })`,
      ],
    ],
  });
}

/** Where it showed, if that was a syscall of the user's. */
function stepToDebug({ story }: Finding): number | undefined {
  return story.rows.find((row) => row.broke && row.where)?.step;
}

/** A failure that has been looked into, as an error whose message is its report. */
export function failureReport(
  finding: Finding,
  {
    path,
    ...context
  }: Pick<ReportContext, 'found' | 'next'> & { readonly path?: string | undefined },
): ScheduleFailure {
  const { scenario, failure, story, decisions, reduced, unsteadyAt } = finding;
  const schedule = formatSchedule(scenario.name, decisions);
  const report = formatReport(story, {
    scenario: scenario.name,
    untitled: true,
    unsteadyAt,
    reduced,
    ...context,
  });
  return new ScheduleFailure(report, failure, schedule, { at: story.at, path });
}

/** A schedule that was pinned. */
function checkOne(scenario: Scenario, text: string, races: boolean): Promise<Checked> {
  const { scenario: hash, decisions } = parseSchedule(text);
  if (hash !== scenarioHash(scenario.name)) {
    throw new ScheduleError(
      `this schedule belongs to another scenario than ${JSON.stringify(scenario.name)} (a scenario is known by its name)`,
    );
  }
  return inMacrotask(() => {
    const { failure, steps, digest } = replay(scenario, decisions, 'strict');
    if (failure === undefined && races) {
      const how = { runs: 1, firstRun: 1, seed: 0 };
      checkRaces(scenario, new Replay(decisions), how);
    }
    if (failure === undefined) return { runs: 1, steps, confidence: undefined };
    const recorded = recordRun(scenario, decisions);
    throw reportOf(lookAt(scenario, decisions, recorded, digest), undefined, undefined);
  });
}
