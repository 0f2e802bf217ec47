import {
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGPIPE,
  SIGSTOP,
  SIGURG,
  SIGWINCH,
} from '../../sys/constants.ts';
import { EINVAL } from '../../sys/errno.ts';
import { UsageError } from '../../sys/errors.ts';
import { OP } from '../../sys/ops.ts';
import type { Program, SignalAction } from '../../sys/sys.ts';
import { INTERRUPTED } from './calls/handler.ts';
import { signalName } from './calls/text.ts';
import { gatheredBy, looksForBytes } from './calls/waitall.ts';
import { KIND, type Labelled } from './choices.ts';
import { beginningOf, type PendingCall } from './pending-call.ts';
import type { Process } from './process.ts';
import { isSocket } from './socket.ts';
import type { Task, TaskBody } from './task.ts';

/** Signals whose default action is to do nothing (signal(7)). */
const IGNORED_BY_DEFAULT = new Set([SIGCHLD, SIGURG, SIGWINCH, SIGCONT]);
/** _NSIG on x86-64 and arm64. */
export const SIGNAL_MAX = 64;

/**
 * What a process does about a signal.
 *
 * # SIGPIPE: processes start with it ignored, as Python's and Node's do
 * EPIPE is all that a program sees unless it asks for more.
 */
export function actionOf(process: Process, signal: number): SignalAction {
  return process.signals?.get(signal) ?? (signal === SIGPIPE ? 'ignore' : 'default');
}

/** sigaction(2). */
export function setAction(process: Process, signal: number, action: SignalAction): number {
  if (!(signal >= 1 && signal <= SIGNAL_MAX) || signal === SIGKILL || signal === SIGSTOP) {
    return -EINVAL;
  }
  process.signals ??= new Map();
  process.signals.set(signal, action);
  return 0;
}

/** What execve(2) leaves: what was ignored stays so, handlers are gone with their program. */
export function resetHandlers(process: Process): void {
  for (const [signal, action] of process.signals ?? []) {
    if (typeof action === 'object') process.signals?.set(signal, 'default');
  }
}

/**
 * A signal for a process, or for one of its tasks: handled by the first that is not handling it
 * already, whoever has sent it (complete_signal). One that comes meanwhile waits until that is
 * done, and comes once however often it came.
 */
export function raise(process: Process, signal: number, thread: Task | null = null): void {
  if (process.status !== undefined) return;
  const action = actionOf(process, signal);
  if (action === 'ignore') return;
  if (action === 'default') {
    if (IGNORED_BY_DEFAULT.has(signal)) return;
    const [first] = process.tasks;
    if (first !== undefined) first.surroundings.signalled(first, signal, 'kills');
    process.killedBy = signal;
    process.exit(128 + signal);
    return;
  }
  const alive = process.tasks.filter((task) => task.state === 'alive');
  const task = thread ?? alive.find((each) => !isHandling(each, signal)) ?? alive[0];
  if (task === undefined) return;
  const { surroundings } = task;
  if (merges(task, signal)) {
    surroundings.signalled(task, signal, 'merges');
    return;
  }
  if (isHandling(task, signal)) {
    surroundings.signalled(task, signal, 'again');
    handlerOf(task, signal)?.again();
  } else {
    handle(task, signal, action);
  }
  task.noteSignal(signal);
}

/**
 * # Standard signals: one that is pending takes in those that follow
 * Handlers are begun when their signal comes, on whichever task. If the same signal comes again
 * before that task has had a turn, the handler may have begun already, so that it comes once more
 * (0), or not, so that both are one (1; signal(7)).
 */
function merges(task: Task, signal: number): boolean {
  if (!task.hasToldSignal(signal)) return false;
  const about: Labelled = {
    label: () => task.label(),
    alternativeText: (choice) =>
      choice === 0
        ? `the handler of ${signalName(signal)} has begun by then`
        : `${signalName(signal)} is still pending, and both are one`,
  };
  return task.surroundings.choices.decide(KIND.begun, 2, about) === 1;
}

function handlerOf(task: Task, signal: number): HandlerBody | null {
  let body = task.body;
  while (body instanceof HandlerBody && body.signal !== signal) body = body.outer;
  return body instanceof HandlerBody ? body : null;
}

/** The signal whose handler a task is in with its present call; undefined outside of one. */
export function handlingNow({ body }: Task): number | undefined {
  return body instanceof HandlerBody && body.hasBegun ? body.signal : undefined;
}

const isHandling = (task: Task, signal: number): boolean => handlerOf(task, signal) !== null;

/**
 * The signals whose handlers a task is in, the last first, each with the call that it came in
 * between.
 */
export function handledBy(
  task: Task,
): { readonly signal: number; readonly call: PendingCall | null; readonly again: boolean }[] {
  const found = [];
  for (let { body } = task; body instanceof HandlerBody; body = body.outer) {
    found.push({ signal: body.signal, call: body.interrupted, again: body.comesAgain });
  }
  return found;
}

type Handling = Exclude<SignalAction, string>;

function handle(task: Task, signal: number, action: Handling): void {
  const { surroundings } = task;
  const inItsStep = surroundings.isMoving(task);
  const asleep = !inItsStep && task.readyIndex < 0 && task.call !== null;
  const before = asleep && comesBefore(task);
  surroundings.signalled(task, signal, before ? 'before' : 'runs');
  const program = action.handler(signal, task.sys);
  const restarts = before || (asleep && action.restart === true && isRestarted(task));
  // Also where it is started again; one that has not begun yet has told nobody anything.
  if (asleep && !before && task.process.kernel.rowOf(task.call as PendingCall).sends) {
    task.held?.file.writeInterrupted();
  }
  if (program === undefined) {
    if (asleep && !restarts) interrupt(task);
    else if (restarts && !before && onSignalOf(task) === 'restarts') {
      forgetSleep(task);
      task.wake();
    }
    return;
  }
  if (inItsStep) {
    task.body = new HandlerBody(task, signal, program, true);
    return;
  }
  if (asleep && !restarts) interrupt(task);
  else if (restarts) forgetSleep(task);
  const body = new HandlerBody(task, signal, program, false);
  task.body = body;
  task.call = null;
  surroundings.within(task, () => body.advance(undefined));
  surroundings.posted(task);
}

/**
 * Tasks are put to sleep as soon as they have asked for a call that would block. If a signal comes
 * now, such a task may have been asleep in the call already (0), or the signal may have come
 * between its last look and the call (1), which then sleeps all the same: why there are pselect(2),
 * signalfd(2) and self-pipes.
 */
function comesBefore(task: Task): boolean {
  const { call } = task;
  if (call?.begun !== false) return false;
  return task.surroundings.choices.decide(KIND.begun, 2, beginningOf(task, call)) === 1;
}

// ---- calls that sleep ----

/**
 * # SA_RESTART: a call on a socket with a timeout of its own is not started again, nor is any call
 * that has moved something already (signal(7)).
 */
function isRestarted(task: Task): boolean {
  const call = task.call as PendingCall;
  const { onSignal, sends } = task.process.kernel.rowOf(call);
  // ERESTART_RESTARTBLOCK: with a time of its own it is not started again after a handler.
  if (call.op === OP.futexWait && call.a2 >= 0) return false;
  if (gatheredBy(call) !== undefined || (sends && call.progress > 0)) return false;
  if (findsBytes(task)) return false;
  const file = task.held?.file;
  // A signal too ends the sleep of a recv that gives nothing.
  if (call.a1 === 0 && file !== undefined && isSocket(file) && isReceiving(call)) {
    if (file.emptyRecvSleepsOnce) return false;
  }
  // connect(2) too sleeps for SO_SNDTIMEO at most.
  const timeoutNs = sends || call.op === OP.connect ? file?.sendTimeoutNs : file?.receiveTimeoutNs;
  const timed = timeoutNs !== undefined && timeoutNs >= 0;
  return onSignal === 'passes' || (onSignal === 'restarts' && !timed);
}

const isReceiving = ({ op }: PendingCall): boolean => op === OP.recv || op === OP.recvfrom;

/** The call that is asleep ends: at its turn it gives what it has moved so far, or EINTR. */
function interrupt(task: Task): void {
  const call = task.call as PendingCall;
  const { onSignal, sends } = task.process.kernel.rowOf(call);
  if (onSignal === 'passes') return;
  // It sleeps only because a socket lingers: as if the time for that were up.
  if (onSignal === 'settles') call.timedOut = true;
  else if (LOOKS.has(call.op) || (sends && mayHaveRoom(task)) || findsBytes(task)) {
    call.interrupted = true;
  } else {
    call.progress = INTERRUPTED;
    task.unwatch();
  }
  task.wake();
}

/** Who waits for readiness looks once more when a signal comes (do_poll, do_select, ep_poll). */
const LOOKS: ReadonlySet<number> = new Set([OP.poll, OP.select, OP.epollWait]);

/**
 * What a send has moved is its answer; and one on AF_UNIX that waits for its own buffer may find
 * room of which it was not told (sock_alloc_send_pskb).
 */
function mayHaveRoom(task: Task): boolean {
  if ((task.call as PendingCall).progress > 0) return true;
  const file = task.held?.file;
  return file?.looksForRoom(task) === true;
}

/** What a recv on TCP finds when a signal ends its sleep is its answer. */
function findsBytes(task: Task): boolean {
  const call = task.call as PendingCall;
  const file = task.held?.file;
  if (file === undefined || !(isReceiving(call) || call.op === OP.read)) return false;
  return isSocket(file) && file.looksForBytes && looksForBytes(call, file);
}

/**
 * A call that will be started again does not remember that it slept: it looks its descriptor up
 * again, and stands behind those who have come meanwhile.
 */
function forgetSleep(task: Task): void {
  const call = task.call as PendingCall;
  if (call.op === OP.futexWait) call.progress = 0;
  task.leaveQueues();
  if (onSignalOf(task) !== 'restarts') return;
  call.forgetSleep();
  task.process.descriptors.letGo(task);
}

const onSignalOf = ({ process, call }: Task): string | undefined =>
  process.kernel.rowOf(call as PendingCall).onSignal;

// ---- handlers that are programs ----

/** Runs a handler on its task, then lets what was interrupted go on. */
class HandlerBody implements TaskBody {
  readonly signal: number;
  readonly outer: TaskBody | null;
  readonly #task: Task;
  readonly #program: Program;
  /**
   * The call that the handler came in between; it waits as it is. One that has had its answer
   * already, in whose step the signal came, is known only when that is to be told.
   */
  #interrupted: PendingCall | null;
  /** Of a call that has had its answer, that. */
  #result: unknown;
  /** The signal came in the task's own step, whose result is still to be told. */
  readonly #inItsStep: boolean;
  #begun: boolean;
  #again = false;

  constructor(task: Task, signal: number, program: Program, inItsStep: boolean) {
    this.#task = task;
    this.signal = signal;
    this.outer = task.body;
    this.#program = program;
    this.#interrupted = inItsStep ? null : task.call;
    this.#inItsStep = inItsStep;
    this.#begun = !inItsStep;
  }

  get interrupted(): PendingCall | null {
    return this.#interrupted;
  }

  get hasBegun(): boolean {
    return this.#begun;
  }

  get comesAgain(): boolean {
    return this.#again;
  }

  /** The signal has come once more. */
  again(): void {
    this.#again = true;
  }

  start(): void {}

  resume(_task: Task, call: PendingCall, result: unknown): void {
    if (this.#begun) {
      this.advance(result);
      return;
    }
    this.#begun = true;
    this.#interrupted = call;
    this.#result = result;
    this.advance(undefined);
  }

  advance(result: unknown): void {
    const task = this.#task;
    try {
      const answer = this.#program.next(result);
      if (!answer.done) {
        if (task.asks(answer.value)) return;
        throw new UsageError(
          `the handler of signal ${this.signal} yielded something that is no syscall of ${task.name}`,
        );
      }
    } catch (error) {
      task.error = error;
      if (!this.#inItsStep) this.#interrupted?.settle();
      task.end('died');
      return;
    }
    this.#finish();
  }

  #finish(): void {
    const task = this.#task;
    task.body = this.outer;
    if (this.#inItsStep) task.body?.resume(task, this.#interrupted as PendingCall, this.#result);
    else task.call = this.#interrupted;
    if (this.#again) raise(task.process, this.signal, task);
  }

  abandon(): void {
    if (!this.#inItsStep) this.#interrupted?.settle();
    this.outer?.abandon();
  }
}
