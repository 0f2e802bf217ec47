import { EFBIG } from '../../sys/errno.ts';
import type { FileStatus } from '../../sys/sys.ts';
import type { Attributes } from './attributes.ts';
import type { Under } from './beneath.ts';
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
  /** Undefined for what no name has ever stood for. */
  attributes: Attributes | undefined;

  abstract status(): FileStatus;
}

/** What a symbolic link holds (symlink(7)). */
export class Symlink extends Inode {
  readonly target: string;

  constructor(target: string) {
    super();
    this.target = target;
  }

  override status(): FileStatus {
    return { type: 'link', size: bytesOf(this.target), links: this.names };
  }
}

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Bytes from a place on, so many at most; or a negated errno. */
type ReadsAt = (offset: number, bytesMax: number) => Uint8Array | number;

/** A device, or what else is made when it is read: as it is on the real machine, and read there. */
export class Special extends Inode {
  readonly read: ReadsAt;

  constructor(read: ReadsAt) {
    super();
    this.read = read;
  }

  override status(): FileStatus {
    return { type: 'special', size: 0, links: this.names };
  }
}

/** What a file holds that nobody has written to yet. */
interface Unchanged {
  readonly size: number;
  readonly read: ReadsAt;
}

const EMPTY = new Uint8Array(0);

/** What a file holds, whoever has it open. */
export class FileInode extends Inode {
  #bytes: Uint8Array = EMPTY;
  /** What it has room for, where that is its own; {@link bytes} begins where this does. */
  #room: Uint8Array = EMPTY;
  #unchanged: Unchanged | undefined;
  /** It was truncated to nothing, and not closed since (EXT4_STATE_DA_ALLOC_CLOSE). */
  emptied = false;
  /** Hears of its changes; null for a file in memory, which no crash leaves. */
  readonly keeper: CrashModel | null;

  constructor(keeper: CrashModel | null, unchanged?: Unchanged) {
    super();
    this.keeper = keeper;
    this.#unchanged = unchanged;
  }

  get bytes(): Uint8Array {
    if (this.#unchanged !== undefined) {
      const { size, read } = this.#unchanged;
      const bytes = read(0, size);
      this.#bytes = typeof bytes === 'number' ? EMPTY : bytes;
      this.#unchanged = undefined;
    }
    return this.#bytes;
  }

  set bytes(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#unchanged = undefined;
  }

  get size(): number {
    return this.#unchanged?.size ?? this.#bytes.length;
  }

  /** It is as it was before the run. */
  get isUnchanged(): boolean {
    return this.#unchanged !== undefined;
  }

  read(offset: number, bytesMax: number): Uint8Array | number {
    return this.#unchanged?.read(offset, bytesMax) ?? this.#bytes.slice(offset, offset + bytesMax);
  }

  /**
   * # write: a file ends at 64 MiB
   * A write beyond is EFBIG, all of it, and without SIGXFSZ (under `ulimit -f` part of it is done).
   */
  write(offset: number, bytes: Uint8Array): number {
    const end = offset + bytes.length;
    if (end > FILE_BYTES_MAX) return -EFBIG;
    this.keeper?.writes(this, offset, bytes);
    if (end > this.bytes.length) this.#grow(end);
    this.#bytes.set(bytes, offset);
    this.attributes?.modifies();
    return bytes.length;
  }

  /** Whoever writes piece by piece copies what was there a few times, and not each time. */
  #grow(size: number): void {
    if (this.#bytes.buffer !== this.#room.buffer || size > this.#room.length) {
      this.#room = resized(this.#bytes, Math.max(size, this.#bytes.length * 2));
    }
    this.#bytes = this.#room.subarray(0, size);
  }

  truncate(size: number): number {
    if (size > FILE_BYTES_MAX) return -EFBIG;
    this.keeper?.resizes(this, size);
    if (size === 0) this.emptied = true;
    this.bytes = resized(this.bytes, size);
    this.attributes?.modifies();
    return 0;
  }

  /** A description of it is closed. */
  close(): void {
    if (this.emptied) this.keeper?.closes(this);
    this.emptied = false;
  }

  override status(): FileStatus {
    return { type: 'file', size: this.size, links: this.names };
  }
}

/** Names, and what they stand for. */
export class Directory extends Inode {
  /** Those that were looked at; all of them where nothing lies beneath. */
  readonly entries: Map<string, Inode> = new Map();
  /** Those that a crash cannot change. */
  readonly onDisk: Map<string, Inode> = new Map();
  /** The root's is itself. */
  parent: Directory = this;
  readonly #places = new Map<string, object>();
  readonly #under: Under | undefined;
  /** What was found beneath of the names that were looked for: the rest is known here. */
  readonly #looked = new Map<string, Inode | undefined>();
  #isListed = false;
  /** What stat shows of one that was there before the run. */
  shown: { readonly size: number; readonly links: number } | undefined;

  constructor(under?: Under) {
    super();
    this.#under = under;
  }

  get(name: string): Inode | undefined {
    if (this.#under !== undefined && !this.#looked.has(name)) {
      const found = this.#under.look(name);
      this.#looked.set(name, found);
      this.#adopt(name, found);
    }
    return this.entries.get(name);
  }

  #adopt(name: string, inode: Inode | undefined): void {
    if (inode === undefined) return;
    this.entries.set(name, inode);
    this.onDisk.set(name, inode);
    if (inode instanceof Directory) inode.parent = this;
  }

  /** Names whose files were not there before the run, or not so; undefined for what is gone. */
  *changes(path = ''): Generator<[path: string, inode: Inode | undefined]> {
    const names = new Set([...this.#looked.keys(), ...this.entries.keys()]);
    for (const name of [...names].sort()) {
      const inode = this.entries.get(name);
      const before = this.#looked.get(name);
      const at = `${path}/${name}`;
      const isSame = inode === before && !(inode instanceof FileInode && !inode.isUnchanged);
      if (!isSame) yield [at, inode];
      if (!(inode instanceof Directory)) continue;
      if (!isSame) inode.list();
      yield* inode.changes(at);
    }
  }

  /** All of them. */
  list(): ReadonlyMap<string, Inode> {
    if (this.#under !== undefined && !this.#isListed) {
      this.#isListed = true;
      for (const name of this.#under.names()) this.get(name);
    }
    return this.entries;
  }

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
    let links = this.shown?.links ?? 2;
    if (this.#under === undefined) {
      for (const inode of this.entries.values()) if (inode instanceof Directory) links++;
    }
    return { type: 'directory', size: 0, links: this.names === 0 ? 0 : links };
  }
}
