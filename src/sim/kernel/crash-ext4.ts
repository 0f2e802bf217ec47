import { type Choices, KIND } from './choices.ts';
import {
  applyNames,
  type CrashModel,
  type NameChange,
  overwritten,
  PAGE_BYTES,
  resized,
} from './crash-model.ts';
import { FileInode, type Inode } from './inode.ts';

interface Write {
  readonly kind: 'write';
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A change that goes through the journal. */
interface Journalled {
  committed: boolean;
}

interface Resize extends Journalled {
  readonly kind: 'resize';
  readonly inode: FileInode;
  readonly size: number;
}

/** What was written before it gets its blocks now (ext4_alloc_da_blocks). */
interface Alloc extends Journalled {
  readonly kind: 'alloc';
  readonly inode: FileInode;
}

interface Names extends Journalled {
  readonly kind: 'names';
  readonly change: NameChange;
  readonly replaced: Inode | undefined;
}

/** A file, since it was last synced. */
interface Unsynced {
  base: Uint8Array;
  changes: (Write | Resize | Alloc)[];
  /** An fsync has failed: the disk lacks what the file has, whatever is synced later. */
  differs: boolean;
}

/**
 * # Crash, ext4: data=ordered, delayed allocation and auto_da_alloc, as it is mounted by default
 * Sources: Documentation/admin-guide/ext4.rst (data=ordered, auto_da_alloc, delalloc),
 * fs/ext4/namei.c (ext4_rename), fs/ext4/file.c (ext4_release_file), fs/ext4/inode.c
 * (ext4_truncate, ext4_da_write_end), fs/ext4/fsync.c; Pillai et al., "All File Systems Are Not
 * Created Equal", OSDI 2014, table 1, for what applications may and may not count on.
 *
 * - Names (creation, rename, unlink, link, mkdir, rmdir) and truncations go through the journal, in
 *   the order in which they were made: what survives of them is a beginning.
 * - What is written is not ordered with that. The size of a file is that after any of the writes
 *   since it was last synced, and each page, by itself, is as after any of those that touched it. A
 *   page of which the disk had nothing is there with its first write, if the size says that it is
 *   there: data=ordered writes data before the size that shows it. But a page that had bytes may be
 *   old, with zeros where a longer size shows more.
 * - What is truncated is gone with the truncation, and what was written after it is not there
 *   without it.
 * - auto_da_alloc: a file that is renamed over another has its new pages on the disk when the
 *   rename is there, and so has one that was truncated to nothing when it is closed, before any
 *   later change of a name.
 * - fsync and fdatasync: the file is there as it is, and so is all of the journal up to its last
 *   change, or all of it if it was written since. Of a directory likewise.
 */
export class Ext4 implements CrashModel {
  readonly #files = new Map<FileInode, Unsynced>();
  #journal: (Resize | Alloc | Names)[] = [];

  #of(inode: FileInode): Unsynced {
    let file = this.#files.get(inode);
    if (file === undefined) {
      file = { base: inode.bytes.slice(), changes: [], differs: false };
      this.#files.set(inode, file);
    }
    return file;
  }

  writes(inode: FileInode, offset: number, bytes: Uint8Array): void {
    this.#of(inode).changes.push({ kind: 'write', offset, bytes: bytes.slice() });
  }

  resizes(inode: FileInode, size: number): void {
    if (size === inode.bytes.length) return;
    this.#journalled({ kind: 'resize', inode, size, committed: false });
  }

  names(change: NameChange, replaced: Inode | undefined): void {
    const renamed = change[0]?.inode;
    if (replaced !== undefined && renamed instanceof FileInode) this.#allocates(renamed);
    this.#journal.push({ kind: 'names', change, replaced, committed: false });
  }

  closes(inode: FileInode): void {
    this.#allocates(inode);
  }

  #allocates(inode: FileInode): void {
    if (!this.#files.has(inode)) return;
    this.#journalled({ kind: 'alloc', inode, committed: false });
  }

  #journalled(change: Resize | Alloc): void {
    this.#of(change.inode).changes.push(change);
    this.#journal.push(change);
  }

  syncs(inode: Inode): void {
    const written = inode instanceof FileInode && this.#written(inode);
    const last = written
      ? this.#journal.length - 1
      : this.#journal.findLastIndex((change) => concerns(change, inode));
    this.#commit(last + 1);
  }

  /** All of it is on the disk; false if there was nothing. */
  #written(inode: FileInode): boolean {
    const file = this.#files.get(inode);
    if (file === undefined) return false;
    if (!file.differs) return this.#files.delete(inode);
    file.base = settled(file);
    file.changes = [];
    return true;
  }

  loses(inode: FileInode): void {
    const file = this.#of(inode);
    file.differs = true;
    file.changes = file.changes.filter(({ kind }) => kind !== 'write');
  }

  #commit(count: number): void {
    for (const change of this.#journal.splice(0, count)) {
      change.committed = true;
      if (change.kind === 'names') applyNames(change.change);
    }
  }

  survivingNames(choices: Choices): void {
    const { length } = this.#journal;
    if (length === 0) return;
    const lost = choices.decide(KIND.crash, length + 1, {
      label: () => 'names and truncations',
      alternativeText: (choice) =>
        choice === 0
          ? 'all changes of names survive'
          : `of the changes of names the last ${choice} of ${length} are lost`,
    });
    this.#commit(length - lost);
  }

  survivingContents(inode: FileInode, path: string, choices: Choices): Uint8Array {
    const file = this.#files.get(inode);
    if (file === undefined) return inode.bytes;
    let bytes = file.base;
    let writes: Write[] = [];
    let allocated = 0;
    for (const change of file.changes) {
      if (change.kind === 'write') writes.push(change);
      else if (change.kind === 'alloc') {
        if (change.committed) allocated = writes.length;
      } else {
        if (!change.committed) break;
        const before =
          change.size === 0 ? bytes : new Pages(bytes, writes, allocated, path).survive(choices);
        bytes = resized(before, change.size);
        writes = [];
        allocated = 0;
      }
    }
    return new Pages(bytes, writes, allocated, path).survive(choices);
  }

  forget(): void {
    this.#files.clear();
    this.#journal = [];
  }
}

/** What a file holds, if all of its changes are there. */
function settled({ base, changes }: Unsynced): Uint8Array {
  let bytes = base;
  for (const change of changes) {
    if (change.kind === 'resize') bytes = resized(bytes, change.size);
    else if (change.kind === 'write') bytes = overwritten(bytes, change.offset, change.bytes);
  }
  return bytes;
}

function concerns(change: Resize | Alloc | Names, inode: Inode): boolean {
  if (change.kind !== 'names') return change.inode === inode;
  if (change.replaced === inode) return true;
  return change.change.some((set) => set.parent === inode || set.inode === inode);
}

/** What may be left of some writes to a file, between two truncations. */
class Pages {
  readonly #base: Uint8Array;
  readonly #writes: readonly Write[];
  /** So many of the writes have their blocks, and what is in them. */
  readonly #allocated: number;
  readonly #path: string;
  /** From this page on the disk had nothing. */
  readonly #newFrom: number;

  constructor(base: Uint8Array, writes: readonly Write[], allocated: number, path: string) {
    this.#base = base;
    this.#writes = writes;
    this.#newFrom = Math.ceil(base.length / PAGE_BYTES);
    const news = writes
      .slice(0, allocated)
      .some((write) => endOf(write) > this.#newFrom * PAGE_BYTES);
    this.#allocated = news ? allocated : 0;
    this.#path = path;
  }

  survive(choices: Choices): Uint8Array {
    const size = this.#size(choices);
    const bytes = resized(this.#base, size);
    for (let at = 0; at < size; at += PAGE_BYTES) {
      bytes.set(this.#page(at, Math.min(PAGE_BYTES, size - at), choices), at);
    }
    return bytes;
  }

  /** The largest is the calm one. */
  #size(choices: Choices): number {
    const sizes = [this.#base.length];
    for (const write of this.#writes) sizes.push(Math.max(sizes.at(-1) as number, endOf(write)));
    const possible = [...new Set(sizes.slice(this.#allocated))].reverse();
    return pick(choices, possible, (size) => `${this.#path} has ${size} B on the disk`);
  }

  /** As after each of the writes that touch it, the last first; one that is new has the first. */
  #page(at: number, size: number, choices: Choices): Uint8Array {
    let page = resized(this.#base.subarray(at), size);
    const isNew = at >= this.#newFrom * PAGE_BYTES;
    const possible = isNew ? [] : [page];
    this.#writes.forEach((write, i) => {
      if (write.offset >= at + PAGE_BYTES || endOf(write) <= at) return;
      page = page.slice();
      overlay(page, write.bytes, write.offset - at);
      if (isNew && i < this.#allocated) possible.length = 0;
      possible.unshift(page);
    });
    if (possible.length === 0) return page;
    const visible = possible.filter(
      (one, i) => possible.findIndex((other) => alike(one, other)) === i,
    );
    return pick(choices, visible, (_, choice) =>
      choice === 0
        ? `${this.#path} has all that was written from ${at} on`
        : `${this.#path} lacks ${choice} of the last writes from ${at} on`,
    );
  }
}

const endOf = ({ offset, bytes }: Write): number => offset + bytes.length;

const alike = (one: Uint8Array, other: Uint8Array): boolean =>
  one.every((byte, i) => byte === other[i]);

/** Bytes that lie at `at` of a page, which may be before its beginning or beyond its end. */
function overlay(page: Uint8Array, bytes: Uint8Array, at: number): void {
  const from = Math.max(0, -at);
  const to = Math.min(bytes.length, page.length - at);
  if (to > from) page.set(bytes.subarray(from, to), at + from);
}

function pick<T>(
  choices: Choices,
  possible: readonly T[],
  text: (one: T, choice: number) => string,
): T {
  if (possible.length === 1) return possible[0] as T;
  const choice = choices.decide(KIND.crash, possible.length, {
    label: () => text(possible[0] as T, 0),
    alternativeText: (index) => text(possible[index] as T, index),
  });
  return possible[choice] as T;
}
