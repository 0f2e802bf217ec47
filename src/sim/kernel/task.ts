import { UsageError } from '../../sys/errors.ts';
import { Sys } from '../../sys/sys.ts';
import type { Chain, Syscall, SyscallOwner } from '../../sys/syscall.ts';
import type { Description } from './file.ts';
import type { Process } from './process.ts';
import type { Surroundings } from './surroundings.ts';
import { Timer, type TimerTarget } from './timers.ts';
import { Waiter, WaitQueue } from './waits.ts';

/** A task asleep on one wait queue, for the wake-ups whose key meets its mask. */
export class TaskWaiter extends Waiter {
  readonly task: Task;
  mask: number;

  constructor(task: Task, mask: number) {
    super();
    this.task = task;
    this.mask = mask;
  }

  override wake(key: number): boolean {
    if (key !== 0 && (key & this.mask) === 0) return false;
    this.task.wake();
    return true;
  }
}

/** One of the objects that a poll or select sleeps on. */
export interface Watched {
  readonly description: Description;
  readonly mask: number;
}

/** How a task's code is run. After `start` or `resume` the task has either posted a syscall, ended, or waits outside. */
export interface TaskBody {
  start(): void;
  /** The result of the pending syscall: a value, or a negated errno. */
  resume(result: unknown): void;
  /** The task will never be resumed again: let its code clean up what it can. */
  abandon(): void;
}

export type TaskState = 'alive' | 'ended' | 'died';

/** A logical thread of control: it has a name, a pending syscall, and a place in its process. */
export class Task implements SyscallOwner, TimerTarget {
  /** Birth order in the world, from 1; also what gettid(2) gives. */
  readonly id: number;
  readonly process: Process;
  readonly surroundings: Surroundings;
  readonly sys: Sys;
  readonly #baseName: string;
  readonly #ordinal: number;
  /** Spawn path, as `0.2.1`: stable where birth order is not. */
  readonly path: string;
  body: TaskBody | null = null;

  /** The syscall asked for and not yet answered. */
  call: Syscall<unknown> | null = null;
  /** What an async body waits on. */
  chain: Chain | null = null;
  /** The call that was answered last. */
  settling: Syscall<unknown> | null = null;
  state: TaskState = 'alive';
  /** What the body threw. */
  error: unknown;
  /** What the body returned. */
  result: unknown;

  /** Place in the ready list; -1 while asleep. */
  readyIndex = -1;
  /** When it became ready: counts wake-ups over the whole world. */
  readySequence = 0;
  /** The description a sleeping syscall keeps alive. */
  held: Description | null = null;
  /** Whether the pending syscall has had a turn; one that would block sleeps before it has. */
  begun = false;
  /** When the pending syscall gives up, in nanoseconds of the monotonic clock; -1 until it has begun to sleep. */
  deadlineNs = -1;
  /** Whether the sleep ended because its time was up. */
  timedOut = false;
  /** It awaits something that is not heddle's (a promise of another task, a timer of the runtime). */
  outside = false;
  /** The strategy's own: how it ranks this task, 0 while it has not looked, and the syscall that it ranked. */
  rank = 0;
  ranked: Syscall<unknown> | null = null;
  /** A signal has ended the sleep of a call that had moved something already. */
  interrupted = false;
  /** Children born so far, for their paths. */
  childCount = 0;
  #timer: Timer | null = null;
  #waiter: TaskWaiter | null = null;
  #waiters: TaskWaiter[] | null = null;
  /** What a poll or select that has slept looks at, held until it returns. */
  #watched: Watched[] | null = null;
  #joiners: WaitQueue | null = null;

  constructor(id: number, process: Process, baseName: string, ordinal: number, path: string) {
    this.id = id;
    this.process = process;
    this.surroundings = process.kernel.surroundings;
    this.#baseName = baseName;
    this.#ordinal = ordinal;
    this.path = path;
    this.sys = new Sys(this);
  }

  get name(): string {
    return this.#ordinal === 0 ? this.#baseName : `${this.#baseName}#${this.#ordinal}`;
  }

  label(): string {
    return this.name;
  }

  /** Who waits in `join` for its end. */
  get joiners(): WaitQueue {
    this.#joiners ??= new WaitQueue();
    return this.#joiners;
  }

  get asleep(): boolean {
    return this.readyIndex < 0;
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
    // A callback of the runtime belongs to no task that is running; if its task is asleep, that is what is wrong.
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
    this.call = call;
    this.chain = chain;
  }

  /** Sleep on `queue` until a wake-up whose key meets `mask` (or has key 0). */
  sleepOn(queue: WaitQueue, mask: number, exclusive: boolean): void {
    this.#waiter ??= new TaskWaiter(this, mask);
    this.#waiter.mask = mask;
    if (exclusive) queue.addLast(this.#waiter, true);
    else queue.addFirst(this.#waiter, false);
    this.#sleep();
  }

  /** epoll_wait(2)'s way to sleep: exclusive, and the last to come is the first to be woken. */
  sleepFirstOn(queue: WaitQueue, mask: number): void {
    this.#waiter ??= new TaskWaiter(this, mask);
    this.#waiter.mask = mask;
    queue.addFirst(this.#waiter, true);
    this.#sleep();
  }

  /**
   * Sleep on many queues at once (poll, select). As in Linux's poll_wait, the call keeps to the objects it found when it first fell
   * asleep, and holds them: closing one of them meanwhile is not the end of it yet.
   */
  sleepOnAll(find: () => Watched[]): void {
    if (this.#watched === null) {
      this.#watched = find();
      for (const { description } of this.#watched) description.references++;
    }
    this.#waiters = this.#watched.map(({ description, mask }) => {
      const waiter = new TaskWaiter(this, mask);
      description.file.waits.addFirst(waiter, false);
      return waiter;
    });
    this.#sleep();
  }

  /** The poll or select is over: let go of what it looked at. */
  unwatch(): void {
    const watched = this.#watched;
    if (watched === null) return;
    this.#watched = null;
    for (const { description } of watched) description.drop();
  }

  sleep(): void {
    this.#sleep();
  }

  #sleep(): void {
    if (this.readyIndex >= 0) this.surroundings.ready.remove(this);
  }

  /** End the sleep at `dueNs` at the latest. */
  sleepUntil(dueNs: number): void {
    this.#timer ??= new Timer(this);
    this.surroundings.clock.timers.arm(this.#timer, dueNs);
  }

  expire(): void {
    this.timedOut = true;
    this.wake();
  }

  /** May be tried again: leave every queue and stand in the ready list. */
  wake(): void {
    if (this.readyIndex >= 0 || this.state !== 'alive') return;
    this.leaveQueues();
    const { surroundings } = this;
    this.readySequence = surroundings.nextReadySequence();
    surroundings.ready.add(this);
  }

  leaveQueues(): void {
    if (this.#waiter !== null) this.#waiter.leave();
    if (this.#waiters !== null) {
      for (const waiter of this.#waiters) waiter.leave();
      this.#waiters = null;
    }
    if (this.#timer?.armed) this.surroundings.clock.timers.disarm(this.#timer);
  }

  /** It will not run again. */
  end(state: 'ended' | 'died'): void {
    this.state = state;
    this.leaveQueues();
    if (this.readyIndex >= 0) this.surroundings.ready.remove(this);
    this.held?.drop();
    this.held = null;
    this.unwatch();
    this.call = null;
    this.chain = null;
    this.#joiners?.wake(0);
    this.surroundings.ended(this);
  }
}

function strangerMessage(owner: Task, call: Syscall<unknown>, running: Task | null): string {
  const who = running === null ? 'outside every task' : `from ${running.name}`;
  return `the sys of ${owner.name} was used ${who} (${call.name}); a program reaches the world only through the sys it was given, spawn a task or pass the work to ${owner.name}`;
}
