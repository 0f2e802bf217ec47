import { EINVAL } from '../../sys/errno.ts';
import { FileObject } from './file.ts';
import { READABLE, WRITABLE } from './readiness.ts';

const EMPTY = new Uint8Array(0);
/** DEFAULT_POLLMASK. */
const ALWAYS_READY = READABLE | WRITABLE;

/** What has no poll method of its own: always ready, and nothing that epoll would watch. */
abstract class AlwaysReady extends FileObject {
  override get pollable(): boolean {
    return false;
  }

  override poll(): number {
    return ALWAYS_READY;
  }

  override readSleeps(): boolean {
    return false;
  }

  override writeSleeps(): boolean {
    return false;
  }

  override release(): void {}
}

/** /dev/null: reading gives the end, writing takes everything. */
export class NullDevice extends AlwaysReady {
  override readonly type = 'null';

  override read(): Uint8Array {
    return EMPTY;
  }

  override write(bytes: Uint8Array, from: number): number {
    return bytes.length - from;
  }

  override seek(): number {
    return 0;
  }
}

/**
 * A regular file in memory, as memfd_create(2) makes it.
 *
 * # memfd_create: a file has one description
 * The offset belongs to the open file description; a file without a name is opened once, so it is
 * kept here.
 */
export class RegularFile extends AlwaysReady {
  override readonly type = 'file';
  readonly #name: string;
  #bytes = EMPTY;
  #offset = 0;

  constructor(name: string) {
    super();
    this.#name = name;
  }

  override read(bytesMax: number): Uint8Array {
    const bytes = this.#bytes.slice(this.#offset, this.#offset + bytesMax);
    this.#offset += bytes.length;
    return bytes;
  }

  override write(bytes: Uint8Array, from: number): number {
    const part = bytes.subarray(from);
    const end = this.#offset + part.length;
    if (end > this.#bytes.length) {
      const longer = new Uint8Array(end);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(part, this.#offset);
    this.#offset = end;
    return part.length;
  }

  override seek(offset: number, whence: number): number {
    const base = [0, this.#offset, this.#bytes.length][whence];
    if (base === undefined || base + offset < 0) return -EINVAL;
    this.#offset = base + offset;
    return this.#offset;
  }

  override bytesReadable(): number {
    return Math.max(0, this.#bytes.length - this.#offset);
  }

  override describe(): string {
    return `file ${this.#name}  ${this.#bytes.length} B, offset ${this.#offset}`;
  }
}
