import { EAGAIN, ETIMEDOUT } from '../../sys/errno.ts';
import { SysError } from '../../sys/errors.ts';
import { OP } from '../../sys/ops.ts';
import { stackOf } from '../../sys/thrown.ts';
import type { Task } from '../kernel/task.ts';
import type { Failure } from '../schedule/failure.ts';
import { waitText } from '../schedule/judge.ts';
import { userFrame } from '../schedule/user-frame.ts';
import type { World } from '../schedule/world.ts';
import type { Causes, StaleUse } from './causes.ts';
import type { Code, Overtaking } from './code.ts';
import { type Collision, collisionOf, lineOf, overtakingsOf, overtakingText } from './collision.ts';
import { waitsOf } from './deadlock-reasons.ts';
import { alternativeText } from './describe.ts';
import type { Explanation } from './explanation.ts';
import type { Arrow } from './model.ts';
import type { NamedMover } from './mover.ts';
import { askingWait } from './program-waits.ts';
import type { Programs } from './programs.ts';
import {
  type Recorder,
  type ToldStep,
  type TraceDecision,
  type TraceStep,
  wordsOf,
} from './recorder.ts';
import type { Remarks } from './remarks.ts';
import { distancesTo } from './slice.ts';
import type { Wait } from './wait.ts';

/** Rows of a story at most; more is not read. */
const ROWS_MAX = 12;

export interface StoryRow extends ToldStep {
  /** A decision that was not calm was taken here. */
  readonly decided: boolean;
  /** None of those decisions is needed: it would fail in the same way without any of them. */
  readonly free: boolean;
  /** Why, in words: `(client#1 could run)`, `fault reset`. */
  readonly note: string;
  /** The failure showed here. */
  readonly broke: boolean;
  /** It is one of the two things that ran into each other, see {@link Story.collision}. */
  readonly collides: boolean;
  /** It is told in a program's own terms, and not as a syscall. */
  readonly isProgram: boolean;
}

/** A task that sleeps when all is over, and no step of it says so. */
export interface Sleeper {
  readonly who: string;
  /** `recv fd 5`. */
  readonly call: string;
  readonly where: string | undefined;
}

/** A failing run, told: what a report prints and a viewer draws. @since 0.1.0 */
export interface Story {
  /** How the run failed. */
  readonly failure: Failure;
  /** The steps that are told, in order. */
  readonly rows: readonly StoryRow[];
  /** In a deadlock: tasks that sleep since a call in which they have had no turn. */
  readonly sleepers: readonly Sleeper[];
  /** Steps that were left out. */
  readonly stepsLeftOut: number;
  /** Inputs that the scenario drew and that are not the simplest. */
  readonly given: readonly string[];
  /** Faults that were active. */
  readonly faults: readonly string[];
  /** Open sockets and other descriptors, a line each. */
  readonly descriptors: readonly string[];
  /** What each task was doing at the end, one text each. */
  readonly tasks: readonly string[];
  /** Tasks that are not told of. */
  readonly tasksLeftOut: number;
  /** Of async code of the user's: which awaits were overtaken, and by what, with both lines. */
  readonly overtaken: readonly string[];
  /** Two requests of programs that were under way at once; undefined where none is known. */
  readonly collision: string | undefined;
  /** In a deadlock: who sleeps, and why nothing wakes it. */
  readonly waits: readonly Wait[];
  /** Where programs await what has not come: `server at answer (server.js:4:9)`. */
  readonly awaits: readonly string[];
  /** A text of the run, with names in place of addresses. */
  readonly named: (text: string) => string;
  /** What was sent and had not arrived at the end, one text each. */
  readonly inFlight: readonly string[];
  /** The user's line at which it showed. */
  readonly at: string | undefined;
  /** It showed when all was over, and at no step. */
  readonly brokenAtEnd: boolean;
  /** Of a realm: what its body has thrown, or that it hangs; it shows behind the last step. */
  readonly thrown: string | undefined;
  /** What the clock showed in the last step. */
  readonly endMs: number;
  /**
   * Which decisions matter, and how the nearest passing run differs; undefined if nobody has
   * looked.
   */
  readonly explanation: Explanation | undefined;
}

/**
 * Tell a recorded failing run: the steps with decisions that matter, the end, and what led there.
 *
 * ```ts
 * const { run, result, recorder } = recordRun(echo, [0, 1]);
 * if (result.failure !== undefined) tellStory(result.failure, run.world, recorder);
 * ```
 *
 * @since 0.1.0
 */
export function tellStory(
  failure: Failure,
  world: World,
  recorder: Recorder,
  explanation?: Explanation,
): Story {
  const { steps, decisions, programs } = recorder;
  const restless = decisions.filter((decision) => decision.choice !== 0);
  const waits = failure.kind === 'deadlock' ? waitsOf(world, recorder) : hangsOf(failure, recorder);
  const broke = breakingStep(failure, recorder, waits);
  const sleepers = sleepersOf(waits, recorder);
  const { code } = recorder;
  const waiting = failure.kind === 'outside' ? code.waiting : [];
  const thrown = world.isRealm ? thrownBy(failure, waiting) : undefined;
  const brokenAtEnd = broke === 0 || thrown !== undefined;
  const fixed = { broke, brokenAtEnd, waits, sleepers, world, explanation, thrown };
  const chosen = chooseSteps(failure, recorder, restless, fixed);
  const { kept, collision, overtakings } = chosen;
  const named = (text: string): string => recorder.peers.named(text);
  const rows = rowsOf(recorder, restless, fixed, chosen);
  const told = toldTasks(world.tasks, rows);
  return {
    failure,
    rows,
    sleepers,
    endMs: steps.at(-1)?.timeMs ?? 0,
    stepsLeftOut: steps.length - kept.length,
    collision: collision && named(collision.text),
    overtaken: overtakings.map(overtakingText),
    ...circumstancesOf(restless),
    waits,
    descriptors: describeDescriptors(world, programs).map(named),
    awaits: [
      ...world.awaits.flatMap((tell) => tell()),
      ...waiting.slice(0, AWAITS_MAX).map((where) => `${failure.task} at ${where}`),
    ],
    tasksLeftOut: world.tasks.length - told.length,
    tasks: told.map((task) => `${task.name} ${stateText(task, programs)}`),
    inFlight: world.network.describe().map(({ path, what }) => named(`${path}: ${what}`)),
    at: rootsOf(waits)[0]?.where ?? waiting[0] ?? placeOf(failure, recorder),
    brokenAtEnd,
    thrown,
    explanation,
    named,
  };
}

/** What a task was doing at the end. */
function stateText(task: Task, programs: Programs): string {
  if (task.state !== 'alive') return task.state;
  if (task.outside) return 'waits for something outside';
  if (programs.has(task)) return task.asleep ? 'waits for events' : 'runs';
  return task.asleep ? `asleep in ${waitText(task)}` : 'could run';
}

/** The rows of steps, in order: a program's say behind each what it did before its next one. */
function rowsOf(
  recorder: Recorder,
  restless: readonly TraceDecision[],
  { broke, explanation, sleepers, thrown, world }: Fixed,
  { kept, collision, overtakings, stale }: Chosen,
): StoryRow[] {
  const { peers, programs, remarks, steps } = recorder;
  const again = timesOf(steps);
  const timesAt = ({ step, isPlumbing }: TraceStep): number =>
    isPlumbing ? 1 : (again.get(step) ?? 1);
  return kept.flatMap((step) => {
    const here = restless.filter((decision) => decision.step === step.step);
    const marked = isMarked(step.step, explanation);
    const notes = [
      ...stale.filter((use) => use.step === step.step).map(staleText),
      ...remarks.at(step.step),
      ...(marked ? noteTexts(here, remarks) : []),
      ...timesText(timesAt(step)),
    ];
    const own: StoryRow = {
      ...wordsOf(step),
      did: peers.named(step.did, step.step),
      result: peers.named(step.result, step.step),
      decided: marked && here.some(({ kind }) => isTaken(kind)),
      free: isFree(step.step, explanation),
      note: peers.named(notes.join(', '), step.step),
      broke: step.step === broke && sleepers.length === 0 && thrown === undefined,
      collides: collision?.steps.includes(step.step) === true || saysItself(step, overtakings),
      isProgram: step.isProgram,
    };
    const { isProgram } = step;
    const moments: StoryRow[] = programs
      .momentsAfter(step.step)
      .slice(-MOMENTS_MAX)
      .map((moment) => ({ ...UNMARKED, ...wordsOf(step), ...moment, isProgram }));
    const [body] = world.tasks as [Task];
    const code = codeRowsAt(step, overtakings).map((row) => ({
      ...{ ...UNMARKED, ...wordsOf(step), ...row, result: '', who: body.name },
      ...{ collides: true, isProgram },
    }));
    if (moments.length + code.length === 0) return [own];
    const told = step.isPlumbing ? [] : [own];
    const [first, ...others] = [...told, ...moments, ...code] as [StoryRow, ...StoryRow[]];
    const { decided, free, note } = own;
    const all = [{ ...first, decided, free, note }, ...others];
    // An error that nobody caught comes last, whatever its callback had done before.
    return all.map((row, index) => ({ ...row, broke: own.broke && index === all.length - 1 }));
  });
}

/** A row about the user's code, behind a step. */
interface Point {
  readonly step: number;
  readonly did: string;
  readonly where: string;
}

/** What is told of awaits that were overtaken, in the rows of their steps. */
function pointsOf(overtakings: readonly Overtaking[]): Point[] {
  const points = new Map<string, Point>();
  const put = (step: number, did: string, where: string): unknown =>
    points.set(`${step} ${did} ${where}`, { step, did, where });
  const goesOn = 'goes on behind its await';
  for (const { awaits, by } of overtakings) {
    put(awaits.from, 'awaits', awaits.where);
    put(by.step, by.does === 'begins' ? 'begins' : goesOn, by.where);
    if (awaits.to !== undefined) put(awaits.to, goesOn, awaits.where);
  }
  return [...points.values()].filter(({ step }) => step > 0);
}

/** Those that the step does not say itself, by being a call from that very line. */
function codeRowsAt({ step, where }: TraceStep, overtakings: readonly Overtaking[]): Point[] {
  return pointsOf(overtakings).filter(
    (point) => point.step === step && !isSameLine(point.where, where),
  );
}

function saysItself({ step, where }: TraceStep, overtakings: readonly Overtaking[]): boolean {
  return pointsOf(overtakings).some(
    (point) => point.step === step && isSameLine(point.where, where),
  );
}

const isSameLine = (one: string, other = ''): boolean => lineOf(one) === lineOf(other);

/** What a program did between two steps, in its own terms. */
const UNMARKED = {
  decided: false,
  free: false,
  note: '',
  broke: false,
  collides: false,
} as const;

/** Of what was told between two steps, the last so many: those are nearer to what came next. */
const MOMENTS_MAX = 3;

/**
 * What a run was given, in words: its inputs and its active faults, of the decisions that were not
 * calm.
 */
export function circumstancesOf(
  restless: readonly TraceDecision[],
): Pick<Story, 'given' | 'faults'> {
  return {
    given: restless
      .filter(({ kind }) => kind === 'input' || kind === 'chance')
      .map(({ about, choice, text }) => `${about} = ${text ?? choice}`),
    faults: restless
      .filter(({ kind }) => kind === 'swarm')
      .map(({ about }) => about.replace(/^fault /, '')),
  };
}

/** Those that the story is about, where there are many. */
function toldTasks(tasks: readonly Task[], rows: readonly ToldStep[]): readonly Task[] {
  if (tasks.length <= TASKS_MAX) return tasks;
  const told = new Set(rows.map(({ who }) => who));
  return tasks.filter(({ name, state }) => told.has(name) || state === 'died');
}

/** So many tasks are told of, whatever they did. */
const TASKS_MAX = 12;

function isFree(step: number, explanation: Explanation | undefined): boolean {
  const here = explanation?.decisions.filter((decision) => decision.step === step) ?? [];
  return here.length > 0 && here.every(({ matters }) => matters === false);
}

/** What was decided at a step; what a signal found is said with the signal. */
function noteTexts(decisions: readonly TraceDecision[], remarks: Remarks): string[] {
  return decisions
    .filter(({ kind, step }) => kind !== 'begun' || remarks.at(step).length === 0)
    .map(noteOf)
    .filter((note) => note !== '');
}

function noteOf({ kind, calm, choice, arity, text }: TraceDecision): string {
  switch (kind) {
    case 'step':
      return calm === undefined ? '' : couldText(calm);
    case 'input':
    case 'chance':
    case 'swarm':
      return '';
    default:
      return alternativeText(kind, arity, choice, text);
  }
}

/** Who could have run on; between whom something is under way, other rows say. */
function couldText(calm: NamedMover): string {
  switch (calm.kind) {
    case 'task':
      return `${calm.name} could move`;
    case 'signal':
      return `${calm.signal} could arrive`;
    case 'service':
      return `${calm.service} ${calm.call} could ${calm.phase === 'begins' ? 'begin' : 'end'}`;
    case 'other':
      return `instead of ${calm.text}`;
    default:
      return `${calm.kind} could arrive`;
  }
}

/**
 * The step at which it showed; 0 where it is no step's: what is judged at the end is broken by all
 * that was done, and not by what happened to come last. What dies of a syscall's error still cleans
 * up on its way out: it is the failed syscall that counts, not the last close. Where no task
 * can move, it is where the last one fell asleep that waits for more than another's end.
 */
function breakingStep(
  failure: Failure,
  { steps, programs }: Recorder,
  waits: readonly Wait[],
): number {
  const { error, kind, step, task } = failure;
  const last = Math.min(step, steps.length);
  if (kind === 'law' && task === undefined) return 0;
  if (kind === 'deadlock') {
    const asleep = rootsOf(waits).map(({ who }) => lastOf(who, steps)?.step ?? 0);
    return Math.max(0, ...asleep);
  }
  if (error instanceof SysError) {
    const failed = steps
      .slice(0, last)
      .findLast(
        ({ who, call, turn }) =>
          who === task && call === error.syscall && turn?.errno === -error.errno,
      );
    return failed?.step ?? last;
  }
  if (kind !== 'died') return last;
  const own = steps.slice(0, last).findLast((one) => {
    if (programs.momentsAfter(one.step).length > 0) return one.who === task;
    return one.who === task && !cleansUp(one) && !one.isPlumbing;
  });
  return own?.step ?? last;
}

/** So many lines say where a body hangs; those around them wait for these. */
const AWAITS_MAX = 4;

/** Of a body that has no steps of its own: what it threw, and that it did, or that it hangs. */
function thrownBy(
  { kind, message, task }: Failure,
  waiting: readonly string[],
): string | undefined {
  if (kind === 'outside' && waiting.length > 0) return `${task} awaits what never comes`;
  if (kind !== 'died') return undefined;
  return task === undefined ? message : `${task} throws ${message}`;
}

/** In a run of programs that does not end: those that wait for an answer while others go on. */
function hangsOf({ kind }: Failure, { programs }: Recorder): Wait[] {
  return kind === 'livelock'
    ? programs.tasks.flatMap((task) => askingWait(task, programs) ?? [])
    : [];
}

/** Those of the waiting tasks whose last step is another call than the one that they sleep in. */
function sleepersOf(waits: readonly Wait[], { steps, programs }: Recorder): Sleeper[] {
  if (!programs.isEmpty) return [];
  return rootsOf(waits)
    .filter(({ who }) => lastOf(who, steps)?.kind !== 'sleep')
    .slice(0, SLEEPERS_MAX)
    .map(({ who, call, where }) => ({ who, call, where }));
}

/** Of more, the paragraph of those who wait tells; rows are for what was done. */
const SLEEPERS_MAX = 3;

/** The sleepers that wait for more than for another sleeper's end. */
function rootsOf(waits: readonly Wait[]): readonly Wait[] {
  const roots = waits.filter(({ joins }) => !joins);
  return roots.length === 0 ? waits : roots;
}

function lastOf(who: string, steps: readonly TraceStep[]): TraceStep | undefined {
  return steps.findLast((step) => step.who === who && !step.isPlumbing);
}

function cleansUp({ turn }: TraceStep): boolean {
  return turn?.op === OP.close || turn?.op === OP.exit || turn?.op === OP.unlock;
}

interface Fixed {
  readonly broke: number;
  readonly brokenAtEnd: boolean;
  readonly waits: readonly Wait[];
  readonly sleepers: readonly Sleeper[];
  readonly world: World;
  readonly explanation: Explanation | undefined;
  readonly thrown: string | undefined;
}

/**
 * The causal slice of what broke, as much of it as a page has room for. First the step at which it
 * showed, where each task fell asleep for good and since when what it waits for is held, and the
 * decisions that the failure needs; then what led to those, nearest first, and before others what
 * came out differently in the nearest passing run.
 */
function chooseSteps(
  failure: Failure,
  { steps, causes, code, programs, remarks }: Recorder,
  restless: readonly TraceDecision[],
  fixed: Fixed,
): Chosen {
  const { explanation, broke, waits } = fixed;
  const until = steps.slice(0, failure.step);
  const isInvolved = involvedIn(failure, fixed.world);
  const targets = whatBroke(until, isInvolved, fixed);
  const near = distancesTo(targets, steps, causes.arrows);
  const stale = staleUses(causes, steps, near);
  const signalled = new Set(remarks.signals.map(({ step }) => step));
  const printsCount = broke === 0 && isInvolved === isAnybody;
  const telling = { signalled, printsCount, arrows: causes.arrows };
  for (const step of tellingSteps(until, near, telling)) targets.set(step, 0);
  for (const { step, freed, given } of stale) {
    for (const told of [step, freed, given]) targets.set(told, 0);
  }
  for (const step of neededSteps(restless, near, explanation)) targets.set(step, 0);
  const collision = waits.length > 0 ? undefined : collisionOf(programs, near);
  const hangs = waits.length > 0 || failure.kind === 'outside';
  const overtakings = hangs ? [] : toldOvertakings(code, explanation);
  for (const step of collision?.steps ?? []) targets.set(step, 0);
  for (const { step } of pointsOf(overtakings)) targets.set(step, 0);
  const parting = explanation?.nearest?.parting;
  const effect = parting?.effect?.here.step ?? 0;
  if (isNear(effect, near)) targets.set(effect, 0);
  const differing = new Set(parting?.differing);
  const distances = distancesTo(targets, steps, causes.arrows);
  const repeated = repeats(steps);
  // What reaches a program is told by what the program reads.
  const isWorthARow = (step: TraceStep): boolean =>
    step.kind === 'service' ||
    (programs.isEmpty ? !step.isPlumbing : step.turn !== undefined && rowsAt(step) > 0);
  const rowsAt = (traceStep: TraceStep): number =>
    Math.min(MOMENTS_MAX, programs.momentsAfter(traceStep.step).length) +
    codeRowsAt(traceStep, overtakings).length +
    (traceStep.isPlumbing ? 0 : 1);
  const apart = apartFrom(overtakings, isInvolved);
  const rank = (step: TraceStep): number => {
    const distance = distances.get(step.step) ?? UNRELATED + apart(step);
    return distance + detourOf(step) - (differing.has(step.step) ? 4 : 0);
  };
  const told = [...targets].filter(([, distance]) => distance === 0).map(([step]) => step);
  const others = until
    .filter((step) => targets.get(step.step) !== 0 && !repeated.has(step.step))
    .filter(isWorthARow)
    .map((step) => ({ step: step.step, rank: rank(step) }))
    .sort((a, b) => a.rank - b.rank || b.step - a.step)
    .map(({ step }) => step);
  const order = [...new Set([broke, ...told, ...others])]
    .filter((step) => step > 0)
    // A run may fail before its first step.
    .flatMap((step) => steps[step - 1] ?? []);
  const kept: TraceStep[] = [];
  // Who sleeps at the end has a row, and what showed when all was over.
  let room = ROWS_MAX - fixed.sleepers.length - Number(fixed.brokenAtEnd);
  for (const step of order) {
    const needed = Math.max(1, rowsAt(step));
    if (needed > room) continue;
    room -= needed;
    kept.push(step);
  }
  return { kept: kept.sort((a, b) => a.step - b.step), collision, overtakings, stale };
}

/**
 * How much less than others a step says that is no cause of what broke. No arrow leads to a call of
 * a service: what came next after what ran into each other says more.
 */
function apartFrom(
  overtakings: readonly Overtaking[],
  isInvolved: (who: string) => boolean,
): (step: TraceStep) => number {
  const met = pointsOf(overtakings).map(({ step }) => step);
  return ({ kind, step, who }) => {
    if (kind !== 'service' || met.length === 0) return isInvolved(who) ? 0 : 5;
    return Math.min(...met.map((at) => (step < at ? UNRELATED : step - at)));
  };
}

/** The steps of a story, and what ran into each other in them. */
interface Chosen {
  readonly kept: TraceStep[];
  readonly collision: Collision | undefined;
  readonly overtakings: readonly Overtaking[];
  readonly stale: readonly StaleUse[];
}

/** Those that the nearest passing run does not have, or else the most telling. */
function toldOvertakings(code: Code, explanation?: Explanation): Overtaking[] {
  const names = explanation?.nearest?.overtakings;
  if (names === undefined) return overtakingsOf(code);
  return code.overtakings.filter(({ name }) => names.includes(name));
}

/**
 * Where it showed: a step; or where the sleepers of a deadlock fell asleep, and since when what
 * they wait for is held; or the last that each task did, for what is judged at the end.
 */
function whatBroke(
  steps: readonly TraceStep[],
  isInvolved: (who: string) => boolean,
  { broke, waits, world }: Fixed,
): Map<number, number> {
  const targets = new Map<number, number>();
  if (broke > 0) targets.set(broke, 0);
  for (const { who, since } of rootsOf(waits).slice(0, ROWS_MAX / 2)) {
    for (const step of [lastOf(who, steps)?.step ?? 0, ...since]) {
      if (step > 0) targets.set(step, 0);
    }
  }
  if (broke > 0) return targets;
  for (const { name } of world.tasks) {
    const own = steps.findLast((step) => step.who === name && !step.isPlumbing && !cleansUp(step));
    if (own !== undefined) targets.set(own.step, isInvolved(name) ? 1 : 4);
  }
  return targets;
}

/**
 * Uses of a descriptor number that was given out again meanwhile, by a task that cannot have heard
 * of it: nothing that its step follows from leads back to where the number was given out.
 */
function staleUses(
  { staleUses, arrows }: Causes,
  steps: readonly TraceStep[],
  near: ReadonlyMap<number, number>,
): StaleUse[] {
  return staleUses
    .filter(({ step }) => isNear(step, near))
    .slice(-TELLING_MAX)
    .filter(({ step, given }) => !distancesTo(new Map([[step, 0]]), steps, arrows).has(given));
}

const staleText = ({ fd, given }: StaleUse): string => `fd ${fd} is another since step ${given}`;

interface Telling {
  /** Steps that signals have to do with. */
  readonly signalled: ReadonlySet<number>;
  /** What was printed may be what a law looks at. */
  readonly printsCount: boolean;
  readonly arrows: readonly Arrow[];
}

/**
 * From where arrows lead to these: to steps of tasks, by way of an arrival that was answered with
 * them.
 */
function sendersOf(
  arrivals: readonly number[],
  steps: readonly TraceStep[],
  arrows: readonly Arrow[],
): number[] {
  const senders = arrows.filter(({ to }) => arrivals.includes(to)).map(({ from }) => from);
  const answered = senders.filter((step) => steps[step - 1]?.turn === undefined);
  return answered.length === 0 ? senders : [...senders, ...sendersOf(answered, steps, arrows)];
}

/** The nearest of each kind of step that says more than others, wherever it stands. */
function tellingSteps(
  steps: readonly TraceStep[],
  near: ReadonlyMap<number, number>,
  { signalled, printsCount, arrows }: Telling,
): number[] {
  const found: number[] = [];
  const isSignal = (step: TraceStep): boolean =>
    signalled.has(step.step) || step.event?.kind === 'signal' || step.turn?.op === OP.kill;
  for (const tells of [isShort, complains, givesUp, isSignal, isReset, endsProcess]) {
    const related = steps.filter((step) => near.has(step.step) && tells(step));
    const nearest = nearestOf(
      related.map(({ step }) => step),
      near,
      tells === isSignal ? SIGNALS_MAX : TELLING_MAX,
    );
    found.push(...nearest);
    // Who sent a reset says why.
    if (tells === isReset) found.push(...sendersOf(nearest, steps, arrows));
  }
  // What was printed may be what a law looks at, or all that is known of an error.
  for (const tells of printsCount ? [complains, prints] : [complains]) {
    found.push(
      ...steps
        .filter(tells)
        .slice(-TELLING_MAX)
        .map(({ step }) => step),
    );
  }
  return found;
}

/** The steps whose decisions the failure needs; of many, those that are nearest to it. */
function neededSteps(
  restless: readonly TraceDecision[],
  near: ReadonlyMap<number, number>,
  explanation: Explanation | undefined,
): number[] {
  const needed = restless
    .filter(({ kind, step }) => isTaken(kind) && isMarked(step, explanation))
    .filter(({ step }) => !isFree(step, explanation))
    .map(({ step }) => step);
  const steps = [...new Set(needed)];
  if (steps.length <= DECIDED_MAX) return steps;
  return nearestOf(
    steps.filter((step) => isNear(step, near)),
    near,
    DECIDED_MAX,
  );
}

/** Whether a step is a cause, and not as far away as everything is that happened before. */
function isNear(step: number, near: ReadonlyMap<number, number>): boolean {
  return (near.get(step) ?? UNRELATED) <= NEAR_MAX;
}

/** About as many steps back as a page has rows, on two ways at most. */
const NEAR_MAX = 2 * ROWS_MAX;

/** Inputs and active faults are drawn before the run. */
function isTaken(kind: string): boolean {
  return kind !== 'input' && kind !== 'swarm';
}

/** Whether it is known what a step's decisions are good for, or nobody has asked. */
function isMarked(step: number, explanation: Explanation | undefined): boolean {
  if (explanation === undefined) return true;
  return explanation.decisions.some((one) => one.step === step && one.matters !== undefined);
}

function nearestOf(
  steps: readonly number[],
  near: ReadonlyMap<number, number>,
  count: number,
): number[] {
  const distance = (step: number): number => near.get(step) ?? UNRELATED;
  return [...steps].sort((a, b) => distance(a) - distance(b) || b - a).slice(0, count);
}

/** Decisions that are told for their own sake. */
const DECIDED_MAX = 6;
/** What is no cause of what broke comes after what is. */
const UNRELATED = 60;

/** How much less a step says than others that are as near, or how much more. */
function detourOf(step: TraceStep): number {
  const { kind, turn, event, isProgram } = step;
  if (kind === 'sleep') return 5;
  if (kind === 'time') return 3;
  if (event !== undefined) {
    return event.kind === 'ACK' || event.kind === 'SYN' ? 5 : 2;
  }
  if (turn === undefined) return 0;
  if (isProgram && turn.op === OP.write) return 1;
  if (isProgram && HANDSHAKES.has(turn.op)) return 5;
  if (PREPARATIONS.has(turn.op)) return turn.errno === 0 ? 9 : 0;
  if (turn.errno === EAGAIN) return 7;
  if (turn.op === OP.unlock) return 3;
  if (turn.op === OP.write && isBlank(turn.data)) return 9;
  return prints(step) || (turn.op === OP.futexWake && turn.answer === 0) ? 6 : 0;
}

/** Between programs, they say less than what is said on the connection. */
const HANDSHAKES: ReadonlySet<number> = new Set([OP.connect, OP.accept, OP.close, OP.shutdown]);

/** A wait that a time-out has ended; a program's timers say so themselves. */
function givesUp({ turn, isPlumbing }: TraceStep): boolean {
  if (turn === undefined || isPlumbing) return false;
  const { op, a0, a2, answer, errno } = turn;
  if (errno === ETIMEDOUT) return true;
  const timeoutNs = op === OP.epollWait ? a2 : op === OP.poll ? a0 : 0;
  return timeoutNs > 0 && Array.isArray(answer) && answer.length === 0;
}

function isReset({ arrived }: TraceStep): boolean {
  return arrived.some(({ what }) => what === 'RST');
}

function endsProcess({ turn }: TraceStep): boolean {
  return turn?.op === OP.exit;
}

/** Whose steps say most: those the failure is about; of a failure that names nobody, all. */
function involvedIn({ task, message }: Failure, { tasks }: World): (who: string) => boolean {
  const involved = new Set<string>();
  for (const { name, process } of tasks) {
    if (name === task || saysName(message, name) || saysName(message, process.name)) {
      involved.add(name);
    }
  }
  return involved.size === 0 ? isAnybody : (who) => involved.has(who);
}

const isAnybody = (): boolean => true;

function saysName(message: string, name: string): boolean {
  const place = message.indexOf(name);
  return place >= 0 && !/[\w#]/.test(message[place + name.length] ?? ' ');
}

/**
 * A call that took fewer bytes than it was given: a program that does not look at the result loses
 * the rest.
 */
function isShort({ turn }: TraceStep): boolean {
  return turn?.short === true;
}

/** An error that was only printed. */
function complains({ turn }: TraceStep): boolean {
  return turn?.op === OP.write && turn.a0 === 2 && !isBlank(turn.data);
}

/** The end of a line is a write of its own where it is not part of the text. */
function isBlank(data: unknown): boolean {
  return data instanceof Uint8Array && data.every((byte) => byte === LINE_FEED);
}

const LINE_FEED = 10;

/** So many of each are told; what came before them was survived. */
const TELLING_MAX = 2;

/** How often a signal came, and how often its handler ran, is told by several of them. */
const SIGNALS_MAX = 4;

/** What every program begins with. */
const PREPARATIONS: ReadonlySet<number> = new Set([
  OP.socket,
  OP.bind,
  OP.listen,
  OP.setsockopt,
  OP.fcntl,
  OP.ioctl,
  OP.gettid,
  OP.getpid,
  OP.getsockname,
  OP.spawn,
  OP.epollCreate,
  OP.eventfd,
  OP.pipe,
]);

function prints({ turn }: TraceStep): boolean {
  return turn?.op === OP.write && turn.a0 === 1 && !isBlank(turn.data);
}

/** Steps that their task does again right afterwards, with the same outcome. */
function repeats(steps: readonly TraceStep[]): Set<number> {
  const repeated = new Set<number>();
  const next = new Map<string, TraceStep>();
  for (const step of steps.toReversed()) {
    if (step.call === undefined) continue;
    const after = next.get(step.who);
    if (after !== undefined && isRepeated(step, after)) repeated.add(step.step);
    next.set(step.who, step);
  }
  return repeated;
}

/** How often, without a pause, its task had done a step with the same outcome by then. */
function timesOf(steps: readonly TraceStep[]): Map<number, number> {
  const times = new Map<number, number>();
  const last = new Map<string, TraceStep>();
  for (const step of steps) {
    if (step.call === undefined) continue;
    const before = last.get(step.who);
    const same = before !== undefined && isRepeated(before, step);
    times.set(step.step, same ? (times.get(before.step) as number) + 1 : 1);
    last.set(step.who, step);
  }
  return times;
}

/** What is born has another number each time. */
function isRepeated(one: TraceStep, next: TraceStep): boolean {
  const { op } = one.turn ?? {};
  // What programs do on two connections may read alike.
  if (one.isProgram && one.turn?.a0 !== next.turn?.a0) return false;
  return one.did === next.did && (one.result === next.result || op === OP.fork || op === OP.spawn);
}

function timesText(times: number): string[] {
  return times > 1 ? [`${times} times in a row`] : [];
}

/** A program knows no numbers of descriptors, nor what its loop or a service is made of. */
function describeDescriptors(world: World, programs: Programs): string[] {
  const lines: string[] = [];
  const own = new Set(
    world.tasks.filter((task) => programs.has(task)).map(({ process }) => process),
  );
  const served = new Set(
    world.tasks.filter((task) => world.isOfService(task)).map(({ process }) => process),
  );
  for (const kernel of world.hosts) {
    for (const process of kernel.processes) {
      for (const [fd, description] of process.descriptors.entries()) {
        if (description.file.type === 'console') continue;
        const isProgram = own.has(process);
        if ((isProgram || served.has(process)) && LOOPS.has(description.file.type)) continue;
        const text = description.file.describe().replace(/ {2}(?:recv|in flight) 0 B/g, '');
        lines.push(`${process.name}${isProgram ? '' : ` fd ${fd}`}  ${text}`);
      }
    }
  }
  return lines;
}

const LOOPS: ReadonlySet<string> = new Set(['epoll', 'eventfd']);

/** Where the error was thrown, or where the last syscall of the failing task stands. */
function placeOf(failure: Failure, { code, steps }: Recorder): string | undefined {
  const { error } = failure;
  if (failure.kind === 'died' && failure.where) return failure.where;
  const frame = userFrame(stackOf(error) ?? '');
  if (frame !== undefined) return frame;
  // An error of Node's own was made in none of the user's lines, and thrown at an await.
  if (failure.kind === 'died' && code.last !== undefined) return code.last;
  // A law that is judged at the end is broken by no step in particular.
  if (failure.kind === 'law' && failure.task === undefined && failure.where) return failure.where;
  for (let i = Math.min(failure.step, steps.length); i >= 1; i--) {
    const step = steps[i - 1] as TraceStep;
    // Where a program last asked for something says nothing of why it goes on and on.
    if (failure.kind === 'livelock' && step.isProgram) continue;
    if (step.who === failure.task && step.where) return step.where;
  }
  return undefined;
}
