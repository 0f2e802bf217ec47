import { resolve } from 'node:path';
import { inMacrotask } from '../schedule/execute.ts';
import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { formatSchedule, parseSchedule, ScheduleError, scenarioHash } from '../schedule/text.ts';
import { formatReport, type ReportContext, reducedText } from '../trace/report.ts';
import { tellStory } from '../trace/story.ts';
import { replay } from './attempt.ts';
import { checkDeterminism } from './determinism.ts';
import { explain } from './explain.ts';
import { type Found, fuzz } from './fuzz.ts';
import { recordRun } from './record.ts';
import { shrink } from './shrink.ts';

export interface CheckOptions {
  /** Runs at the most. Default: 1,000. */
  readonly runs?: number;
  /** Default: 1, so that a test does the same each time. */
  readonly seed?: number;
  /** A schedule as text: only this one is run. */
  readonly replay?: string;
}

export interface Checked {
  readonly runs: number;
  readonly steps: number;
}

/** A scenario failed: the message is the whole report, so every test runner shows it. */
export class ScheduleFailure extends Error {
  override readonly name = 'ScheduleFailure';
  /** What went wrong, in parts. */
  declare readonly failure: Failure;
  /** The schedule as text, to be given to `check(scenario, { replay })`. */
  declare readonly schedule: string;

  constructor(report: string, failure: Failure, schedule: string, at: string | undefined) {
    super(report, failure.error === undefined ? undefined : { cause: failure.error });
    // The report says it all: runners that print the fields of an error need not repeat them.
    Object.defineProperty(this, 'failure', { value: failure });
    Object.defineProperty(this, 'schedule', { value: schedule });
    // Our own frames help nobody; the user's line does.
    this.stack = `${this.name}: ${report}${at === undefined ? '' : `\n    at ${resolve(at)}`}`;
  }
}

const RUNS_DEFAULT = 1_000;
/** Runs between two turns of the event loop. */
const SLICE_RUNS = 100;

/**
 * Run a scenario under many schedules; for tests of any runner. Resolves when every run held, and rejects with a
 * {@link ScheduleFailure} whose message is the report of the shrunk failure.
 *
 * ```ts
 * test('every client gets its bytes back', () => check(echo, { runs: 2000 }));
 * ```
 */
export async function check(scenario: Scenario, options: CheckOptions = {}): Promise<Checked> {
  if (options.replay !== undefined) return checkOne(scenario, options.replay);
  const { runs = RUNS_DEFAULT, seed = 1 } = options;
  let done = 0;
  let steps = 0;
  while (done < runs) {
    const slice = Math.min(SLICE_RUNS, runs - done);
    const first = done + 1;
    const result = await inMacrotask(() => {
      const fuzzed = fuzz(scenario, { runs: slice, firstRun: first, seed });
      if (fuzzed.found !== undefined) throw failureOf(scenario, fuzzed.found, runs, seed);
      return fuzzed;
    });
    done += result.runs;
    steps += result.steps;
  }
  return { runs: done, steps };
}

function failureOf(scenario: Scenario, found: Found, runs: number, seed: number): ScheduleFailure {
  const { decisions, replays } = shrink(scenario, found);
  return reportOf(scenario, decisions, {
    found: `run ${found.run} of ${runs} by random, seed ${seed}`,
    reduced: reducedText(found.decisionCount, decisions, replays),
  });
}

function reportOf(
  scenario: Scenario,
  decisions: readonly number[],
  context: Pick<ReportContext, 'found' | 'reduced'>,
): ScheduleFailure {
  const { run, recorder } = recordRun(scenario, decisions);
  const failure = run.failure as Failure;
  const schedule = formatSchedule(scenario.name, decisions);
  const unsteady = checkDeterminism(scenario, decisions);
  const story = tellStory(failure, run.world, recorder, explain(scenario, { decisions, failure }));
  const report = formatReport(story, {
    scenario: scenario.name,
    untitled: true,
    unsteadyAt: unsteady?.step,
    ...context,
    next: [['pin', `check(…, { replay: '${schedule}' })`]],
  });
  return new ScheduleFailure(report, failure, schedule, story.at);
}

/** A schedule that was pinned. */
function checkOne(scenario: Scenario, text: string): Promise<Checked> {
  const { scenario: hash, decisions } = parseSchedule(text);
  if (hash !== scenarioHash(scenario.name)) {
    throw new ScheduleError(
      `this schedule belongs to another scenario than ${JSON.stringify(scenario.name)} (a scenario is known by its name)`,
    );
  }
  return inMacrotask(() => {
    const { failure, steps } = replay(scenario, decisions, 'strict');
    if (failure !== undefined) throw reportOf(scenario, decisions, {});
    return { runs: 1, steps };
  });
}
