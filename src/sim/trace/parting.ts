import { type ToldStep, type TraceStep, wordsOf } from './recorder.ts';

/**
 * A step that came out differently in two runs: of the same task, with the same syscall.
 *
 * @since 0.1.0
 */
export interface Effect {
  /** How it came out in the failing run. */
  readonly here: ToldStep;
  /** How it came out in the other run. */
  readonly there: ToldStep;
}

/** Where two runs of one scenario part, and what comes of it. @since 0.1.0 */
export interface Parting {
  /** The first step that is not the same in both, from 1. */
  readonly step: number;
  /** What the two runs did at that step; undefined for one that had ended before. */
  readonly here: ToldStep | undefined;
  /** What the other run did at that step; undefined if it had ended. */
  readonly there: ToldStep | undefined;
  /** The first syscall from there on that gave the same task something else in the other run. */
  readonly effect: Effect | undefined;
  /** All of them, and those that are not made at all in the other run, by their numbers here. */
  readonly differing: readonly number[];
}

/** A step of a run that is recorded, or one of which there are words alone. */
type Told = ToldStep | TraceStep;

/** Where two recorded runs part; undefined if they are the same, as far as their words go. */
export function partingOf(here: readonly Told[], there: readonly Told[]): Parting | undefined {
  const length = Math.max(here.length, there.length);
  for (let i = 0; i < length; i++) {
    if (isSameStep(here[i], there[i])) continue;
    return {
      step: i + 1,
      here: here[i] && wordsOf(here[i] as Told),
      there: there[i] && wordsOf(there[i] as Told),
      effect: effectOf(here, there, i),
      differing: differing(here, there, i),
    };
  }
  return undefined;
}

/** Whether two steps did the same and came out the same, whatever time it was. */
export function isSameStep(a: ToldStep | undefined, b: ToldStep | undefined): boolean {
  return a?.who === b?.who && a?.did === b?.did && a?.result === b?.result;
}

/**
 * Who moves when is for the schedule; what a program can tell is what its syscalls gave. So each
 * task's syscalls after the parting are held against its own in the other run, turn by turn, and
 * the first that differs in the order of `here` is the effect.
 */
function effectOf(here: readonly Told[], there: readonly Told[], from: number): Effect | undefined {
  for (const [step, other] of counterparts(here, there, from)) {
    if (other === undefined || isSameStep(step, other)) continue;
    return { here: wordsOf(step), there: wordsOf(other) };
  }
  return undefined;
}

/** The syscalls of `here` that came out differently `there`, or that are not made there at all. */
function differing(here: readonly Told[], there: readonly Told[], from: number): number[] {
  return counterparts(here, there, from)
    .filter(([step, other]) => !isSameStep(step, other))
    .map(([{ step }]) => step);
}

type Counterpart = readonly [here: Told, there: Told | undefined];

/** What a service does is told by those whom it serves. */
function isTold(step: Told): boolean {
  if (step.call === undefined || step.kind === 'sleep') return false;
  return !('isPlumbing' in step) || step.isProgram || !step.isPlumbing;
}

/** Each syscall of `here` from a step on, with the same turn of the same task `there`. */
function counterparts(here: readonly Told[], there: readonly Told[], from: number): Counterpart[] {
  const turns = new Map<string, Told[]>();
  for (const step of there.slice(from)) {
    if (!isTold(step)) continue;
    const own = turns.get(step.who);
    if (own === undefined) turns.set(step.who, [step]);
    else own.push(step);
  }
  const taken = new Map<string, number>();
  const found: Counterpart[] = [];
  for (const step of here.slice(from)) {
    if (!isTold(step)) continue;
    const turn = taken.get(step.who) ?? 0;
    taken.set(step.who, turn + 1);
    found.push([step, turns.get(step.who)?.[turn]]);
  }
  return found;
}
