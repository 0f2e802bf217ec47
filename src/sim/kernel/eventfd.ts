import { POLLIN, POLLOUT } from '../../sys/constants.ts';
import { EAGAIN, EINVAL } from '../../sys/errno.ts';
import { FileObject } from './file.ts';
import type { Task } from './task.ts';

/** ULLONG_MAX: written, it is refused. */
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
/** eventfd(2): the largest count is one below it. */
const COUNT_MAX = ALL_ONES - 1n;
const WORD_BYTES = 8;
const HALF = 2 ** 32;

/** A whole number; a bigint only where a double would lose digits. */
type Count = number | bigint;

const smallest = (count: bigint): Count =>
  count <= Number.MAX_SAFE_INTEGER ? Number(count) : count;

function plus(a: Count, b: Count): Count {
  if (typeof a === 'number' && typeof b === 'number' && a + b <= Number.MAX_SAFE_INTEGER) {
    return a + b;
  }
  return smallest(BigInt(a) + BigInt(b));
}

const minus = (a: Count, b: Count): Count =>
  typeof a === 'number' && typeof b === 'number' ? a - b : smallest(BigInt(a) - BigInt(b));

const isBelow = (count: Count, max: bigint): boolean => typeof count === 'number' || count < max;

/** The eight bytes of a count, little-endian. */
function toBytes(count: Count): Uint8Array {
  const bytes = new Uint8Array(WORD_BYTES);
  const low = typeof count === 'number' ? count % HALF : Number(count % BigInt(HALF));
  const high = typeof count === 'number' ? (count - low) / HALF : Number(count / BigInt(HALF));
  for (let i = 0; i < 4; i++) {
    bytes[i] = low >>> (8 * i);
    bytes[i + 4] = high >>> (8 * i);
  }
  return bytes;
}

function fromBytes(bytes: Uint8Array): Count {
  let low = 0;
  let high = 0;
  for (let i = 3; i >= 0; i--) {
    low = low * 256 + (bytes[i] as number);
    high = high * 256 + (bytes[i + 4] as number);
  }
  const count = high * HALF + low;
  return count <= Number.MAX_SAFE_INTEGER ? count : BigInt(high) * BigInt(HALF) + BigInt(low);
}

/**
 * eventfd(2): a 64-bit count; semaphore mode hands it out one by one. Every read and write makes an
 * edge.
 */
export class EventFd extends FileObject {
  override readonly type = 'eventfd';
  readonly #semaphore: boolean;
  #count: Count;

  constructor(initial: number, semaphore: boolean) {
    super();
    this.#count = initial;
    this.#semaphore = semaphore;
  }

  override poll(): number {
    return (this.#count > 0 ? POLLIN : 0) | (isBelow(this.#count, COUNT_MAX) ? POLLOUT : 0);
  }

  override read(bytesMax: number): Uint8Array | number {
    if (bytesMax < WORD_BYTES) return -EINVAL;
    if (this.#count === 0) return -EAGAIN;
    const given = this.#semaphore ? 1 : this.#count;
    this.#count = minus(this.#count, given);
    this.waits.wake(POLLOUT);
    return toBytes(given);
  }

  /** # write to an eventfd: it takes exactly eight bytes; more are EINVAL since Linux 6.9. */
  override write(bytes: Uint8Array): number {
    if (bytes.length !== WORD_BYTES) return -EINVAL;
    const added = fromBytes(bytes);
    if (!isBelow(added, ALL_ONES)) return -EINVAL;
    const count = plus(this.#count, added);
    if (!isBelow(count, ALL_ONES)) return -EAGAIN;
    this.#count = count;
    this.waits.wake(POLLIN);
    return WORD_BYTES;
  }

  /**
   * # eventfd: a sleeping reader stands behind every watcher, so that an exclusive watcher may keep
   * it asleep.
   */
  override sleepReading(task: Task): void {
    task.sleepLastOn(this.waits, POLLIN | POLLOUT);
  }

  override sleepWriting(task: Task): void {
    task.sleepLastOn(this.waits, POLLIN | POLLOUT);
  }

  override readSleeps(bytesMax: number): boolean {
    return bytesMax >= WORD_BYTES && this.#count === 0;
  }

  override writeSleeps(bytes: number): boolean {
    return bytes === WORD_BYTES && super.writeSleeps(bytes);
  }

  /** noop_llseek. */
  override seek(): number {
    return 0;
  }

  override release(): void {}

  override describe(): string {
    return `eventfd  count ${this.#count}`;
  }
}
