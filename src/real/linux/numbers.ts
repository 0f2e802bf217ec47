import { EMFILE } from '../../sys/errno.ts';
import type { Libc } from './libc.ts';

const RLIMIT_NOFILE = 7;
/** Above what Node opens for itself. */
const FIRST_PREFERRED = 2048;

/**
 * Descriptor numbers of this process that the provider gives out itself, from a range that the
 * kernel's "lowest free number" never reaches: so a number can be kept for the description that had
 * it (see file.ts) and never meets one of Node's own.
 */
export class RealNumbers {
  readonly #end: number;
  readonly #free: number[] = [];
  #next: number;

  constructor(libc: Libc) {
    const limits = new BigUint64Array(2);
    libc.getrlimit(RLIMIT_NOFILE, limits);
    this.#end = Number(limits[0]);
    this.#next = Math.min(FIRST_PREFERRED, this.#end >> 1);
  }

  /** Fewer are left than one call may need: pipe(2) and socketpair(2) make two. */
  get areShort(): boolean {
    return this.#end - this.#next + this.#free.length < 2;
  }

  /** A number that nobody has, or -EMFILE. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    return this.#next < this.#end ? this.#next++ : -EMFILE;
  }

  give(number: number): void {
    this.#free.push(number);
  }
}
