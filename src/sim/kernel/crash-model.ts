import type { Choices } from './choices.ts';
import type { Directory, FileInode, Inode } from './inode.ts';

/** What of a name is changed: what it stands for, undefined for nothing. */
export interface NameSet {
  readonly parent: Directory;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** Names that are changed together: by a rename two, else one. */
export type NameChange = readonly NameSet[];

/** A page of the cache, and a block of the disk. */
export const PAGE_BYTES = 4096;

/**
 * What is known to be on the disk, and what may not be there yet; told of each change before it is
 * made.
 */
export interface CrashModel {
  writes(inode: FileInode, offset: number, bytes: Uint8Array): void;
  resizes(inode: FileInode, size: number): void;
  /** @param replaced a file that loses its name by this */
  names(change: NameChange, replaced: Inode | undefined): void;
  /** It is closed for the first time since it was truncated to nothing. */
  closes(inode: FileInode): void;
  syncs(inode: Inode): void;
  /** An fsync has failed: what it should have written is not on the disk, and counts as if. */
  loses(inode: FileInode): void;
  /**
   * The machine has lost its memory. Each decision is about what of a change is on the disk, in
   * the calm case all of it. This comes first, and leaves {@link Directory.onDisk} as it is there.
   */
  survivingNames(choices: Choices): void;
  /** Asked of each file that still has a name. */
  survivingContents(inode: FileInode, path: string, choices: Choices): Uint8Array;
  /** All that there is is on the disk. */
  forget(): void;
}

export function applyNames(change: NameChange): void {
  for (const { parent, name, inode } of change) {
    if (inode === undefined) parent.onDisk.delete(name);
    else parent.onDisk.set(name, inode);
  }
}

/** The bytes as a file of that size has them: what is added is zeros. */
export function resized(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}

/** The bytes with others from `offset` on. */
export function overwritten(bytes: Uint8Array, offset: number, others: Uint8Array): Uint8Array {
  const result = resized(bytes, Math.max(bytes.length, offset + others.length));
  result.set(others, offset);
  return result;
}
