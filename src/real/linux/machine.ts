import { BLOCKED, hold } from '../../sim/kernel/calls/handler.ts';
import type { Description } from '../../sim/kernel/file.ts';
import type { Task } from '../../sim/kernel/task.ts';
import { POLLNVAL } from '../../sys/constants.ts';
import type { Libc } from './libc.ts';
import { RealNumbers } from './numbers.ts';
import { Ports } from './ports.ts';

const O_RDWR_CLOEXEC = 0o2000002;
const POLLFD_BYTES = 8;

/** A real descriptor and the poll bits that may end a task's sleep. */
export interface Interest {
  readonly real: number;
  readonly events: number;
}

/** What the kernels of one run share: libc, real descriptor numbers, ports, and the tasks asleep in a real wait. */
export class LinuxMachine {
  readonly libc: Libc;
  readonly numbers: RealNumbers;
  readonly ports: Ports;
  /** Stands in where a real descriptor for a console is needed: always ready, and epoll refuses it. */
  readonly nullReal: number;
  readonly #asleep = new Map<Task, readonly Interest[]>();
  readonly #one = new Uint8Array(POLLFD_BYTES);
  #many = new Uint8Array(POLLFD_BYTES * 64);

  constructor(libc: Libc, options: { readonly mapPorts: boolean }) {
    this.libc = libc;
    this.numbers = new RealNumbers(libc);
    this.ports = new Ports(libc, options.mapPorts);
    this.nullReal = libc.open('/dev/null', O_RDWR_CLOEXEC);
  }

  /** Put a task to sleep until one of the real descriptors is ready. */
  sleepOn(task: Task, description: Description | null, on: readonly Interest[]): typeof BLOCKED {
    if (description !== null) hold(task, description);
    this.#asleep.set(task, on);
    task.sleep();
    return BLOCKED;
  }

  /** The task is about to try its call again, for whatever reason. */
  awake(task: Task): void {
    this.#asleep.delete(task);
  }

  /** The mask of one descriptor, now. */
  pollOne(real: number, events: number): number {
    const view = new DataView(this.#one.buffer);
    view.setInt32(0, real, true);
    view.setInt16(4, events, true);
    this.libc.poll(this.#one, 1, 0);
    return view.getUint16(6, true);
  }

  /**
   * poll(2) on everything that tasks sleep on, for at most `timeoutMs`; wakes those whose descriptors are ready. Gives how many.
   *
   * # Closed under a sleeper
   * A descriptor that was closed during the sleep does not wake its sleeper: NVAL is passed over.
   */
  look(timeoutMs: number): number {
    for (const task of this.#asleep.keys()) if (task.state !== 'alive') this.#asleep.delete(task);
    let count = 0;
    for (const on of this.#asleep.values()) count += on.length;
    if (count * POLLFD_BYTES > this.#many.length) {
      this.#many = new Uint8Array(count * POLLFD_BYTES * 2);
    }
    const view = new DataView(this.#many.buffer);
    let at = 0;
    for (const on of this.#asleep.values()) {
      for (const { real, events } of on) {
        view.setInt32(at, real, true);
        view.setInt16(at + 4, events, true);
        view.setInt16(at + 6, 0, true);
        at += POLLFD_BYTES;
      }
    }
    if (this.libc.poll(this.#many, count, timeoutMs) <= 0) return 0;
    const woken: Task[] = [];
    at = 0;
    for (const [task, on] of this.#asleep) {
      let ready = false;
      for (let i = 0; i < on.length; i++, at += POLLFD_BYTES) {
        if ((view.getUint16(at + 6, true) & ~POLLNVAL) !== 0) ready = true;
      }
      if (ready) woken.push(task);
    }
    for (const task of woken) {
      this.#asleep.delete(task);
      task.wake();
    }
    return woken.length;
  }

  dispose(): void {
    this.#asleep.clear();
    this.libc.close(this.nullReal);
  }
}
