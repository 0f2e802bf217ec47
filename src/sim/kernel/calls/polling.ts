import {
  EPOLLEXCLUSIVE,
  FD_SETSIZE,
  O_RDWR,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
} from '../../../sys/constants.ts';
import { EBADF, EINVAL, EPERM } from '../../../sys/errno.ts';
import type {
  EpollEvent,
  PollEntry,
  PollReady,
  SelectReady,
  SelectSets,
} from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { FAULT_SPURIOUS, KIND } from '../choices.ts';
import { EPOLL_EVENTS_MAX, Epoll } from '../epoll.ts';
import type { FileObject } from '../file.ts';
import { EXCEPTIONAL_SET, READABLE_SET, WRITABLE_SET } from '../readiness.ts';
import { isSocket } from '../socket.ts';
import type { Task, Watched } from '../task.ts';
import { FLAG_CLOEXEC, open } from './descriptors.ts';
import {
  BLOCKED,
  descriptionOf,
  hold,
  INTERRUPTED_RESULT,
  interrupts,
  startTimeout,
  wasInterrupted,
} from './handler.ts';

// ---- poll(2) ----

const ALWAYS_REPORTED = POLLERR | POLLHUP;

function pollOnce(task: Task, entries: readonly PollEntry[]): PollReady[] {
  const table = task.process.descriptors;
  const ready: PollReady[] = [];
  for (const { fd, events } of entries) {
    if (fd < 0) continue;
    const description = table.get(fd);
    const revents =
      description === null ? POLLNVAL : description.file.poll() & (events | ALWAYS_REPORTED);
    if (revents !== 0) ready.push({ fd, revents });
  }
  return ready;
}

function sleepInPoll(task: Task, entries: readonly PollEntry[]): void {
  const table = task.process.descriptors;
  task.sleepOnAll(() => {
    const watched: Watched[] = [];
    for (const { fd, events } of entries) {
      const description = fd < 0 ? null : table.get(fd);
      if (description !== null) watched.push({ description, mask: events | ALWAYS_REPORTED });
    }
    return watched;
  });
}

export function poll(task: Task, call: Syscall<unknown>): unknown {
  const entries = call.data as readonly PollEntry[];
  if (entries.length > task.process.descriptors.limit) return -EINVAL;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  const ready = pollOnce(task, entries);
  const spurious = spuriousIn(task, () =>
    entries.filter(({ fd, events }) => {
      const file = task.process.descriptors.get(fd)?.file;
      return (events & POLLIN) !== 0 && file !== undefined && mayBeSpurious(file);
    }),
  );
  if (spurious !== undefined) ready.push({ fd: spurious.fd, revents: POLLIN });
  if (ready.length > 0 || call.a0 === 0 || task.timedOut) {
    task.unwatch();
    return ready;
  }
  sleepInPoll(task, entries);
  startTimeout(task, call.a0);
  return BLOCKED;
}

export function pollSleeps(task: Task, call: Syscall<unknown>): boolean {
  const entries = call.data as readonly PollEntry[];
  if (call.a0 === 0 || entries.length > task.process.descriptors.limit) return false;
  if (pollOnce(task, entries).length > 0 || interrupts(task, call)) return false;
  sleepInPoll(task, entries);
  startTimeout(task, call.a0);
  return true;
}

// ---- select(2) ----

const NONE: readonly number[] = [];

/** -EBADF for a closed number, -EINVAL for one that fits into no fd_set. */
function selectOnce(task: Task, sets: SelectSets): SelectReady | number {
  const table = task.process.descriptors;
  const look = (fds: readonly number[], mask: number): number[] | number => {
    const found: number[] = [];
    for (const fd of fds) {
      if (fd < 0 || fd >= FD_SETSIZE || !Number.isInteger(fd)) return -EINVAL;
      const description = table.get(fd);
      if (description === null) return -EBADF;
      if ((description.file.poll() & mask) !== 0) found.push(fd);
    }
    return found.sort(ascending);
  };
  const read = look(sets.read ?? NONE, READABLE_SET);
  if (typeof read === 'number') return read;
  const write = look(sets.write ?? NONE, WRITABLE_SET);
  if (typeof write === 'number') return write;
  const except = look(sets.except ?? NONE, EXCEPTIONAL_SET);
  if (typeof except === 'number') return except;
  return { read, write, except };
}

const ascending = (a: number, b: number): number => a - b;

const isEmpty = (ready: SelectReady): boolean =>
  ready.read.length === 0 && ready.write.length === 0 && ready.except.length === 0;

function sleepInSelect(task: Task, sets: SelectSets): void {
  const table = task.process.descriptors;
  task.sleepOnAll(() => {
    const watched: Watched[] = [];
    const add = (fds: readonly number[] | undefined, mask: number): void => {
      for (const fd of fds ?? NONE) {
        const description = table.get(fd);
        if (description !== null) watched.push({ description, mask });
      }
    };
    add(sets.read, READABLE_SET);
    add(sets.write, WRITABLE_SET);
    add(sets.except, EXCEPTIONAL_SET);
    return watched;
  });
}

export function select(task: Task, call: Syscall<unknown>): unknown {
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  const sets = call.data as SelectSets;
  const ready = selectOnce(task, sets);
  if (typeof ready === 'number') {
    task.unwatch();
    return ready;
  }
  const spurious = spuriousIn(task, () =>
    (sets.read ?? NONE).filter((fd) => {
      const file = task.process.descriptors.get(fd)?.file;
      return file !== undefined && mayBeSpurious(file);
    }),
  );
  if (spurious !== undefined) {
    ready.read.push(spurious);
    ready.read.sort(ascending);
  }
  if (!isEmpty(ready) || call.a0 === 0 || task.timedOut) {
    task.unwatch();
    return ready;
  }
  sleepInSelect(task, sets);
  startTimeout(task, call.a0);
  return BLOCKED;
}

export function selectSleeps(task: Task, call: Syscall<unknown>): boolean {
  if (call.a0 === 0) return false;
  const sets = call.data as SelectSets;
  const ready = selectOnce(task, sets);
  if (typeof ready === 'number' || !isEmpty(ready) || interrupts(task, call)) return false;
  sleepInSelect(task, sets);
  startTimeout(task, call.a0);
  return true;
}

// ---- epoll(7) ----

export function epollCreate(task: Task, call: Syscall<unknown>): unknown {
  return open(task, new Epoll(), O_RDWR, call.a0 & FLAG_CLOEXEC);
}

const ADD = 1;
const DEL = 2;
const MOD = 3;

/** Checks in the order of do_epoll_ctl: EBADF, EPERM, EINVAL. */
export function epollCtl(task: Task, call: Syscall<unknown>): unknown {
  const { a0: epfd, a1: op, a2: fd } = call;
  const { events, data } = call.data as EpollEvent;
  const table = task.process.descriptors;
  const epollDescription = table.get(epfd);
  const target = table.get(fd);
  if (epollDescription === null || target === null) return -EBADF;
  if (!canBeWatched(target.file)) return -EPERM;
  const epoll = epollDescription.file;
  if (!(epoll instanceof Epoll) || epoll === target.file) return -EINVAL;
  switch (op) {
    case ADD:
      return epoll.add(target, fd, events, data);
    case MOD:
      if ((events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
      return epoll.modify(target, fd, events, data);
    case DEL:
      return epoll.delete(target, fd);
    default:
      return -EINVAL;
  }
}

/** Files that have no poll method of their own cannot be watched. */
function canBeWatched(file: FileObject): boolean {
  return file.pollable;
}

export function epollWait(task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { file } = description;
  if (!(file instanceof Epoll) || call.a1 <= 0 || call.a1 > EPOLL_EVENTS_MAX) return -EINVAL;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  const reported = file.collect(call.a1);
  const spurious =
    reported.length < call.a1
      ? spuriousIn(task, () =>
          [...file.idleItems(POLLIN)].filter((item) => mayBeSpurious(item.description.file)),
        )
      : undefined;
  if (spurious !== undefined) reported.push({ events: POLLIN, data: spurious.data });
  if (reported.length > 0 || call.a2 === 0 || task.timedOut) return reported;
  hold(task, description);
  task.sleepFirstOn(file.sleepers, POLLIN);
  startTimeout(task, call.a2);
  return BLOCKED;
}

export function epollWaitSleeps(task: Task, call: Syscall<unknown>): boolean {
  if (call.a2 === 0 || call.a1 <= 0 || call.a1 > EPOLL_EVENTS_MAX) return false;
  const description = task.process.descriptors.get(call.a0);
  const file = description?.file;
  if (description == null || !(file instanceof Epoll)) return false;
  if (file.poll() !== 0 || interrupts(task, call)) return false;
  hold(task, description);
  task.sleepFirstOn(file.sleepers, POLLIN);
  startTimeout(task, call.a2);
  return true;
}

// ---- spurious readiness ----

/**
 * A fault that select(2) describes under BUGS: a socket is said to be readable, and then is not (a
 * segment with a bad checksum was dropped meanwhile). Only sockets that wait for data do that.
 */
function mayBeSpurious(file: FileObject): boolean {
  return isSocket(file) && (file.poll() & WAITING_MASK) === POLLOUT;
}

/** An idle established connection is writable and nothing else. */
const WAITING_MASK = POLLIN | POLLOUT | POLLHUP | POLLERR;

function spuriousIn<T>(task: Task, candidates: () => readonly T[]): T | undefined {
  const { choices } = task.surroundings;
  if ((choices.faults & FAULT_SPURIOUS) === 0) return undefined;
  const found = candidates();
  if (found.length === 0) return undefined;
  const chosen = choices.decide(KIND.spurious, found.length + 1, task);
  return chosen === 0 ? undefined : found[chosen - 1];
}
