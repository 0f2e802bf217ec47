/** The one road from a failure that was found to one that is saved and reported. */
import { resolve } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { formatSchedule } from '../schedule/text.ts';
import { asCause } from '../schedule/user-frame.ts';
import { countText, ERROR_NAME, formatReport, type ReportContext } from '../trace/report.ts';
import { fitOf } from './attempt.ts';
import { FAILURES_FOLDER, saveFailure } from './failures.ts';
import type { Found } from './fuzz.ts';
import { type Finding, investigate, type Reduction } from './investigate.ts';

/** How a failure was found, and what is to be done with it. */
export interface Discovery {
  readonly strategy: string;
  /** Undefined where nothing was drawn. */
  readonly seed: number | undefined;
  /** Runs that were to be made; undefined or Infinity where that was left open. */
  readonly runsMax?: number | undefined;
  /** Where it is saved; false: nowhere. Default: `.heddle`. */
  readonly folder?: string | false;
  /** Told why it could not be saved, with its schedule. */
  readonly note: (text: string) => void;
  /** Has been reduced already; or there is no time for that. */
  readonly reduction?: Reduction | 'stopped' | undefined;
  /** Which of several mistakes it is that have one signature. */
  readonly knownAs?: string | undefined;
}

/** A failure that has been shrunk and looked into. */
export interface KeptFinding extends Finding {
  /** The file it was saved to; undefined when that was not possible, or not wanted. */
  readonly path: string | undefined;
  /** `run 12 of 1,000 by random, seed 1`; run 0 is the calm one that comes before all. */
  readonly found: string;
}

/**
 * Reduce a failure unless that has been done, check that it is deterministic, explain it, and save
 * it. One that cannot be saved is told all the same.
 */
export function keepFailure(scenario: Scenario, found: Found, how: Discovery): KeptFinding {
  const finding = investigate(scenario, found, how.reduction);
  return { ...finding, path: save(finding, found, how), found: foundText(found, how) };
}

function save(
  finding: Finding,
  { run, decisionCount }: Found,
  { seed = 0, strategy, folder = FAILURES_FOLDER, note, knownAs }: Discovery,
): string | undefined {
  if (folder === false) return undefined;
  const { shrinkReplays } = finding;
  const found = { run, strategy, seed, decisions: decisionCount, shrinkReplays };
  try {
    return saveFailure({ ...finding, at: finding.story.at, found, knownAs }, folder);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    note(error.message);
    return undefined;
  }
}

function foundText({ run }: Found, { runsMax, strategy, seed }: Discovery): string {
  if (run === 0) return 'the calm run, before the search';
  const of = runsMax === undefined || runsMax === Infinity ? '' : ` of ${countText(runsMax)}`;
  const from = seed === undefined ? '' : `, seed ${seed}`;
  return `run ${countText(run)}${of} by ${strategy}${from}`;
}

/** A failure that has been looked into, as text. */
export function reportOf(
  finding: Finding,
  context: Pick<ReportContext, 'found' | 'next' | 'untitled'>,
): string {
  const { scenario, story, reduced, unsteady } = finding;
  return formatReport(story, { scenario: scenario.name, unsteady, reduced, ...context });
}

/**
 * A scenario failed: the message is the whole report, so every test runner shows it.
 *
 * @since 0.1.0
 */
export class ScheduleFailure extends Error {
  override readonly name: string = ERROR_NAME;
  /** What went wrong, in parts. */
  declare readonly failure: Failure;
  /** The schedule as text, to be given to `check(scenario, { replay })`. */
  declare readonly schedule: string;
  /** The file it was saved to, relative to the current folder; undefined if it was not. */
  declare readonly path: string | undefined;
  /** `run 12 of 1,000 by random, seed 1`; undefined for a schedule that was given. */
  declare readonly found: string | undefined;
  /** The user's line at which it showed, as `src/server.ts:22:11`; undefined if there is none. */
  declare readonly at: string | undefined;

  /** @internal */
  constructor(
    report: string,
    failure: Failure,
    schedule: string,
    { at, path, found }: Readonly<Record<'at' | 'path' | 'found', string | undefined>>,
  ) {
    super(report, asCause(failure.error));
    // The report says it all: runners that print the fields of an error need not repeat them.
    Object.defineProperty(this, 'failure', { value: failure });
    Object.defineProperty(this, 'schedule', { value: schedule });
    Object.defineProperty(this, 'path', { value: path });
    Object.defineProperty(this, 'found', { value: found });
    Object.defineProperty(this, 'at', { value: at });
    // Our own frames help nobody; the user's line does.
    this.stack = `${this.name}: ${report}${at === undefined ? '' : `\n    at ${resolve(at)}`}`;
  }
}

/** A failure that has been looked into, as an error whose message is its report. */
export function asError(
  finding: Finding,
  {
    path,
    ...context
  }: Pick<ReportContext, 'found' | 'next'> & { readonly path?: string | undefined },
): ScheduleFailure {
  const { scenario, failure, story, decisions } = finding;
  const report = reportOf(finding, { untitled: true, ...context });
  const schedule = formatSchedule(scenario.name, decisions, fitOf(scenario, decisions));
  return new ScheduleFailure(report, failure, schedule, {
    at: story.at,
    path,
    found: context.found,
  });
}
