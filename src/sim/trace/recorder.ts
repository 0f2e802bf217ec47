import { SysError } from '../../sys/errors.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { collectSources } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { KIND, KIND_NAMES, type Kind, type Labelled } from '../kernel/choices.ts';
import type { Happening } from '../kernel/happening.ts';
import { Task } from '../kernel/task.ts';
import { EnvironmentEvent } from '../network/events.ts';
import type { Observer } from '../schedule/observer.ts';
import type { NamedSchedule } from '../schedule/strategies/replay-by-name.ts';
import { callerLine } from '../schedule/user-frame.ts';
import { callText, happeningText } from './describe.ts';
import { Peers } from './peers.ts';
import { RingRequests } from './rings.ts';

/** One step of a recorded run, in words. */
export interface TraceStep {
  /** From 1. */
  readonly step: number;
  readonly timeMs: number;
  /** The task, `net` for the network, or `time`. */
  readonly who: string;
  /** The syscall's name; undefined for what is no task's. */
  readonly call: string | undefined;
  readonly did: string;
  readonly result: string;
  /** The user's line, where it is known. */
  readonly where: string | undefined;
  /** It did nothing but fall asleep. */
  readonly asleep: boolean;
  /** What the surroundings did; undefined for what is a task's or the clock's. */
  readonly event: Happening | undefined;
  /** What the schedule calls it: a task's name, or an event's label. */
  readonly label: string;
}

const NOBODY = { call: undefined, result: '', where: undefined, asleep: false } as const;

/** Who moves, or could: a task, or something of the surroundings. */
export type Mover = { readonly kind: 'task'; readonly name: string } | Happening;

function moverOf(mover: Task | EnvironmentEvent): Mover {
  return mover instanceof Task ? { kind: 'task', name: mover.name } : mover.happening();
}

/** One decision of a recorded run, in words. */
export interface TraceDecision {
  readonly kind: string;
  readonly arity: number;
  readonly choice: number;
  /** The label of what was taken, or of what it was about. */
  readonly about: string;
  /** Who was taken, or whose arrival it was about; undefined for what is nobody's. */
  readonly mover: Mover | undefined;
  /** What the alternative stands for, where that says more than its number. */
  readonly text: string | undefined;
  /** The step it belongs to. */
  readonly step: number;
  /** The syscall of a task that was taken. */
  readonly call: string | undefined;
  /** Who would have moved on a calm machine, where it was another. */
  readonly calm: Mover | undefined;
}

/**
 * The names, results and source lines of a run that is run again to be told: nothing of this exists
 * in ordinary runs.
 */
export class Recorder implements Observer {
  readonly steps: TraceStep[] = [];
  readonly decisions: TraceDecision[] = [];
  readonly peers: Peers = new Peers();
  readonly #nowMs: () => number;
  readonly #ofStep: (index: number) => Task | EnvironmentEvent;
  readonly #rings = new RingRequests();
  #count = 0;

  /** @param run what is needed of the run that is recorded */
  constructor(run: {
    nowMs: () => number;
    alternative: (index: number) => Task | EnvironmentEvent;
  }) {
    this.#nowMs = run.nowMs;
    this.#ofStep = run.alternative;
  }

  decided(
    kind: Kind,
    arity: number,
    choice: number,
    about: Labelled | undefined,
    taken: Task | EnvironmentEvent | undefined,
  ): void {
    const calm = kind === KIND.step && choice !== 0 ? moverOf(this.#ofStep(0)) : undefined;
    const subject = taken ?? (about instanceof EnvironmentEvent ? about : undefined);
    this.decisions.push({
      kind: KIND_NAMES[kind] as string,
      arity,
      choice,
      about: (taken ?? about)?.label() ?? '',
      mover: subject && moverOf(subject),
      text: about?.alternativeText?.(choice),
      step: this.#count + 1,
      call: taken instanceof Task ? taken.call?.name : undefined,
      calm,
    });
  }

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    this.peers.saw(task, call, result);
    this.#push({
      who: task.name,
      call: call.name,
      did: callText(call),
      result: this.#rings.resultText(task, call, result),
      where: call.where,
      asleep: result === BLOCKED,
      event: undefined,
      label: task.name,
    });
  }

  fired(label: string, event: Happening): void {
    const where = event.kind === 'other' ? event.where : undefined;
    this.#push({ ...NOBODY, who: 'net', did: happeningText(event), where, event, label });
  }

  timePassed(nowNs: number): void {
    const nowMs = Number((nowNs / 1e6).toFixed(3));
    const did = `goes on to ${nowMs} ms`;
    this.#push({ ...NOBODY, who: 'time', did, event: undefined, label: 'time' });
  }

  #push(step: Omit<TraceStep, 'step' | 'timeMs'>): void {
    this.#count++;
    this.steps.push({ step: this.#count, timeMs: this.#nowMs(), ...step });
  }

  /** The recorded run as a schedule by names, up to the last decision that was not calm. */
  named(): NamedSchedule {
    let last = this.decisions.length;
    while (last > 0 && this.decisions[last - 1]?.choice === 0) last--;
    const until = last === 0 ? 0 : (this.decisions[last - 1]?.step ?? 0);
    const moves = this.moves.slice(0, until);
    const choices = this.decisions
      .slice(0, last)
      .filter(({ kind }) => kind !== 'step')
      .map(({ kind, about, choice }) => ({ kind, about, choice }));
    return { moves: moves.filter((move) => move.who !== 'time'), choices };
  }

  /** Who moved, with which syscall, one a step. */
  get moves(): { who: string; call?: string }[] {
    return this.steps.map(({ label, call }) =>
      call === undefined ? { who: label } : { who: label, call },
    );
  }
}

/** While `work` goes on, syscalls note the user's line and errors carry stacks. */
export function withSources<T>(work: () => T): T {
  const restore = noteSources();
  try {
    return work();
  } finally {
    restore();
  }
}

/** The same for work that takes its time; what else runs meanwhile notes its lines too. */
export async function withSourcesMeanwhile<T>(work: () => Promise<T>): Promise<T> {
  const restore = noteSources();
  try {
    return await work();
  } finally {
    restore();
  }
}

function noteSources(): () => void {
  const before = SysError.withStacks;
  SysError.withStacks = true;
  collectSources(callerLine);
  return () => {
    SysError.withStacks = before;
    collectSources(undefined);
  };
}
