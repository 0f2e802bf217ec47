import { pollMaskText } from '../../sys/constants.ts';
import type { Mutex } from '../../sys/memory.ts';
import { OP } from '../../sys/ops.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { ownerOf } from '../kernel/calls/memory.ts';
import type { WaitsFor } from '../kernel/calls/row.ts';
import { rowOf } from '../kernel/calls/table.ts';
import { Epoll } from '../kernel/epoll.ts';
import type { FileObject } from '../kernel/file.ts';
import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import { waitText } from '../schedule/judge.ts';
import type { World } from '../schedule/world.ts';
import type { TraceStep, Turn } from './recorder.ts';

/** A task that sleeps, and why nothing wakes it. */
export interface Wait {
  readonly who: string;
  /** `recv fd 5`. */
  readonly call: string;
  /** `client#1 sends nothing more`; empty where there is nothing to say. */
  readonly why: string;
  readonly where: string | undefined;
}

/** Who sleeps at the end of a run in which nobody can move. */
export function waitsOf(world: World, steps: readonly TraceStep[]): Wait[] {
  return world.tasks
    .filter((task) => task.state === 'alive' && task.asleep && task.call !== null)
    .map((task) => ({
      who: task.name,
      call: waitText(task),
      why: whyAsleep(task, task.call as Syscall<unknown>, world, steps),
      where: task.call?.where || undefined,
    }));
}

function whyAsleep(
  task: Task,
  call: Syscall<unknown>,
  world: World,
  steps: readonly TraceStep[],
): string {
  const waits = rowOf(call).waitsFor(task, call);
  if (waits === undefined) return '';
  switch (waits.what) {
    case 'mutex':
      return heldText(waits.mutex);
    case 'condition': {
      const { condition } = waits;
      return wakeText(task, steps, ({ op, data }) => op === OP.condSignal && data === condition);
    }
    case 'word': {
      const { index } = waits;
      return wakeText(task, steps, ({ op, a0 }) => op === OP.futexWake && a0 === index);
    }
    case 'task': {
      const { id } = waits;
      const other = world.tasks.find((one) => one.id === id);
      return other === undefined ? '' : `${other.name} has not ended`;
    }
    case 'signal':
      return signalText(task, steps);
    case 'readiness':
      return 'nothing that it watches is ready';
    case 'completions':
      return 'nothing that it has asked for is done';
    default: {
      const file = task.process.descriptors.get(waits.fd)?.file;
      return file === undefined ? '' : fileText(file, waits.what, world);
    }
  }
}

/** A program that is told by signals polls nothing. */
function signalText(task: Task, steps: readonly TraceStep[]): string {
  const came = steps.findLast(
    ({ event }) => event?.kind === 'signal' && event.process === task.process.name,
  );
  return came === undefined
    ? 'only a signal would wake it, and none has come'
    : `only a signal would wake it, and the last came at step ${came.step}`;
}

function heldText(mutex: Mutex): string {
  const owner = ownerOf(mutex);
  return owner === null ? '' : `${owner.name} holds it`;
}

/** Whether what it waits for has come too early: a wake-up that is lost. */
function wakeText(
  task: Task,
  steps: readonly TraceStep[],
  isWake: (turn: Turn) => boolean,
): string {
  const slept = steps.findLast(({ who, kind }) => who === task.name && kind === 'sleep');
  const woken = steps.findLast(
    ({ who, turn }) => who !== task.name && turn !== undefined && isWake(turn),
  );
  if (woken === undefined) return 'nobody has woken it';
  const lost = slept !== undefined && woken.step < slept.step;
  return lost
    ? `lost wake-up: ${woken.who} woke at step ${woken.step}, it fell asleep at step ${slept.step}`
    : `${woken.who} woke somebody at step ${woken.step}`;
}

function fileText(file: FileObject, what: WaitsFor['what'], world: World): string {
  if (file instanceof Epoll) return epollText(file);
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

/** A task that waits for edges is not told again of what is there. */
function epollText(epoll: Epoll): string {
  for (const { description, fd, events } of epoll.items) {
    const ready = description.file.poll() & events;
    if (ready !== 0)
      return `fd ${fd} is ready (${pollMaskText(ready)}), but its edge was told before`;
  }
  return 'nothing that it watches is ready';
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
