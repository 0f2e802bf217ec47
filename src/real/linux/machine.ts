import { BLOCKED, hold, startTimeout } from '../../sim/kernel/calls/handler.ts';
import type { Description } from '../../sim/kernel/file.ts';
import type { PendingCall } from '../../sim/kernel/pending-call.ts';
import type { Task } from '../../sim/kernel/task.ts';
import { EPOLLET, POLLERR, POLLHUP, POLLIN } from '../../sys/constants.ts';
import { RealDisks } from './disks.ts';
import { EPOLL_CLOEXEC, EPOLL_EVENT_BYTES, epollEvent } from './epoll-event.ts';
import { LinuxFile } from './file.ts';
import { type Journal, NO_JOURNAL } from './journal.ts';
import type { Libc } from './libc.ts';
import { RealNumbers } from './numbers.ts';
import { PollFds } from './poll-fds.ts';
import { Ports, type PortsOptions } from './ports.ts';

const O_RDWR_CLOEXEC = 0o2000002;
const EPOLL_CTL_ADD = 1;
const TRY_AGAIN_NS = 1e6;
/**
 * poll(2) reports these whether asked for or not; they end a sleep only where they are part of the
 * interest.
 */
export const ALWAYS_REPORTED: number = POLLERR | POLLHUP;

/** An object and the poll bits that may end a task's sleep. */
export interface Interest {
  readonly description: Description;
  readonly events: number;
}

/** The options that say how long a call may sleep. */
export type SocketTimeout = 'SO_RCVTIMEO' | 'SO_SNDTIMEO';

/** In nanoseconds; -1 is none. */
function timeoutOf({ file }: Description, timeout: SocketTimeout): number {
  return timeout === 'SO_RCVTIMEO' ? file.receiveTimeoutNs : file.sendTimeoutNs;
}

/**
 * What the kernels of one run share: libc, real descriptor numbers, ports, and the tasks asleep in
 * a real wait.
 */
export class LinuxMachine {
  readonly libc: Libc;
  readonly journal: Journal;
  readonly numbers: RealNumbers;
  readonly ports: Ports;
  readonly disks: RealDisks;
  /**
   * Stands in where a real descriptor for a console is needed: always ready, and epoll refuses it.
   */
  readonly nullReal: number;
  readonly #asleep = new Map<Task, readonly Interest[]>();
  /** Those that try again, and when. */
  readonly #retrying = new Map<Task, number>();
  readonly #watched = new Map<Task, readonly Interest[]>();
  readonly #one: PollFds;
  readonly #many: PollFds;

  constructor(libc: Libc, options: PortsOptions, journal: Journal = NO_JOURNAL) {
    this.libc = libc;
    this.journal = journal;
    this.#one = new PollFds(libc);
    this.#many = new PollFds(libc);
    this.numbers = new RealNumbers(libc);
    this.ports = new Ports(libc, options, journal);
    this.disks = new RealDisks(journal);
    this.nullReal = libc.open('/dev/null', O_RDWR_CLOEXEC, 0);
  }

  /** Put a task to sleep until the object that its call is about is ready. */
  sleepOn(task: Task, description: Description, events: number): typeof BLOCKED;
  /** With the timeout that the socket has under that name; undefined when it is over. */
  sleepOn(
    task: Task,
    description: Description,
    events: number,
    timeout: SocketTimeout,
  ): typeof BLOCKED | undefined;
  sleepOn(
    task: Task,
    description: Description,
    events: number,
    timeout?: SocketTimeout,
  ): typeof BLOCKED | undefined {
    if (timeout !== undefined && description.file instanceof LinuxFile) {
      if (task.timedOut) return undefined;
      startTimeout(task, timeoutOf(description, timeout));
    }
    hold(task, description);
    this.#asleep.set(task, [{ description, events: events | ALWAYS_REPORTED }]);
    task.sleep();
    return BLOCKED;
  }

  /**
   * Put a task to sleep where no readiness of its own object tells that its call may go on: there
   * is another try, a little later. The task counts as asleep until that moment, and is woken after
   * all that was due before: so a signal, too, finds it asleep.
   */
  tryAgainSoon(
    task: Task,
    description: Description,
    timeout: SocketTimeout,
  ): typeof BLOCKED | undefined {
    const { nowNs } = task.surroundings.clock;
    const timeoutNs = timeoutOf(description, timeout);
    const call = task.call as PendingCall;
    if (timeoutNs >= 0 && call.deadlineNs < 0) call.deadlineNs = nowNs + timeoutNs;
    const { deadlineNs } = call;
    if (deadlineNs >= 0 && nowNs >= deadlineNs) return undefined;
    hold(task, description);
    task.sleep();
    if (deadlineNs >= 0) task.sleepUntil(deadlineNs);
    this.#retrying.set(task, nowNs + TRY_AGAIN_NS);
    return BLOCKED;
  }

  /**
   * Put a poll or select to sleep. As in the kernel, the call keeps to the objects it found when it
   * first fell asleep, and holds them: closing one of them meanwhile is not the end of it yet.
   * What has no poll method nobody waits for, nor holds.
   */
  sleepOnAll(task: Task, find: () => readonly Interest[]): typeof BLOCKED {
    let watched = this.#watched.get(task);
    if (watched === undefined) {
      watched = find().filter(({ description }) => description.file.pollable);
      for (const { description } of watched) description.references++;
      this.#watched.set(task, watched);
    }
    this.#asleep.set(task, watched);
    task.sleep();
    return BLOCKED;
  }

  /** The poll or select is over: let go of what it looked at. */
  unwatch(task: Task): void {
    const watched = this.#watched.get(task);
    if (watched === undefined) return;
    this.#watched.delete(task);
    for (const { description } of watched) description.drop();
  }

  /** The task is about to try its call again, for whatever reason. */
  awake(task: Task): void {
    this.#asleep.delete(task);
    this.#retrying.delete(task);
  }

  /** When the next task tries its call again. */
  get nextRetryNs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#retrying.values());
  }

  #wakeRetrying(): boolean {
    let woken = false;
    for (const [task, soonNs] of this.#retrying) {
      if (task.state === 'alive' && task.surroundings.clock.nowNs < soonNs) continue;
      this.#retrying.delete(task);
      if (task.wake()) woken = true;
    }
    return woken;
  }

  /** How many tasks are asleep. */
  get sleepers(): number {
    return this.#asleep.size;
  }

  /** The mask of one descriptor, now. */
  pollOne(real: number, events: number): number {
    const one = this.#one;
    one.clear(1);
    one.add(real, events);
    one.poll(0);
    return one.reported(0);
  }

  /**
   * poll(2) on everything that tasks sleep on, for at most `timeoutMs`; wakes those whose
   * descriptors are ready. Gives how many.
   */
  look(timeoutMs: number): number {
    if (this.#retrying.size > 0 && this.#wakeRetrying()) return this.look(0);
    if (timeoutMs === 0 && this.#asleep.size === 0) return 0;
    for (const task of this.#asleep.keys()) {
      if (task.state === 'alive') continue;
      this.#asleep.delete(task);
      this.unwatch(task);
    }
    const fds = this.#pollfds();
    if (fds.poll(timeoutMs) <= 0) return 0;
    const woken = this.#wakeReady(fds);
    if (woken > 0 || timeoutMs === 0) return woken;
    return this.#waitBeside(fds, timeoutMs);
  }

  #pollfds(): PollFds {
    let count = 0;
    for (const on of this.#asleep.values()) count += on.length;
    this.#many.clear(count + 1);
    for (const on of this.#asleep.values()) {
      for (const { description, events } of on) {
        const { file } = description;
        this.#many.add(file instanceof LinuxFile ? file.real : this.nullReal, events);
      }
    }
    return this.#many;
  }

  #wakeReady(fds: PollFds): number {
    const woken: Task[] = [];
    let at = 0;
    for (const [task, on] of this.#asleep) {
      let ready = false;
      for (const { events } of on) if ((fds.reported(at++) & events) !== 0) ready = true;
      if (ready) woken.push(task);
    }
    for (const task of woken) {
      this.#asleep.delete(task);
      task.wake();
    }
    return woken.length;
  }

  /**
   * Wait where poll(2) returns at once and has nothing to say: it reports HUP and ERR whether
   * they were asked for or not, and select(2) may sleep on what has hung up. Such descriptors are
   * waited for by their next event instead, edge-triggered.
   */
  #waitBeside(fds: PollFds, timeoutMs: number): number {
    const { libc } = this;
    const edges = libc.epoll_create1(EPOLL_CLOEXEC);
    const hungUp = fds.places.filter((at) => fds.reported(at) !== 0);
    for (const at of hungUp) {
      libc.epoll_ctl(edges, EPOLL_CTL_ADD, fds.real(at), epollEvent(fds.asked(at) | EPOLLET, 0));
    }
    // What is so already is reported once. What came between the two looks is seen by a third.
    libc.epoll_wait(edges, new Uint8Array(EPOLL_EVENT_BYTES * hungUp.length), hungUp.length, 0);
    fds.poll(0);
    let woken = this.#wakeReady(fds);
    if (woken === 0) {
      for (const at of hungUp) fds.leaveOut(at);
      fds.add(edges, POLLIN);
      if (fds.poll(timeoutMs) > 0) woken = this.look(0);
    }
    libc.close(edges);
    return woken;
  }

  dispose(): void {
    this.#asleep.clear();
    for (const task of [...this.#watched.keys()]) this.unwatch(task);
    this.libc.close(this.nullReal);
    this.ports.unixNames.dispose();
    this.disks.dispose();
  }
}
