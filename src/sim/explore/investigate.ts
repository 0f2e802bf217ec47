import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import type { NamedSchedule } from '../schedule/strategies/replay-by-name.ts';
import type { Explanation } from '../trace/explanation.ts';
import type { Recorder } from '../trace/recorder.ts';
import { reducedText } from '../trace/report.ts';
import { type Story, tellStory } from '../trace/story.ts';
import { differenceFrom, type Nondeterminism, notAgain } from './determinism.ts';
import { explain } from './explain.ts';
import type { Found } from './fuzz.ts';
import { type RecordedRun, recordRun } from './record.ts';
import { type ShrinkOptions, shrink } from './shrink.ts';
import { cutAfter, unhurried } from './with-world.ts';

/** A failure with all that can be said about it: what reports, files and viewers are made of. */
export interface Finding {
  readonly scenario: Scenario;
  readonly failure: Failure;
  readonly decisions: readonly number[];
  readonly digest: string;
  readonly named: NamedSchedule;
  readonly story: Story;
  /**
   * Undefined where replays of neighbours say nothing, of a data race, or would have to be waited
   * for.
   */
  readonly explanation: Explanation | undefined;
  /** How it was reduced, in words; undefined where it was not. */
  readonly reduced: string | undefined;
  readonly shrinkReplays: number;
  /** Where two runs of the schedule parted, if they did. */
  readonly unsteady: Nondeterminism | undefined;
  /** The user's source files that take part. */
  readonly sources: readonly string[];
}

/** What of an investigation takes long, as data: another process may do it. */
export interface Reduction {
  readonly decisions: readonly number[];
  readonly digest: string;
  readonly replays: number;
  readonly explanation: Explanation;
}

type Shrunk = Omit<Reduction, 'explanation'> & { readonly explanation?: Explanation };

function shrunk(
  scenario: Scenario,
  found: Pick<Found, 'decisions' | 'failure'>,
  options: ShrinkOptions = {},
): Shrunk & { readonly failure: Failure } {
  const { decisions, result, replays } = shrink(scenario, found, options);
  return { decisions, digest: result.digest, replays, failure: result.failure as Failure };
}

/** Shrink a failure as it was met, and explain what is left. */
export function reduce(
  scenario: Scenario,
  found: Pick<Found, 'decisions' | 'failure'>,
  options: ShrinkOptions = {},
): Reduction {
  const { failure, ...made } = shrunk(scenario, found, options);
  const explanation = explain(scenario, { decisions: made.decisions, failure });
  return { ...made, explanation };
}

/**
 * Shrink a failure as it was met, unless that has been done, and look at what is left. A run that
 * the real clock has ended is told as it was met, and so is one for which there is no time.
 */
export function investigate(
  scenario: Scenario,
  found: Found,
  reduction?: Reduction | 'stopped',
): Finding {
  const { cutAfter: steps } = found.failure;
  if (steps !== undefined) return asMet(scenario, found, steps);
  if (found.decisions.every((decision) => decision === 0)) return asCalm(scenario);
  if (reduction === 'stopped') {
    const recorded = recordRun(scenario, found.decisions);
    const { digest } = recorded.result;
    const finding = lookAt(scenario, found.decisions, recorded, digest, UNEXPLAINED);
    return { ...finding, reduced: 'not at all: it was stopped before that' };
  }
  const done: Shrunk = reduction ?? shrunk(scenario, found);
  const { decisions, digest, replays, explanation } = done;
  const recorded = recordRun(scenario, decisions);
  return {
    ...lookAt(scenario, decisions, recorded, digest, explanation),
    reduced: reducedText(found.decisionCount, decisions, replays),
    shrinkReplays: replays,
  };
}

/** Its first steps are recorded, all of them made for sure: nobody has to wait for it again. */
function asMet(scenario: Scenario, { failure, decisions }: Found, steps: number): Finding {
  const its = unhurried(cutAfter(scenario, steps));
  const recorded = recordRun(its, decisions);
  const { result, run } = recorded;
  run.failure = { ...failure, step: recorded.recorder.steps.length };
  return lookAt(its, result.schedule, recorded, result.digest);
}

/** Nothing is simpler than the calm run. */
function asCalm(scenario: Scenario): Finding {
  const recorded = recordRun(scenario, []);
  return lookAt(scenario, [], recorded, recorded.result.digest);
}

/** Nobody has looked at any neighbour. */
const UNEXPLAINED: Explanation = {
  decisions: [],
  neighbours: 0,
  gone: 0,
  nearest: undefined,
  replays: 0,
};

/** What a recorded run that failed has shown. */
export function lookAt(
  scenario: Scenario,
  decisions: readonly number[],
  { run, recorder }: RecordedRun,
  digest: string,
  explained?: Explanation,
): Finding {
  const { failure } = run;
  if (failure === undefined) throw notAgain(scenario, decisions);
  const explanation =
    explained ??
    (failure.cutAfter === undefined
      ? explain(scenario, { decisions, failure, recorder })
      : undefined);
  const story = tellStory(failure, run.world, recorder, explanation);
  return {
    scenario,
    failure,
    decisions,
    digest,
    named: recorder.named(),
    story,
    explanation,
    reduced: undefined,
    shrinkReplays: 0,
    unsteady: differenceFrom({ digest, words: recorder.words }, scenario, decisions),
    sources: sourcesOf(scenario, failure, story, recorder),
  };
}

/** The user's files that take part, relative to the current folder. */
export function sourcesOf(
  scenario: Scenario,
  failure: Failure,
  story: Story,
  recorder: Recorder,
): string[] {
  const lines = [
    scenario.where,
    story.at,
    failure.where,
    ...recorder.steps.map(({ where }) => where),
  ];
  const files = new Set<string>();
  for (const line of lines) if (line) files.add(line.replace(/:\d+:\d+$/, ''));
  return [...files];
}
