import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../sim/kernel/attributes.ts';
import type { Disk } from '../../sim/kernel/disk.ts';
import type { Task } from '../../sim/kernel/task.ts';
import {
  O_ACCMODE,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from '../../sys/constants.ts';
import { EACCES, EEXIST, ELOOP, ENOENT, ENOTDIR } from '../../sys/errno.ts';
import { InternalError, SysError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import type { FileAnswer, FileAsked } from '../wire.ts';
import { errnoOf, NO_BYTES } from './uv-stream.ts';

/** Flags that the kernel knows; the others of open(2) change nothing here. */
const KNOWN_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY;
const O_NOFOLLOW = 0o400000;
const O_DSYNC = 0o10000;
/** uv_fs_read of what is longer than a program's buffer is asked for in such pieces. */
const PIECE_BYTES = 1 << 18;
const ENXIO = 6;
const COPYFILE_EXCL = 1;
/** Places in what a status says. */
const MODE = 1;
const LINKS = 2;
const UID = 3;
const GID = 4;
const INO = 7;
const SIZE = 8;
const BLOCKS = 9;
/** mkdtemp(3) tries names until one is free; so many that it is no use to go on. */
const NAMES_MAX = 10_000;

/** What it gives beside its bytes. */
type Value = FileAnswer['value'];

type Work = (...args: never[]) => Program<Value>;

/** A request has failed; `syscall` where it is not called as the request is. */
class Failed extends Error {
  readonly errno: number;
  readonly syscall: string | undefined;

  constructor(errno: number, syscall?: string) {
    super();
    this.errno = errno;
    this.syscall = syscall;
  }
}

/**
 * What libuv does for a Node program's requests to its file system (src/unix/fs.c), and Node's C++
 * above it (src/node_file.cc): each of their syscalls is one of the simulated kernel.
 */
export class FileWork {
  readonly #sys: Sys;
  readonly #task: Task;
  /** Opened with O_SYNC or O_DSYNC. */
  readonly #synced = new Set<number>();
  /** What comes with an answer. */
  bytes: Uint8Array = NO_BYTES;
  #given: Uint8Array = NO_BYTES;
  #temporary = 0;

  constructor(task: Task) {
    this.#task = task;
    this.#sys = task.sys;
  }

  get #disk(): Disk {
    return this.#task.process.kernel.disk;
  }

  /** Do what was asked for; bytes that it gives are in {@link bytes}. */
  *do(asked: FileAsked, bytes: Uint8Array): Program<FileAnswer> {
    this.bytes = NO_BYTES;
    this.#given = bytes;
    const [name, ...args] = asked;
    const work = (this.#work as Readonly<Record<string, Work>>)[name];
    if (work === undefined) throw new InternalError(`no work ${name} on files`);
    try {
      return { errno: 0, value: (yield* work(...(args as never[]))) ?? null };
    } catch (error) {
      if (error instanceof Failed) {
        const { errno, syscall } = error;
        return { errno: -errno, value: null, ...(syscall === undefined ? {} : { syscall }) };
      }
      if (!(error instanceof SysError)) throw error;
      const [path] = args;
      const isSocket = error.errno === -ENOENT && this.#isSocket(path);
      return isSocket
        ? yield* this.#asSocket(name, path as string)
        : { errno: error.errno, value: null };
    }
  }

  #isSocket(path: unknown): boolean {
    return typeof path === 'string' && this.#task.process.kernel.unixNames.hasPath(path);
  }

  /**
   * A path that a socket is bound to is a file (unix(7)). # It is not on the disk: folders do not
   * list it, and it has its folder's owner and times.
   */
  *#asSocket(name: string, path: string): Program<FileAnswer> {
    if (name === 'open' || name === 'readFile') return { errno: -ENXIO, value: null };
    if (name !== 'stat') return { errno: 0, value: null };
    const value = [...(yield* this.#status(path.slice(0, path.lastIndexOf('/')) || '/', true))];
    value[MODE] = S_IFSOCK | 0o755;
    value[LINKS] = 1;
    value[SIZE] = 0;
    value[BLOCKS] = 0;
    return { errno: 0, value };
  }

  readonly #work = {
    open: (path: string, flags: number, mode: number) => this.#open(path, flags, mode),
    close: (fd: number) => this.#close(fd),
    read: (fd: number, length: number, position: number) => this.#read(fd, length, position),
    write: (fd: number, position: number) => this.#write(fd, this.#given, position),
    readFile: (file: string | number, flags: number) => this.#readFile(file, flags),
    writeFile: (file: string | number, flags: number, mode: number) =>
      this.#writeFile(file, flags, mode),
    stat: (at: string | number, follows: boolean) => this.#status(at, follows),
    access: (path: string, mode: number) => this.#access(path, mode),
    kind: (path: string) => this.#kind(path),
    readdir: (path: string) => this.#readdir(path),
    readdirRecursive: (path: string) => this.#readdirRecursive(path),
    opendir: (path: string) => this.#opendir(path),
    mkdir: (path: string, mode: number, recursive: boolean) => this.#mkdir(path, mode, recursive),
    mkdtemp: (prefix: string) => this.#mkdtemp(prefix),
    rename: (from: string, to: string) => this.#plain(this.#sys.rename(from, to)),
    link: (from: string, to: string) => this.#plain(this.#sys.link(from, to)),
    symlink: (target: string, at: string) =>
      this.#plain(this.#sys.fileCall<number>({ do: 'symlink', at, target })),
    unlink: (path: string) => this.#plain(this.#sys.unlink(path)),
    rmdir: (path: string) => this.#plain(this.#sys.rmdir(path)),
    rm: (path: string, recursive: boolean) => this.#rm(path, recursive),
    readlink: (at: string) => this.#text('readlink', at),
    realpath: (at: string) => this.#text('realpath', at),
    chmod: (at: string | number, follows: boolean, mode: number) =>
      this.#plain(this.#sys.fileCall<number>({ do: 'change', at, follows, to: { mode } })),
    chown: (at: string | number, follows: boolean, uid: number, gid: number) =>
      this.#plain(
        this.#sys.fileCall<number>({ do: 'change', at, follows, to: { owner: [uid, gid] } }),
      ),
    utimes: (at: string | number, follows: boolean, accessed: number, modified: number) => {
      const times = [stampOf(accessed), stampOf(modified)] as const;
      return this.#plain(this.#sys.fileCall<number>({ do: 'change', at, follows, to: { times } }));
    },
    ftruncate: (fd: number, size: number) => this.#plain(this.#sys.ftruncate(fd, size)),
    fsync: (fd: number) => this.#plain(this.#sys.fsync(fd)),
    fdatasync: (fd: number) => this.#plain(this.#sys.fdatasync(fd)),
    copyfile: (from: string, to: string, mode: number) => this.#copy(from, to, mode),
  } as const;

  *#plain(call: Iterable<unknown>): Program<Value> {
    yield* call as Program<unknown>;
    return null;
  }

  *#text(what: 'readlink' | 'realpath', at: string): Program<string> {
    return yield* this.#sys.fileCall<string>({ do: what, at });
  }

  // ---- descriptors ----

  *#open(path: string, flags: number, mode: number): Program<number> {
    if ((flags & O_NOFOLLOW) !== 0 && this.#kindOf(path) === S_IFLNK) throw new Failed(ELOOP);
    this.#refuse(path, flags);
    const fd = yield* this.#sys.open(path, flags & KNOWN_FLAGS, mode);
    if ((flags & O_DSYNC) !== 0) this.#synced.add(fd);
    return fd;
  }

  /** EACCES, where the program is not run by root (generic_permission in fs/namei.c). */
  #refuse(path: string, flags: number): void {
    const inode = this.#disk.at(path);
    if (typeof inode === 'number' || inode.attributes === undefined) return;
    const access = flags & O_ACCMODE;
    const wanted = (access === O_WRONLY ? 0 : R_OK) | (access === O_RDONLY ? 0 : W_OK);
    if (!permits(inode.attributes, wanted)) throw new Failed(EACCES);
  }

  #kindOf(path: string, follows = false): number {
    const inode = this.#disk.at(path, follows);
    return typeof inode === 'number' ? 0 : (inode.attributes?.mode ?? 0) & S_IFMT;
  }

  *#close(fd: number): Program<Value> {
    this.#synced.delete(fd);
    yield* this.#sys.close(fd);
    return null;
  }

  *#read(fd: number, length: number, position: number): Program<number> {
    const at = position < 0 ? this.#sys.read(fd, length) : this.#sys.pread(fd, length, position);
    this.bytes = yield* at;
    return this.bytes.length;
  }

  *#write(fd: number, bytes: Uint8Array, position: number): Program<number> {
    const sys = this.#sys;
    const count = yield* position < 0 ? sys.write(fd, bytes) : sys.pwrite(fd, bytes, position);
    if (this.#synced.has(fd)) yield* sys.fsync(fd);
    return count;
  }

  /** Work on a descriptor, which is closed whatever becomes of it. */
  *#closing<T>(fd: number, work: Program<T>, syscall?: string): Program<T> {
    let value: T;
    try {
      value = yield* work;
    } catch (error) {
      yield* this.#close(fd);
      throw error instanceof SysError ? new Failed(errnoOf(error), syscall) : error;
    }
    yield* this.#close(fd);
    return value;
  }

  /** A whole file in one request (ReadFileUtf8). */
  *#readFile(file: string | number, flags: number): Program<Value> {
    if (typeof file === 'number') return yield* this.#readAll(file);
    const fd = yield* this.#open(file, flags, 0o666);
    return yield* this.#closing(fd, this.#readAll(fd), 'read');
  }

  *#readAll(fd: number): Program<Value> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = yield* this.#sys.read(fd, PIECE_BYTES);
      if (piece.length === 0) break;
      pieces.push(piece);
    }
    this.bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    return null;
  }

  /** WriteFileUtf8: until all of it is written. */
  *#writeFile(file: string | number, flags: number, mode: number): Program<Value> {
    const given = this.#given;
    if (typeof file === 'number') return yield* this.#writeAll(file, given);
    const fd = yield* this.#open(file, flags, mode);
    return yield* this.#closing(fd, this.#writeAll(fd, given), 'write');
  }

  *#writeAll(fd: number, bytes: Uint8Array): Program<Value> {
    for (let at = 0; at < bytes.length; ) at += yield* this.#write(fd, bytes.subarray(at), -1);
    return null;
  }

  // ---- names ----

  *#status(at: string | number, follows: boolean): Program<readonly number[]> {
    return yield* this.#sys.fileCall<readonly number[]>({ do: 'status', at, follows });
  }

  *#access(path: string, wanted: number): Program<Value> {
    const status = yield* this.#status(path, true);
    const of = (place: number): number => status[place] as number;
    const attributes = { mode: of(MODE), uid: of(UID), gid: of(GID) };
    if (!permits(attributes, wanted)) throw new Failed(EACCES);
    return null;
  }

  /** 1 for a folder, 0 for what else is there (InternalModuleStat). */
  *#kind(path: string): Program<number> {
    const status = yield* this.#status(path, true);
    return ((status[MODE] as number) & S_IFMT) === S_IFDIR ? 1 : 0;
  }

  /** The names, and what each stands for (uv_dirent_type_t). */
  *#readdir(path: string): Program<[names: string[], types: number[]]> {
    const names = yield* this.#sys.readdir(path);
    return [names, names.map((name) => this.#direntType(`${path}/${name}`))];
  }

  /** One folder after the other, those of links as well: what is in each, and its path. */
  *#readdirRecursive(path: string): Program<Value> {
    const folders = [''];
    const all: [names: string[], types: number[]][] = [];
    for (const folder of folders) {
      const found = yield* this.#readdir(`${path}/${folder}`);
      all.push(found);
      for (const name of found[0]) {
        const below = folder === '' ? name : `${folder}/${name}`;
        if (this.#kindOf(`${path}/${below}`, true) === S_IFDIR) folders.push(below);
      }
    }
    return [all, folders];
  }

  #direntType(path: string): number {
    return DIRENT_TYPES[this.#kindOf(path)] ?? 0;
  }

  /** MKDirpAsync: gives the first one that was made. */
  *#mkdir(path: string, mode: number, recursive: boolean): Program<Value> {
    const sys = this.#sys;
    if (!recursive) {
      yield* sys.mkdir(path, mode);
      return null;
    }
    let first: string | null = null;
    const left = [path.replace(/\/+$/, '') || '/'];
    for (let each = left.pop(); each !== undefined; each = left.pop()) {
      try {
        yield* sys.mkdir(each, mode);
        first ??= each;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === ENOENT && each !== '/') {
          const parent = each.slice(0, each.lastIndexOf('/')) || '/';
          left.push(each, parent);
          continue;
        }
        if (errno !== EEXIST) throw error;
        if (this.#kindOf(each, true) !== S_IFDIR)
          throw new Failed(left.length > 0 ? ENOTDIR : EEXIST);
      }
    }
    return first;
  }

  /** # mkdtemp: its names are counted, not drawn, so that each run has the same. */
  *#mkdtemp(prefix: string): Program<string> {
    for (let count = 0; count < NAMES_MAX; count++) {
      const name = (this.#temporary++ * 7_777_777 + 123_456_789).toString(36).padStart(6, '0');
      const path = prefix + name.slice(-6);
      if (this.#kindOf(path) !== 0) continue;
      yield* this.#sys.mkdir(path, 0o700);
      return path;
    }
    throw new Failed(EEXIST);
  }

  /** rmSync of C++: what is there, with all that is in it, the deepest first. */
  *#rm(path: string, recursive: boolean): Program<Value> {
    const kind = this.#kindOf(path);
    if (kind === 0) return null;
    if (kind !== S_IFDIR) {
      yield* this.#sys.unlink(path);
      return null;
    }
    if (recursive) {
      for (const name of yield* this.#sys.readdir(path)) yield* this.#rm(`${path}/${name}`, true);
    }
    yield* this.#sys.rmdir(path);
    return null;
  }

  /** uv_fs_copyfile. */
  *#copy(from: string, to: string, mode: number): Program<Value> {
    const source = yield* this.#open(from, O_RDONLY, 0);
    return yield* this.#closing(source, this.#copyInto(source, to, mode));
  }

  *#copyInto(source: number, to: string, how: number): Program<Value> {
    const status = yield* this.#status(source, true);
    const exclusive = (how & COPYFILE_EXCL) !== 0 ? O_EXCL : 0;
    const mode = (status[MODE] as number) & 0o7777;
    const made = yield* this.#open(to, O_WRONLY | O_CREAT | exclusive, mode);
    yield* this.#sys.fileCall<number>({ do: 'change', at: made, follows: true, to: { mode } });
    return yield* this.#closing(made, this.#copyBytes(source, status[INO] as number, made));
  }

  *#copyBytes(source: number, ino: number, made: number): Program<Value> {
    const sys = this.#sys;
    const before = yield* this.#status(made, true);
    if (before[INO] === ino) return null;
    if ((before[SIZE] as number) > 0) yield* sys.ftruncate(made, 0);
    for (;;) {
      const piece = yield* sys.read(source, PIECE_BYTES);
      if (piece.length === 0) return null;
      yield* this.#writeAll(made, piece);
    }
  }

  /** All that is in a directory, and a descriptor of it. */
  *#opendir(path: string): Program<Value> {
    const fd = yield* this.#open(path, O_RDONLY | O_DIRECTORY, 0);
    return [fd, ...(yield* this.#readdir(path))];
  }
}

const DIRENT_TYPES: Readonly<Record<number, number>> = {
  [S_IFREG]: 1,
  [S_IFDIR]: 2,
  [S_IFLNK]: 3,
  [0o010000]: 4,
  [S_IFSOCK]: 5,
  [0o020000]: 6,
  [0o060000]: 7,
};

const R_OK = 4;
const W_OK = 2;
const X_OK = 1;

/** Whether whoever runs heddle may do that with it. Root may all, but run what nobody may. */
function permits(
  { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number },
  wanted: number,
): boolean {
  const me = process.getuid?.() ?? 0;
  if (me === 0) return (wanted & X_OK) === 0 || (mode & 0o111) !== 0;
  const groups = [process.getgid?.(), ...(process.getgroups?.() ?? [])];
  const shift = me === uid ? 6 : groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
}

/** What libuv makes of a number of seconds: it keeps microseconds (uv__fs_to_timespec). */
function stampOf(seconds: number): readonly [number, number] {
  const whole = Math.floor(seconds);
  const ns = Math.trunc((seconds - whole) * 1e9);
  return [whole, ns - (ns % 1000)];
}
