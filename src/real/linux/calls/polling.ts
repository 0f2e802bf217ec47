import { descriptionOf, startTimeout } from '../../../sim/kernel/calls/handler.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import { EPOLL_EVENTS_MAX } from '../../../sim/kernel/epoll.ts';
import { EXCEPTIONAL_SET, READABLE_SET, WRITABLE_SET } from '../../../sim/kernel/readiness.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { FD_SETSIZE, O_RDWR, POLLIN, POLLNVAL } from '../../../sys/constants.ts';
import { EBADF, EFAULT, EINVAL, EMFILE } from '../../../sys/errno.ts';
import type { EpollEvent, PollReady, SelectReady } from '../../../sys/sys.ts';
import { EPOLL_CLOEXEC, EPOLL_EVENT_BYTES, epollEvent } from '../epoll-event.ts';
import { ALWAYS_REPORTED, type Interest, type LinuxMachine } from '../machine.ts';
import { PollFds } from '../poll-fds.ts';
import { FLAG_CLOEXEC, install, realOf, realUnder } from './common.ts';

/** What is asked for of the descriptors that are open. */
function interests(
  task: Task,
  asked: readonly { readonly fd: number; readonly events: number }[],
): Interest[] {
  const found: Interest[] = [];
  for (const { fd, events } of asked) {
    const description = fd < 0 ? null : task.process.descriptors.get(fd);
    if (description !== null) found.push({ description, events });
  }
  return found;
}

// ---- poll(2) ----

export function poll(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'poll'>,
): AnswerOf<'poll'> | number {
  const entries = call.data;
  const table = task.process.descriptors;
  if (entries.length > table.limit) return -EINVAL;
  const fds = new PollFds(machine.libc);
  fds.clear(entries.length);
  for (const { fd, events } of entries) {
    const description = fd < 0 ? null : table.get(fd);
    fds.add(description === null ? -1 : realOf(machine, description), events);
  }
  const result = fds.poll(0);
  if (result < 0) return result;
  const ready: PollReady[] = [];
  entries.forEach(({ fd }, i) => {
    const closed = fd >= 0 && table.get(fd) === null;
    const revents = closed ? POLLNVAL : fds.reported(i);
    if (revents !== 0) ready.push({ fd, revents });
  });
  if (ready.length > 0 || call.a0 === 0 || task.timedOut) return ready;
  startTimeout(task, call.a0);
  return machine.sleepOnAll(task, () =>
    interests(
      task,
      entries.map(({ fd, events }) => ({ fd, events: events | ALWAYS_REPORTED })),
    ),
  );
}

// ---- select(2) ----

const BITS = 32;
const ALL_SETS = ['read', 'write', 'except'] as const;

/** An fd_set over real numbers, as large as it has to be: the kernel sets no limit of its own. */
class FdSet {
  readonly words: Int32Array;

  constructor(size: number) {
    this.words = new Int32Array(Math.ceil((size + 1) / (2 * BITS)) * 2);
  }

  add(real: number): void {
    this.words[real >> 5] = (this.words[real >> 5] as number) | (1 << (real & 31));
  }

  has(real: number): boolean {
    return ((this.words[real >> 5] as number) & (1 << (real & 31))) !== 0;
  }
}

export function select(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'select'>,
): AnswerOf<'select'> | number {
  const { nfds = FD_SETSIZE } = call.data;
  // -1 stands for no time; a time below zero is none.
  if (nfds < 0 || call.a0 < -1) return -EINVAL;
  const [read, write, except] = ALL_SETS.map((name) =>
    (call.data[name] ?? []).filter((fd) => fd < nfds || !(fd < FD_SETSIZE)),
  ) as [number[], number[], number[]];
  const table = task.process.descriptors;
  const realByFd = new Map<number, number>();
  for (const fd of [...read, ...write, ...except]) {
    if (!(fd >= 0 && fd < FD_SETSIZE) || !Number.isInteger(fd)) return -EINVAL;
    const description = table.get(fd);
    if (description === null) return -EBADF;
    realByFd.set(fd, realUnder(machine, description, fd));
  }
  const size = Math.max(-1, ...realByFd.values()) + 1;
  const sets = [read, write, except].map((fds) => {
    const set = new FdSet(size);
    for (const fd of fds) set.add(realByFd.get(fd) as number);
    return set;
  }) as [FdSet, FdSet, FdSet];
  const [readSet, writeSet, exceptSet] = sets;
  const noTime = new BigInt64Array(2);
  const { libc } = machine;
  const count = libc.select(size, readSet.words, writeSet.words, exceptSet.words, noTime);
  if (count < 0) return count;
  const found = (fds: readonly number[], set: FdSet): number[] =>
    [...new Set(fds)].filter((fd) => set.has(realByFd.get(fd) as number)).sort((a, b) => a - b);
  const ready: SelectReady = {
    read: found(read, readSet),
    write: found(write, writeSet),
    except: found(except, exceptSet),
  };
  if (count > 0 || call.a0 === 0 || task.timedOut) return ready;
  startTimeout(task, call.a0);
  const asked = (fds: readonly number[], events: number) => fds.map((fd) => ({ fd, events }));
  return machine.sleepOnAll(task, () =>
    interests(task, [
      ...asked(read, READABLE_SET),
      ...asked(write, WRITABLE_SET),
      ...asked(except, EXCEPTIONAL_SET),
    ]),
  );
}

// ---- epoll(7) ----

const DEL = 2;
/** More than this many events at a time are never asked for. */
const EVENTS_MAX = 65_536;

export function epollCreate(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'epollCreate'>,
): number {
  if (call.a1 <= 0) return -EINVAL;
  if (task.process.descriptors.lowestFree() < 0) return -EMFILE;
  const real = machine.libc.epoll_create1(EPOLL_CLOEXEC);
  if (real < 0) return real;
  return install(task, machine, { type: 'epoll', real, access: O_RDWR }, call.a0 & FLAG_CLOEXEC);
}

/**
 * # epoll_ctl on Linux: what was registered is kept in the kernel; any JavaScript number goes there
 * and back as the bits of a double.
 */
export function epollCtl(machine: LinuxMachine, task: Task, call: CallOf<'epollCtl'>): number {
  const { a0: epfd, a1: op, a2: fd } = call;
  const table = task.process.descriptors;
  const epoll = table.get(epfd);
  const target = table.get(fd);
  // The kernel looks for the event before it looks at the numbers.
  if (call.data === null && op !== DEL) return -EFAULT;
  if (epoll === null || target === null) return -EBADF;
  const event = call.data === null ? null : epollEvent(call.data.events, call.data.data);
  const real = realUnder(machine, target, fd);
  // The kernel compares file objects only after it has looked at the number.
  return machine.libc.epoll_ctl(realUnder(machine, epoll, epfd), op, real, event);
}

/** Where epoll_wait(2) puts its events; each wait's again. */
let eventRoom = new DataView(new ArrayBuffer(0));

function roomFor(events: number): DataView {
  const bytes = EPOLL_EVENT_BYTES * events;
  if (eventRoom.byteLength < bytes) eventRoom = new DataView(new ArrayBuffer(bytes));
  return eventRoom;
}

export function epollWait(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'epollWait'>,
): AnswerOf<'epollWait'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const real = realOf(machine, description);
  const eventsMax = call.a1 > EPOLL_EVENTS_MAX ? call.a1 : Math.min(call.a1, EVENTS_MAX);
  const view = roomFor(Math.min(Math.max(1, eventsMax), EVENTS_MAX));
  const count = machine.libc.epoll_wait(real, view, eventsMax, 0);
  if (count < 0) return count;
  const events: EpollEvent[] = [];
  for (let at = 0; at < count * EPOLL_EVENT_BYTES; at += EPOLL_EVENT_BYTES) {
    events.push({ events: view.getUint32(at, true), data: view.getFloat64(at + 4, true) });
  }
  if (count > 0 || call.a2 === 0 || task.timedOut) return events;
  startTimeout(task, call.a2);
  return machine.sleepOn(task, description, POLLIN);
}
