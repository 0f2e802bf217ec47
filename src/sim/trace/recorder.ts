import { EHOSTUNREACH } from '../../sys/errno.ts';
import { SysError } from '../../sys/errors.ts';
import type { Condition } from '../../sys/memory.ts';
import { OP } from '../../sys/ops.ts';
import { BELOW_ZERO, collectSources, type Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { waitersOf } from '../kernel/calls/mutexes.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { signalName } from '../kernel/calls/text.ts';
import { KIND, KIND_NAMES, type Kind, type Labelled } from '../kernel/choices.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Happening } from '../kernel/happening.ts';
import { handlingNow } from '../kernel/signals.ts';
import type { SignalFate } from '../kernel/surroundings.ts';
import { Task } from '../kernel/task.ts';
import { EnvironmentEvent } from '../network/events.ts';
import type { Segment, Tap } from '../network/tap.ts';
import type { Moment } from '../schedule/moment.ts';
import type { Observer } from '../schedule/observer.ts';
import type { NamedSchedule } from '../schedule/strategies/replay-by-name.ts';
import { callerLine, userFrame } from '../schedule/user-frame.ts';
import type { World } from '../schedule/world.ts';
import { Causes } from './causes.ts';
import { Code, isCode } from './code.ts';
import { callText, happeningText } from './describe.ts';
import type { Drawing } from './drawing.ts';
import { Lanes } from './lanes.ts';
import type { StepKind } from './model.ts';
import { moverOf, type NamedMover } from './mover.ts';
import { Peers } from './peers.ts';
import { Programs } from './programs.ts';
import { Remarks } from './remarks.ts';
import { RingRequests } from './rings.ts';

/** One step of a run in words: plain data, as a report or another process is given it. */
export interface ToldStep {
  /** From 1. */
  readonly step: number;
  readonly timeMs: number;
  readonly kind: StepKind;
  /** The task, `net` for the surroundings, or `time`. */
  readonly who: string;
  /** The syscall's name; undefined for what is no task's. */
  readonly call: string | undefined;
  readonly did: string;
  readonly result: string;
  /** The user's line, where it is known. */
  readonly where: string | undefined;
}

/** One step of a recorded run: it is judged by its fields, and told by its words. */
export interface TraceStep extends ToldStep {
  /** What the schedule calls it: a task's name, or an event's label. */
  readonly label: string;
  /** The lane of the task that moved, or that the arrival is for; null where there is none. */
  readonly lane: number | null;
  /** The syscall, and what came of it; undefined for what is no task's. */
  readonly turn: Turn | undefined;
  /** What the surroundings did; undefined for what is a task's or the clock's. */
  readonly event: Happening | undefined;
  /** What arrived in it. */
  readonly arrived: readonly Segment[];
  /** The stack that it comes from, of the code of a task; empty where it is not asked for. */
  readonly stack: string;
  /** It is the housekeeping of a program's event loop, and says nothing of the program. */
  readonly isPlumbing: boolean;
  /** Its words are those of a program, and not a syscall's. */
  readonly isProgram: boolean;
}

/** The words of a step alone. */
export function wordsOf({ step, timeMs, kind, who, call, did, result, where }: ToldStep): ToldStep {
  return { step, timeMs, kind, who, call, did, result, where };
}

/**
 * A syscall that had its turn. Bytes and values in it are the program's own and may be others now;
 * the texts of the step say what they were.
 */
export interface Turn {
  readonly op: number;
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly data: unknown;
  readonly answer: unknown;
  /** The positive error number; 0 where it did not fail. */
  readonly errno: number;
  /** It took fewer bytes than it was given. */
  readonly short: boolean;
  /** Of a condSignal: the tasks that slept on the condition and do so no more. */
  readonly woke: number;
}

/** One decision of a recorded run. */
export interface TraceDecision {
  readonly kind: string;
  readonly arity: number;
  readonly choice: number;
  /** The label of what was taken, or of what it was about. */
  readonly about: string;
  /** Who was taken, or whose arrival it was about; undefined for what is nobody's. */
  readonly mover: NamedMover | undefined;
  /** What the alternative stands for, where that says more than its number. */
  readonly text: string | undefined;
  /** The step it belongs to. */
  readonly step: number;
  /** The syscall of a task that was taken. */
  readonly call: string | undefined;
  /** Who would have moved on a calm machine, where it was another. */
  readonly calm: NamedMover | undefined;
}

/** What was carried, when: for captures of packets. */
export interface Carried extends Segment {
  readonly step: number;
  readonly timeMs: number;
}

/** Needed of the run that is recorded. */
export interface Recordable {
  readonly world: World;
  alternative(index: number): Task | EnvironmentEvent;
}

/**
 * The trace of a run that is run again to be told, drawn or compared: who moved, what was asked and
 * answered, and why. It looks and never touches: the run is the same without it.
 */
export class Recorder implements Observer {
  readonly steps: TraceStep[] = [];
  readonly decisions: TraceDecision[] = [];
  readonly carried: Carried[] = [];
  readonly peers: Peers = new Peers();
  readonly causes: Causes = new Causes();
  readonly lanes: Lanes = new Lanes(this.causes);
  readonly programs: Programs = new Programs();
  readonly code: Code = new Code();
  readonly remarks: Remarks = new Remarks();
  readonly tap: Tap = {
    departed: (segment) => {
      this.causes.departed(segment);
      if (segment.what === 'RST') this.remarks.reset();
    },
    arrived: (segment) => this.#arrived(segment),
  };
  readonly #run: () => Recordable;
  readonly #drawing: Drawing | undefined;
  readonly #rings = new RingRequests();
  /** Of the call of this step. */
  #woke = 0;
  /** Steps that are complete. */
  #settled = -1;
  /** What has arrived in this step, and for whom. */
  #landed: Segment[] = [];
  /** The event that fires, until its step is there. */
  #firing: EnvironmentEvent | undefined;
  /** Its step is there already. */
  #firedEarly = false;
  #receiver: FileObject | undefined;

  /**
   * @param run the run that is recorded, once there is one
   * @param drawing told of what only a picture needs
   */
  constructor(run: () => Recordable, drawing?: Drawing) {
    this.#run = run;
    this.#drawing = drawing;
  }

  // ---- before a step ----

  decided(
    kind: Kind,
    arity: number,
    choice: number,
    about: Labelled | undefined,
    taken: Task | EnvironmentEvent | undefined,
  ): void {
    const alternative = (index: number): Task | EnvironmentEvent => this.#run().alternative(index);
    const calm = kind === KIND.step && choice !== 0 ? moverOf(alternative(0)) : undefined;
    const subject = taken ?? (about instanceof EnvironmentEvent ? about : undefined);
    this.#drawing?.decided(this.decisions.length, kind, [arity, choice], about, alternative);
    this.decisions.push({
      kind: KIND_NAMES[kind] as string,
      arity,
      choice,
      about: (taken ?? about)?.label() ?? '',
      mover: subject && moverOf(subject),
      text: about?.alternativeText?.(choice),
      // What a signal finds is decided within a step, of whatever has sent it; so is what is left
      // by a crash.
      step: kind === KIND.begun || kind === KIND.crash ? this.#stepNow : this.steps.length + 1,
      call: taken instanceof Task ? taken.call?.name : undefined,
      calm,
    });
  }

  /** A step begins: `mover` is about to move. */
  begins(mover: Task | EnvironmentEvent | undefined): void {
    this.#settle();
    const task = mover instanceof Task ? mover : undefined;
    this.#firing = mover instanceof EnvironmentEvent ? mover : undefined;
    if (task?.call != null) this.#drawing?.asked(task.call);
    this.#woke = wokenBy(task?.call);
    this.causes.begins(this.steps.length + 1, task);
    this.remarks.begins(task);
  }

  // ---- the step itself ----

  stepped(task: Task, call: Syscall<unknown>, answer: unknown): void {
    // What is called in the middle of an event comes after it.
    if (this.#firing !== undefined) {
      this.fired(this.#firing.label(), this.#firing.happening());
      this.#firedEarly = true;
    }
    // The drivers of runs on real sockets do not tell who is about to move.
    if (this.#settled < this.steps.length) this.begins(task);
    const step = this.steps.length + 1;
    this.peers.saw(task, call, answer, step);
    this.causes.stepped(task, call, answer);
    const { text, short } = this.#rings.answerOf(task, call, answer);
    const program = this.programs.stepped(task, call, answer, step);
    if (answer === -EHOSTUNREACH) this.remarks.add(step, this.#hostsText());
    const handled = handlingNow(task);
    if (handled !== undefined) {
      this.remarks.add(step, `handles ${signalName(handled)}`);
    }
    this.#push({
      kind: answer === BLOCKED && !rowOf(call).neverReturns ? 'sleep' : 'call',
      who: task.name,
      label: task.name,
      lane: this.lanes.of(task, this.steps.length),
      call: call.name,
      turn: turnOf(call, answer, { short, woke: this.#woke }),
      did: this.#didText(call),
      result: call.op === OP.spawn ? this.#nameOf(answer, text) : text,
      where: call.where,
      ...program,
      ...(this.#run().world.isOfService(task) ? { isPlumbing: true } : {}),
      // Thousands of them are large, and only a picture has room for them.
      stack: this.#drawing === undefined ? '' : (program?.stack ?? stacks.get(call) ?? ''),
      isProgram: program !== undefined,
    });
  }

  /** A syscall with the names of tasks in place of their numbers. */
  #didText(call: Syscall<unknown>): string {
    return call.op === OP.join
      ? `join ${this.#nameOf(call.a0, `task ${call.a0}`)}`
      : callText(call);
  }

  #hostsText(): string {
    return `the hosts are ${this.#run()
      .world.hosts.map(({ host }) => host)
      .join(', ')}`;
  }

  #nameOf(taskId: unknown, otherwise: string): string {
    return this.#run().world.tasks.find(({ id }) => id === taskId)?.name ?? otherwise;
  }

  /** A signal has come, in the step that goes on or in what follows from it. */
  signalled(task: Task, signal: number, fate: SignalFate): void {
    this.remarks.signalled(this.#stepNow, task, signal, fate);
  }

  /** The step that goes on; one that was told goes on until the next begins. */
  get #stepNow(): number {
    const { length } = this.steps;
    return this.#settled === length ? length + 1 : length;
  }

  /** A program tells of itself; what it tells stands behind the step that has just been made. */
  told(task: Task, moment: Moment): void {
    if (isCode(moment)) {
      this.code.told(moment, this.steps.length + (this.#firing === undefined ? 0 : 1));
      return;
    }
    const { isRealm } = this.#run().world;
    this.programs.told(task, moment, this.steps.length, isRealm);
  }

  #arrived(segment: Segment): void {
    const { world } = this.#run();
    this.carried.push({ ...segment, step: this.steps.length + 1, timeMs: world.nowMs });
    this.causes.arrived(segment);
    this.#receiver = segment.what === 'refused' ? segment.from : segment.to;
    this.#landed.push(segment);
  }

  fired(label: string, event: Happening): void {
    if (this.#firedEarly) {
      this.#firedEarly = false;
      return;
    }
    if (this.#settled < this.steps.length) this.begins(undefined);
    this.#firing = undefined;
    if (event.kind === 'service') {
      const { service: who, call, phase, value: result, where } = event;
      this.#push({ kind: 'service', who, label, did: `${call} ${phase}`, result, where, event });
      return;
    }
    const where = event.kind === 'other' ? event.where : undefined;
    const did = happeningText(event);
    this.#push({ kind: 'arrival', who: 'net', label, did, where, event, arrived: this.#landed });
  }

  timePassed(nowNs: number): void {
    this.begins(undefined);
    const did = `goes on to ${Number((nowNs / 1e6).toFixed(3))} ms`;
    this.#push({ kind: 'time', who: 'time', label: 'time', did });
  }

  #push(step: Pick<TraceStep, 'kind' | 'who' | 'label' | 'did'> & Partial<TraceStep>): void {
    const timeMs = this.#run().world.nowMs;
    this.steps.push({ ...NOBODY, ...step, step: this.steps.length + 1, timeMs });
  }

  // ---- after a step ----

  /** The run is over. */
  finish(): void {
    this.#settle();
    this.lanes.finish(this.steps.length);
  }

  /** The last step is complete: what has it done to the tasks, and to the kernel? */
  #settle(): void {
    const step = this.steps.length;
    if (this.#settled === step) return;
    this.#settled = step;
    this.remarks.settled(step);
    const { world } = this.#run();
    const last = this.steps.at(-1);
    const woken = this.lanes.look(world, step, last?.lane ?? null);
    if (last?.kind === 'arrival') {
      const receiver = this.lanes.ofArrival(world, this.#receiver, woken);
      const lane = receiver === undefined ? null : this.lanes.of(receiver, step);
      this.steps[step - 1] = { ...last, lane };
    }
    this.#drawing?.settled(world, step, last?.timeMs ?? world.nowMs);
    this.#receiver = undefined;
    this.#landed = [];
  }

  // ---- as a schedule ----

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

  /** The steps in words. */
  get words(): ToldStep[] {
    return this.steps.map(wordsOf);
  }

  /** Who moved, with which syscall, one a step. */
  get moves(): { who: string; call?: string }[] {
    return this.steps.map(({ label, call }) =>
      call === undefined ? { who: label } : { who: label, call },
    );
  }
}

const NOBODY = {
  lane: null,
  call: undefined,
  turn: undefined,
  event: undefined,
  arrived: [],
  result: '',
  where: undefined,
  stack: '',
  isPlumbing: false,
  isProgram: false,
} as const;

/** How many a condSignal is about to wake. */
function wokenBy(call: Syscall<unknown> | null | undefined): number {
  if (call?.op !== OP.condSignal) return 0;
  const waiting = waitersOf(call.data as Condition).length;
  return call.a0 === 1 ? Math.min(1, waiting) : waiting;
}

function turnOf(
  { op, a0, a1, a2, data }: Syscall<unknown>,
  answer: unknown,
  effects: Pick<Turn, 'short' | 'woke'>,
): Turn {
  const failed =
    typeof answer === 'number' && answer < 0 && answer !== BLOCKED && answer !== BELOW_ZERO;
  return { op, a0, a1, a2, data, answer, errno: failed ? -answer : 0, ...effects };
}

/**
 * While `work` goes on, syscalls note the user's line and errors carry stacks; of what is drawn, so
 * do syscalls.
 */
export function withSources<T>(work: () => T, isDrawn = false): T {
  const restore = noteSources(isDrawn);
  try {
    return work();
  } finally {
    restore();
  }
}

/** Lines are noted until `work` has resolved; what else runs meanwhile notes its lines too. */
export async function withSourcesMeanwhile<T>(work: () => Promise<T>): Promise<T> {
  const restore = noteSources();
  try {
    return await work();
  } finally {
    restore();
  }
}

/** Of syscalls that noted where they were made. */
const stacks = new WeakMap<Syscall<unknown>, string>();

/** What async code has come from stands below heddle's own frames. */
const FRAMES_MAX = 60;

function noteStack(call?: Syscall<unknown>): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES_MAX;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  if (call !== undefined) stacks.set(call, stack);
  return userFrame(stack) ?? '';
}

function noteSources(isDrawn = false): () => void {
  const before = SysError.withStacks;
  SysError.withStacks = true;
  collectSources(isDrawn ? noteStack : callerLine);
  return () => {
    SysError.withStacks = before;
    collectSources(undefined);
  };
}
