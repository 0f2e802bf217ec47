import { EFBIG } from '../../sys/errno.ts';
import type { FileStatus } from '../../sys/sys.ts';
import { WaitQueue } from './waits.ts';

/**
 * What a file may hold is held whole, holes too, and once more while it grows; nothing that a model
 * writes comes near it.
 */
const FILE_BYTES_MAX = 64 * 2 ** 20;

/** Who holds a lock of flock(2), by open file description, and who waits for one. */
export class FileLocks extends WaitQueue {
  /** True for the one who holds it alone. */
  readonly #holders = new Map<object, boolean>();

  /** Whether `owner` has a lock of this kind. */
  has(owner: object, alone: boolean): boolean {
    return this.#holders.get(owner) === alone;
  }

  holds(owner: object): boolean {
    return this.#holders.has(owner);
  }

  /** Whether somebody else holds what `owner` would have to wait for. */
  conflicts(owner: object, alone: boolean): boolean {
    for (const [holder, isAlone] of this.#holders) {
      if (holder !== owner && (alone || isAlone)) return true;
    }
    return false;
  }

  /** What `owner` had alone before, others may share now. */
  take(owner: object, alone: boolean): void {
    const shares = this.#holders.get(owner) === true;
    this.#holders.set(owner, alone);
    if (shares) this.wake(0);
  }

  /** Those who wait look again, if there is anything for them. */
  drop(owner: object): void {
    if (this.#holders.delete(owner) && this.#holders.size === 0) this.wake(0);
  }
}

/** What names on a disk stand for. */
export abstract class Inode {
  /** Names that it has. */
  names = 0;
  readonly locks: FileLocks = new FileLocks();

  abstract status(): FileStatus;
}

const EMPTY = new Uint8Array(0);

/** What a file holds, whoever has it open. */
export class FileInode extends Inode {
  bytes: Uint8Array = EMPTY;

  read(offset: number, bytesMax: number): Uint8Array {
    return this.bytes.slice(offset, offset + bytesMax);
  }

  /**
   * # write: a file ends at 64 MiB
   * A write beyond is EFBIG, all of it, and without SIGXFSZ (under `ulimit -f` part of it is done).
   */
  write(offset: number, bytes: Uint8Array): number {
    const end = offset + bytes.length;
    if (end > FILE_BYTES_MAX) return -EFBIG;
    if (end > this.bytes.length) this.#resize(end);
    this.bytes.set(bytes, offset);
    return bytes.length;
  }

  truncate(size: number): number {
    if (size > FILE_BYTES_MAX) return -EFBIG;
    this.#resize(size);
    return 0;
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  override status(): FileStatus {
    return { type: 'file', size: this.bytes.length, links: this.names };
  }
}

/** Names, and what they stand for. */
export class Directory extends Inode {
  readonly entries: Map<string, Inode> = new Map();
  /** The root's is itself. */
  parent: Directory = this;
  readonly #places = new Map<string, object>();

  /** Stands for a name, whether it is there or not, where it is told what a step touches. */
  place(name: string): object {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = {};
      this.#places.set(name, place);
    }
    return place;
  }

  /** # stat: the size of a directory is 0, as each file system counts it in its own way. */
  override status(): FileStatus {
    let links = 2;
    for (const inode of this.entries.values()) if (inode instanceof Directory) links++;
    return { type: 'directory', size: 0, links: this.names === 0 ? 0 : links };
  }
}
