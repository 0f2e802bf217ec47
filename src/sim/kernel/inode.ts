import { EFBIG } from '../../sys/errno.ts';
import type { FileStatus } from '../../sys/sys.ts';
import { type CrashModel, resized } from './crash-model.ts';
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

  /** Those who wait look again: the lock that is left may be their own. */
  drop(owner: object): void {
    if (this.#holders.delete(owner)) this.wake(0);
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
  /** It was truncated to nothing, and not closed since (EXT4_STATE_DA_ALLOC_CLOSE). */
  emptied = false;
  /** Hears of its changes; null for a file in memory, which no crash leaves. */
  readonly keeper: CrashModel | null;

  constructor(keeper: CrashModel | null) {
    super();
    this.keeper = keeper;
  }

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
    this.keeper?.writes(this, offset, bytes);
    if (end > this.bytes.length) this.bytes = resized(this.bytes, end);
    this.bytes.set(bytes, offset);
    return bytes.length;
  }

  truncate(size: number): number {
    if (size > FILE_BYTES_MAX) return -EFBIG;
    this.keeper?.resizes(this, size);
    if (size === 0) this.emptied = true;
    this.bytes = resized(this.bytes, size);
    return 0;
  }

  /** A description of it is closed. */
  close(): void {
    if (this.emptied) this.keeper?.closes(this);
    this.emptied = false;
  }

  override status(): FileStatus {
    return { type: 'file', size: this.bytes.length, links: this.names };
  }
}

/** Names, and what they stand for. */
export class Directory extends Inode {
  readonly entries: Map<string, Inode> = new Map();
  /** Those that a crash cannot change. */
  readonly onDisk: Map<string, Inode> = new Map();
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
