import {
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDHUP,
  pollMaskText,
} from '../../sys/constants.ts';
import type { Condition, ConditionWait, Mutex } from '../../sys/memory.ts';
import { OP } from '../../sys/ops.ts';
import type { EpollEvent } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { ownerOf } from '../kernel/calls/mutexes.ts';
import type { WaitsFor } from '../kernel/calls/row.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { Epoll } from '../kernel/epoll.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Process } from '../kernel/process.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import { waitText } from '../schedule/judge.ts';
import type { World } from '../schedule/world.ts';
import { programWait } from './program-waits.ts';
import type { Recorder, TraceStep, Turn } from './recorder.ts';
import type { Remarks } from './remarks.ts';
import { heldByOthers, missing, unmet } from './sync-reasons.ts';
import type { Wait } from './wait.ts';
import { because, type Why } from './why.ts';

/** Who sleeps at the end of a run in which no task can move. */
export function waitsOf(world: World, recorder: Recorder): Wait[] {
  const { programs } = recorder;
  return world.tasks
    .filter((task) => task.state === 'alive' && task.asleep && task.call !== null)
    .map(
      (task) =>
        programWait(task, programs) ?? {
          who: task.name,
          call: waitingText(task, world),
          where: task.call?.where || undefined,
          joins: task.call?.op === OP.join && sleeps(world, task.call.a0),
          ...whyAsleep(task, task.call as Syscall<unknown>, world, recorder),
        },
    );
}

/** As a message says it, with the name of the task that is waited for. */
function waitingText(task: Task, { tasks }: World): string {
  const { call } = task;
  const other = call?.op === OP.join ? tasks.find(({ id }) => id === call.a0) : undefined;
  return other === undefined ? waitText(task) : `join ${other.name}`;
}

function sleeps({ tasks }: World, id: number): boolean {
  return tasks.some((task) => task.id === id && task.state === 'alive' && task.asleep);
}

function whyAsleep(
  task: Task,
  call: Syscall<unknown>,
  world: World,
  { steps, remarks }: Recorder,
): Why {
  const behind = world.waitsBehind.get(task)?.();
  if (behind !== undefined) return because(behind);
  const waits = rowOf(call).waitsFor(task, call);
  if (waits === undefined) return because('');
  switch (waits.what) {
    case 'mutex':
      return heldBy(waits.mutex, steps);
    case 'condition':
      return unsignalled(task, waits.condition, steps);
    case 'rwlock':
      return heldByOthers(task, waits.rwlock, steps);
    case 'permit':
      return because('no permit is left');
    case 'others':
      return missing(waits.place);
    case 'channel':
      return unmet(waits.cases);
    case 'word':
      return unwoken(task, waits.index, steps);
    case 'task': {
      const { id } = waits;
      const other = world.tasks.find((one) => one.id === id);
      return because(other === undefined ? '' : `${other.name} has not ended`);
    }
    case 'signal':
      return because(signalText(task, remarks));
    case 'readiness':
      return because('nothing that it watches is ready');
    case 'completions':
      return because('nothing that it has asked for is done');
    default: {
      const file = task.process.descriptors.get(waits.fd)?.file;
      if (file === undefined) return because('');
      if (file instanceof Epoll) {
        return untold(file, call.a0, stepsOf(task.process, world, steps));
      }
      return because(fileText(file, waits.what, world), lastTaken(task, call, steps));
    }
  }
}

/** A program that is told by signals polls nothing. */
function signalText({ process }: Task, { signals }: Remarks): string {
  const came = signals.findLast(({ task }) => task.process === process);
  if (came === undefined) return 'only a signal would wake it, and none has come';
  const before = came.fate === 'before' ? ', before it slept' : '';
  return `only a signal would wake it; ${came.name} came at step ${came.step}${before}`;
}

function heldBy(mutex: Mutex, steps: readonly TraceStep[]): Why {
  const owner = ownerOf(mutex);
  if (owner === null) return because('');
  const taken = steps.findLast(({ who, kind, turn }) => {
    if (who !== owner.name || kind !== 'call' || turn === undefined) return false;
    if (turn.op === OP.lock) return turn.data === mutex;
    return turn.op === OP.condWait && (turn.data as ConditionWait).mutex === mutex;
  });
  return because(`${owner.name} holds it`, taken);
}

/**
 * A signal is lost on a task that had looked at what it is about before, and went to sleep all the
 * same. One that looks under the mutex, at a variable of its own, has seen what came before.
 */
function unsignalled(task: Task, condition: Condition, steps: readonly TraceStep[]): Why {
  const slept = steps.findLast(({ who, kind }) => who === task.name && kind === 'sleep');
  const signal = steps.findLast(
    ({ who, turn }) => who !== task.name && turn?.op === OP.condSignal && turn.data === condition,
  );
  if (signal === undefined) return because('nobody has woken it', slept);
  if (slept === undefined || signal.step > slept.step) {
    return because(`${signal.who} woke another at step ${signal.step}`, signal, slept);
  }
  const last = `the last was ${signal.who} in step ${signal.step}`;
  const looked = steps.findLast(
    ({ who, turn, step }) => who === task.name && turn?.op === OP.load && step < slept.step,
  );
  if (signal.turn?.woke !== 0 || looked === undefined || looked.step > signal.step) {
    return because(`nobody has woken it since step ${slept.step}; ${last}`, slept);
  }
  return because(lostText(signal, slept), looked, signal, slept);
}

function unwoken(task: Task, word: number, steps: readonly TraceStep[]): Why {
  const slept = steps.findLast(({ who, kind }) => who === task.name && kind === 'sleep');
  const wake = steps.findLast(
    ({ who, turn }) => who !== task.name && turn?.op === OP.futexWake && turn.a0 === word,
  );
  if (wake === undefined) return because('nobody has woken it', slept);
  if (slept === undefined || wake.step > slept.step) {
    return because(`${wake.who} woke another at step ${wake.step}`, wake);
  }
  if (wake.turn?.answer !== 0)
    return because(`nobody has woken it since step ${slept.step}`, slept);
  return because(lostText(wake, slept), wake, slept);
}

function lostText(wake: TraceStep, slept: TraceStep): string {
  return `lost wake-up: ${wake.who} woke at step ${wake.step}, it fell asleep at step ${slept.step}`;
}

function fileText(file: FileObject, what: WaitsFor['what'], world: World): string {
  if (file.type === 'eventfd') return 'its count is 0, and nobody adds to it';
  if (what === 'lock') return 'another open file has the lock';
  if (file.type === 'pipe') return pipeText(file, what, world);
  if (!(file instanceof TcpSocket)) return '';
  switch (what) {
    case 'connections':
      return file.acceptQueueLength === 0 ? 'no connection has come' : '';
    case 'answer':
      return 'no answer has come';
    case 'room':
      return 'the buffers are full and nobody reads';
    default:
      return isAccepted(file, world)
        ? 'nothing more has come'
        : 'nobody has accepted its connection';
  }
}

/** Who could still do something about it: the processes that have the other end open. */
function pipeText(file: FileObject, what: WaitsFor['what'], { hosts }: World): string {
  const holders = new Set<string>();
  for (const { processes } of hosts) {
    for (const { name, descriptors } of processes) {
      for (const [, { file: open }] of descriptors.entries()) {
        if (open === file.counterpart) holders.add(name);
      }
    }
  }
  const names = [...holders].join(' and ');
  if (what === 'room') return `it is full; its read end is open in ${names}`;
  return `it is empty; its write end is open in ${names}`;
}

/** The last that was read of the same descriptor. */
function lastTaken(
  task: Task,
  { a0, op }: Syscall<unknown>,
  steps: readonly TraceStep[],
): TraceStep | undefined {
  if (op !== OP.read && op !== OP.recv) return undefined;
  return steps.findLast(
    ({ who, kind, turn }) =>
      who === task.name && kind === 'call' && turn?.op === op && turn.a0 === a0,
  );
}

function stepsOf(process: Process, { tasks }: World, steps: readonly TraceStep[]): TraceStep[] {
  const names = new Set(tasks.filter((one) => one.process === process).map(({ name }) => name));
  return steps.filter(({ who }) => names.has(who));
}

/** What is ready and is not told: by edges, once, or to one alone. */
function untold(epoll: Epoll, epollFd: number, steps: readonly TraceStep[]): Why {
  for (const { description, fd, events, data } of epoll.items) {
    const isSpent = (events & ANY_EVENT) === 0 && (events & EPOLLONESHOT) !== 0;
    const ready = description.file.look() & (isSpent ? ANY_EVENT : events);
    if (ready === 0) continue;
    const what = `fd ${fd} is ready (${pollMaskText(ready)})`;
    const told = steps.findLast(({ turn }) => tells(turn, epollFd, data));
    if (isSpent) {
      const armed = steps.filter(({ turn }) => arms(turn, epollFd, fd)).slice(-2);
      return because(`${what}, but its EPOLLONESHOT registration is spent`, told, ...armed);
    }
    if ((events & EPOLLEXCLUSIVE) !== 0 && (events & EPOLLET) === 0) {
      return because(`${what}, but the one exclusive wake-up went to another`);
    }
    return because(`${what}, but its edge was told before`, told, lastUse(fd, steps));
  }
  return because('nothing that it watches is ready');
}

/** What was last done about a descriptor that is told of. */
function lastUse(fd: number, steps: readonly TraceStep[]): TraceStep | undefined {
  return steps.findLast(
    ({ kind, turn }) => kind === 'call' && turn?.a0 === fd && TAKES.has(turn.op),
  );
}

const TAKES: ReadonlySet<number> = new Set([OP.accept, OP.recv, OP.recvfrom, OP.read]);

const ANY_EVENT = POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDHUP;

function tells(turn: Turn | undefined, epollFd: number, data: number): boolean {
  if (turn?.op !== OP.epollWait || turn.a0 !== epollFd || !Array.isArray(turn.answer)) return false;
  return (turn.answer as readonly EpollEvent[]).some((event) => event.data === data);
}

function arms(turn: Turn | undefined, epollFd: number, fd: number): boolean {
  return turn?.op === OP.epollCtl && turn.a0 === epollFd && turn.a2 === fd;
}

function isAccepted({ local, peer }: TcpSocket, world: World): boolean {
  if (local === null || peer === null) return true;
  for (const { processes } of world.hosts) {
    for (const { descriptors } of processes) {
      for (const [, { file }] of descriptors.entries()) {
        if (file instanceof TcpSocket && isSame(file.peer, local) && isSame(file.local, peer)) {
          return true;
        }
      }
    }
  }
  return false;
}

function isSame(a: TcpSocket['local'], b: TcpSocket['local']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
