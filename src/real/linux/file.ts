import { FileObject } from '../../sim/kernel/file.ts';
import { POLLIN } from '../../sys/constants.ts';
import { InternalError, UsageError } from '../../sys/errors.ts';
import type { LinuxMachine } from './machine.ts';

/** A number of this process that stands for a number of the program's. */
interface Slot {
  readonly real: number;
  /** Processes of the program that have the description under that number. */
  references: number;
  open: boolean;
}

/**
 * A real open file description, and the real descriptors through which programs hold it.
 *
 * # Linux: programs have descriptor numbers of their own
 * Programs see numbers of their own (a table for each of their processes, lowest free first, 0 to 2
 * a console). Behind each stands a real descriptor. epoll knows what it watches by (description,
 * number), and fork(2) copies numbers; so one description has one real number for each number that
 * programs have it under, the same in every process, and keeps it while it lives: closing number 5
 * and getting the same description back under 5 finds the old registration again, as it must. Every
 * dup is a real one, every close is a real one.
 *
 * # Linux: real descriptors are always O_NONBLOCK
 * One Node thread serves all tasks, so no real call may sleep. The flag that the program believes
 * in is kept in its `Description`; a call that would have slept waits in the machine's poll(2) and
 * is tried again.
 */
export class LinuxFile extends FileObject {
  override readonly type: string;
  /** Bound to every address of its host, as far as the program knows. */
  anyAddress = false;
  /**
   * # SO_RCVTIMEO and SO_SNDTIMEO on Linux: they are kept here, because real descriptors never
   * sleep; tasks sleep in the machine's poll(2).
   */
  readonly timeoutsNs: { SO_RCVTIMEO: number; SO_SNDTIMEO: number } = {
    SO_RCVTIMEO: -1,
    SO_SNDTIMEO: -1,
  };
  /** SO_RCVLOWAT as it was last set; every recv(2) that may sleep goes by it. */
  receiveLowWater = 1;
  readonly #machine: LinuxMachine;
  readonly #slots = new Map<number, Slot>();
  /** As it came from the kernel, until its first number is known. */
  #fresh: number;

  constructor(machine: LinuxMachine, type: string, fresh: number) {
    super();
    this.type = type;
    this.#machine = machine;
    this.#fresh = fresh;
  }

  override get pollable(): boolean {
    return this.type !== 'file' && this.type !== 'directory';
  }

  override get receiveTimeoutNs(): number {
    return this.timeoutsNs.SO_RCVTIMEO;
  }

  override get sendTimeoutNs(): number {
    return this.timeoutsNs.SO_SNDTIMEO;
  }

  /** A real descriptor of this description, whichever. */
  get real(): number {
    if (this.#fresh >= 0) return this.#fresh;
    for (const slot of this.#slots.values()) if (slot.open) return slot.real;
    throw new InternalError(`a ${this.type} without a real descriptor`);
  }

  /** The real descriptor behind the program's `fd`. */
  realOf(fd: number): number {
    const slot = this.#slots.get(fd);
    return slot?.open ? slot.real : this.real;
  }

  /** A process has it under the number `fd` now. */
  opened(fd: number): void {
    const { libc, numbers } = this.#machine;
    let slot = this.#slots.get(fd);
    if (slot === undefined) {
      const real = numbers.take();
      if (real < 0) {
        throw new UsageError(
          'this machine has no descriptor left for another number of the program (ulimit -n); allow it more',
        );
      }
      slot = { real, references: 0, open: false };
      this.#slots.set(fd, slot);
    }
    slot.references++;
    if (slot.open) return;
    const made = libc.dup2(this.real, slot.real);
    if (made < 0) throw new InternalError(`dup2 onto ${slot.real} gave ${made}`);
    slot.open = true;
    this.#closeFresh();
  }

  /** A process has closed its number `fd`, and the description lives on. */
  closed(fd: number): void {
    const slot = this.#slots.get(fd) as Slot;
    if (--slot.references > 0) return;
    // With no other number left, a syscall asleep on it keeps the object alive, as in the kernel.
    for (const other of this.#slots.values()) {
      if (other === slot || !other.open) continue;
      slot.open = false;
      this.#machine.libc.close(slot.real);
      return;
    }
  }

  #closeFresh(): void {
    if (this.#fresh < 0) return;
    this.#machine.libc.close(this.#fresh);
    this.#fresh = -1;
  }

  override release(): void {
    this.#closeFresh();
    for (const slot of this.#slots.values()) {
      if (slot.open) this.#machine.libc.close(slot.real);
      this.#machine.numbers.give(slot.real);
    }
    this.#slots.clear();
  }

  override poll(): number {
    return this.#machine.pollOne(this.real, 0xffff);
  }

  override describe(): string {
    return `${this.type}${(this.poll() & POLLIN) === 0 ? '' : '  readable'}`;
  }
}
