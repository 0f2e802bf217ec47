/**
 * The whole state of a world, flat: one line of text for each thing there is to know, so that two
 * states can be compared.
 */
import { O_NONBLOCK, pollMaskText } from '../../sys/constants.ts';
import { errnoCode } from '../../sys/errno.ts';
import { Cell, Mutex, type SharedObject } from '../../sys/memory.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { addressText } from '../kernel/addresses.ts';
import { AsyncNotice } from '../kernel/async-notice.ts';
import { ownerOf, wantersOf } from '../kernel/calls/mutexes.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { bytesText, cellText } from '../kernel/calls/text.ts';
import { Epoll, EpollItem } from '../kernel/epoll.ts';
import type { Description, FileObject } from '../kernel/file.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { PipeReader } from '../kernel/pipe.ts';
import { Ring } from '../kernel/ring.ts';
import { handledBy } from '../kernel/signals.ts';
import { PollWaiter, Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import type { WaitQueue } from '../kernel/waits.ts';
import { waitText } from '../schedule/judge.ts';
import type { World } from '../schedule/world.ts';
import { callText } from './describe.ts';
import { sharedState } from './sync-state.ts';

/** A line of the viewer's panel holds no more of a buffer. */
const PEEK_BYTES_MAX = 64;

/** The sections of a state, in the order in which one reads them. */
export const SECTIONS = ['clock', 'task', 'process', 'ofd', 'network', 'memory'] as const;
export type Section = (typeof SECTIONS)[number];

/** Memory that the tasks of a run have used; nobody else knows of it. */
export class MemorySeen {
  readonly cells: Set<Cell<unknown>> = new Set();
  readonly mutexes: Set<Mutex> = new Set();
  readonly others: Set<SharedObject> = new Set();

  /** A task asks for `call`. */
  note(call: Syscall<unknown>): void {
    for (const object of rowOf(call).memory(call)) {
      if (object instanceof Cell) this.cells.add(object);
      else if (object instanceof Mutex) this.mutexes.add(object);
      else this.others.add(object);
    }
  }
}

type Put = (section: Section, subject: string, field: string, value: string) => void;

/** The state of `world` now; `timeMs` is what its clock showed when the last step ended. */
export function kernelState(world: World, memory: MemorySeen, timeMs: number): Map<string, string> {
  const state = new Map<string, string>();
  const put: Put = (section, subject, field, value) => {
    state.set(`${section}\t${subject}\t${field}`, value);
  };
  putClock(put, world, timeMs);
  for (const task of world.tasks) putTask(put, task);
  for (const kernel of world.hosts) putHost(put, kernel, world.hosts.length > 1);
  const toCome = world.comingLater;
  if (toCome.length > 0) put('process', 'all', 'to come', toCome.join(', '));
  for (const { path, what } of world.network.describe()) put('network', 'under way', path, what);
  putMemory(put, memory);
  return state;
}

function putClock(put: Put, world: World, timeMs: number): void {
  put('clock', 'clock', 'now', `${msText(timeMs)}`);
  const dueNs = world.clock.timers.nextDueNs;
  if (dueNs !== Number.POSITIVE_INFINITY) put('clock', 'clock', 'next timer', msText(dueNs / 1e6));
}

function putTask(put: Put, task: Task): void {
  const say = (field: string, value: string): void => put('task', task.name, field, value);
  if (task.state !== 'alive') {
    say('state', task.state);
    return;
  }
  const { call } = task;
  if (call === null) {
    say('state', task.outside ? 'waits for something outside' : 'not started');
    return;
  }
  say('state', task.asleep ? `asleep in ${waitText(task)}` : 'may move');
  say('asks for', callText(call));
  for (const { signal, call: interrupted, again } of handledBy(task)) {
    const between = interrupted === null ? '' : `, in ${callText(interrupted)}`;
    say(`handles signal ${signal}`, `${again ? 'and once more' : 'once'}${between}`);
  }
  if (call.deadlineNs >= 0) say('gives up at', msText(call.deadlineNs / 1e6));
  putInterest(say, task, call);
}

/** What a select or poll asks for, and what it would be told now. */
function putInterest(
  say: (field: string, value: string) => void,
  task: Task,
  call: Syscall<unknown>,
): void {
  for (const { how, fd, mask } of rowOf(call).watches(call)) {
    const file = task.process.descriptors.get(fd)?.file;
    if (file === undefined) say(`${how} fd ${fd}`, 'closed');
    else say(`${how} fd ${fd}`, (file.look() & mask) === 0 ? 'not ready' : 'ready');
  }
}

function putHost(put: Put, kernel: Kernel, named: boolean): void {
  const nameOf = ({ id }: Description): string =>
    named ? `${kernel.host} ofd ${id}` : `ofd ${id}`;
  const seen = new Map<FileObject, string>();
  const found: Description[] = [];
  for (const process of kernel.processes) {
    const subject = `${process.name} (pid ${process.pid})`;
    if (process.status !== undefined)
      put('process', subject, 'exit status', String(process.status));
    for (const [fd, description] of process.descriptors.entries()) {
      const cloexec = process.descriptors.closesOnExec(fd) ? ', close on exec' : '';
      put('process', subject, `fd ${fd}`, `${nameOf(description)}${cloexec}`);
      if (!seen.has(description.file)) found.push(description);
      seen.set(description.file, nameOf(description));
    }
    // What only a sleeping call holds is open too.
    for (const { held } of process.tasks) {
      if (held === null || seen.has(held.file)) continue;
      found.push(held);
      seen.set(held.file, nameOf(held));
    }
  }
  for (const description of found) {
    if (description.file.type === 'console') continue;
    const say = (field: string, value: string): void =>
      put('ofd', nameOf(description), field, value);
    putDescription(say, description, seen);
  }
}

type Say = (field: string, value: string) => void;

function putDescription(
  say: Say,
  description: Description,
  names: ReadonlyMap<FileObject, string>,
): void {
  const { file } = description;
  if (file instanceof TcpSocket) putTcp(say, file);
  else say('is', file.describe());
  if ((description.flags & O_NONBLOCK) !== 0) say('flags', 'O_NONBLOCK');
  if (description.references !== 1) say('references', String(description.references));
  say('readiness', pollMaskText(file.look()));
  putQueue(say, 'wait queue', file.waits, names);
  if (AsyncNotice.of(description)?.underWay === true) say('SIGIO', 'under way');
  if (file instanceof PipeReader) say('holds', bytesText(file.peek(PEEK_BYTES_MAX)));
  if (file instanceof Ring) {
    const { requests, completions } = file.contents;
    say('requests', requests.join(', ') || 'none');
    say('completions', completions.join(', ') || 'none');
  }
  if (file instanceof Epoll) {
    for (const item of file.items) {
      const watched = names.get(item.description.file) ?? 'a closed descriptor';
      say(`watches fd ${item.fd}`, `${watched} for ${pollMaskText(item.events)}`);
    }
    say('ready list', [...file.readyItems].map(({ fd }) => `fd ${fd}`).join(', ') || 'empty');
    putQueue(say, 'asleep in epoll_wait', file.sleepers, names);
  }
}

function putTcp(say: Say, socket: TcpSocket): void {
  say('is', 'TCP socket');
  say('state', socket.state);
  if (socket.local !== null) say('local', addressText(socket.local));
  if (socket.error !== 0) say('error', errnoCode(socket.error));
  if (socket.state === 'LISTEN') {
    const queue = socket.acceptQueue.map(({ peer }) => (peer === null ? '?' : addressText(peer)));
    const list = queue.length === 0 ? '' : `: ${queue.join(', ')}`;
    say('accept queue', `${queue.length} of ${socket.backlog + 1}${list}`);
    return;
  }
  if (socket.peer !== null) say('peer', addressText(socket.peer));
  if (socket.state === 'CLOSE' || socket.state === 'SYN_SENT') return;
  say('receive buffer', bufferText(socket));
  if (socket.link !== null) say('sent, under way', `${socket.link.bytesInFlight} B`);
  if (socket.finReceived) say('end of stream', 'has arrived');
}

function bufferText(socket: TcpSocket): string {
  if (socket.bytesQueued === 0) return 'empty';
  const head = socket.peekReceived(PEEK_BYTES_MAX);
  return `${socket.bytesQueued} B  ${bytesText(head)}`;
}

function putQueue(
  say: Say,
  field: string,
  queue: WaitQueue,
  names: ReadonlyMap<FileObject, string>,
): void {
  const waiting: string[] = [];
  for (let waiter = queue.head; waiter !== null; waiter = waiter.next) {
    const exclusive = waiter.exclusive ? ' (exclusive)' : '';
    const task = waiter instanceof PollWaiter ? waiter.task : waiter;
    if (task instanceof Task) waiting.push(`${task.name}${exclusive}`);
    else if (waiter instanceof EpollItem) {
      waiting.push(`${names.get(waiter.epoll) ?? 'an epoll'}${exclusive}`);
    }
  }
  if (waiting.length > 0) say(field, waiting.join(', '));
}

function putMemory(put: Put, memory: MemorySeen): void {
  for (const cell of memory.cells) put('memory', cell.name, 'value', cellText(cell.value));
  for (const mutex of memory.mutexes) {
    put('memory', mutex.name, 'held by', ownerOf(mutex)?.name ?? 'nobody');
    const wanting = wantersOf(mutex).map(({ name }) => name);
    if (wanting.length > 0) put('memory', mutex.name, 'wanted by', wanting.join(', '));
  }
  for (const object of memory.others) {
    for (const [field, value] of sharedState(object)) put('memory', object.name, field, value);
  }
}

function msText(ms: number): string {
  return `${Number(ms.toFixed(3))} ms`;
}
