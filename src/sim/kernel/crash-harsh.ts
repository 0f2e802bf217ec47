import { type Choices, KIND } from './choices.ts';
import {
  applyNames,
  type CrashModel,
  type NameChange,
  type NameSet,
  overwritten,
  PAGE_BYTES,
  resized,
} from './crash-model.ts';
import type { FileInode, Inode } from './inode.ts';

/** A new size, or bytes within one page. */
type Content =
  | { readonly inode: FileInode; readonly size: number }
  | { readonly inode: FileInode; readonly offset: number; readonly bytes: Uint8Array };

/**
 * # Crash, harsh: what POSIX promises and no more
 * Of what was not synced, any subset is on the disk: each change of a name (a rename is one), each
 * new size (a write beyond the end is one, before its bytes), and of each write the bytes within
 * each page of 4 KiB, applied in the order in which they were made. Bytes beyond the size are not
 * there. fsync of a file is about its contents, not its names; fsync of a directory is about what
 * was changed in it, and whatever was changed before of the same names.
 */
export class Harsh implements CrashModel {
  #names: NameChange[] = [];
  #contents: Content[] = [];
  /** What files held when they were last synced. */
  readonly #bases = new Map<FileInode, Uint8Array>();

  #notes(change: Content): void {
    const { inode } = change;
    if (!this.#bases.has(inode)) this.#bases.set(inode, inode.bytes.slice());
    this.#contents.push(change);
  }

  writes(inode: FileInode, offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > inode.bytes.length) this.#notes({ inode, size: end });
    for (let at = offset; at < end; ) {
      const next = Math.min(end, (Math.floor(at / PAGE_BYTES) + 1) * PAGE_BYTES);
      this.#notes({ inode, offset: at, bytes: bytes.slice(at - offset, next - offset) });
      at = next;
    }
  }

  resizes(inode: FileInode, size: number): void {
    if (size !== inode.bytes.length) this.#notes({ inode, size });
  }

  names(change: NameChange): void {
    this.#names.push(change);
  }

  closes(): void {}

  /** Of files whose fsync has failed the disk lacks something, whatever is synced later. */
  readonly #differing = new Set<Inode>();

  loses(inode: FileInode): void {
    if (!this.#bases.has(inode)) return;
    this.#differing.add(inode);
    this.#contents = this.#contents.filter((change) => change.inode !== inode);
  }

  syncs(inode: Inode): void {
    const file = inode as FileInode;
    const its = this.#contents.filter((change) => change.inode === inode);
    this.#contents = this.#contents.filter((change) => change.inode !== inode);
    if (this.#differing.has(inode)) {
      this.#bases.set(file, its.reduce(withChange, this.#bases.get(file) as Uint8Array));
    } else this.#bases.delete(file);
    const synced: NameSet[] = [];
    const concerned = (set: NameSet): boolean =>
      set.parent === inode ||
      synced.some(({ parent, name }) => parent === set.parent && name === set.name);
    const kept: NameChange[] = [];
    const applied: NameChange[] = [];
    for (const change of this.#names.toReversed()) {
      if (change.some(concerned)) {
        synced.push(...change);
        applied.unshift(change);
      } else kept.unshift(change);
    }
    for (const change of applied) applyNames(change);
    this.#names = kept;
  }

  survivingNames(choices: Choices): void {
    for (const change of this.#names) {
      const text = change.map(({ name, inode }) => `${inode ? '+' : '-'}${name}`).join(' ');
      if (isThere(choices, text)) applyNames(change);
    }
  }

  survivingContents(inode: FileInode, path: string, choices: Choices): Uint8Array {
    let bytes = this.#bases.get(inode) ?? inode.bytes;
    for (const change of this.#contents) {
      if (change.inode !== inode) continue;
      const what =
        'size' in change
          ? `${path} of ${change.size} B`
          : `${change.bytes.length} B at ${change.offset} of ${path}`;
      if (isThere(choices, what)) bytes = withChange(bytes, change);
    }
    return bytes;
  }

  forget(): void {
    this.#names = [];
    this.#contents = [];
    this.#bases.clear();
    this.#differing.clear();
  }
}

function withChange(bytes: Uint8Array, change: Content): Uint8Array {
  if ('size' in change) return resized(bytes, change.size);
  // Beyond the size nothing is there.
  return resized(overwritten(bytes, change.offset, change.bytes), bytes.length);
}

function isThere(choices: Choices, what: string): boolean {
  const about = {
    label: () => what,
    alternativeText: (choice: number) => `${what} ${choice === 0 ? 'survives' : 'is lost'}`,
  };
  return choices.decide(KIND.crash, 2, about) === 0;
}
