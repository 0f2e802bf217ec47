import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
} from '../../sys/errno.ts';
import { Attributes, S_IFDIR, S_IFLNK, S_IFREG, stampOf } from './attributes.ts';
import { type Beneath, Layer, Under } from './beneath.ts';
import type { Choices, CrashModelName } from './choices.ts';
import type { Clock } from './clock.ts';
import { Ext4 } from './crash-ext4.ts';
import { Harsh } from './crash-harsh.ts';
import type { CrashModel } from './crash-model.ts';
import type { Footprint } from './footprint.ts';
import { bytesOf, Directory, FileInode, type Inode, Symlink } from './inode.ts';

/** NAME_MAX: bytes of a name. */
const NAME_BYTES_MAX = 255;
/** PATH_MAX, with the NUL at its end. */
const PATH_BYTES_MAX = 4096;
/** MAXSYMLINKS: links that are followed in one path. */
const LINKS_MAX = 40;
/** Blocks of a file system are that big. */
const BLOCK_BYTES = 4096;
/** Inodes of what a run makes are numbered from here, where few file systems have any. */
const INO_FIRST = 0x4000_0000;

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
 * The file system of one host: a tree of names, empty at first or laid over real files, and what
 * they stand for. Its calls give a negated errno where they fail; which, and in which order it is
 * looked for, is as in fs/namei.c.
 */
export class Disk {
  root: Directory = new Directory();
  /** Keeps what is known to be on the disk; in footprints it stands for the order of changes. */
  model: CrashModel = new Ext4();
  /** How often it has lost what was not synced. */
  crashCount = 0;
  readonly #clock: Clock;
  #inos = INO_FIRST;
  #isLaidOver = false;
  /** Whose what is made is. */
  owner: { readonly uid: number; readonly gid: number } = { uid: 0, gid: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.root.names = 1;
    this.#owned(this.root, S_IFDIR | 0o755);
  }

  /** From now on what is there can be read here, and is changed here alone. */
  layOver(beneath: Beneath): void {
    if (this.#isLaidOver) return;
    this.#isLaidOver = true;
    const before = this.root;
    const layer = new Layer(beneath, this.#clock, () => this.model);
    this.root = new Directory(new Under(layer, '/'));
    this.root.names = 1;
    this.root.attributes = layer.inodeOf('/')?.attributes ?? before.attributes;
    for (const [name, inode] of before.entries) {
      this.root.get(name);
      this.root.entries.set(name, inode);
      if (inode instanceof Directory) inode.parent = this.root;
    }
  }

  #owned<T extends Inode>(inode: T, mode: number): T {
    const now = stampOf(this.#clock);
    const dev = this.root.attributes?.dev ?? 1;
    inode.attributes = new Attributes(this.#clock, {
      ...{ mode, ...this.owner, dev, ino: ++this.#inos, rdev: 0, blksize: BLOCK_BYTES, blocks: 0 },
      ...{ accessed: now, modified: now, changed: now, born: now },
    });
    return inode;
  }

  /**
   * @param into notes what was looked at on the way
   * @param follows whether a symbolic link at the end is followed
   */
  find(path: string, into?: Footprint, follows = false): PathFound | number {
    const text = path.split('\0', 1)[0] as string;
    if (text === '') return -ENOENT;
    if (bytesOf(text) >= PATH_BYTES_MAX) return -ENAMETOOLONG;
    const names = namesOf(text);
    let slash = text.endsWith('/');
    let parent = this.root;
    for (let links = 0; ; ) {
      const name = names.shift();
      if (name === undefined) return { parent, name: '/', inode: parent, slash: false, last: '/' };
      const inode = lookUp(parent, name, into);
      if (typeof inode === 'number') return inode;
      const isLast = names.length === 0;
      if (inode instanceof Symlink && (!isLast || follows || slash)) {
        if (++links > LINKS_MAX) return -ELOOP;
        const { target } = inode;
        if (target === '') return -ENOENT;
        names.unshift(...namesOf(target));
        if (target.startsWith('/')) parent = this.root;
        if (isLast) slash ||= target.endsWith('/');
        continue;
      }
      if (isLast) {
        const last = name === '.' || name === '..' ? name : 'name';
        return { parent, name, inode, slash, last };
      }
      if (inode === undefined) return -ENOENT;
      if (!(inode instanceof Directory)) return -ENOTDIR;
      parent = inode;
    }
  }

  /** What is at the end of a path that has to be there. */
  at(path: string, follows = true): Inode | number {
    const found = this.find(path, undefined, follows);
    if (typeof found === 'number') return found;
    const { inode, slash } = found;
    if (inode === undefined) return -ENOENT;
    return slash && !(inode instanceof Directory) ? -ENOTDIR : inode;
  }

  /** open(2) with O_CREAT: what is there, or a new file. */
  create(path: string, exclusive: boolean, mode: number): Inode | number {
    const found = this.find(path, undefined, !exclusive);
    if (typeof found === 'number') return found;
    if (found.slash && found.last === 'name') return -EISDIR;
    if (found.inode !== undefined) {
      if (exclusive) return -EEXIST;
      return found.inode instanceof Directory ? -EISDIR : found.inode;
    }
    const inode = this.#owned(new FileInode(this.model), S_IFREG | mode);
    this.#change(undefined, [found, inode]);
    return inode;
  }

  /** realpath(3): the path that has no link in it. */
  realPath(path: string): string | number {
    const inode = this.at(path);
    if (typeof inode === 'number') return inode;
    const found = this.find(path, undefined, true) as PathFound;
    const names = inode instanceof Directory ? [] : [found.name];
    let each = inode instanceof Directory ? inode : found.parent;
    for (; each !== this.root; each = each.parent) {
      const [name = ''] = [...each.parent.entries].find(([, other]) => other === each) ?? [];
      names.unshift(name);
    }
    return `/${names.join('/')}`;
  }

  symlink(target: string, path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (target === '') return -ENOENT;
    if (found.inode !== undefined) return -EEXIST;
    if (found.slash) return -ENOENT;
    this.#change(undefined, [found, this.#owned(new Symlink(target), S_IFLNK | 0o777)]);
    return 0;
  }

  mkdir(path: string, mode: number): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if (found.inode !== undefined) return -EEXIST;
    const directory = this.#owned(new Directory(), S_IFDIR | mode);
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
    if (inode.list().size > 0) return -ENOTEMPTY;
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
    const inode = this.at(from, false);
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
        if (target.list().size > 0) return -ENOTEMPTY;
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
      before?.attributes?.changes();
      inode?.attributes?.changes();
      parent.attributes?.modifies();
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
      } else if (!isKnown && inode instanceof FileInode && !inode.isUnchanged) {
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
  return directory.get(name);
}

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '');
