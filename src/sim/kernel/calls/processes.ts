import { EAGAIN, ECHILD, EDEADLK, ESRCH } from '../../../sys/errno.ts';
import type { Body, Exited } from '../../../sys/sys.ts';
import { TABLE_MARK } from '../conflict-bits.ts';
import type { Task } from '../task.ts';
import { BLOCKED, INTERRUPTED_RESULT, interrupts, wasInterrupted } from './handler.ts';
import { type Call, DONE, type Row, row } from './row.ts';
import { touchesEverything, touchesNothing } from './touches.ts';

interface SpawnRequest {
  readonly body: Body;
  readonly name: string;
}

export const spawn: Row<SpawnRequest, number> = row({
  perform(task, { data: { body, name } }) {
    if (!task.process.hasRoomForTask) return -EAGAIN;
    return task.process.kernel.spawnFrom(task, task.process, name, body).id;
  },
  touches: touchesNothing,
  orders: (_task, _call, into) => into.begets(),
  asked: ({ data: { name } }) => `spawn ${name}`,
  answered: (_call, id) => `task ${id}`,
  seen: () => DONE,
});

function joinTarget(task: Task, { a0: id }: Call): Task | undefined {
  return task.process.tasks.find((other) => other.id === id);
}

export const join: Row<undefined, number> = row({
  perform(task, call) {
    const target = joinTarget(task, call);
    if (target === undefined) return -ESRCH;
    if (target === task) return -EDEADLK;
    if (target.state !== 'alive') return 0;
    task.sleepOn(target.joiners, 0, false);
    return BLOCKED;
  },
  parks(task, call) {
    const target = joinTarget(task, call);
    if (target === undefined || target === task || target.state !== 'alive') return false;
    task.sleepOn(target.joiners, 0, false);
    return true;
  },
  onSignal: 'passes',
  touches(task, call, into) {
    const target = joinTarget(task, call);
    if (target !== undefined) into.read(target);
  },
  orders: (_task, { a0: id }, into) => into.joins(id),
  asked: ({ a0: id }) => `join task ${id}`,
  waitsFor: (_task, { a0: id }) => ({ what: 'task', id }),
  helpers(task, call) {
    const target = joinTarget(task, call);
    return target && { who: [target], what: 'end' };
  },
  askedAlike: ({ name }) => name,
  effects: ({ a0: id }, _answer, into) => into.joined(id),
});

export const fork: Row<SpawnRequest, number> = row({
  perform(task, { data: { body, name } }) {
    const { process } = task;
    if (!process.hasRoomForTask) return -EAGAIN;
    const child = process.kernel.addProcess(
      name || process.name,
      process,
      process.descriptors.copy(),
    );
    process.children.push(child);
    process.kernel.spawnFrom(task, child, name, body);
    return child.pid;
  },
  touches(task, _call, into) {
    into.write(task.process.children);
    into.read(task.process.sighand);
    into.write(task.process.descriptors, TABLE_MARK);
  },
  orders: (_task, _call, into) => into.begets(),
  asked: ({ data: { name } }) => `fork ${name}`,
  answered: (_call, pid) => `pid ${pid}`,
  seen: () => DONE,
});

export const exit: Row<undefined, never> = row({
  perform(task, { a0: status }) {
    task.process.exit(status & 0xff);
    return BLOCKED;
  },
  neverReturns: true,
  touches: touchesEverything,
  asked: ({ a0: status }) => `exit ${status}`,
});

/** -ECHILD without such a child; undefined while none of them has ended. */
function reap(task: Task, { a0: pid }: Call): Exited | number | undefined {
  const { children } = task.process;
  const wanted = children.filter((child) => pid === -1 || child.pid === pid);
  if (wanted.length === 0) return -ECHILD;
  const ended = wanted.find((child) => child.status !== undefined);
  if (ended?.status === undefined) return undefined;
  children.splice(children.indexOf(ended), 1);
  return { pid: ended.pid, status: ended.status };
}

export const waitpid: Row<undefined, Exited> = row({
  perform(task, call) {
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    const reaped = reap(task, call);
    if (reaped !== undefined) return reaped;
    if (call.a1 === 1) return { pid: 0, status: 0 };
    if (interrupts(task, call)) return INTERRUPTED_RESULT;
    task.sleepOn(task.process.childWaits, 0, false);
    return BLOCKED;
  },
  onSignal: 'restarts',
  touches: (task, _call, into) => into.write(task.process.children),
  asked: ({ a0: pid }) => `waitpid ${pid === -1 ? 'any child' : `pid ${pid}`}`,
  answered: (_call, { pid, status }) =>
    pid === 0 ? 'none has ended' : `pid ${pid}, status ${status}`,
  askedAlike: ({ name }) => name,
  seen: () => DONE,
});

export const schedYield: Row<undefined, number> = row({
  perform: () => 0,
  touches: touchesNothing,
  asked: ({ name }) => name,
});

export const gettid: Row<undefined, number> = row({
  perform: (task) => task.id,
  touches: touchesNothing,
  asked: ({ name }) => name,
  answered: (_call, id) => String(id),
  seen: () => DONE,
});

export const getpid: Row<undefined, number> = row({
  perform: (task) => task.process.pid,
  touches: touchesNothing,
  asked: ({ name }) => name,
  answered: (_call, pid) => String(pid),
  seen: () => DONE,
});
