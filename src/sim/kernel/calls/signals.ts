import { O_ASYNC } from '../../../sys/constants.ts';
import { EINVAL, ESRCH } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { Body, SignalAction } from '../../../sys/sys.ts';
import { AsyncNotice } from '../async-notice.ts';
import type { Description } from '../file.ts';
import type { Process } from '../process.ts';
import { actionOf, raise, resetHandlers, SIGNAL_MAX, setAction } from '../signals.ts';
import type { Task } from '../task.ts';
import { BLOCKED } from './handler.ts';
import { type Row, row } from './row.ts';
import { signalName } from './text.ts';
import { touchesEverything } from './touches.ts';

export const sigaction: Row<SignalAction, number> = row({
  perform(task, { a0: signal, data: action }) {
    return setAction(task.process, signal, action);
  },
  // A step of another thread does not notice, only a signal does.
  touches: (task, _call, into) => into.write(task.process.sighand),
  asked: ({ a0: signal, data: action }) =>
    `sigaction ${signalName(signal)} ${typeof action === 'string' ? action : 'handler'}`,
});

/** SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU: by default they stop a process until SIGCONT comes. */
const STOPPING: ReadonlySet<number> = new Set([19, 20, 21, 22]);

/**
 * kill(2) of one process. # kill: a signal arrives at once; what the other process does about it is
 * in the same step.
 */
export const kill: Row<undefined, number> = row({
  perform(task, { a0: pid, a1: signal }) {
    if (pid <= 0) throw new UnsupportedError(`kill(${pid}), of a group of processes`);
    const target = task.process.kernel.processes.find((process) => process.pid === pid);
    if (target === undefined || target.isGone) return -ESRCH;
    return send(task, target, signal, null);
  },
  touches: touchesEverything,
  asked: ({ a0: pid, a1: signal }) => `kill pid ${pid} with ${signalName(signal)}`,
  askedAlike: ({ name }) => name,
});

/** tkill(2): as kill(2), for one task, whether it handles that signal already or not. */
export const tkill: Row<undefined, number> = row({
  perform(task, { a0: tid, a1: signal }) {
    if (!(tid > 0)) return -EINVAL;
    const { processes } = task.process.kernel;
    const target = processes.flatMap(({ tasks }) => tasks).find(({ id }) => id === tid);
    if (target === undefined || target.process.isGone) return -ESRCH;
    // The first task leads its process, and is there as long as that is.
    if (target.state !== 'alive' && target !== target.process.tasks[0]) return -ESRCH;
    return send(task, target.process, signal, target);
  },
  touches: touchesEverything,
  asked: ({ a0: tid, a1: signal }) => `tkill task ${tid} with ${signalName(signal)}`,
  askedAlike: ({ name }) => name,
});

/** A signal for a process that is there, or for one of its tasks. */
function send(task: Task, target: Process, signal: number, thread: Task | null): number {
  if (!(signal >= 0 && signal <= SIGNAL_MAX)) return -EINVAL;
  if (STOPPING.has(signal) && actionOf(target, signal) === 'default') {
    throw new UnsupportedError(`${task.call?.name} with signal ${signal}, which stops a process`);
  }
  if (signal !== 0 && (thread === null || thread.state === 'alive')) raise(target, signal, thread);
  return task.state === 'alive' ? 0 : BLOCKED;
}

/**
 * execve(2): another program in the same process, with the descriptors that are not close-on-exec.
 * Other threads end.
 */
export const exec: Row<Body, never> = row({
  perform(task, { data: program }) {
    const { process, surroundings } = task;
    for (const other of process.tasks) {
      if (other === task || other.state !== 'alive') continue;
      other.body?.abandon();
      other.end('ended');
    }
    process.descriptors.closeOnExec();
    resetHandlers(process);
    task.body?.abandon();
    task.call = null;
    surroundings.start(task, program);
    return BLOCKED;
  },
  neverReturns: true,
  touches: touchesEverything,
  asked: ({ data: { name } }) => `exec ${name}`,
});

// ---- O_ASYNC ----

function noticeOf(task: Task, description: Description): AsyncNotice {
  const notice = AsyncNotice.of(description) ?? new AsyncNotice(description);
  notice.kernel = task.process.kernel;
  return notice;
}

export function setOwner(task: Task, description: Description, pid: number): number {
  noticeOf(task, description).owner = pid;
  return 0;
}

export function getOwner(description: Description): number {
  return AsyncNotice.of(description)?.owner ?? 0;
}

/**
 * The part of F_SETFL that concerns O_ASYNC. Only sockets and pipes know it; elsewhere it is passed
 * over.
 */
export function setAsync(task: Task, description: Description, on: boolean): void {
  const { file } = description;
  if (!file.isSocket && file.type !== 'pipe') return;
  if (!on && AsyncNotice.of(description) === undefined) return;
  noticeOf(task, description).switchOn(on);
  description.flags = (description.flags & ~O_ASYNC) | (on ? O_ASYNC : 0);
}
