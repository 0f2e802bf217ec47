import {
  F_GETFL,
  F_SETFL,
  FIONBIO,
  O_ASYNC,
  POLLERR,
  POLLHUP,
  SIGCHLD,
} from '../../sys/constants.ts';
import type { CellAccess, ConditionWait } from '../../sys/memory.ts';
import { OP, OP_NAMES, type OpName } from '../../sys/ops.ts';
import type { Address, EpollEvent, PollEntry, RingEntry, SelectSets } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { EPOLL_MARK, TABLE_MARK } from './conflict-bits.ts';
import { Epoll } from './epoll.ts';
import type { FileObject } from './file.ts';
import type { Footprint } from './footprint.ts';
import type { Process } from './process.ts';
import { Ring } from './ring.ts';
import { actionOf } from './signals.ts';
import { Task } from './task.ts';

type Toucher = (task: Task, call: Syscall<unknown>, into: Footprint) => void;

const nothing: Toucher = () => {};

/** The file behind the descriptor, or the table that has no such number. */
function fileOf(task: Task, fd: number, into: Footprint): FileObject | null {
  if (task.held !== null) return task.held.file;
  const description = task.process.descriptors.get(fd);
  if (description !== null) {
    readSlot(task, fd, into);
    return description.file;
  }
  // Somebody may give the number out, or has closed it.
  into.write(task.process.descriptors, TABLE_MARK);
  return null;
}

/** What an open number stands for, which another thread may change. */
function readSlot({ process }: Task, fd: number, into: Footprint): void {
  if (process.tasks.length > 1) into.read(process.descriptors.slot(fd), TABLE_MARK);
}

function writeSlot({ process }: Task, fd: number, into: Footprint): void {
  if (process.tasks.length > 1) into.write(process.descriptors.slot(fd), TABLE_MARK);
}

const writesFile: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  file?.touchesOfAll(into);
};

const readsFile: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file !== null) into.read(file, file.mark);
};

/** Frees a number: those who free others do not meet, those who ask for the lowest free one do. */
function closeDescriptor(task: Task, fd: number, into: Footprint): void {
  const { descriptors } = task.process;
  const description = descriptors.get(fd);
  if (description === null) into.write(descriptors, TABLE_MARK);
  else {
    into.read(descriptors, TABLE_MARK);
    writeSlot(task, fd, into);
    description.touchesOfDrop(into);
  }
}

const closes: Toucher = (task, call, into) => closeDescriptor(task, call.a0, into);

/** Takes the lowest free numbers. */
const takesNumbers =
  (count: number): Toucher =>
  (task, _call, into) => {
    const { descriptors } = task.process;
    into.write(descriptors, TABLE_MARK);
    let fd = -1;
    for (let i = 0; i < count; i++) {
      fd = descriptors.lowestFree(fd + 1);
      if (fd < 0) return;
      writeSlot(task, fd, into);
    }
  };

const writesTable = takesNumbers(1);

/** dup2(2) and dup3(2): what the number stood for is closed first. */
const replaces: Toucher = (task, call, into) => {
  const old = task.process.descriptors.get(call.a1);
  if (old !== null) {
    writeSlot(task, call.a1, into);
    old.touchesOfDrop(into);
  }
  writesTable(task, call, into);
};

const writesBoth: Toucher = (task, call, into) => {
  writesFile(task, call, into);
  writesTable(task, call, into);
};

const sends: Toucher = (task, call, into) => {
  const size = (call.data as Uint8Array).length;
  fileOf(task, call.a0, into)?.touchesOfWrite(size, into);
};

const receives: Toucher = (task, call, into) => {
  fileOf(task, call.a0, into)?.touchesOfRead(into);
};

const accepts: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  writesTable(task, call, into);
  file?.touchesOfAccept(into);
};

/** Nobody else can use the description behind this descriptor. */
function isOwn(task: Task, fd: number): boolean {
  return task.process.descriptors.get(fd)?.references === 1 && task.process.tasks.length === 1;
}

/** The flags belong to the description, and concern whoever else may use it. */
const controls: Toucher = (task, call, into) => {
  const getsOrSets = call.a1 === F_GETFL || (call.a1 === F_SETFL && (call.a2 & O_ASYNC) === 0);
  if (!getsOrSets || !isOwn(task, call.a0)) writesBoth(task, call, into);
};

function watch(task: Task, fd: number, into: Footprint): void {
  const file = task.process.descriptors.get(fd)?.file;
  if (file === undefined) into.write(task.process.descriptors, TABLE_MARK);
  else {
    readSlot(task, fd, into);
    file.touchesOfLook(into);
  }
}

function watchAll(task: Task, fds: readonly number[] | undefined, into: Footprint): void {
  for (const fd of fds ?? []) watch(task, fd, into);
}

/**
 * An address in use is known to its network only: whoever binds or connects may meet anybody who
 * does.
 */
const touchesAddresses: Toucher = (task, call, into) => {
  writesFile(task, call, into);
  into.write(task.surroundings.network);
};

const connects: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file === null) into.touchEverything();
  // The second half of a connect that slept finds out how it went.
  else if (call.progress !== 0) file.touchesOfConnect(undefined, into);
  else file.touchesOfConnect(call.data as Address | null, into);
};

const entersRing: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file instanceof Ring) file.touches(into);
};

/** What each request touches as it begins. A cancelled one may be the last to hold its object. */
const submits: Toucher = (task, call, into) => {
  entersRing(task, call, into);
  const { descriptors } = task.process;
  for (const entry of call.data as readonly RingEntry[]) {
    switch (entry.op) {
      case 'nop':
      case 'timeout':
        break;
      case 'cancel':
      case 'connect':
        into.touchEverything();
        break;
      case 'close':
        closeDescriptor(task, entry.fd, into);
        break;
      default: {
        const description = descriptors.get(entry.fd);
        if (entry.op === 'accept' || description === null) into.write(descriptors, TABLE_MARK);
        if (description !== null) readSlot(task, entry.fd, into);
        description?.file.touchesOfAll(into);
      }
    }
  }
};

/** Wakes or waits for others by their words, so the word stands for all of the array. */
const writesWords: Toucher = (_task, call, into) => into.write(call.data);

/** epoll_ctl(2): EPOLL_CTL_DEL, and what is reported unasked. */
const DEL = 2;
const ALWAYS = POLLERR | POLLHUP;

const BY_NAME: Readonly<Record<OpName, Toucher>> = {
  socket: writesTable,
  bind: touchesAddresses,
  listen: touchesAddresses,
  accept: accepts,
  connect: connects,
  send: sends,
  recv: receives,
  shutdown: writesFile,
  close: closes,
  read: receives,
  write: sends,
  getsockname: readsFile,
  getpeername: readsFile,
  getsockopt: writesFile,
  setsockopt: writesFile,
  dup: writesTable,
  dup2: replaces,
  dup3: replaces,
  fcntl: controls,
  ioctl: (task, call, into) => {
    if (call.a1 !== FIONBIO || !isOwn(task, call.a0)) writesFile(task, call, into);
  },
  pipe: takesNumbers(2),
  socketpair: takesNumbers(2),
  eventfd: writesTable,
  select: (task, call, into) => {
    const { read, write, except } = call.data as SelectSets;
    watchAll(task, read, into);
    watchAll(task, write, into);
    watchAll(task, except, into);
  },
  poll: (task, call, into) => {
    for (const { fd } of call.data as readonly PollEntry[]) watch(task, fd, into);
  },
  epollCreate: writesTable,
  epollCtl: (task, call, into) => {
    const epoll = fileOf(task, call.a0, into);
    const watched = fileOf(task, call.a2, into);
    if (epoll === null || watched === null) return;
    watched.touchesOfLook(into);
    if (!(epoll instanceof Epoll) || watched instanceof Epoll) {
      epoll.touchesOfChange(into);
      return;
    }
    into.read(epoll, EPOLL_MARK);
    into.write(epoll.sleepers, EPOLL_MARK);
    // What is ready already takes its place among what is ready.
    const { events } = call.data as EpollEvent;
    if (call.a1 !== DEL && (watched.look() & (events | ALWAYS)) !== 0) epoll.touchesOfChange(into);
  },
  epollWait: (task, call, into) => {
    const file = fileOf(task, call.a0, into);
    if (file === null) return;
    if (file instanceof Epoll) file.touches(into);
    else into.write(file);
  },
  nanosleep: nothing,
  clockGettime: nothing,
  futexWait: writesWords,
  futexWake: writesWords,
  spawn: nothing,
  join: (task, call, into) => {
    const target = task.process.tasks.find((other) => other.id === call.a0);
    if (target !== undefined) into.read(target);
  },
  fork: (task, _call, into) => {
    into.write(task.process.children);
    into.read(task.process.sighand);
    into.write(task.process.descriptors, TABLE_MARK);
  },
  waitpid: (task, _call, into) => into.write(task.process.children),
  exit: (_task, _call, into) => into.touchEverything(),
  schedYield: nothing,
  gettid: nothing,
  getpid: nothing,
  setrlimit: writesTable,
  kill: (_task, _call, into) => into.touchEverything(),
  timerfdCreate: writesTable,
  timerfdSettime: writesFile,
  timerfdGettime: writesFile,
  open: writesTable,
  memfdCreate: writesTable,
  lseek: writesFile,
  // Whoever is bound to the address may be meant.
  sendto: (_task, _call, into) => into.touchEverything(),
  recvfrom: writesFile,
  // A step of another thread does not notice, only a signal does.
  sigaction: (task, _call, into) => into.write(task.process.sighand),
  ringSetup: writesTable,
  ringSubmit: submits,
  ringWait: entersRing,
  exec: (_task, _call, into) => into.touchEverything(),
  unlink: (task, _call, into) => into.write(task.process.kernel.unixNames),
  load: (_task, call, into) => into.read((call.data as CellAccess).cell),
  store: (_task, call, into) => into.write((call.data as CellAccess).cell),
  update: (_task, call, into) => into.write((call.data as CellAccess).cell),
  lock: (_task, call, into) => into.write(call.data),
  unlock: (_task, call, into) => into.write(call.data),
  condWait: (_task, call, into) => {
    const { condition, mutex } = call.data as ConditionWait;
    into.write(condition);
    into.write(mutex);
  },
  condSignal: (_task, call, into) => into.write(call.data),
};

const BY_NUMBER: readonly Toucher[] = OP_NAMES.map((name) => BY_NAME[name]);

/**
 * What a step of a task has touched beyond the footprint of its syscall, added to `into`: the code
 * that ran on touched memory that tasks share (`Sys.touches`), or came to its end.
 */
export function settledFootprint(task: Task, into: Footprint): void {
  if (task.touched !== null) {
    for (const object of task.touched) into.write(object);
    task.touched = null;
  }
  if (task.state === 'alive') return;
  into.write(task);
  const { parent, status, tasks, descriptors } = task.process;
  // The last of its threads closes what is open, so it counts which of them that is.
  if (tasks.length > 1 && (descriptors.isOpenFrom(CONSOLE_COUNT) || descriptors.closed.length > 0))
    into.write(descriptors, TABLE_MARK);
  if (parent === null || status === undefined) return;
  into.write(parent.children);
  into.read(parent.sighand);
  if (typeof actionOf(parent, SIGCHLD) === 'object') into.touchEverything();
}

/** What the last step of a process has touched by closing what it had open; added to `into`. */
export function closedFootprint(process: Process, into: Footprint): void {
  const { closed } = process.descriptors;
  // What is watched there may be what another process has put there.
  if (closed.some(({ file }) => file instanceof Epoll)) into.touchEverything();
  for (const description of closed) description.touchesAfterDrop(into);
}

/**
 * What the arrival of a signal touches, added to `into`: it comes between the steps of a task, and
 * what the task sleeps in is ended or begun anew.
 */
export function signalFootprint(process: Process, signal: number, into: Footprint): void {
  into.write(process);
  into.read(process.sighand);
  const action = actionOf(process, signal);
  if (action === 'ignore') return;
  if (action === 'default') {
    into.touchEverything();
    return;
  }
  for (const task of process.tasks) {
    if (task.state !== 'alive' || task.call === null) continue;
    footprint(task, into);
    postedFootprint(task, task.call, into, () => true);
  }
}

/** Descriptors 0, 1 and 2. */
const CONSOLE_COUNT = 3;

/**
 * What a task touches by asking for `posted`, because readiness is looked at as soon as a call is
 * posted; added to `into`.
 *
 * A call that is put to sleep before its turn changes nothing that anybody could notice, because
 * whoever makes it ready wakes its task, with two exceptions. An epoll_wait drops from the ready
 * list what is not ready, so later events stand in another order if it is one of those whose place
 * it was. And in a queue whose sleepers are woken one by one it counts who came first, if there are
 * several; `counts` is told of the queue and says so.
 */
export function postedFootprint(
  task: Task,
  posted: Pick<Syscall<unknown>, 'op' | 'a0'>,
  into: Footprint,
  counts: (queue: unknown) => boolean,
): void {
  const file = task.process.descriptors.get(posted.a0)?.file;
  if (file === undefined) return;
  if (posted.op === OP.epollWait) {
    if (file instanceof Epoll) file.touchesLookedAt(into);
    return;
  }
  const inTurn = WAITS_IN_TURN.has(posted.op) || (READS.has(posted.op) && file.exclusiveReaders);
  const line = inTurn ? file : WRITES.has(posted.op) ? file.writersLine : null;
  if (line !== null && counts(line)) into.write(line);
}

/**
 * If this is the last step of its process, the end of that closes something that somebody else
 * could notice.
 */
export function leavesOpen(task: Task): boolean {
  const closed = task.call?.op === OP.close ? task.call.a0 : -1;
  return task.process.descriptors.isOpenFrom(CONSOLE_COUNT, closed);
}

const WAITS_IN_TURN: ReadonlySet<number> = new Set([OP.accept, OP.ringWait]);
const WRITES: ReadonlySet<number> = new Set([OP.write, OP.send]);
const READS: ReadonlySet<number> = new Set([OP.read, OP.recv, OP.recvfrom]);

function touchesOf(task: Task, call: Syscall<unknown>, into: Footprint): void {
  // As in Kernel.execute: what servers do all day is not looked up in the table.
  switch (call.op) {
    case OP.recv:
      receives(task, call, into);
      return;
    case OP.send:
      sends(task, call, into);
      return;
    default:
      (BY_NUMBER[call.op] as Toucher)(task, call, into);
  }
}

/** What the pending syscall of a task will touch, added to `into`. */
export function footprint(task: Task, into: Footprint): void {
  const { call, held, process } = task;
  if (call === null) return;
  touchesOf(task, call, into);
  if (held !== null && held.references === 1) held.touchesOfDrop(into);
  if (process.signals !== null) into.read(process);
}

/** What takes steps of its own beside tasks: an arrival, a timer's notice. */
interface Mover {
  touches(into: Footprint): void;
}

/** What a mover will touch, in place of what `into` held before. */
export function touch(mover: Task | Mover, into: Footprint): void {
  into.clear();
  if (mover instanceof Task) footprint(mover, into);
  else mover.touches(into);
}
