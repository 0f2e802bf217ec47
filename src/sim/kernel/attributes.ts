import type { Clock } from './clock.ts';

/** Kinds of files, in a mode (inode(7)). */
export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;

/** A moment as stat(2) has it: seconds since 1970, and nanoseconds. */
export type Stamp = readonly [s: number, ns: number];

/** What stat(2) tells of a file beside its kind, its size and its links. */
export interface AttributeValues {
  /** With the bits of its kind. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly ino: number;
  readonly rdev: number;
  readonly blksize: number;
  /** Of 512 bytes each, while nobody has written to it. */
  readonly blocks: number;
  readonly accessed: Stamp;
  readonly modified: Stamp;
  readonly changed: Stamp;
  readonly born: Stamp;
}

/**
 * # stat: st_atime is not touched by reading, as on a file system that is mounted with noatime
 */
export class Attributes implements AttributeValues {
  mode: number;
  uid: number;
  gid: number;
  readonly dev: number;
  readonly ino: number;
  readonly rdev: number;
  readonly blksize: number;
  readonly blocks: number;
  accessed: Stamp;
  modified: Stamp;
  changed: Stamp;
  readonly born: Stamp;
  readonly #clock: Clock;

  constructor(clock: Clock, values: AttributeValues) {
    this.#clock = clock;
    this.mode = values.mode;
    this.uid = values.uid;
    this.gid = values.gid;
    this.dev = values.dev;
    this.ino = values.ino;
    this.rdev = values.rdev;
    this.blksize = values.blksize;
    this.blocks = values.blocks;
    this.accessed = values.accessed;
    this.modified = values.modified;
    this.changed = values.changed;
    this.born = values.born;
  }

  /** What it holds is another now. */
  modifies(): void {
    this.modified = stampOf(this.#clock);
    this.changed = this.modified;
  }

  /** Something else of it is. */
  changes(): void {
    this.changed = stampOf(this.#clock);
  }
}

export function stampOf({ epochMs, nowNs }: Clock): Stamp {
  const ns = (epochMs % 1000) * 1e6 + nowNs;
  return [Math.floor(epochMs / 1000) + Math.floor(ns / 1e9), Math.floor(ns % 1e9)];
}
