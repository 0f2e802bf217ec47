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
import type { EpollEvent, InetAddress, PollEntry, RingEntry, SelectSets } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { ANY_MARK, EPOLL_MARK, NETWORK_MARK, TABLE_MARK } from './conflict-bits.ts';
import { Console } from './console.ts';
import { Epoll, EpollItem } from './epoll.ts';
import type { Description, FileObject } from './file.ts';
import type { Process } from './process.ts';
import { Ring } from './ring.ts';
import { actionOf } from './signals.ts';
import type { Task } from './task.ts';
import { TcpSocket } from './tcp.ts';

// Members are `private`, not `#`: V8 takes a few nanoseconds longer over each of those, and these
// are used at every step.
/**
 * The kernel objects that a step will touch, and whether it only reads them. Two steps conflict
 * when they touch the same object and not both only read it; steps that do not conflict may be
 * swapped and nobody can tell.
 */
export class Footprint {
  private readonly objects: unknown[] = [];
  private readonly written: boolean[] = [];
  private size = 0;
  private all = false;
  /** The marks of all objects, and of those that are written: see conflict-bits.ts. */
  private marks = 0;
  private marksWritten = 0;

  get count(): number {
    return this.size;
  }

  /** It touches nothing that anybody else could. */
  get empty(): boolean {
    return this.size === 0 && !this.all;
  }

  /** It may touch any object there is. */
  get everything(): boolean {
    return this.all;
  }

  clear(): void {
    this.size = 0;
    this.all = false;
    this.marks = 0;
    this.marksWritten = 0;
  }

  /** @param mark its mark, the same whenever it is given; without one it might be any object */
  read(object: unknown, mark: number = ANY_MARK): void {
    this.objects[this.size] = object;
    this.written[this.size++] = false;
    this.marks |= mark;
  }

  /** @param mark see {@link read} */
  write(object: unknown, mark: number = ANY_MARK): void {
    this.objects[this.size] = object;
    this.written[this.size++] = true;
    this.marks |= mark;
    this.marksWritten |= mark;
  }

  /**
   * Whatever can be done to a file object: what is in it, what becomes of it, what poll(2) says.
   */
  writeFile(file: FileObject): void {
    this.write(file, file.mark);
    // A connection that ends gives a port back, which others may ask for.
    if (file instanceof TcpSocket) this.read(file.network, NETWORK_MARK);
    this.writeWatchers(file);
  }

  /** The same, of whatever else it is connected with too. */
  writeWhole(file: FileObject): void {
    this.writeFile(file);
    if (isListener(file)) this.write(file.acceptQueue, file.mark);
    if (file.counterpart !== null) this.writeFile(file.counterpart);
  }

  /**
   * A connection ends, and the epolls that watch it lose it: the others that are ready keep their
   * places.
   */
  private forgetFile(file: TcpSocket): void {
    this.write(file, file.mark);
    this.read(file.network, NETWORK_MARK);
    for (let waiter = file.waits.head; waiter !== null; waiter = waiter.next) {
      if (waiter instanceof EpollItem) this.write(waiter.epoll.sleepers, EPOLL_MARK);
    }
    if (file.counterpart !== null) this.writeFile(file.counterpart);
  }

  /**
   * A descriptor is closed, or what else keeps a description open has come to its end; the last of
   * those releases its file object.
   */
  dropReference(description: Description): void {
    this.write(description);
    if (description.references > 1) return;
    const { file } = description;
    // The connections that wait in it are reset, and its requests given up.
    if (isListener(file) || file instanceof Ring) this.touchEverything();
    else if (file instanceof TcpSocket) this.forgetFile(file);
    else this.writeWhole(file);
  }

  /** What {@link dropReference} would have noted, noted after the last of these was dropped. */
  droppedReference(description: Description): void {
    this.write(description);
    if (description.references > 0) return;
    const { file } = description;
    if (file instanceof TcpSocket && file.link !== null) this.forgetFile(file);
    else this.touchEverything();
  }

  /** What poll(2) would say of it. */
  readReadiness(file: FileObject): void {
    this.read(file, file.mark);
    if (isListener(file)) this.read(file.acceptQueue, file.mark);
  }

  /** Something comes in at a file object that does not change what it is: bytes, a connection. */
  writeIncoming(file: FileObject): void {
    this.write(file, file.mark);
    this.writeWatchers(file);
  }

  /**
   * A connection comes to stand in the queue of a listener: at its end, so whoever accepts the
   * first cannot tell, unless this is the first, or there is no more room.
   */
  writeAcceptQueue(listener: TcpSocket): void {
    this.writeIncoming(listener);
    if (listener.acceptQueueLength === 0 || listener.acceptRoom <= 1) {
      this.write(listener.acceptQueue, listener.mark);
    }
  }

  /** Whoever is told of it and keeps what he is told, an epoll for one. */
  private writeWatchers(file: FileObject): void {
    for (let waiter = file.waits.head; waiter !== null; waiter = waiter.next) waiter.tells(this);
  }

  /** All that `other` holds as well. */
  add(other: Footprint): void {
    for (let i = 0; i < other.size; i++) {
      this.objects[this.size] = other.objects[i];
      this.written[this.size++] = other.written[i] as boolean;
    }
    this.marks |= other.marks;
    this.marksWritten |= other.marksWritten;
    if (other.all) this.all = true;
  }

  touchEverything(): void {
    this.all = true;
  }

  objectAt(index: number): unknown {
    return this.objects[index];
  }

  writtenAt(index: number): boolean {
    return this.written[index] as boolean;
  }

  touches(object: unknown): boolean {
    for (let i = 0; i < this.size; i++) if (this.objects[i] === object) return true;
    return this.all;
  }

  conflictsWith(other: Footprint): boolean {
    if (this.all || other.all) return true;
    // Objects without a mark in common are not the same. This settles it nearly always, and looks
    // at none of them.
    if (((this.marksWritten & other.marks) | (this.marks & other.marksWritten)) === 0) return false;
    const mine = this.objects;
    const theirs = other.objects;
    const count = this.size;
    const theirCount = other.size;
    // What many touch, an epoll that watches them, comes last: so the search begins at the end.
    for (let i = count - 1; i >= 0; i--) {
      const object = mine[i];
      for (let j = theirCount - 1; j >= 0; j--) {
        if (theirs[j] === object && (this.written[i] || other.written[j])) return true;
      }
    }
    return false;
  }
}

const isListener = (file: FileObject): file is TcpSocket =>
  file instanceof TcpSocket && file.state === 'LISTEN';

type Toucher = (task: Task, call: Syscall<unknown>, into: Footprint) => void;

const nothing: Toucher = () => {};

/** The file behind the descriptor, or the table that has no such number. */
function fileOf(task: Task, fd: number, into: Footprint): FileObject | null {
  const description = task.held ?? task.process.descriptors.get(fd);
  if (description !== null) return description.file;
  // Somebody may give the number out, or has closed it.
  into.write(task.process.descriptors, TABLE_MARK);
  return null;
}

const writesFile: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file !== null) into.writeWhole(file);
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
    into.dropReference(description);
  }
}

const closes: Toucher = (task, call, into) => closeDescriptor(task, call.a0, into);

/** Takes the lowest free number. */
const writesTable: Toucher = (task, _call, into) =>
  into.write(task.process.descriptors, TABLE_MARK);

const writesBoth: Toucher = (task, call, into) => {
  writesFile(task, call, into);
  writesTable(task, call, into);
};

/**
 * What two tasks write to one console stands there in the order in which they did; no program can
 * read it back, so it is not told apart.
 */
const sends: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file === null) return;
  if (!(file instanceof TcpSocket)) {
    if (!(file instanceof Console)) into.writeWhole(file);
    return;
  }
  const { link } = file;
  if (link === null || !file.sendsPlainly((call.data as Uint8Array).length)) {
    into.writeWhole(file);
    return;
  }
  into.read(file, file.mark);
  into.write(link, file.mark);
  const { counterpart } = link;
  if (counterpart !== null) into.writeIncoming(counterpart);
};

const receives: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file === null) return;
  if (!(file instanceof TcpSocket) || !file.receivesPlainly) {
    into.writeWhole(file);
    return;
  }
  into.write(file, file.mark);
};

const accepts: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  writesTable(task, call, into);
  if (file === null) return;
  if (!isListener(file)) {
    into.writeWhole(file);
  } else if (file.acceptQueueLength === 0) {
    into.readReadiness(file);
  } else {
    into.read(file, file.mark);
    into.write(file.acceptQueue, file.mark);
  }
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
  else into.readReadiness(file);
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

/**
 * In loopback mode it reaches its listener at once, and only the network knows which one that is.
 */
function connects(task: Task, call: Syscall<unknown>, into: Footprint): void {
  const file = fileOf(task, call.a0, into);
  if (!(file instanceof TcpSocket)) {
    into.touchEverything();
    return;
  }
  into.writeFile(file);
  const { network } = file;
  const address = call.data as InetAddress | null;
  // The second half of a connect that slept finds out how it went.
  if (call.progress !== 0) return;
  if (network.touchesOfConnect === undefined || address === null || !('port' in address)) {
    into.touchEverything();
  } else network.touchesOfConnect(file, address, into);
}

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
        if (description !== null) into.writeWhole(description.file);
      }
    }
  }
};

const writesProcess: Toucher = (task, _call, into) => into.write(task.process);

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
  dup2: (task, call, into) => {
    const old = task.process.descriptors.get(call.a1);
    if (old !== null) into.dropReference(old);
    writesTable(task, call, into);
  },
  dup3: (task, call, into) => {
    const old = task.process.descriptors.get(call.a1);
    if (old !== null) into.dropReference(old);
    writesTable(task, call, into);
  },
  fcntl: controls,
  ioctl: (task, call, into) => {
    if (call.a1 !== FIONBIO || !isOwn(task, call.a0)) writesFile(task, call, into);
  },
  pipe: writesTable,
  socketpair: writesTable,
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
    into.readReadiness(watched);
    if (!(epoll instanceof Epoll) || watched instanceof Epoll) {
      into.writeFile(epoll);
      return;
    }
    into.read(epoll, EPOLL_MARK);
    into.write(epoll.sleepers, EPOLL_MARK);
    // What is ready already takes its place among what is ready.
    const { events } = call.data as EpollEvent;
    if (call.a1 !== DEL && (watched.look() & (events | ALWAYS)) !== 0) into.writeFile(epoll);
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
    into.write(task.process);
    into.write(task.process.descriptors, TABLE_MARK);
  },
  waitpid: writesProcess,
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
  sigaction: writesProcess,
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
  if (tasks.length > 1 && descriptors.isOpenFrom(CONSOLE_COUNT))
    into.write(descriptors, TABLE_MARK);
  if (parent === null || status === undefined) return;
  into.write(parent);
  if (typeof actionOf(parent, SIGCHLD) === 'object') into.touchEverything();
}

/** What the last step of a process has touched by closing what it had open; added to `into`. */
export function closedFootprint(process: Process, into: Footprint): void {
  const { closed } = process.descriptors;
  // What is watched there may be what another process has put there.
  if (closed.some(({ file }) => file instanceof Epoll)) into.touchEverything();
  for (const description of closed) {
    if (!(description.file instanceof Console)) into.droppedReference(description);
  }
}

/**
 * What the arrival of a signal touches, added to `into`: it comes between the steps of a task, and
 * what the task sleeps in is ended or begun anew.
 */
export function signalFootprint(process: Process, signal: number, into: Footprint): void {
  into.write(process);
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
    if (file instanceof Epoll) for (const seen of file.lookedAt) into.readReadiness(seen);
  } else if (WAITS_IN_TURN.has(posted.op) || (READS.has(posted.op) && file.exclusiveReaders)) {
    if (counts(file)) into.write(file);
  }
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
  if (held !== null && held.references === 1) into.dropReference(held);
  if (process.signals !== null) into.read(process);
}
