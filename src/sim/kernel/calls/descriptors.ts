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
  O_APPEND,
  O_ASYNC,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SIOCATMARK,
} from '../../../sys/constants.ts';
import { EBADF, EINVAL, EMFILE, EOPNOTSUPP, EPERM, ESOCKTNOSUPPORT } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { SocketFamily, SocketType } from '../../../sys/sys.ts';
import { KIND, strikes } from '../choices.ts';
import { EventFd } from '../eventfd.ts';
import type { Description, FileObject } from '../file.ts';
import { isPipe, makePipe } from '../pipe.ts';
import type { Task } from '../task.ts';
import { TcpSocket } from '../tcp.ts';
import { unixPair } from '../unix.ts';
import { BLOCKED, startTimeout } from './handler.ts';
import { type Call, type Row, row } from './row.ts';
import { getOwner, setAsync, setOwner } from './signals.ts';
import { fdText } from './text.ts';
import { closesDescriptor, takesNumber, takesNumbers, writesFile, writesSlot } from './touches.ts';

export const FLAG_NONBLOCK = 1;
export const FLAG_CLOEXEC = 2;
const FLAG_SEMAPHORE = 4;

/** A fault: the table is full although it is not. */
export function emfileStrikes(task: Task): boolean {
  return strikes(task.surroundings.choices, KIND.emfile, task);
}

/** Whether there is a number for one more file. */
export function hasNumber(task: Task): boolean {
  return task.process.descriptors.lowestFree() >= 0 && !emfileStrikes(task);
}

/** A new description for `file` under the lowest free number: that number, or -EMFILE. */
export function openFile(task: Task, file: FileObject, access: number, flags: number): number {
  const { process } = task;
  if (!hasNumber(task)) return -EMFILE;
  const description = process.kernel.describe(
    file,
    access | ((flags & FLAG_NONBLOCK) !== 0 ? O_NONBLOCK : 0),
  );
  return process.descriptors.install(description, (flags & FLAG_CLOEXEC) !== 0);
}

interface PairRequest {
  readonly family: SocketFamily;
  readonly type: SocketType;
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

/** What all have in common that give out one number. */
export const opens: Pick<Row<unknown, number>, 'touches' | 'answered' | 'effects'> = {
  touches: takesNumber,
  answered: (_call, fd) => fdText(fd),
  effects(_call, fd, into) {
    if (fd >= 0) into.gave(fd);
  },
};

const opensPair: Pick<Row<unknown, [number, number]>, 'touches' | 'answered' | 'effects'> = {
  touches: (task, _call, into) => takesNumbers(2, task, into),
  answered: (_call, fds) => fds.map(fdText).join(', '),
  effects(_call, fds, into) {
    if (typeof fds === 'object') for (const fd of fds) into.gave(fd);
  },
};

export const pipe: Row<undefined, [number, number]> = row({
  perform(task, { a0: flags }) {
    return openPair(task, makePipe(), [O_RDONLY, O_WRONLY], flags);
  },
  ...opensPair,
  asked: ({ name }) => name,
});

/**
 * socketpair(2): numbers are looked for before sockets are made, and sockets are made before it
 * turns out that their family has no pairs (__sys_socketpair).
 */
export const socketpair: Row<PairRequest, [number, number]> = row({
  perform(task, { data: { family, type }, a0: flags }) {
    const table = task.process.descriptors;
    const first = table.lowestFree();
    if (first < 0 || table.lowestFree(first + 1) < 0) return -EMFILE;
    if (family === 'inet') return type === 'seqpacket' ? -ESOCKTNOSUPPORT : -EOPNOTSUPP;
    const pair = unixPair(task.process.kernel.unixNames, type);
    return typeof pair === 'number' ? pair : openPair(task, pair, [O_RDWR, O_RDWR], flags);
  },
  ...opensPair,
  asked: ({ name }) => name,
});

export const eventfd: Row<undefined, number> = row({
  perform(task, { a0: initial, a1: flags }) {
    if (!Number.isInteger(initial) || initial < 0 || initial > 0xffff_ffff) return -EINVAL;
    return openFile(task, new EventFd(initial, (flags & FLAG_SEMAPHORE) !== 0), O_RDWR, flags);
  },
  ...opens,
  asked: ({ name }) => name,
});

/** Sockets whose end a close(2), or a dup2(2) over them, waits for (SO_LINGER). */
const lingering = new WeakMap<Call, TcpSocket>();

export const close: Row<undefined, number> = row({
  perform(task, call) {
    const { a0: fd } = call;
    return closing(task, call, fd, 0, () => {
      task.process.kernel.beforeClose(task, fd);
      return task.process.descriptors.close(fd);
    });
  },
  onSignal: 'settles',
  touches: (task, { a0: fd }, into) => closesDescriptor(task, fd, into),
  effects({ a0: fd }, answer, into) {
    if (answer === 0) into.freed(fd);
  },
});

/** `act` closes `fd`; then, if what was closed lingers once it has ended, `result` is given. */
function closing(task: Task, call: Call, fd: number, result: number, act: () => number): number {
  const begun = call.progress === 0 ? undefined : lingering.get(call);
  if (begun !== undefined) return linger(task, begun, result);
  const file = task.process.descriptors.get(fd)?.file;
  const done = act();
  if (done < 0) return done;
  if (!(file instanceof TcpSocket) || file.options.lingerSeconds <= 0 || !file.orphan)
    return result;
  call.progress = LINGERING;
  lingering.set(call, file);
  return linger(task, file, result);
}

const LINGERING = 1;

/**
 * tcp_close with a time to linger. # SO_LINGER: close frees the number at once; when its time is
 * up, the rest goes on in the background.
 */
function linger(task: Task, socket: TcpSocket, result: number): number {
  if (!socket.isClosing || task.timedOut) return result;
  task.sleepOn(socket.waits, 0, false);
  startTimeout(task, socket.options.lingerSeconds * 1e9);
  return BLOCKED;
}

export const dup: Row<undefined, number> = row({
  perform(task, { a0: fd }) {
    if (emfileStrikes(task)) return -EMFILE;
    return task.process.descriptors.duplicate(fd, 0, false);
  },
  ...opens,
});

/** What dup2 and dup3 have in common: an open descriptor is closed first. */
const replaces: Pick<Row<undefined, number>, 'touches' | 'asked' | 'answered' | 'onSignal'> = {
  onSignal: 'settles',
  touches(task, call, into) {
    const old = task.process.descriptors.get(call.a1);
    if (old !== null) {
      writesSlot(task, call.a1, into);
      old.touchesOfDrop(into);
    }
    takesNumber(task, call, into);
  },
  asked: ({ name, a0: fd, a1: to }) => `${name} fd ${fd} to ${to}`,
  answered: (_call, fd) => fdText(fd),
};

export const dup2: Row<undefined, number> = row({
  perform(task, call) {
    const { a0: fd, a1: to } = call;
    const table = task.process.descriptors;
    if (fd === to) return table.get(fd) === null ? -EBADF : to;
    return closing(task, call, to, to, () => table.duplicateTo(fd, to, false));
  },
  ...replaces,
});

export const dup3: Row<undefined, number> = row({
  perform(task, call) {
    const { a0: fd, a1: to, a2: flags } = call;
    const table = task.process.descriptors;
    if (fd === to) return -EINVAL;
    const onExec = (flags & FLAG_CLOEXEC) !== 0;
    return closing(task, call, to, to, () => table.duplicateTo(fd, to, onExec));
  },
  ...replaces,
});

/** Nobody else can use the description behind this descriptor. */
function isOwn(task: Task, fd: number): boolean {
  return task.process.descriptors.get(fd)?.references === 1 && task.process.tasks.length === 1;
}

export const fcntl: Row<undefined, number> = row({
  perform: control,
  // The flags belong to the description, and concern whoever else may use it.
  touches(task, call, into) {
    const { a0: fd, a1: command, a2: argument } = call;
    const getsOrSets = command === F_GETFL || (command === F_SETFL && (argument & O_ASYNC) === 0);
    if (getsOrSets && isOwn(task, fd)) return;
    writesFile(task, call, into);
    takesNumber(task, call, into);
  },
  asked({ a0: fd, a1: command, a2: argument }) {
    if (command === F_GETFL) return `fcntl fd ${fd} F_GETFL`;
    if (command === F_SETFL) return `fcntl fd ${fd} F_SETFL ${flagsText(argument)}`;
    if (command === F_SETOWN) return `fcntl fd ${fd} F_SETOWN ${argument}`;
    return `fcntl fd ${fd} ${command}`;
  },
  answered: (_call, result) => String(result),
});

function flagsText(flags: number): string {
  const names = [
    flags & O_NONBLOCK ? 'O_NONBLOCK' : '',
    flags & O_ASYNC ? 'O_ASYNC' : '',
    flags & O_APPEND ? 'O_APPEND' : '',
  ];
  return names.filter((name) => name !== '').join('|') || '0';
}

function control(task: Task, call: Call): number {
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

const SETTABLE = O_NONBLOCK | O_APPEND;

/**
 * F_SETFL: of all status flags O_NONBLOCK, O_ASYNC and O_APPEND are simulated; the access mode
 * cannot be changed, nor can O_LARGEFILE and O_DIRECTORY.
 */
function setStatusFlags(task: Task, description: Description, flags: number): number {
  const other = flags & ~(SETTABLE | O_ASYNC | O_RDWR | O_WRONLY | O_LARGEFILE | O_DIRECTORY);
  if (other !== 0) throw new UnsupportedError(`fcntl F_SETFL with flags 0o${other.toString(8)}`);
  if (((flags ^ description.flags) & O_ASYNC) !== 0) {
    setAsync(task, description, (flags & O_ASYNC) !== 0);
  }
  description.flags = (description.flags & ~SETTABLE) | (flags & SETTABLE);
  return 0;
}

export const ioctl: Row<undefined, number> = row({
  perform(task, { a0: fd, a1: request, a2: argument }) {
    const description = task.process.descriptors.get(fd);
    if (description === null) return -EBADF;
    switch (request) {
      case FIONREAD:
        return description.file.bytesReadable();
      case SIOCATMARK:
        return description.file.atMark;
      case FIONBIO:
        description.flags = (description.flags & ~O_NONBLOCK) | (argument !== 0 ? O_NONBLOCK : 0);
        return 0;
      default:
        throw new UnsupportedError(`ioctl request 0x${request.toString(16)}`);
    }
  },
  touches(task, call, into) {
    if (call.a1 !== FIONBIO || !isOwn(task, call.a0)) writesFile(task, call, into);
  },
  answered: (_call, result) => String(result),
});

/** fs.nr_open of a stock Linux: nobody may have more descriptors, and root no more either. */
const NR_OPEN_MAX = 1_048_576;

export const setrlimit: Row<undefined, number> = row({
  perform(task, { a0: limit }) {
    if (!Number.isInteger(limit) || limit < 0) return -EINVAL;
    if (limit > NR_OPEN_MAX) return -EPERM;
    task.process.descriptors.limit = limit;
    return 0;
  },
  touches: takesNumber,
  asked: ({ a0: limit }) => `setrlimit ${limit}`,
});
