import { POLLIN, POLLOUT } from '../../sys/constants.ts';
import { EAGAIN, EINVAL } from '../../sys/errno.ts';
import { FileObject } from './file.ts';
import type { Task } from './task.ts';

const COUNT_MAX = 0xffff_ffff_ffff_fffen;
const WORD_BYTES = 8;

/**
 * eventfd(2): a 64-bit count; semaphore mode hands it out one by one. Every read and write makes an
 * edge.
 */
export class EventFd extends FileObject {
  override readonly type = 'eventfd';
  readonly #semaphore: boolean;
  #count: bigint;

  constructor(initial: number, semaphore: boolean) {
    super();
    this.#count = BigInt(initial);
    this.#semaphore = semaphore;
  }

  override poll(): number {
    return (this.#count > 0n ? POLLIN : 0) | (this.#count < COUNT_MAX ? POLLOUT : 0);
  }

  override read(bytesMax: number): Uint8Array | number {
    if (bytesMax < WORD_BYTES) return -EINVAL;
    if (this.#count === 0n) return -EAGAIN;
    const given = this.#semaphore ? 1n : this.#count;
    this.#count -= given;
    const bytes = new Uint8Array(WORD_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, given, true);
    this.waits.wake(POLLOUT);
    return bytes;
  }

  /** # Exactly eight bytes: longer writes are EINVAL since Linux 6.9. */
  override write(bytes: Uint8Array): number {
    if (bytes.length !== WORD_BYTES) return -EINVAL;
    const view = new DataView(bytes.buffer, bytes.byteOffset, WORD_BYTES);
    const added = view.getBigUint64(0, true);
    if (added > COUNT_MAX) return -EINVAL;
    if (this.#count + added > COUNT_MAX) return -EAGAIN;
    this.#count += added;
    this.waits.wake(POLLIN);
    return WORD_BYTES;
  }

  /** # A reader stands behind every watcher, so that an exclusive one may keep it asleep. */
  override sleepReading(task: Task): void {
    task.sleepLastOn(this.waits, POLLIN | POLLOUT);
  }

  override sleepWriting(task: Task): void {
    task.sleepLastOn(this.waits, POLLIN | POLLOUT);
  }

  override readSleeps(bytesMax: number): boolean {
    return bytesMax >= WORD_BYTES && this.#count === 0n;
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
