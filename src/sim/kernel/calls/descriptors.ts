import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETOWN,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETOWN,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  FIONBIO,
  FIONREAD,
  O_ASYNC,
  O_LARGEFILE,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../../../sys/constants.ts';
import { EBADF, EINVAL, EMFILE } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { SocketType } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { FAULT_EMFILE, KIND } from '../choices.ts';
import { EventFd } from '../eventfd.ts';
import type { Description, FileObject } from '../file.ts';
import { isPipe, makePipe } from '../pipe.ts';
import type { Task } from '../task.ts';
import { TcpSocket } from '../tcp.ts';
import { unixPair } from '../unix.ts';
import { BLOCKED, startTimeout } from './handler.ts';
import { getOwner, setAsync, setOwner } from './signals.ts';

export const FLAG_NONBLOCK = 1;
export const FLAG_CLOEXEC = 2;
const FLAG_SEMAPHORE = 4;

/** A fault: the table is full although it is not. */
export function emfileStrikes(task: Task): boolean {
  const { choices } = task.surroundings;
  return (choices.faults & FAULT_EMFILE) !== 0 && choices.decide(KIND.emfile, 2, task) === 1;
}

/** A new description for `file` under the lowest free number: that number, or -EMFILE. */
export function open(task: Task, file: FileObject, access: number, flags: number): number {
  const { process } = task;
  if (process.descriptors.lowestFree() < 0 || emfileStrikes(task)) return -EMFILE;
  const description = process.kernel.describe(
    file,
    access | ((flags & FLAG_NONBLOCK) !== 0 ? O_NONBLOCK : 0),
  );
  return process.descriptors.install(description, (flags & FLAG_CLOEXEC) !== 0);
}

/** Two at once, or neither. */
function openPair(
  task: Task,
  files: readonly [FileObject, FileObject],
  access: readonly [number, number],
  flags: number,
): [number, number] | number {
  const table = task.process.descriptors;
  const first = table.lowestFree();
  if (first < 0 || table.lowestFree(first + 1) < 0 || emfileStrikes(task)) return -EMFILE;
  const put = (i: 0 | 1): number =>
    table.install(
      task.process.kernel.describe(
        files[i],
        access[i] | ((flags & FLAG_NONBLOCK) !== 0 ? O_NONBLOCK : 0),
      ),
      (flags & FLAG_CLOEXEC) !== 0,
    );
  return [put(0), put(1)];
}

export function pipe(task: Task, call: Syscall<unknown>): unknown {
  return openPair(task, makePipe(), [O_RDONLY, O_WRONLY], call.a0);
}

export function socketpair(task: Task, call: Syscall<unknown>): unknown {
  const pair = unixPair(task.process.kernel.unixNames, call.data as SocketType);
  return typeof pair === 'number' ? pair : openPair(task, pair, [O_RDWR, O_RDWR], call.a0);
}

export function eventfd(task: Task, call: Syscall<unknown>): unknown {
  if (!Number.isInteger(call.a0) || call.a0 < 0 || call.a0 > 0xffff_ffff) return -EINVAL;
  return open(task, new EventFd(call.a0, (call.a1 & FLAG_SEMAPHORE) !== 0), O_RDWR, call.a1);
}

/** Sockets whose close(2) waits until all that they sent has arrived (SO_LINGER). */
const lingering = new WeakMap<Syscall<unknown>, TcpSocket>();

export function close(task: Task, call: Syscall<unknown>): number {
  const closing = call.progress === 0 ? undefined : lingering.get(call);
  if (closing !== undefined) return linger(task, closing);
  const description = task.process.descriptors.get(call.a0);
  task.process.kernel.beforeClose(task, call.a0);
  const result = task.process.descriptors.close(call.a0);
  const file = description?.file;
  if (!(file instanceof TcpSocket) || file.options.lingerSeconds <= 0 || !file.orphan)
    return result;
  call.progress = LINGERING;
  lingering.set(call, file);
  return linger(task, file);
}

const LINGERING = 1;

/**
 * tcp_close with a time to linger. # The number is free at once; when the time is up, the rest goes
 * on in the background.
 */
function linger(task: Task, socket: TcpSocket): number {
  if (!socket.isClosing || task.timedOut) return 0;
  task.sleepOn(socket.waits, 0, false);
  startTimeout(task, socket.options.lingerSeconds * 1e9);
  return BLOCKED;
}

export function dup(task: Task, call: Syscall<unknown>): number {
  if (emfileStrikes(task)) return -EMFILE;
  return task.process.descriptors.duplicate(call.a0, 0, false);
}

export function dup2(task: Task, call: Syscall<unknown>): number {
  const table = task.process.descriptors;
  if (call.a0 === call.a1) return table.get(call.a0) === null ? -EBADF : call.a1;
  return table.duplicateTo(call.a0, call.a1, false);
}

export function dup3(task: Task, call: Syscall<unknown>): number {
  if (call.a0 === call.a1) return -EINVAL;
  const onExec = (call.a2 & FLAG_CLOEXEC) !== 0;
  return task.process.descriptors.duplicateTo(call.a0, call.a1, onExec);
}

export function fcntl(task: Task, call: Syscall<unknown>): number {
  const table = task.process.descriptors;
  const { a0: fd, a1: command, a2: argument } = call;
  const description = table.get(fd);
  if (description === null) return -EBADF;
  switch (command) {
    case F_DUPFD:
      return table.duplicate(fd, argument, false);
    case F_DUPFD_CLOEXEC:
      return table.duplicate(fd, argument, true);
    case F_GETFD:
      return table.closesOnExec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      table.setCloseOnExec(fd, (argument & FD_CLOEXEC) !== 0);
      return 0;
    case F_GETFL:
      return description.flags;
    case F_SETFL:
      return setStatusFlags(task, description, argument);
    case F_SETOWN:
      return setOwner(task, description, argument);
    case F_GETOWN:
      return getOwner(description);
    case F_GETPIPE_SZ:
      return isPipe(description.file) ? description.file.bytesMax : -EBADF;
    case F_SETPIPE_SZ:
      return isPipe(description.file) ? description.file.resize(argument) : -EBADF;
    default:
      throw new UnsupportedError(`fcntl command ${command}`);
  }
}

/**
 * F_SETFL: of all status flags O_NONBLOCK and O_ASYNC are simulated; the access mode cannot be
 * changed, nor can O_LARGEFILE.
 */
function setStatusFlags(task: Task, description: Description, flags: number): number {
  const other = flags & ~(O_NONBLOCK | O_ASYNC | O_RDWR | O_WRONLY | O_LARGEFILE);
  if (other !== 0) throw new UnsupportedError(`fcntl F_SETFL with flags 0o${other.toString(8)}`);
  if (((flags ^ description.flags) & O_ASYNC) !== 0) {
    setAsync(task, description, (flags & O_ASYNC) !== 0);
  }
  description.flags = (description.flags & ~O_NONBLOCK) | (flags & O_NONBLOCK);
  return 0;
}

export function ioctl(task: Task, call: Syscall<unknown>): number {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  switch (call.a1) {
    case FIONREAD:
      return description.file.bytesReadable();
    case FIONBIO:
      description.flags = (description.flags & ~O_NONBLOCK) | (call.a2 !== 0 ? O_NONBLOCK : 0);
      return 0;
    default:
      throw new UnsupportedError(`ioctl request 0x${call.a1.toString(16)}`);
  }
}

export function setrlimit(task: Task, call: Syscall<unknown>): number {
  if (!Number.isInteger(call.a0) || call.a0 < 0) return -EINVAL;
  task.process.descriptors.limit = call.a0;
  return 0;
}
