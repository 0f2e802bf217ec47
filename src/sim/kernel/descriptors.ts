import { RLIMIT_NOFILE_DEFAULT } from '../../sys/constants.ts';
import { EBADF, EBUSY, EINVAL, EMFILE } from '../../sys/errno.ts';
import type { Description } from './file.ts';

/**
 * A process's table: descriptor numbers to open file descriptions. The lowest free number is given
 * out (open(2)).
 */
export class DescriptorTable {
  readonly #descriptions: (Description | null)[] = [];
  /** Numbers with FD_CLOEXEC; null while there are none. */
  #closeOnExec: Set<number> | null = null;
  /** No number below this one is free. */
  #freeFrom = 0;
  /** What was open when the process ended. */
  readonly closed: Description[] = [];
  /** RLIMIT_NOFILE: numbers at or above it are not given out. */
  limit: number = RLIMIT_NOFILE_DEFAULT;

  readonly #slots: object[] = [];
  /** Numbers that calls asleep will give out, by who sleeps there; null while there are none. */
  #reserved: Map<object, number> | null = null;

  get(fd: number): Description | null {
    return this.#descriptions[fd] ?? null;
  }

  /** Stands for an open number, or the next to be open, where it is told what a step touches. */
  slot(fd: number): object {
    this.#slots[fd] ??= {};
    return this.#slots[fd];
  }

  /** Whether a number at or above `from` is open, other than `except`. */
  isOpenFrom(from: number, except = -1): boolean {
    for (let fd = from; fd < this.#descriptions.length; fd++) {
      if (fd !== except && this.#descriptions[fd] != null) return true;
    }
    return false;
  }

  /** The lowest free number not below `from`, or -EMFILE. */
  lowestFree(from = 0): number {
    let fd = Math.max(from, this.#freeFrom);
    while (this.#descriptions[fd] != null || this.isReserved(fd)) fd++;
    if (from <= this.#freeFrom) this.#freeFrom = fd;
    return fd < this.limit ? fd : -EMFILE;
  }

  /** A sleeping call has been promised that number. */
  isReserved(fd: number): boolean {
    if (this.#reserved === null) return false;
    for (const taken of this.#reserved.values()) if (taken === fd) return true;
    return false;
  }

  /** The number that is kept for `sleeper`. */
  reservedFor(sleeper: object): number | undefined {
    return this.#reserved?.get(sleeper);
  }

  /** Keep the lowest free number for `sleeper` (get_unused_fd_flags): that, or -EMFILE. */
  reserve(sleeper: object): number {
    const fd = this.reservedFor(sleeper) ?? this.lowestFree();
    if (fd < 0) return fd;
    this.#reserved ??= new Map();
    this.#reserved.set(sleeper, fd);
    return fd;
  }

  /** The number that was kept for `sleeper` is free again. */
  letGo(sleeper: object): void {
    const fd = this.reservedFor(sleeper);
    if (fd === undefined) return;
    this.#reserved?.delete(sleeper);
    if (this.#reserved?.size === 0) this.#reserved = null;
    if (fd < this.#freeFrom) this.#freeFrom = fd;
  }

  /**
   * Put a description (whose reference the caller hands over) at the lowest free number: that, or
   * -EMFILE.
   */
  install(description: Description, closeOnExec: boolean, from = 0): number {
    const fd = this.lowestFree(from);
    if (fd < 0) return fd;
    this.#put(fd, description, closeOnExec);
    return fd;
  }

  #put(fd: number, description: Description, closeOnExec: boolean): void {
    while (this.#descriptions.length < fd) this.#descriptions.push(null);
    this.#descriptions[fd] = description;
    this.setCloseOnExec(fd, closeOnExec);
  }

  close(fd: number): number {
    const description = this.#take(fd);
    if (description === null) return -EBADF;
    description.drop();
    return 0;
  }

  #take(fd: number): Description | null {
    const description = this.get(fd);
    if (description === null) return null;
    this.#descriptions[fd] = null;
    if (fd < this.#freeFrom) this.#freeFrom = fd;
    return description;
  }

  /**
   * # Last closed, first released: what exit(2) and execve(2) close is released once all numbers
   * are free, in reverse order, as task_work_run() of kernel/task_work.c takes its list (`____fput`
   * in fs/file_table.c). So of a connection with both ends in one process the higher number sends
   * its FIN first.
   */
  #closeTogether(numbers: readonly number[]): void {
    const last: Description[] = [];
    for (const fd of numbers) {
      const description = this.#take(fd);
      if (description !== null && --description.references <= 0) last.push(description);
    }
    for (let i = last.length - 1; i >= 0; i--) last[i]?.release();
  }

  /**
   * dup2(2) and dup3(2) onto a given number; an open one is closed silently first. # dup2: EBUSY if
   * a sleeping call has been promised the number.
   */
  duplicateTo(fd: number, to: number, closeOnExec: boolean): number {
    const description = this.get(fd);
    if (description === null || to < 0 || to >= this.limit) return -EBADF;
    if (this.isReserved(to)) return -EBUSY;
    description.references++;
    if (this.get(to) !== null) this.close(to);
    this.#put(to, description, closeOnExec);
    return to;
  }

  /** dup(2) and F_DUPFD: the lowest free number at or above `from`. */
  duplicate(fd: number, from: number, closeOnExec: boolean): number {
    const description = this.get(fd);
    if (description === null) return -EBADF;
    if (from < 0 || from >= this.limit) return -EINVAL;
    const made = this.install(description, closeOnExec, from);
    if (made >= 0) description.references++;
    return made;
  }

  closesOnExec(fd: number): boolean {
    return this.#closeOnExec?.has(fd) ?? false;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    if (on) {
      this.#closeOnExec ??= new Set();
      this.#closeOnExec.add(fd);
    } else this.#closeOnExec?.delete(fd);
  }

  /** What fork(2) gives the child: the same numbers, the same descriptions, the same flags. */
  copy(): DescriptorTable {
    const table = new DescriptorTable();
    table.limit = this.limit;
    for (const [fd, description] of this.entries()) {
      description.references++;
      table.#put(fd, description, this.closesOnExec(fd));
    }
    return table;
  }

  closeOnExec(): void {
    this.#closeTogether([...(this.#closeOnExec ?? [])].sort((a, b) => a - b));
  }

  closeAll(): void {
    const numbers: number[] = [];
    for (const [fd, description] of this.entries()) {
      this.closed.push(description);
      numbers.push(fd);
    }
    this.#closeTogether(numbers);
  }

  *entries(): Generator<[fd: number, description: Description]> {
    for (let fd = 0; fd < this.#descriptions.length; fd++) {
      const description = this.get(fd);
      if (description !== null) yield [fd, description];
    }
  }
}
