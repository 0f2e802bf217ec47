import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
} from '../../sys/errno.ts';
import type { Choices, CrashModelName } from './choices.ts';
import { Ext4 } from './crash-ext4.ts';
import { Harsh } from './crash-harsh.ts';
import type { CrashModel } from './crash-model.ts';
import type { Footprint } from './footprint.ts';
import { Directory, FileInode, type Inode } from './inode.ts';

/** NAME_MAX: bytes of a name. */
const NAME_BYTES_MAX = 255;
/** PATH_MAX, with the NUL at its end. */
const PATH_BYTES_MAX = 4096;

/** Where a path leads (struct nameidata). */
export interface PathFound {
  readonly parent: Directory;
  readonly name: string;
  /** What is there; undefined where nothing is. */
  readonly inode: Inode | undefined;
  /** It ends in a slash: only a directory is meant. */
  readonly slash: boolean;
  /** `.`, `..` and `/` are not names that could be given or taken (LAST_NORM). */
  readonly last: 'name' | '.' | '..' | '/';
}

/**
 * The file system of one host: a tree of names, empty at first, and what they stand for. Its calls
 * give a negated errno where they fail; which, and in which order it is looked for, is as in
 * fs/namei.c.
 */
export class Disk {
  readonly root: Directory = new Directory();
  /** Keeps what is known to be on the disk; in footprints it stands for the order of changes. */
  model: CrashModel = new Ext4();
  /** How often it has lost what was not synced. */
  crashCount = 0;

  constructor() {
    this.root.names = 1;
  }

  /** @param into notes what was looked at on the way */
  find(path: string, into?: Footprint): PathFound | number {
    const text = path.split('\0', 1)[0] as string;
    if (text === '') return -ENOENT;
    if (bytesOf(text) >= PATH_BYTES_MAX) return -ENAMETOOLONG;
    const names = text.split('/').filter((name) => name !== '');
    const name = names.pop();
    let parent = this.root;
    for (const each of names) {
      const next = lookUp(parent, each, into);
      if (typeof next === 'number') return next;
      if (next === undefined) return -ENOENT;
      if (!(next instanceof Directory)) return -ENOTDIR;
      parent = next;
    }
    if (name === undefined) return { parent, name: '/', inode: parent, slash: false, last: '/' };
    const inode = lookUp(parent, name, into);
    if (typeof inode === 'number') return inode;
    const last = name === '.' || name === '..' ? name : 'name';
    return { parent, name, inode, slash: text.endsWith('/'), last };
  }

  /** What is at the end of a path that has to be there. */
  at(path: string): Inode | number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    const { inode, slash } = found;
    if (inode === undefined) return -ENOENT;
    return slash && !(inode instanceof Directory) ? -ENOTDIR : inode;
  }

  /** open(2) with O_CREAT: what is there, or a new file. */
  create(path: string, exclusive: boolean): FileInode | number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.slash && found.last === 'name') return -EISDIR;
    if (found.inode !== undefined) {
      if (exclusive) return -EEXIST;
      return found.inode instanceof FileInode ? found.inode : -EISDIR;
    }
    const inode = new FileInode(this.model);
    this.#change(undefined, [found, inode]);
    return inode;
  }

  mkdir(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.inode !== undefined) return -EEXIST;
    const directory = new Directory();
    directory.parent = found.parent;
    this.#change(undefined, [found, directory]);
    return 0;
  }

  rmdir(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.last !== 'name') return NOT_REMOVED[found.last];
    const { inode } = found;
    if (inode === undefined) return -ENOENT;
    if (!(inode instanceof Directory)) return -ENOTDIR;
    if (inode.entries.size > 0) return -ENOTEMPTY;
    this.#change(undefined, [found, undefined]);
    return 0;
  }

  unlink(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.last !== 'name') return -EISDIR;
    if (found.inode === undefined) return -ENOENT;
    if (found.inode instanceof Directory) return -EISDIR;
    if (found.slash) return -ENOTDIR;
    this.#change(undefined, [found, undefined]);
    return 0;
  }

  link(from: string, to: string): number {
    const inode = this.at(from);
    if (typeof inode === 'number') return inode;
    const found = this.find(to);
    if (typeof found === 'number') return found;
    if (found.inode !== undefined) return -EEXIST;
    if (found.slash) return -ENOENT;
    if (inode instanceof Directory) return -EPERM;
    this.#change(undefined, [found, inode]);
    return 0;
  }

  rename(from: string, to: string): number {
    const old = this.find(from);
    if (typeof old === 'number') return old;
    const found = this.find(to);
    if (typeof found === 'number') return found;
    if (old.last !== 'name' || found.last !== 'name') return -EBUSY;
    const { inode } = old;
    if (inode === undefined) return -ENOENT;
    if (!(inode instanceof Directory) && (old.slash || found.slash)) return -ENOTDIR;
    if (inode instanceof Directory && isWithin(found.parent, inode)) return -EINVAL;
    const target = found.inode;
    if (target instanceof Directory && isWithin(old.parent, target)) return -ENOTEMPTY;
    if (target === inode) return 0;
    if (target !== undefined) {
      if (inode instanceof Directory && !(target instanceof Directory)) return -ENOTDIR;
      if (target instanceof Directory) {
        if (!(inode instanceof Directory)) return -EISDIR;
        if (target.entries.size > 0) return -ENOTEMPTY;
      }
    }
    this.#change(target, [found, inode], [old, undefined]);
    if (inode instanceof Directory) inode.parent = found.parent;
    return 0;
  }

  /** Names stand for something else from now on, or for nothing; those that are given together. */
  #change(
    replaced: Inode | undefined,
    ...sets: readonly (readonly [PathFound, Inode | undefined])[]
  ): void {
    const change = sets.map(([{ parent, name }, inode]) => ({ parent, name, inode }));
    this.model.names(change, replaced);
    for (const { parent, name, inode } of change) {
      const before = parent.entries.get(name);
      if (before !== undefined) before.names--;
      if (inode === undefined) parent.entries.delete(name);
      else {
        parent.entries.set(name, inode);
        inode.names++;
      }
    }
  }

  // ---- what a crash leaves ----

  /** While it is empty still. */
  setModel(model: CrashModelName): void {
    this.model = model === 'ext4' ? new Ext4() : new Harsh();
  }

  /** Nobody has anything open any more. */
  crash(choices: Choices): void {
    this.crashCount++;
    this.model.survivingNames(choices);
    this.#restore(this.root, '', choices, new Set([this.root]));
    this.model.forget();
  }

  /** As fsck(8) leaves it: what has no way to the root is gone, and a directory has one way. */
  #restore(directory: Directory, path: string, choices: Choices, known: Set<Inode>): void {
    const { entries, onDisk } = directory;
    entries.clear();
    for (const [name, inode] of onDisk) {
      const isKnown = known.has(inode);
      if (isKnown && inode instanceof Directory) {
        onDisk.delete(name);
        continue;
      }
      known.add(inode);
      entries.set(name, inode);
      inode.names = isKnown ? inode.names + 1 : 1;
      const its = `${path}/${name}`;
      if (inode instanceof Directory) {
        inode.parent = directory;
        this.#restore(inode, its, choices, known);
      } else if (!isKnown && inode instanceof FileInode) {
        inode.bytes = this.model.survivingContents(inode, its, choices);
      }
    }
  }
}

const NOT_REMOVED = { '.': -EINVAL, '..': -ENOTEMPTY, '/': -EBUSY } as const;

/** Whether a directory is `other` or lies somewhere in it. */
function isWithin(directory: Directory, other: Directory): boolean {
  for (let each = directory; ; each = each.parent) {
    if (each === other) return true;
    if (each === each.parent) return false;
  }
}

function lookUp(directory: Directory, name: string, into?: Footprint): Inode | undefined | number {
  if (name === '.') return directory;
  if (name === '..') {
    into?.read(directory);
    return directory.parent;
  }
  if (bytesOf(name) > NAME_BYTES_MAX) return -ENAMETOOLONG;
  into?.read(directory.place(name));
  return directory.entries.get(name);
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
