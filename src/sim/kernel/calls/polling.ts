import {
  EPOLLEXCLUSIVE,
  FD_SETSIZE,
  O_RDWR,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  pollMaskText,
} from '../../../sys/constants.ts';
import { EBADF, EFAULT, EINVAL, EPERM } from '../../../sys/errno.ts';
import type {
  EpollEvent,
  EpollRequest,
  PollEntry,
  PollReady,
  SelectReady,
  SelectSets,
} from '../../../sys/sys.ts';
import { FAULT_SPURIOUS, KIND } from '../choices.ts';
import { EPOLL_MARK } from '../conflict-bits.ts';
import { EPOLL_EVENTS_MAX, Epoll } from '../epoll.ts';
import type { FileObject } from '../file.ts';
import { EXCEPTIONAL_SET, READABLE_SET, WRITABLE_SET } from '../readiness.ts';
import { isSocket } from '../socket.ts';
import type { Task, Watched } from '../task.ts';
import { FLAG_CLOEXEC, openFile, opens } from './descriptors.ts';
import {
  BLOCKED,
  descriptionOf,
  hold,
  INTERRUPTED_RESULT,
  interrupts,
  looksOnceMore,
  startTimeout,
  wasInterrupted,
} from './handler.ts';
import { type Call, type Row, row } from './row.ts';
import { masksText, setsText, timeoutText } from './text.ts';
import { fileTouched, looksAt } from './touches.ts';

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

function interruptedLook(task: Task): number {
  task.unwatch();
  return INTERRUPTED_RESULT;
}

const TIME_IS_UP = 'time is up';

/** Members in an order that says nothing. */
const setAlike = (members: readonly (number | string)[]): string =>
  `{${members.map(String).sort().join(' ')}}`;

export const poll: Row<readonly PollEntry[], PollReady[]> = row({
  perform(task, call) {
    const { data: entries, a0: timeoutNs } = call;
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
    if (ready.length > 0 || timeoutNs === 0 || task.timedOut) {
      task.unwatch();
      return ready;
    }
    if (looksOnceMore(task)) return interruptedLook(task);
    sleepInPoll(task, entries);
    startTimeout(task, timeoutNs);
    return BLOCKED;
  },
  parks(task, call) {
    const { data: entries, a0: timeoutNs } = call;
    if (timeoutNs === 0 || entries.length > task.process.descriptors.limit) return false;
    if (pollOnce(task, entries).length > 0 || interrupts(task, call)) return false;
    sleepInPoll(task, entries);
    startTimeout(task, timeoutNs);
    return true;
  },
  touches(task, { data: entries }, into) {
    for (const { fd } of entries) looksAt(task, fd, into);
  },
  asked({ data: entries, a0: timeoutNs }) {
    const masks = masksText(entries.map(({ fd, events }) => [fd, events]));
    return `poll ${masks || 'nothing'}${timeoutText(timeoutNs)}`;
  },
  answered: (_call, ready) =>
    masksText(ready.map(({ fd, revents }) => [fd, revents])) || TIME_IS_UP,
  waitsFor: (_task, { data: entries }) => ({
    what: entries.length === 0 ? 'signal' : 'readiness',
  }),
  watches: ({ data: entries }) =>
    entries.map(({ fd, events }) => ({ how: `poll ${pollMaskText(events)}`, fd, mask: events })),
  seen: (_call, ready) => setAlike(ready.map(({ fd, revents }) => `${fd}:${revents}`)),
  hash(ready, into) {
    for (const { fd, revents } of ready) into.mix(revents ^ (fd << 4));
  },
  effects(_call, ready, into) {
    if (typeof ready === 'object') into.reported(ready.map(({ fd }) => fd));
  },
});

// ---- select(2) ----

const NONE: readonly number[] = [];

/**
 * -EBADF for a closed number, -EINVAL for one that fits into no fd_set. # select: a number that was
 * closed while the call slept counts as ready (do_select: EPOLLNVAL is in all three sets), and so
 * does one that a sleeping accept has been promised.
 */
function selectOnce(task: Task, sets: SelectSets): SelectReady | number {
  const table = task.process.descriptors;
  const { nfds = FD_SETSIZE } = sets;
  const look = (fds: readonly number[], mask: number): number[] | number => {
    const found: number[] = [];
    for (const fd of fds) {
      if (fd < 0 || fd >= FD_SETSIZE || !Number.isInteger(fd)) return -EINVAL;
      if (fd >= nfds) continue;
      const description = table.get(fd);
      if (description === null) {
        if (!task.watches && !table.isReserved(fd)) return -EBADF;
        found.push(fd);
      } else if ((description.file.poll() & mask) !== 0) found.push(fd);
    }
    return asSet(found.sort(ascending));
  };
  const read = look(sets.read ?? NONE, READABLE_SET);
  if (typeof read === 'number') return read;
  const write = look(sets.write ?? NONE, WRITABLE_SET);
  if (typeof write === 'number') return write;
  const except = look(sets.except ?? NONE, EXCEPTIONAL_SET);
  if (typeof except === 'number') return except;
  return { read, write, except };
}

/** What stands in order, each once: a set does not hold anything twice. */
function asSet(fds: number[]): number[] {
  let kept = 0;
  for (const fd of fds) if (kept === 0 || fds[kept - 1] !== fd) fds[kept++] = fd;
  fds.length = kept;
  return fds;
}

const ascending = (a: number, b: number): number => a - b;

const isEmpty = (ready: SelectReady): boolean =>
  ready.read.length === 0 && ready.write.length === 0 && ready.except.length === 0;

/**
 * # select: urgent data wakes it, in whatever set a descriptor stands (fs/select.c, wait_key_set).
 * So bytes that come to a socket of the write set alone make it look again, at numbers that may
 * stand for something else by then.
 */
function sleepInSelect(task: Task, sets: SelectSets): void {
  const table = task.process.descriptors;
  const { nfds = FD_SETSIZE } = sets;
  task.sleepOnAll(() => {
    const watched: Watched[] = [];
    const add = (fds: readonly number[] | undefined, mask: number): void => {
      for (const fd of fds ?? NONE) {
        const description = fd < nfds ? table.get(fd) : null;
        if (description !== null) watched.push({ description, mask: mask | EXCEPTIONAL_SET });
      }
    };
    add(sets.read, READABLE_SET);
    add(sets.write, WRITABLE_SET);
    add(sets.except, EXCEPTIONAL_SET);
    return watched;
  });
}

/** A time below zero (-1 stands for none), or a number of descriptors. */
const isRefused = ({ a0: timeoutNs, data: { nfds = 0 } }: Call<SelectSets>): boolean =>
  timeoutNs < -1 || nfds < 0;

export const select: Row<SelectSets, SelectReady> = row({
  perform(task, call) {
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    const { data: sets, a0: timeoutNs } = call;
    if (isRefused(call)) return -EINVAL;
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
    if (!isEmpty(ready) || timeoutNs === 0 || task.timedOut) {
      task.unwatch();
      return ready;
    }
    if (looksOnceMore(task)) return interruptedLook(task);
    sleepInSelect(task, sets);
    startTimeout(task, timeoutNs);
    return BLOCKED;
  },
  parks(task, call) {
    const { data: sets, a0: timeoutNs } = call;
    if (timeoutNs === 0 || isRefused(call)) return false;
    const ready = selectOnce(task, sets);
    if (typeof ready === 'number' || !isEmpty(ready) || interrupts(task, call)) return false;
    sleepInSelect(task, sets);
    startTimeout(task, timeoutNs);
    return true;
  },
  touches(task, { data: { read = NONE, write = NONE, except = NONE } }, into) {
    for (const fd of read) looksAt(task, fd, into);
    for (const fd of write) looksAt(task, fd, into);
    for (const fd of except) looksAt(task, fd, into);
  },
  asked: ({ data: sets, a0: timeoutNs }) => `select ${setsText(sets)}${timeoutText(timeoutNs)}`,
  answered: (_call, ready) => setsText(ready) || TIME_IS_UP,
  waitsFor: () => ({ what: 'readiness' }),
  watches: ({ data: { read = NONE, write = NONE, except = NONE } }) => [
    ...read.map((fd) => ({ how: 'select read', fd, mask: READABLE_SET })),
    ...write.map((fd) => ({ how: 'select write', fd, mask: WRITABLE_SET })),
    ...except.map((fd) => ({ how: 'select except', fd, mask: EXCEPTIONAL_SET })),
  ],
  seen: (_call, { read, write, except }) =>
    `read ${setAlike(read)}, write ${setAlike(write)}, except ${setAlike(except)}`,
  hash({ read, write, except }, into) {
    into.mix(read.length ^ (write.length << 8) ^ (except.length << 16));
    for (const fd of read) into.mix(fd);
    for (const fd of write) into.mix(fd);
    for (const fd of except) into.mix(fd);
  },
  effects(_call, ready, into) {
    if (typeof ready !== 'object') return;
    into.reported(new Set([...ready.read, ...ready.write, ...ready.except]));
  },
});

// ---- epoll(7) ----

export const epollCreate: Row<undefined, number> = row({
  perform(task, { a0: flags, a1: size }) {
    if (size <= 0) return -EINVAL;
    return openFile(task, new Epoll(), O_RDWR, flags & FLAG_CLOEXEC);
  },
  ...opens,
  asked: ({ name }) => name,
});

const ADD = 1;
const DEL = 2;
const MOD = 3;

const NO_EVENT: EpollEvent = { events: 0, data: 0 };

/** Checks in the order of epoll_ctl(2) and do_epoll_ctl: EFAULT, EBADF, EPERM, EINVAL. */
export const epollCtl: Row<EpollRequest, number> = row({
  perform(task, { a0: epfd, a1: op, a2: fd, data: event }) {
    if (event === null && op !== DEL) return -EFAULT;
    const { events, data } = event ?? NO_EVENT;
    const table = task.process.descriptors;
    const epollDescription = table.get(epfd);
    const target = table.get(fd);
    if (epollDescription === null || target === null) return -EBADF;
    // Files that have no poll method of their own cannot be watched.
    if (!target.file.pollable) return -EPERM;
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
  },
  touches(task, { a0: epfd, a1: op, a2: fd, data: event }, into) {
    const { events } = event ?? NO_EVENT;
    const epoll = fileTouched(task, epfd, into);
    const watched = fileTouched(task, fd, into);
    if (epoll === null || watched === null) return;
    watched.touchesOfLook(into);
    if (!(epoll instanceof Epoll) || watched instanceof Epoll) {
      epoll.touchesOfChange(into);
      return;
    }
    into.read(epoll, EPOLL_MARK);
    into.write(epoll.sleepers, EPOLL_MARK);
    // What is ready already takes its place among what is ready.
    if (op !== DEL && (watched.look() & (events | ALWAYS_REPORTED)) !== 0) {
      epoll.touchesOfChange(into);
    }
  },
  asked({ a0: epfd, a1: op, a2: fd, data: event }) {
    const events = event === null ? 'null' : pollMaskText(event.events);
    const mask = op === DEL ? '' : ` ${events}`;
    return `epollCtl fd ${epfd} ${['', 'add', 'del', 'mod'][op]} fd ${fd}${mask}`;
  },
});

export const epollWait: Row<undefined, EpollEvent[]> = row({
  perform(task, call) {
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
    if (spurious !== undefined) reported.push(spurious.report(POLLIN));
    if (reported.length > 0 || call.a2 === 0 || task.timedOut) return reported;
    if (looksOnceMore(task)) return INTERRUPTED_RESULT;
    hold(task, description);
    task.sleepFirstOn(file.sleepers, POLLIN);
    startTimeout(task, call.a2);
    return BLOCKED;
  },
  parks(task, call) {
    if (call.a2 === 0 || call.a1 <= 0 || call.a1 > EPOLL_EVENTS_MAX) return false;
    const description = task.process.descriptors.get(call.a0);
    const file = description?.file;
    if (description == null || !(file instanceof Epoll)) return false;
    if (file.poll() !== 0 || interrupts(task, call)) return false;
    hold(task, description);
    task.sleepFirstOn(file.sleepers, POLLIN);
    startTimeout(task, call.a2);
    return true;
  },
  touches(task, { a0: fd }, into) {
    const file = fileTouched(task, fd, into);
    if (file instanceof Epoll) file.touches(into);
    else if (file !== null) into.write(file);
  },
  posted: 'looks',
  asked: ({ a0: fd, a2: timeoutNs }) => `epollWait fd ${fd}${timeoutText(timeoutNs)}`,
  answered: (_call, reported) =>
    masksText(reported.map(({ events, data }) => [data, events])) || TIME_IS_UP,
  waitsFor: (_task, { a0: fd }) => ({ what: 'events', fd }),
  // Their order is seen as well, by every program that takes them one by one.
  seen: (_call, reported) => reported.map(({ data, events }) => `${data}:${events}`).join(' '),
  hash(reported, into) {
    for (let i = 0; i < reported.length; i++) {
      const { events, data } = reported[i] as EpollEvent;
      into.mix(events ^ (data << 4));
    }
  },
  effects(_call, reported, into) {
    if (typeof reported === 'object') into.reportedData(reported.map(({ data }) => data));
  },
});

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
