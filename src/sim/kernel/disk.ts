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
    const inode = new FileInode();
    this.#name(found, inode);
    return inode;
  }

  mkdir(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.inode !== undefined) return -EEXIST;
    const directory = new Directory();
    directory.parent = found.parent;
    this.#name(found, directory);
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
    this.#name(found, undefined);
    return 0;
  }

  unlink(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.last !== 'name') return -EISDIR;
    if (found.inode === undefined) return -ENOENT;
    if (found.inode instanceof Directory) return -EISDIR;
    if (found.slash) return -ENOTDIR;
    this.#name(found, undefined);
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
    this.#name(found, inode);
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
    this.#name(found, inode);
    this.#name(old, undefined);
    if (inode instanceof Directory) inode.parent = found.parent;
    return 0;
  }

  /** From now on a name stands for `inode`, or for nothing. */
  #name({ parent, name, inode: before }: PathFound, inode: Inode | undefined): void {
    if (before !== undefined) before.names--;
    if (inode === undefined) parent.entries.delete(name);
    else {
      parent.entries.set(name, inode);
      inode.names++;
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
