import { SysError } from '../../sys/errors.ts';
import type { Failure } from '../schedule/failure.ts';
import { waitText } from '../schedule/judge.ts';
import type { World } from '../schedule/world.ts';
import { alternativeText } from './describe.ts';
import type { Explanation } from './explanation.ts';
import type { Recorder, TraceDecision, TraceStep } from './recorder.ts';
import { userFrame } from './user-frame.ts';

/** Rows of a story at the most; more is not read. */
const ROWS_MAX = 12;

export interface StoryRow extends TraceStep {
  /** A decision that was not calm was taken here. */
  readonly decided: boolean;
  /** None of those decisions is needed: it would fail in the same way without any of them. */
  readonly free: boolean;
  /** Why, in words: `(client#1 could run)`, `fault reset`. */
  readonly note: string;
  /** The failure showed here. */
  readonly broke: boolean;
}

/** A failing run, told: what a report prints and a viewer draws. */
export interface Story {
  readonly failure: Failure;
  readonly rows: readonly StoryRow[];
  /** Steps that were left out. */
  readonly stepsLeftOut: number;
  /** Inputs that the scenario drew and that are not the simplest. */
  readonly given: readonly string[];
  /** Faults that were active. */
  readonly faults: readonly string[];
  /** Open sockets and other descriptors, a line each. */
  readonly descriptors: readonly string[];
  readonly tasks: readonly string[];
  readonly inFlight: readonly string[];
  /** The user's line at which it showed. */
  readonly at: string | undefined;
  /** Which decisions matter, and how the nearest passing run differs; undefined if nobody has looked. */
  readonly explanation: Explanation | undefined;
}

/** Tell a recorded failing run: the steps with decisions that matter, the end, and what led there. */
export function tellStory(
  failure: Failure,
  world: World,
  recorder: Recorder,
  explanation?: Explanation,
): Story {
  const { steps, decisions } = recorder;
  const restless = decisions.filter((decision) => decision.choice !== 0);
  const kept = chooseSteps(failure, steps, restless);
  const rows = kept.map((step) => {
    const here = restless.filter((decision) => decision.step === step.step);
    const notes = here.map(noteOf).filter((note) => note !== '');
    return {
      ...step,
      decided: here.some(({ kind }) => kind !== 'input' && kind !== 'swarm'),
      free: isFree(step.step, explanation),
      note: notes.join(', '),
      broke: step.step === failure.step,
    };
  });
  return {
    failure,
    rows,
    stepsLeftOut: steps.length - rows.length,
    given: restless
      .filter(({ kind }) => kind === 'input')
      .map(({ about, choice, text }) => `${about} = ${text ?? choice}`),
    faults: restless
      .filter(({ kind }) => kind === 'swarm')
      .map(({ about }) => about.replace(/^fault /, '')),
    descriptors: describeDescriptors(world),
    tasks: world.tasks.map((task) => {
      if (task.state === 'died') return `${task.name} died`;
      if (task.state === 'ended') return `${task.name} ended`;
      return task.asleep ? `${task.name} asleep in ${waitText(task)}` : `${task.name} could run`;
    }),
    inFlight: world.network.describe(),
    at: placeOf(failure, steps),
    explanation,
  };
}

function isFree(step: number, explanation: Explanation | undefined): boolean {
  const here = explanation?.decisions.filter((decision) => decision.step === step) ?? [];
  return here.length > 0 && here.every(({ matters }) => matters === false);
}

function noteOf({ kind, calm, choice, arity }: TraceDecision): string {
  switch (kind) {
    case 'step':
      return calm === undefined ? '' : `${calm} could move`;
    case 'input':
    case 'swarm':
      return '';
    default:
      return alternativeText(kind, arity, choice);
  }
}

/** The last step, the steps with decisions, and then what came before them, newest first, until the page is full. */
function chooseSteps(
  failure: Failure,
  steps: readonly TraceStep[],
  restless: readonly TraceDecision[],
): TraceStep[] {
  const chosen = new Set<number>();
  const last = Math.min(failure.step, steps.length);
  if (last > 0) chosen.add(last);
  const decided = restless.filter(({ kind }) => kind !== 'input' && kind !== 'swarm');
  for (const { step } of decided.slice(-ROWS_MAX + 2)) if (step <= last) chosen.add(step);
  const involved = new Set([failure.task, ...[...chosen].map((step) => steps[step - 1]?.who)]);
  const rank = (step: TraceStep): number => (step.asleep ? 2 : involved.has(step.who) ? 0 : 1);
  for (const wanted of [0, 1]) {
    for (let i = last; i >= 1 && chosen.size < ROWS_MAX; i--) {
      const step = steps[i - 1] as TraceStep;
      if (rank(step) === wanted) chosen.add(i);
    }
  }
  return [...chosen].sort((a, b) => a - b).map((step) => steps[step - 1] as TraceStep);
}

function describeDescriptors(world: World): string[] {
  const lines: string[] = [];
  for (const kernel of world.hosts) {
    for (const process of kernel.processes) {
      for (const [fd, description] of process.descriptors.entries()) {
        if (description.file.type === 'console') continue;
        lines.push(`${process.name} fd ${fd}  ${description.file.describe()}`);
      }
    }
  }
  return lines;
}

/** Where the error was thrown, or where the last syscall of the failing task stands. */
function placeOf(failure: Failure, steps: readonly TraceStep[]): string | undefined {
  const { error } = failure;
  if (error instanceof Error || error instanceof SysError) {
    const frame = userFrame(String(error.stack ?? ''));
    if (frame !== undefined) return frame;
  }
  // A law that is judged at the end is broken by no step in particular.
  if (failure.kind === 'law' && failure.task === undefined && failure.where) return failure.where;
  for (let i = Math.min(failure.step, steps.length); i >= 1; i--) {
    const step = steps[i - 1] as TraceStep;
    if (step.who === failure.task && step.where) return step.where;
  }
  return undefined;
}
