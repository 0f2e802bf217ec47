import { wrongNumber } from '../../sys/arguments.ts';
import { UsageError } from '../../sys/errors.ts';
import { OP_NAMES, type Op } from '../../sys/ops.ts';
import { type Program, Sys } from '../../sys/sys.ts';
import type { Chain, Syscall, SyscallOwner } from '../../sys/syscall.ts';
import { tellable } from '../../sys/thrown.ts';
import type { Description } from './file.ts';
import { PendingCall, UnusedCallError } from './pending-call.ts';
import type { Process } from './process.ts';
import type { Surroundings } from './surroundings.ts';
import { Timer, type TimerTarget } from './timers.ts';
import { Waiter, WaitQueue } from './waits.ts';

/** A task asleep in poll or select, on the queue of one of many objects. */
export class PollWaiter extends Waiter {
  readonly task: Task;
  readonly mask: number;

  constructor(task: Task, mask: number) {
    super();
    this.task = task;
    this.mask = mask;
  }

  override wake(key: number): boolean {
    return (key === 0 || (key & this.mask) !== 0) && this.task.wake();
  }
}

/** One of the objects that a poll or select sleeps on. */
export interface Watched {
  readonly description: Description;
  readonly mask: number;
}

/**
 * A poll or select that has slept: what it looks at, held until it returns, and its places in the
 * queues while it sleeps.
 */
interface Polling {
  readonly watched: readonly Watched[];
  waiters: readonly PollWaiter[];
}

/**
 * How a task's code is run. After `start` or `resume` the task has either posted a syscall, ended,
 * or waits outside.
 */
export interface TaskBody {
  start(task: Task): void;
  /** The result of its syscall: a value, or a negated errno. */
  resume(task: Task, call: PendingCall, result: unknown): void;
  /** The task will never be resumed again: let its code clean up what it can. */
  abandon(): void;
}

/** A program that makes calls in a loop and forgets them all is told of the first. */
const UNUSED_MAX = 16;

export type TaskState = 'alive' | 'ended' | 'died';

/** A turn that a task waits for: the call that it is for, and when it became ready. */
interface Turn {
  readonly call: PendingCall | null;
  readonly renewals: number;
  readonly readySequence: number;
}

const STATES: readonly TaskState[] = ['alive', 'ended', 'died'];

// Of a task's flags: which wake-ups end its sleep (poll bits), and behind them:
const MASK = 0xffff;
const TURN_OVER = 1 << 16;
const OUTSIDE = 1 << 17;
const STATE_SHIFT = 18;
const STATE_MASK = 3 << STATE_SHIFT;

/**
 * What hardly any task has or needs to remember; made when it is first needed, which keeps 40 bytes
 * out of every other task.
 */
class Seldom {
  timer: Timer | null = null;
  polling: Polling | null = null;
  joiners: WaitQueue | null = null;
  /** Of a spawned task: its parent's path and its place among the parent's children. */
  spawnPath: string | null = null;
  touched: object[] | null = null;
  childCount = 0;
  /** Calls that were made before the latest and had not been asked for then. */
  unused: PendingCall[] = [];
  /** The signals that have come, and before which turn. */
  signals: Map<number, Turn> | null = null;
  error: unknown;
}

/** As memory that a task's code has touched: whatever there is. */
export const EVERYTHING: object = {};

/**
 * A logical thread of control: it has a name, a pending syscall, and a place in its process. It is
 * itself the hook on the wait queue that it sleeps on.
 */
export class Task extends Waiter implements SyscallOwner, TimerTarget {
  /** Birth order in the world, from 1; also what gettid(2) gives. */
  readonly id: number;
  readonly process: Process;
  readonly #baseName: string;
  readonly #ordinal: number;
  body: TaskBody | null = null;
  /** What a generator body runs. */
  program: Program<unknown> | null = null;

  /** The syscall asked for and not yet answered. */
  call: PendingCall | null = null;
  /** The call that was made last: the record for the next, once it is answered. */
  private latest: PendingCall | null = null;
  /** Place in the ready list; -1 while asleep. */
  readyIndex = -1;
  /** When it became ready: counts wake-ups over the whole world. */
  readySequence = 0;
  /** The strategy's own: how it ranks this task, 0 while it has not looked. */
  rank = 0;
  /** Four answers in one field, which keeps 24 bytes out of every task. */
  private flags = 0;
  #seldom: Seldom | null = null;

  constructor(
    id: number,
    process: Process,
    baseName: string,
    ordinal: number,
    spawnPath: string | null = null,
  ) {
    super();
    this.id = id;
    this.process = process;
    this.#baseName = baseName;
    this.#ordinal = ordinal;
    if (spawnPath !== null) this.seldom.spawnPath = spawnPath;
  }

  get name(): string {
    return this.#ordinal === 0 ? this.#baseName : `${this.#baseName}#${this.#ordinal}`;
  }

  /** Spawn path, as `0.2.1`: stable where birth order is not. */
  get path(): string {
    return this.#seldom?.spawnPath ?? String(this.id);
  }

  /** What its program reaches the world through. */
  get sys(): Sys {
    return new Sys(this);
  }

  get state(): TaskState {
    return STATES[(this.flags & STATE_MASK) >> STATE_SHIFT] as TaskState;
  }

  /** It may still run. */
  get isAlive(): boolean {
    return (this.flags & STATE_MASK) === 0;
  }

  /**
   * It has come to the end of a turn of its own event loop: calm is to let everything else move
   * before it goes on.
   */
  get turnOver(): boolean {
    return (this.flags & TURN_OVER) !== 0;
  }

  endTurn(): void {
    this.flags |= TURN_OVER;
  }

  beginTurn(): void {
    this.flags &= ~TURN_OVER;
  }

  /**
   * It awaits something that is not heddle's (a promise of another task, a timer of the runtime).
   */
  get outside(): boolean {
    return (this.flags & OUTSIDE) !== 0;
  }

  set outside(outside: boolean) {
    this.flags = outside ? this.flags | OUTSIDE : this.flags & ~OUTSIDE;
  }

  /** Which wake-ups end its sleep. */
  private set mask(mask: number) {
    this.flags = (this.flags & ~MASK) | (mask & MASK);
  }

  get surroundings(): Surroundings {
    return this.process.surroundings;
  }

  label(): string {
    return this.name;
  }

  /** To be changed. */
  private get seldom(): Seldom {
    this.#seldom ??= new Seldom();
    return this.#seldom;
  }

  /** Who waits in `join` for its end. */
  get joiners(): WaitQueue {
    this.seldom.joiners ??= new WaitQueue();
    return this.seldom.joiners;
  }

  /** What the body threw. */
  get error(): unknown {
    return this.#seldom?.error;
  }

  set error(error: unknown) {
    this.seldom.error = tellable(error);
  }

  /** The description that its pending call keeps alive while it sleeps. */
  get held(): Description | null {
    return this.call === null ? null : this.call.held;
  }

  /** Whether the sleep of its pending call ended because its time was up. */
  get timedOut(): boolean {
    return this.call?.timedOut ?? false;
  }

  /** Memory that its code has touched since the last look, for those who ask (`Sys.touches`). */
  get touched(): readonly object[] | null {
    return this.#seldom === null ? null : this.#seldom.touched;
  }

  /** That was looked at. */
  forgetTouched(): void {
    if (this.#seldom !== null) this.#seldom.touched = null;
  }

  /** Children born so far, for their paths. */
  get childCount(): number {
    return this.#seldom?.childCount ?? 0;
  }

  set childCount(count: number) {
    this.seldom.childCount = count;
  }

  get asleep(): boolean {
    return this.readyIndex < 0;
  }

  make<T>(op: Op, a0: number, a1: number, a2: number, data: unknown): Syscall<T> {
    if (typeof a0 !== 'number' || typeof a1 !== 'number' || typeof a2 !== 'number') {
      throw wrongNumber(OP_NAMES[op] as string, [a0, a1, a2]);
    }
    const { latest } = this;
    if (latest === null || !latest.isReusable) {
      return this.makeAnother(op, a0, a1, a2, data) as Syscall<T>;
    }
    latest.renew(op, a0, a1, a2, data);
    return latest as Syscall<T>;
  }

  private makeAnother(op: Op, a0: number, a1: number, a2: number, data: unknown): PendingCall {
    if (this.latest?.isUnused) {
      const unused = this.seldom.unused.filter((call) => call.isUnused);
      if (unused.length < UNUSED_MAX) unused.push(this.latest);
      this.seldom.unused = unused;
    }
    this.latest = new PendingCall(this, op, a0, a1, a2, data);
    this.latest.staysFresh = this.surroundings.fresh;
    return this.latest;
  }

  /** It asks for what its program has yielded; false if that is no syscall of its own. */
  asks(yielded: unknown): boolean {
    const call = yielded as PendingCall | undefined;
    if (call?.owner !== this) return false;
    // Yielded without the star: its answer comes as the kernel gives it.
    if (call.value === undefined) call.value = call;
    this.call = call;
    return true;
  }

  /** The first call that was made and not yet asked for. */
  get unused(): PendingCall | undefined {
    const before = this.#seldom?.unused.find((call) => call.isUnused);
    return before ?? (this.latest?.isUnused ? this.latest : undefined);
  }

  /** The name of the call that was answered last; undefined where none was. */
  get answered(): string | undefined {
    return this.latest?.done ? this.latest.name : undefined;
  }

  post(call: Syscall<unknown>, chain: Chain): void {
    const { running } = this.surroundings;
    if (this.state !== 'alive') {
      chain.fail(
        new UsageError(
          `${this.name} asked for ${call.name} after it had ended; await everything that a task starts before it returns`,
        ),
      );
      return;
    }
    // A callback of the runtime belongs to no task that is running; if its task is asleep, that is
    // what is wrong.
    const asleep = running === null && this.call !== null;
    if (running !== this && !this.outside && !asleep) {
      chain.fail(new UsageError(strangerMessage(this, call, running)));
      return;
    }
    if (this.call !== null) {
      chain.fail(
        new UsageError(
          `${this.name} asked for ${call.name} while its ${this.call.name} was still pending; a task has one syscall at a time (spawn another task to do two things at once)`,
        ),
      );
      return;
    }
    this.call = call as PendingCall;
  }

  touches(memory: object): void {
    const { seldom } = this;
    seldom.touched ??= [];
    if (!seldom.touched.includes(memory)) seldom.touched.push(memory);
  }

  /** Sleep on `queue` until a wake-up whose key meets `mask` (or has key 0). */
  sleepOn(queue: WaitQueue, mask: number, exclusive: boolean): void {
    this.mask = mask;
    if (exclusive) queue.addLast(this, true);
    else queue.addFirst(this, false);
    this.sleep();
  }

  /** Not exclusive, and yet behind all others (wait_event_interruptible_locked). */
  sleepLastOn(queue: WaitQueue, mask: number): void {
    this.mask = mask;
    queue.addLast(this, false);
    this.sleep();
  }

  /** epoll_wait(2)'s way to sleep: exclusive, and the last to come is the first to be woken. */
  sleepFirstOn(queue: WaitQueue, mask: number): void {
    this.mask = mask;
    queue.addFirst(this, true);
    this.sleep();
  }

  /**
   * Sleep on many queues at once (poll, select). As in Linux's poll_wait, the call keeps to the
   * objects it found when it first fell asleep, and holds them: closing one of them meanwhile is
   * not the end of it yet. What has no poll method nobody waits for, nor holds (vfs_poll).
   */
  sleepOnAll(find: () => Watched[]): void {
    const { seldom } = this;
    if (seldom.polling === null) {
      const watched = find().filter(({ description }) => description.file.pollable);
      for (const { description } of watched) description.references++;
      seldom.polling = { watched, waiters: [] };
    }
    const { polling } = seldom;
    polling.waiters = polling.watched.map(({ description, mask }) => {
      const waiter = new PollWaiter(this, mask);
      description.file.waits.addFirst(waiter, false);
      return waiter;
    });
    this.sleep();
  }

  /** It is in a poll or select that has slept. */
  get watches(): boolean {
    return this.#seldom?.polling != null;
  }

  /** The poll or select is over: let go of what it looked at. */
  unwatch(): void {
    const polling = this.#seldom?.polling;
    if (polling == null) return;
    this.seldom.polling = null;
    // A signal ends the call while it is asleep there.
    for (const waiter of polling.waiters) waiter.leave();
    for (const { description } of polling.watched) description.drop();
  }

  /** A signal has come for it. */
  noteSignal(signal: number): void {
    if (this.readyIndex < 0) return;
    const { seldom, call, readySequence } = this;
    seldom.signals ??= new Map();
    seldom.signals.set(signal, { call, renewals: call?.renewals ?? 0, readySequence });
  }

  /** That signal has come before, and it has waited for its turn ever since. */
  hasToldSignal(signal: number): boolean {
    const turn = this.readyIndex < 0 ? undefined : this.#seldom?.signals?.get(signal);
    if (turn === undefined || turn.call !== this.call) return false;
    return turn.readySequence === this.readySequence && turn.renewals === this.call?.renewals;
  }

  sleep(): void {
    if (this.readyIndex >= 0) this.surroundings.ready.remove(this);
  }

  /** End the sleep at `dueNs` at the latest. */
  sleepUntil(dueNs: number): void {
    this.seldom.timer ??= new Timer(this);
    this.surroundings.clock.timers.arm(this.seldom.timer, dueNs);
  }

  expire(): void {
    if (this.call !== null) this.call.timedOut = true;
    this.wake();
  }

  /**
   * May be tried again, if the key meets what it waits for: leave every queue and stand in the
   * ready list.
   */
  override wake(key = 0): boolean {
    if (key !== 0 && (key & this.flags & MASK) === 0) return false;
    if (this.readyIndex >= 0 || !this.isAlive) return true;
    this.leaveQueues();
    this.surroundings.ready.add(this);
    return true;
  }

  override disconnected(): void {
    if (this.call !== null) this.call.disconnected = true;
  }

  leaveQueues(): void {
    this.leave();
    if (this.#seldom === null) return;
    const { polling, timer } = this.#seldom;
    if (polling !== null) {
      for (const waiter of polling.waiters) waiter.leave();
      polling.waiters = [];
    }
    if (timer?.armed) this.surroundings.clock.timers.disarm(timer);
  }

  /** It will not run again. One that has left a call unused has died of that. */
  end(state: 'ended' | 'died'): void {
    const unused = state === 'ended' ? this.unused : undefined;
    if (unused !== undefined) this.error = new UnusedCallError(unused);
    const came = unused === undefined ? state : 'died';
    this.flags = (this.flags & ~STATE_MASK) | (STATES.indexOf(came) << STATE_SHIFT);
    this.leaveQueues();
    if (this.readyIndex >= 0) this.surroundings.ready.remove(this);
    this.call?.settle();
    this.unwatch();
    this.process.descriptors.letGo(this);
    this.call = null;
    this.#seldom?.joiners?.wake(0);
    this.surroundings.ended(this);
  }
}

function strangerMessage(owner: Task, call: Syscall<unknown>, running: Task | null): string {
  const who = running === null ? 'outside every task' : `from ${running.name}`;
  return `the sys of ${owner.name} was used ${who} (${call.name}); a program reaches the world only through the sys it was given, spawn a task or pass the work to ${owner.name}`;
}
