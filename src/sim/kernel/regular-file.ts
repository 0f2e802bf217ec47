import { EFBIG, EINVAL } from '../../sys/errno.ts';
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
 * What a file may hold is held whole, holes too, and once more while it grows; nothing that a model
 * writes comes near it.
 */
const FILE_BYTES_MAX = 64 * 2 ** 20;
/** What an off_t can say. */
const OFFSET_END = 2 ** 63;

/**
 * A regular file in memory, as memfd_create(2) makes it.
 *
 * # memfd_create: a file has one description
 * The offset belongs to the open file description; a file without a name is opened once, so it is
 * kept here.
 *
 * # memfd_create: a file ends at 64 MiB
 * A write beyond is EFBIG, all of it, and without SIGXFSZ (under `ulimit -f` part of it is done).
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
    // Nothing makes no hole either.
    if (part.length === 0) return 0;
    const end = this.#offset + part.length;
    if (end > FILE_BYTES_MAX) return -EFBIG;
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
    if (base === undefined) return -EINVAL;
    const place = base + Math.trunc(offset);
    if (place < 0 || place >= OFFSET_END) return -EINVAL;
    this.#offset = place;
    return place;
  }

  override bytesReadable(): number {
    return Math.max(0, this.#bytes.length - this.#offset);
  }

  override describe(): string {
    return `file ${this.#name}  ${this.#bytes.length} B, offset ${this.#offset}`;
  }
}
