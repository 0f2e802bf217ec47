import { EAGAIN } from '../../sys/errno.ts';
import { SysError } from '../../sys/errors.ts';
import { OP } from '../../sys/ops.ts';
import type { Failure } from '../schedule/failure.ts';
import { waitText } from '../schedule/judge.ts';
import { userFrame } from '../schedule/user-frame.ts';
import type { World } from '../schedule/world.ts';
import { type Wait, waitsOf } from './deadlock-reasons.ts';
import { alternativeText } from './describe.ts';
import type { Explanation } from './explanation.ts';
import type { Mover } from './mover.ts';
import {
  type Recorder,
  type ToldStep,
  type TraceDecision,
  type TraceStep,
  wordsOf,
} from './recorder.ts';

/** Rows of a story at the most; more is not read. */
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
  /** In a deadlock: who sleeps, and why nothing wakes it. */
  readonly waits: readonly Wait[];
  /** A text of the run, with names in place of addresses. */
  readonly named: (text: string) => string;
  readonly inFlight: readonly string[];
  /** The user's line at which it showed. */
  readonly at: string | undefined;
  /**
   * Which decisions matter, and how the nearest passing run differs; undefined if nobody has
   * looked.
   */
  readonly explanation: Explanation | undefined;
}

/**
 * Tell a recorded failing run: the steps with decisions that matter, the end, and what led there.
 */
export function tellStory(
  failure: Failure,
  world: World,
  recorder: Recorder,
  explanation?: Explanation,
): Story {
  const { steps, decisions } = recorder;
  const restless = decisions.filter((decision) => decision.choice !== 0);
  const broke = breakingStep(failure, steps);
  const waits = failure.kind === 'deadlock' ? waitsOf(world, steps) : [];
  const kept = chooseSteps(failure, steps, restless, { broke, waits, world });
  const named = (text: string): string => recorder.peers.named(text);
  const again = timesOf(steps);
  const rows = kept.map((step) => {
    const here = restless.filter((decision) => decision.step === step.step);
    const notes = here.map(noteOf).filter((note) => note !== '');
    return {
      ...wordsOf(step),
      did: named(step.did),
      result: named(step.result),
      decided: here.some(({ kind }) => kind !== 'input' && kind !== 'swarm'),
      free: isFree(step.step, explanation),
      note: named([...notes, ...timesText(again.get(step.step))].join(', ')),
      broke: step.step === broke,
    };
  });
  return {
    failure,
    rows,
    stepsLeftOut: steps.length - rows.length,
    ...circumstancesOf(restless),
    waits,
    descriptors: describeDescriptors(world).map(named),
    tasks: world.tasks.map((task) => {
      if (task.state === 'died') return `${task.name} died`;
      if (task.state === 'ended') return `${task.name} ended`;
      if (task.outside) return `${task.name} waits for something outside`;
      return task.asleep ? `${task.name} asleep in ${waitText(task)}` : `${task.name} could run`;
    }),
    inFlight: world.network.describe().map(({ path, what }) => named(`${path}: ${what}`)),
    at: waits[0]?.where ?? placeOf(failure, steps),
    explanation,
    named,
  };
}

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

function isFree(step: number, explanation: Explanation | undefined): boolean {
  const here = explanation?.decisions.filter((decision) => decision.step === step) ?? [];
  return here.length > 0 && here.every(({ matters }) => matters === false);
}

function noteOf({ kind, calm, choice, arity }: TraceDecision): string {
  switch (kind) {
    case 'step':
      return calm === undefined ? '' : couldText(calm);
    case 'input':
    case 'chance':
    case 'swarm':
      return '';
    default:
      return alternativeText(kind, arity, choice);
  }
}

/** Who could have run on; between whom something is under way, other rows say. */
function couldText(calm: Mover): string {
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
 * The step at which it showed. What dies of a syscall's error still cleans up on its way out: it is
 * the failed syscall that counts, not the last close.
 */
function breakingStep(failure: Failure, steps: readonly TraceStep[]): number {
  const { error, kind, message, step, task } = failure;
  const last = Math.min(step, steps.length);
  if (kind === 'died' && !(error instanceof SysError)) {
    const own = steps.slice(0, last).findLast((one) => one.who === task && !cleansUp(one));
    return own?.step ?? last;
  }
  // What is judged at the end is broken by nobody's last step; it is about somebody, though.
  if (kind === 'law' && task === undefined && steps[last - 1]?.call === undefined) {
    const calls = steps.slice(0, last).filter(({ call }) => call !== undefined);
    const own = calls.findLast(({ who }) => saysName(message, who)) ?? calls.at(-1);
    return own?.step ?? last;
  }
  if (!(error instanceof SysError)) return last;
  const failed = steps
    .slice(0, last)
    .findLast(
      ({ who, call, turn }) =>
        who === task && call === error.syscall && turn?.errno === -error.errno,
    );
  return failed?.step ?? last;
}

function cleansUp({ turn }: TraceStep): boolean {
  return turn?.op === OP.close || turn?.op === OP.exit || turn?.op === OP.unlock;
}

interface Fixed {
  readonly broke: number;
  readonly waits: readonly Wait[];
  readonly world: World;
}

/**
 * The step at which it showed, where each task fell asleep for good in a deadlock, the last short
 * writes, the steps with decisions, and then what came before, newest first, until the page is
 * full: first what those did who are involved, then the others', and at last what says little.
 */
function chooseSteps(
  failure: Failure,
  steps: readonly TraceStep[],
  restless: readonly TraceDecision[],
  { broke, waits, world }: Fixed,
): TraceStep[] {
  const chosen = new Set<number>();
  if (broke > 0) chosen.add(broke);
  for (const { who } of waits.slice(0, ROWS_MAX / 2)) {
    const last = steps.findLast((step) => step.who === who);
    if (last?.kind === 'sleep') chosen.add(last.step);
  }
  const last = Math.min(failure.step, steps.length);
  for (const tells of [isShort, complains]) {
    const found = steps.slice(0, last).filter(tells);
    for (const { step } of found.slice(-TELLING_MAX)) chosen.add(step);
  }
  const decided = restless.filter(({ kind }) => kind !== 'input' && kind !== 'swarm');
  for (const { step } of decided.slice(chosen.size - ROWS_MAX + 1)) {
    if (step <= last && chosen.size < ROWS_MAX) chosen.add(step);
  }
  const isInvolved = involvedIn(
    failure,
    world,
    [...chosen].map((step) => steps[step - 1] as TraceStep),
  );
  // What a law that names nobody looks at is, as often as not, what was printed.
  const aboutNobody = failure.kind === 'law' && isInvolved === everybody;
  const repeated = repeats(steps);
  const rank = (step: TraceStep): number => {
    if (repeated.has(step.step)) return 4;
    if (step.kind === 'sleep' || (saysLittle(step) && !(aboutNobody && prints(step)))) return 3;
    if (step.call === undefined) return step.event?.kind === 'RST' ? 0 : 2;
    return isInvolved(step.who) ? 0 : 1;
  };
  for (const wanted of [0, 1, 2, 3]) {
    for (let i = broke; i >= 1 && chosen.size < ROWS_MAX; i--) {
      if (rank(steps[i - 1] as TraceStep) === wanted) chosen.add(i);
    }
  }
  return [...chosen].sort((a, b) => a - b).map((step) => steps[step - 1] as TraceStep);
}

/**
 * Whose steps say most: those the failure is about, and those who took a decision; of a failure
 * that names nobody, all.
 */
function involvedIn(
  { task, message }: Failure,
  { tasks }: World,
  chosen: readonly TraceStep[],
): (who: string) => boolean {
  const named = tasks.filter(
    ({ name, process }) =>
      name === task || saysName(message, name) || saysName(message, process.name),
  );
  if (named.length === 0) return everybody;
  const involved = new Set([...named, ...chosen].map((one) => ('who' in one ? one.who : one.name)));
  return (who) => involved.has(who);
}

const everybody = (): boolean => true;

function saysName(message: string, name: string): boolean {
  const place = message.indexOf(name);
  return place >= 0 && !/[\w#]/.test(message[place + name.length] ?? ' ');
}

/**
 * A call that took fewer bytes than it was given: whoever does not look at the result loses the
 * rest.
 */
function isShort({ turn }: TraceStep): boolean {
  return turn?.short === true;
}

/** An error that somebody has only printed. */
function complains({ turn }: TraceStep): boolean {
  return turn?.op === OP.write && turn.a0 === 2;
}

/** The last ones of each that are told; what came before them was survived. */
const TELLING_MAX = 2;

/** What every program begins with, and what it prints. */
const PREPARATIONS: ReadonlySet<number> = new Set([
  OP.socket,
  OP.bind,
  OP.listen,
  OP.setsockopt,
  OP.fcntl,
  OP.ioctl,
  OP.gettid,
  OP.getpid,
]);

function prints({ turn }: TraceStep): boolean {
  return turn?.op === OP.write && turn.a0 === 1;
}

function saysLittle(step: TraceStep): boolean {
  const { turn, event } = step;
  if (turn === undefined) return event?.kind === 'ACK';
  if (PREPARATIONS.has(turn.op)) return turn.errno === 0;
  if (turn.errno === EAGAIN) return true;
  return prints(step) || (turn.op === OP.futexWake && turn.answer === 0);
}

/** Steps that their task does again right afterwards, with the same outcome. */
function repeats(steps: readonly TraceStep[]): Set<number> {
  const repeated = new Set<number>();
  const next = new Map<string, TraceStep>();
  for (const step of steps.toReversed()) {
    if (step.call === undefined) continue;
    const after = next.get(step.who);
    if (after?.did === step.did && after.result === step.result) repeated.add(step.step);
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
    const same = before?.did === step.did && before.result === step.result;
    times.set(step.step, same ? (times.get(before.step) as number) + 1 : 1);
    last.set(step.who, step);
  }
  return times;
}

function timesText(times = 1): string[] {
  return times > 1 ? [`${times} times in a row`] : [];
}

function describeDescriptors(world: World): string[] {
  const lines: string[] = [];
  for (const kernel of world.hosts) {
    for (const process of kernel.processes) {
      for (const [fd, description] of process.descriptors.entries()) {
        if (description.file.type === 'console') continue;
        const text = description.file.describe().replace(/ {2}(?:recv|in flight) 0 B/g, '');
        lines.push(`${process.name} fd ${fd}  ${text}`);
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
