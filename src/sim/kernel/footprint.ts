import type { CellAccess, ConditionWait } from '../../sys/memory.ts';
import { OP_NAMES, type OpName } from '../../sys/ops.ts';
import type { PollEntry, SelectSets } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { Epoll, EpollItem } from './epoll.ts';
import type { FileObject } from './file.ts';
import type { Task } from './task.ts';

// Members are `private`, not `#`: V8 takes a few nanoseconds longer over each of those, and these are used at every step.
/**
 * The kernel objects that a step will touch, and whether it only reads them. Two steps conflict when they touch the same object
 * and not both only read it; steps that do not conflict may be swapped and nobody can tell.
 */
export class Footprint {
  private readonly objects: unknown[] = [];
  private readonly written: boolean[] = [];
  private size = 0;
  private all = false;

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
  }

  read(object: unknown): void {
    this.objects[this.size] = object;
    this.written[this.size++] = false;
  }

  write(object: unknown): void {
    this.objects[this.size] = object;
    this.written[this.size++] = true;
  }

  /** A file object, and every epoll that watches it: its list of what is ready is kept in the order in which things happen. */
  writeFile(file: FileObject): void {
    this.write(file);
    for (let waiter = file.waits.head; waiter !== null; waiter = waiter.next) {
      if (waiter instanceof EpollItem) this.write(waiter.epoll);
    }
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

type Toucher = (task: Task, call: Syscall<unknown>, into: Footprint) => void;

const nothing: Toucher = () => {};

function writeFile(file: FileObject, into: Footprint): void {
  into.writeFile(file);
  const other = file.counterpart;
  if (other !== null) into.writeFile(other);
}

/** The file behind the descriptor, or the table that has no such number. */
function fileOf(task: Task, fd: number, into: Footprint): FileObject | null {
  const description = task.held ?? task.process.descriptors.get(fd);
  if (description !== null) return description.file;
  into.read(task.process.descriptors);
  return null;
}

const writesFile: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file !== null) writeFile(file, into);
};

const readsFile: Toucher = (task, call, into) => {
  const file = fileOf(task, call.a0, into);
  if (file !== null) into.read(file);
};

/** Takes the lowest free number. */
const writesTable: Toucher = (task, _call, into) => into.write(task.process.descriptors);

const writesBoth: Toucher = (task, call, into) => {
  writesFile(task, call, into);
  writesTable(task, call, into);
};

const watches = (task: Task, fds: readonly number[] | undefined, into: Footprint): void => {
  for (const fd of fds ?? []) {
    const file = task.process.descriptors.get(fd)?.file;
    into.read(file ?? task.process.descriptors);
  }
};

/** An address in use is known to its network only: whoever binds or connects may meet anybody who does. */
const touchesAddresses: Toucher = (task, call, into) => {
  writesFile(task, call, into);
  into.write(task.surroundings.network);
};

const writesProcess: Toucher = (task, _call, into) => into.write(task.process);

/** Wakes or waits for others by their words, so the word stands for all of the array. */
const writesWords: Toucher = (_task, call, into) => into.write(call.data);

const BY_NAME: Readonly<Record<OpName, Toucher>> = {
  socket: writesTable,
  bind: touchesAddresses,
  listen: touchesAddresses,
  accept: writesBoth,
  // In loopback mode it reaches its listener at once, and only the network knows which one that is.
  connect: (_task, _call, into) => into.touchEverything(),
  send: writesFile,
  recv: writesFile,
  shutdown: writesFile,
  close: writesBoth,
  read: writesFile,
  write: writesFile,
  getsockname: readsFile,
  getpeername: readsFile,
  getsockopt: writesFile,
  setsockopt: writesFile,
  dup: writesTable,
  dup2: (task, call, into) => {
    const old = task.process.descriptors.get(call.a1);
    if (old !== null) writeFile(old.file, into);
    writesTable(task, call, into);
  },
  dup3: (task, call, into) => {
    const old = task.process.descriptors.get(call.a1);
    if (old !== null) writeFile(old.file, into);
    writesTable(task, call, into);
  },
  fcntl: writesBoth,
  ioctl: writesFile,
  pipe: writesTable,
  socketpair: writesTable,
  eventfd: writesTable,
  select: (task, call, into) => {
    const { read, write, except } = call.data as SelectSets;
    watches(task, read, into);
    watches(task, write, into);
    watches(task, except, into);
  },
  poll: (task, call, into) => {
    for (const { fd } of call.data as readonly PollEntry[]) {
      const file = task.process.descriptors.get(fd)?.file;
      into.read(file ?? task.process.descriptors);
    }
  },
  epollCreate: writesTable,
  epollCtl: (task, call, into) => {
    writesFile(task, call, into);
    const watched = task.process.descriptors.get(call.a2);
    into.read(watched === null ? task.process.descriptors : watched.file);
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
  join: nothing,
  fork: (task, _call, into) => {
    into.write(task.process);
    into.read(task.process.descriptors);
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
  ringSubmit: (_task, _call, into) => into.touchEverything(),
  ringWait: (_task, _call, into) => into.touchEverything(),
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

/** What the pending syscall of a task will touch, added to `into`. */
export function footprint(task: Task, into: Footprint): void {
  const { call } = task;
  if (call !== null) (BY_NUMBER[call.op] as Toucher)(task, call, into);
}
