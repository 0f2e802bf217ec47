import {
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../sys/constants.ts';
import {
  EACCES,
  EAGAIN,
  EBADF,
  EINVAL,
  EIO,
  EISDIR,
  EMFILE,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ESPIPE,
} from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { FileStatus } from '../../../sys/sys.ts';
import { FAULT_SHORT_READ, KIND, strikes } from '../choices.ts';
import type { Disk } from '../disk.ts';
import type { Description, FileObject } from '../file.ts';
import { Directory, FileInode, type Inode, Special } from '../inode.ts';
import { NullDevice, OnDisk, OpenDirectory, RegularFile, SpecialFile } from '../regular-file.ts';
import type { Task } from '../task.ts';
import { FLAG_CLOEXEC, FLAG_NONBLOCK, hasNumber, openFile, opens } from './descriptors.ts';
import {
  BLOCKED,
  descriptionOf,
  hold,
  INTERRUPTED_RESULT,
  interrupts,
  looksOnceMore,
  wasInterrupted,
} from './handler.ts';
import { diskFails, writeBytes } from './io.ts';
import { isFull, lookedUp, nameTouched } from './paths.ts';
import { bytesAlike, type Call, type Row, row } from './row.ts';
import { bytesText, receivedText, statusText, takenText } from './text.ts';
import { fileTouched, takesNumber, writesFile } from './touches.ts';

/**
 * open(2).
 *
 * # open: /dev/null has no directory
 * It is there, and nothing on the disk tells so. What a name stands for is made or emptied in the
 * same step; where no number is left nothing is made (do_sys_openat2).
 */
export const open: Row<string, number> = row({
  perform(task, { data: path, a0: flags, a1: mode }) {
    const { process } = task;
    if ((flags & O_CREAT) !== 0 && (flags & O_DIRECTORY) !== 0) return -EINVAL;
    if (path === '') return -ENOENT;
    if (!hasNumber(task)) return -EMFILE;
    const { disk } = process.kernel;
    if ((flags & O_CREAT) !== 0 && isFull(task, path)) return -ENOSPC;
    const file = path === '/dev/null' ? new NullDevice() : fileAt(disk, path, flags, mode);
    if (typeof file === 'number') return file;
    const status = (flags & (O_ACCMODE | O_APPEND | O_DIRECTORY)) | O_LARGEFILE;
    const bits =
      ((flags & O_NONBLOCK) !== 0 ? FLAG_NONBLOCK : 0) |
      ((flags & O_CLOEXEC) !== 0 ? FLAG_CLOEXEC : 0);
    return process.kernel.install(process, file, status, bits);
  },
  ...opens,
  touches(task, call, into) {
    takesNumber(task, call, into);
    const { data: path, a0: flags } = call;
    const found = lookedUp(task, path, into, true);
    if (found === null) return;
    if (found.inode === undefined && (flags & O_CREAT) !== 0) nameTouched(task, found, into);
    if (found.inode !== undefined && (flags & O_TRUNC) !== 0) {
      into.write(found.inode);
      into.write(task.process.kernel.disk.model);
    }
  },
  asked: ({ data: path, a0: flags }) => `open ${path}${openText(flags)}`,
  askedAlike: ({ data: path, a0: flags }) => `open ${path} ${flags}`,
});

/** What path_openat does: what is at the path, made or emptied as the flags say. */
function fileAt(disk: Disk, path: string, flags: number, mode: number): FileObject | number {
  const create = (flags & O_CREAT) !== 0;
  const inode = create ? disk.create(path, (flags & O_EXCL) !== 0, mode) : disk.at(path);
  return typeof inode === 'number' ? inode : opened(inode, path, flags);
}

function opened(inode: Inode, path: string, flags: number): FileObject | number {
  const writes = (flags & O_ACCMODE) !== O_RDONLY;
  if (inode instanceof Directory) {
    return writes || (flags & O_TRUNC) !== 0 ? -EISDIR : new OpenDirectory(inode);
  }
  if ((flags & O_DIRECTORY) !== 0) return -ENOTDIR;
  if (inode instanceof Special) return writes ? -EACCES : new SpecialFile(inode);
  const file = inode as FileInode;
  if ((flags & O_TRUNC) !== 0) file.truncate(0);
  return new RegularFile(path, file);
}

const OPEN_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [O_CREAT, 'CREAT'],
  [O_EXCL, 'EXCL'],
  [O_TRUNC, 'TRUNC'],
  [O_APPEND, 'APPEND'],
  [O_DIRECTORY, 'DIRECTORY'],
];

/** ` CREAT|TRUNC`. */
function openText(flags: number): string {
  const names = OPEN_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  return names.length === 0 ? '' : ` ${names.join('|')}`;
}

/** MFD_NAME_MAX_LEN. */
const NAME_BYTES_MAX = 249;

export const memfdCreate: Row<string, number> = row({
  perform(task, { data: name, a0: flags }) {
    if (new TextEncoder().encode(name).length > NAME_BYTES_MAX) return -EINVAL;
    const file = new RegularFile(name, new FileInode(null));
    return openFile(task, file, O_RDWR | O_LARGEFILE, flags & FLAG_CLOEXEC);
  },
  ...opens,
  asked: ({ data: name }) => `memfdCreate ${name}`,
});

const SEEK_SET = 0;
const SEEK_END = 2;

export const lseek: Row<undefined, number> = row({
  perform(task, call) {
    const description = task.process.descriptors.get(call.a0);
    if (description === null) return -EBADF;
    // No such place is EINVAL even where there is none at all (ksys_lseek).
    if (call.a2 < SEEK_SET || call.a2 > SEEK_END) return -EINVAL;
    return description.file.seek(call.a1, call.a2);
  },
  touches: writesFile,
  answered: (_call, offset) => String(offset),
});

// ---- what is in a file ----

export const pread: Row<undefined, Uint8Array> = row({
  perform(task, { a0: fd, a1: bytesMax, a2: offset }) {
    if (offset < 0) return -EINVAL;
    const description = task.process.descriptors.get(fd);
    if (description === null) return -EBADF;
    // Whether it has places at all comes before whether it may be read (ksys_pread64).
    const { file, flags } = description;
    const bytes = file.readAt(offset, bytesMax);
    if (bytes === -ESPIPE) return bytes;
    if ((flags & O_ACCMODE) === O_WRONLY) return -EBADF;
    return typeof bytes === 'number' || !file.isOnDisk ? bytes : faultyRead(task, bytes);
  },
  touches(task, { a0: fd }, into) {
    const file = fileTouched(task, fd, into);
    if (file instanceof OnDisk) into.read(file.inode);
  },
  asked: ({ a0: fd, a2: offset }) => `pread fd ${fd} at ${offset}`,
  answered: (_call, bytes) => receivedText(bytes),
  askedAlike: ({ a0: fd, a1: bytesMax, a2: offset }) => `pread ${fd} ${bytesMax} ${offset}`,
  seen: (_call, bytes) => bytesAlike(bytes),
  hash: (bytes, into) => into.mixBytes(bytes),
});

/** Faults: the disk fails, or fewer bytes are read than there are. */
function faultyRead(task: Task, bytes: Uint8Array): Uint8Array | number {
  const { choices } = task.surroundings;
  if (strikes(choices, KIND.eio, task)) return -EIO;
  if ((choices.faults & FAULT_SHORT_READ) === 0 || bytes.length <= 1) return bytes;
  const size = choices.decide(KIND.shortRead, bytes.length, task);
  return size === 0 ? bytes : bytes.subarray(0, size);
}

/** # pwrite with O_APPEND: it goes to the end, whatever the offset (pwrite(2), BUGS). */
export const pwrite: Row<Uint8Array, number> = row({
  perform(task, { a0: fd, a1: offset, data: bytes }) {
    if (offset < 0) return -EINVAL;
    const description = task.process.descriptors.get(fd);
    if (description === null) return -EBADF;
    const { file, flags } = description;
    if ((flags & O_ACCMODE) === O_RDONLY) {
      const taken = file.writeAt(0, NOTHING);
      return taken === -ESPIPE ? taken : -EBADF;
    }
    const failed = file.isOnDisk ? diskFails(task) : 0;
    if (failed < 0) return failed;
    const part = writeBytes(task, bytes, file, true);
    const appends = (flags & O_APPEND) !== 0 && file instanceof RegularFile;
    return file.writeAt(appends ? file.inode.size : offset, part);
  },
  touches(task, { a0: fd }, into) {
    const file = fileTouched(task, fd, into);
    if (file instanceof OnDisk) into.write(file.inode);
  },
  asked: ({ a0: fd, a1: at, data: bytes }) => `pwrite fd ${fd} ${bytesText(bytes)} at ${at}`,
  answered: ({ data: bytes }, taken) => takenText(taken, bytes.length),
  askedAlike: ({ a0: fd, a1: at, data: bytes }) => `pwrite ${fd} ${at} ${bytesAlike(bytes)}`,
});

const NOTHING = new Uint8Array(0);

/**
 * # fsync: what it could not write is gone
 * After EIO what was written since the last fsync is read as before and counts as clean: the next
 * fsync succeeds, and a crash loses it (errseq_t in Documentation/filesystems/vfs.rst; Rebello et
 * al., "Can Applications Recover from fsync Failures?", ATC 2020).
 */
const syncs: Row<undefined, number> = row({
  perform(task, { a0: fd }) {
    const file = task.process.descriptors.get(fd)?.file;
    if (!(file instanceof OnDisk)) return file === undefined ? -EBADF : -EINVAL;
    const { model } = task.process.kernel.disk;
    if (file.isOnDisk && strikes(task.surroundings.choices, KIND.eio, task)) {
      if (file.inode instanceof FileInode) model.loses(file.inode);
      return -EIO;
    }
    model.syncs(file.inode);
    return 0;
  },
  touches(task, { a0: fd }, into) {
    const file = fileTouched(task, fd, into);
    if (!(file instanceof OnDisk)) return;
    into.write(file.inode);
    into.write(task.process.kernel.disk.model);
  },
});

export const fsync: Row<undefined, number> = syncs;

export const fdatasync: Row<undefined, number> = syncs;

export const ftruncate: Row<undefined, number> = row({
  perform(task, { a0: fd, a1: size }) {
    if (size < 0) return -EINVAL;
    const description = task.process.descriptors.get(fd);
    if (description === null) return -EBADF;
    if ((description.flags & O_ACCMODE) === O_RDONLY) return -EINVAL;
    return description.file.truncate(Math.trunc(size));
  },
  touches(task, { a0: fd }, into) {
    const file = fileTouched(task, fd, into);
    if (!(file instanceof OnDisk)) return;
    into.write(file.inode);
    into.write(task.process.kernel.disk.model);
  },
  asked: ({ a0: fd, a1: size }) => `ftruncate fd ${fd} to ${size} B`,
  askedAlike: ({ a0: fd, a1: size }) => `ftruncate ${fd} ${size}`,
});

export const fstat: Row<undefined, FileStatus> = row({
  perform(task, { a0: fd }) {
    const file = task.process.descriptors.get(fd)?.file;
    if (file === undefined) return -EBADF;
    return onDisk('fstat', file).inode.status();
  },
  touches(task, { a0: fd }, into) {
    const file = fileTouched(task, fd, into);
    if (file instanceof OnDisk) into.read(file.inode);
  },
  answered: (_call, status) => statusText(status),
  seen: (_call, status) => statusText(status),
});

function onDisk(call: string, file: FileObject): OnDisk {
  if (file instanceof OnDisk) return file;
  throw notOnDisk(call, file);
}

export const notOnDisk = (call: string, { type }: FileObject): UnsupportedError =>
  new UnsupportedError(`${call} of a descriptor of type ${type}`, 'it takes files and directories');

// ---- flock(2) ----

const FLOCK_TEXT: Readonly<Record<number, string>> = {
  [LOCK_SH]: 'SH',
  [LOCK_EX]: 'EX',
  [LOCK_UN]: 'UN',
};

export const isLockKind = (how: number): boolean => FLOCK_TEXT[how & ~LOCK_NB] !== undefined;

/**
 * flock(2).
 *
 * # flock: a lock of another kind is given back first
 * Where the new one cannot be had, the old one is lost (flock_lock_inode).
 */
export const flock: Row<undefined, number> = row({
  perform(task, call) {
    const { a0: fd, a1: how } = call;
    const kind = how & ~LOCK_NB;
    if (!isLockKind(how)) return -EINVAL;
    const description = descriptionOf(task, fd);
    if (description === null) return -EBADF;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    const owner = onDisk('flock', description.file);
    const { locks } = owner.inode;
    const alone = kind === LOCK_EX;
    if (kind !== LOCK_UN && locks.has(owner, alone)) return 0;
    if (kind !== LOCK_UN && !locks.conflicts(owner, alone)) {
      locks.take(owner, alone);
      return 0;
    }
    locks.drop(owner);
    if (kind === LOCK_UN) return 0;
    if ((how & LOCK_NB) !== 0) return -EAGAIN;
    return looksOnceMore(task) ? INTERRUPTED_RESULT : waitFor(task, call, owner);
  },
  parks(task, call) {
    const file = task.process.descriptors.get(call.a0)?.file;
    if (!(file instanceof OnDisk) || (call.a1 !== LOCK_SH && call.a1 !== LOCK_EX)) return false;
    const { locks } = file.inode;
    // Who has a lock to lose does something in its turn.
    if (locks.holds(file) || !locks.conflicts(file, call.a1 === LOCK_EX)) return false;
    if (interrupts(task, call)) return false;
    waitFor(task, call, file);
    return true;
  },
  onSignal: 'restarts',
  touches(task, call, into) {
    const file = fileTouched(task, call.a0, into);
    if (file instanceof OnDisk) into.write(file.inode.locks);
    else writesFile(task, call, into);
  },
  asked: ({ a0: fd, a1: how }) =>
    `flock fd ${fd} ${FLOCK_TEXT[how & ~LOCK_NB] ?? how}${(how & LOCK_NB) !== 0 ? '|NB' : ''}`,
  askedAlike: ({ a0: fd, a1: how }) => `flock ${fd} ${how}`,
  waitsFor: (_task, { a0: fd }) => ({ what: 'lock', fd }),
});

function waitFor(task: Task, call: Call, { inode }: OnDisk): typeof BLOCKED {
  hold(task, descriptionOf(task, call.a0) as Description);
  task.sleepOn(inode.locks, 0, false);
  return BLOCKED;
}
