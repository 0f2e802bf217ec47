import { EBADF, EINVAL, EISDIR } from '../../sys/errno.ts';
import { FileObject } from './file.ts';
import type { Footprint } from './footprint.ts';
import type { Directory, FileInode, Inode, Special } from './inode.ts';
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

  override readAt(): Uint8Array {
    return EMPTY;
  }

  override writeAt(_offset: number, bytes: Uint8Array): number {
    return bytes.length;
  }

  override seek(): number {
    return 0;
  }
}

/** What an off_t can say. */
const OFFSET_END = 2 ** 63;

/** lseek(2) from `base`: the place, or -EINVAL where there can be none. */
function placeFrom(base: number | undefined, offset: number): number {
  if (base === undefined) return -EINVAL;
  const place = base + Math.trunc(offset);
  return place < 0 || place >= OFFSET_END ? -EINVAL : place;
}

/** A file or a directory, as one open file description has it. */
export abstract class OnDisk extends AlwaysReady {
  abstract readonly inode: Inode;

  /** Its lock goes with the description (locks_remove_flock). */
  override release(): void {
    this.inode.locks.drop(this);
  }

  override touchesOfRelease(into: Footprint): void {
    if (this.inode.locks.holds(this)) into.write(this.inode.locks);
  }

  override touchesAfterRelease(into: Footprint): void {
    into.write(this.inode.locks);
  }
}

/** What has bytes that are read, from the place where the description is. */
abstract class WithBytes extends OnDisk {
  abstract override readonly inode: FileInode | Special;
  protected offset = 0;

  override read(bytesMax: number): Uint8Array | number {
    const bytes = this.inode.read(this.offset, bytesMax);
    if (typeof bytes !== 'number') this.offset += bytes.length;
    return bytes;
  }

  override readAt(offset: number, bytesMax: number): Uint8Array | number {
    return this.inode.read(offset, bytesMax);
  }
}

/** A regular file: one of a disk, or one in memory, as memfd_create(2) makes it. */
export class RegularFile extends WithBytes {
  override readonly type = 'file';
  override readonly inode: FileInode;
  readonly #name: string;

  constructor(name: string, inode: FileInode) {
    super();
    this.#name = name;
    this.inode = inode;
  }

  override get isOnDisk(): boolean {
    return this.inode.keeper !== null;
  }

  override takesParts(bytes: number): boolean {
    return this.isOnDisk && bytes > 1;
  }

  override release(): void {
    super.release();
    this.inode.close();
  }

  override write(bytes: Uint8Array, from: number): number {
    const taken = this.writeAt(this.offset, bytes.subarray(from));
    if (taken > 0) this.offset += taken;
    return taken;
  }

  /** Nothing makes no hole. */
  override writeAt(offset: number, bytes: Uint8Array): number {
    return bytes.length === 0 ? 0 : this.inode.write(offset, bytes);
  }

  override toEnd(): void {
    this.offset = this.inode.size;
  }

  override seek(offset: number, whence: number): number {
    const place = placeFrom([0, this.offset, this.inode.size][whence], offset);
    if (place >= 0) this.offset = place;
    return place;
  }

  override truncate(size: number): number {
    return this.inode.truncate(size);
  }

  override bytesReadable(): number {
    return Math.max(0, this.inode.size - this.offset);
  }

  override describe(): string {
    return `file ${this.#name}  ${this.inode.size} B, offset ${this.offset}`;
  }

  // The offset is the description's, what is in it is the file's.

  override touchesOfAll(into: Footprint): void {
    super.touchesOfAll(into);
    into.read(this.inode);
  }

  override touchesOfRead(into: Footprint): void {
    this.touchesOfAll(into);
  }

  override touchesOfRelease(into: Footprint): void {
    super.touchesOfRelease(into);
    if (this.inode.emptied) this.touchesAfterRelease(into);
  }

  override touchesAfterRelease(into: Footprint): void {
    super.touchesAfterRelease(into);
    into.write(this.inode);
    if (this.inode.keeper !== null) into.write(this.inode.keeper);
  }

  override touchesOfWrite(_bytes: number, into: Footprint): void {
    into.write(this, this.mark);
    into.write(this.inode);
  }
}

/** A device of the real machine, to be read. */
export class SpecialFile extends WithBytes {
  override readonly type = 'special';
  override readonly inode: Special;

  constructor(inode: Special) {
    super();
    this.inode = inode;
  }

  override writeAt(): number {
    return -EBADF;
  }

  override seek(): number {
    return 0;
  }
}

/** A directory that a program has open, to sync or to lock it. */
export class OpenDirectory extends OnDisk {
  override readonly type = 'directory';
  override readonly inode: Directory;
  #offset = 0;

  constructor(inode: Directory) {
    super();
    this.inode = inode;
  }

  override read(): number {
    return -EISDIR;
  }

  override readAt(): number {
    return -EISDIR;
  }

  override writeAt(): number {
    return -EBADF;
  }

  /** Directories end nowhere (offset_dir_llseek). */
  override seek(offset: number, whence: number): number {
    const place = placeFrom([0, this.#offset][whence], offset);
    if (place >= 0) this.#offset = place;
    return place;
  }
}
