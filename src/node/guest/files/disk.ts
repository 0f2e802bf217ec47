import type { FileAsked } from '../../wire.ts';
import type { Internal } from '../internals.ts';

/** A request for the simulated disk, and what its answer is to Node's library. */
export interface Request {
  readonly asked: FileAsked;
  readonly bytes?: Uint8Array | undefined;
  /** What the answer is to Node's library. Default: what it says. */
  readonly give?: (value: Internal, bytes: Uint8Array) => Internal;
  readonly syscall: string;
  readonly path?: Internal;
  readonly dest?: Internal;
}

type Make = (...args: Internal[]) => Request;

/** From the root on; the kernel knows what `..` and a slash at the end mean. */
const whole = (path: Internal): string => {
  const text = String(path);
  return text === '' || text.startsWith('/') ? text : `${process.cwd()}/${text}`;
};

/** Of what may be a descriptor. */
const placeIn = (file: Internal): string | number =>
  typeof file === 'number' ? file : whole(file);

/** What an error names: of a descriptor nothing. */
const nameOf = (file: Internal): Pick<Request, 'path'> =>
  typeof file === 'number' ? {} : { path: file };

const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** -1 for what is at the descriptor's own place. */
const placeOf = (position: Internal): number =>
  typeof position === 'number' || typeof position === 'bigint' ? Number(position) : -1;

const encoded = (text: string, encoding: Internal): Internal => {
  if (encoding === undefined || encoding === null || /^utf-?8$/i.test(encoding)) return text;
  const bytes = Buffer.from(text);
  return encoding === 'buffer' ? bytes : bytes.toString(encoding);
};

function plain(name: string, syscall: string, paths: 1 | 2, ...more: number[]): Make {
  return (...args) => ({
    asked: [
      name,
      ...args.slice(0, paths).map(whole),
      ...more.map((place) => args[place] as number),
    ],
    syscall,
    path: args[0],
    ...(paths === 2 ? { dest: args[1] } : {}),
  });
}

/** Of a descriptor: errors name no path. */
const onFd =
  (name: string): Make =>
  (fd) => ({ asked: [name, fd], syscall: name });

const status =
  (syscall: string, follows: boolean): Make =>
  (at, bigint) => ({
    asked: ['stat', placeIn(at), follows],
    give: (values: readonly number[]) =>
      bigint ? BigInt64Array.from(values, BigInt) : Float64Array.from(values),
    syscall,
    ...nameOf(at),
  });

const changes =
  (name: string, syscall: string, follows: boolean): Make =>
  (at, one, two) => ({
    asked: [name, placeIn(at), follows, one, ...(two === undefined ? [] : [two])],
    syscall,
    ...nameOf(at),
  });

const opens: Make = (path, flags, mode) => ({
  asked: ['open', whole(path), flags, mode & ~process.umask()],
  syscall: 'open',
  path,
});

const written = (fd: number, bytes: Uint8Array, position: Internal): Request => ({
  asked: ['write', fd, placeOf(position)],
  bytes,
  syscall: 'write',
});

/** Into one buffer after the other. */
function scatter(buffers: readonly ArrayBufferView[], bytes: Uint8Array): number {
  let at = 0;
  for (const buffer of buffers) {
    const part = bytes.subarray(at, at + buffer.byteLength);
    viewOf(buffer).set(part);
    at += part.length;
  }
  return bytes.length;
}

/** By the names that functions of Node's binding to C++ have (src/node_file.cc). */
export const REQUESTS: Readonly<Record<string, Make>> = {
  open: opens,
  openFileHandle: opens,
  close: onFd('close'),
  fsync: onFd('fsync'),
  fdatasync: onFd('fdatasync'),
  ftruncate: (fd, size) => ({ asked: ['ftruncate', fd, size ?? 0], syscall: 'ftruncate' }),
  read: (fd, buffer, offset, length, position) => ({
    asked: ['read', fd, length, placeOf(position)],
    give: (count, bytes) => {
      viewOf(buffer).set(bytes, offset);
      return count;
    },
    syscall: 'read',
  }),
  readBuffers: (fd, buffers: ArrayBufferView[], position) => ({
    asked: [
      'read',
      fd,
      buffers.reduce((sum, { byteLength }) => sum + byteLength, 0),
      placeOf(position),
    ],
    give: (_, bytes) => scatter(buffers, bytes),
    syscall: 'read',
  }),
  writeBuffer: (fd, buffer, offset, length, position) =>
    written(fd, viewOf(buffer).subarray(offset, offset + length), position),
  writeBuffers: (fd, buffers: ArrayBufferView[], position) =>
    written(fd, Buffer.concat(buffers.map(viewOf)), position),
  writeString: (fd, text, position, encoding) => written(fd, Buffer.from(text, encoding), position),
  readFileUtf8: (file, flags) => ({
    asked: ['readFile', placeIn(file), flags],
    give: (_, bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(),
    syscall: typeof file === 'number' ? 'read' : 'open',
    ...nameOf(file),
  }),
  writeFileUtf8: (file, text, flags, mode) => ({
    asked: ['writeFile', placeIn(file), flags, mode & ~process.umask()],
    bytes: Buffer.from(text),
    syscall: typeof file === 'number' ? 'write' : 'open',
    ...nameOf(file),
  }),
  stat: status('stat', true),
  lstat: status('lstat', false),
  fstat: status('fstat', true),
  access: plain('access', 'access', 1, 1),
  existsSync: (path) => ({ asked: ['access', whole(path), 0], syscall: 'access' }),
  internalModuleStat: (...args) => {
    const path = typeof args[0] === 'string' ? args[0] : args[1];
    return { asked: ['kind', whole(path)], syscall: 'stat' };
  },
  readdir: (path, encoding, withTypes) => ({
    asked: ['readdir', whole(path)],
    give: ([names, types]: [string[], number[]]) => {
      const all = names.map((name) => encoded(name, encoding));
      return withTypes ? [all, types] : all;
    },
    syscall: 'scandir',
    path,
  }),
  // Since Node 26.10; before, the library asks for each folder.
  readdirRecursive: (path, encoding, withTypes) => ({
    asked: ['readdirRecursive', whole(path)],
    give: ([found, folders]: [[names: string[], types: number[]][], string[]]) => {
      const shown = (text: string): Internal => encoded(text, encoding);
      if (!withTypes) {
        const below = (i: number, name: string): string =>
          i === 0 ? name : `${folders[i]}/${name}`;
        return found.flatMap(([names], i) => names.map((name) => shown(below(i, name))));
      }
      return [
        found.flatMap(([names]) => names.map(shown)),
        Uint8Array.from(found.flatMap(([, types]) => types)),
        Uint32Array.from(found, ([names]) => names.length),
        folders.map(shown),
      ];
    },
    syscall: 'scandir',
    path,
  }),
  mkdir: (path, mode, recursive) => ({
    asked: ['mkdir', whole(path), mode & ~process.umask(), recursive === true],
    // As it was given.
    give: (first: string | null) => first?.slice(whole(path).length - String(path).length),
    syscall: 'mkdir',
    path,
  }),
  mkdtemp: (prefix, encoding) => ({
    asked: ['mkdtemp', whole(prefix)],
    give: (made: string) => encoded(`${prefix}${made.slice(-6)}`, encoding),
    syscall: 'mkdtemp',
    path: `${prefix}XXXXXX`,
  }),
  rename: plain('rename', 'rename', 2),
  link: plain('link', 'link', 2),
  copyFile: plain('copyfile', 'copyfile', 2, 2),
  symlink: (target, path) => ({
    asked: ['symlink', String(target), whole(path)],
    syscall: 'symlink',
    path: target,
    dest: path,
  }),
  unlink: plain('unlink', 'unlink', 1),
  rmdir: plain('rmdir', 'rmdir', 1),
  rmSync: (path, _retries, recursive) => ({
    asked: ['rm', whole(path), recursive === true],
    syscall: 'rm',
    path,
  }),
  readlink: (path, encoding) => ({
    asked: ['readlink', whole(path)],
    give: (target) => encoded(target, encoding),
    syscall: 'readlink',
    path,
  }),
  realpath: (path, encoding) => ({
    asked: ['realpath', whole(path)],
    give: (real) => encoded(real, encoding),
    syscall: 'realpath',
    path,
  }),
  chmod: changes('chmod', 'chmod', true),
  fchmod: changes('chmod', 'fchmod', true),
  chown: changes('chown', 'chown', true),
  lchown: changes('chown', 'lchown', false),
  fchown: changes('chown', 'fchown', true),
  utimes: changes('utimes', 'utime', true),
  lutimes: changes('utimes', 'lutime', false),
  futimes: changes('utimes', 'futime', true),
  opendir: (path) => ({ asked: ['opendir', whole(path)], syscall: 'opendir', path }),
};
