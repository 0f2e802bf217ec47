import { O_ASYNC, SIGIO } from '../../../sys/constants.ts';
import { EINVAL, ESRCH } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { Body, SignalAction } from '../../../sys/sys.ts';
import type { Description } from '../file.ts';
import type { Footprint } from '../footprint.ts';
import type { Process } from '../process.ts';
import { actionOf, raise, resetHandlers, SIGNAL_MAX, setAction } from '../signals.ts';
import type { Task } from '../task.ts';
import { Waiter } from '../waits.ts';
import { BLOCKED } from './handler.ts';
import { type Row, row } from './row.ts';
import { touchesEverything } from './touches.ts';

export const sigaction: Row<SignalAction, number> = row({
  perform(task, { a0: signal, data: action }) {
    return setAction(task.process, signal, action);
  },
  // A step of another thread does not notice, only a signal does.
  touches: (task, _call, into) => into.write(task.process.sighand),
  asked: ({ a0: signal, data: action }) =>
    `sigaction ${signal} ${typeof action === 'string' ? action : 'handler'}`,
});

/** SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU: by default they stop a process until SIGCONT comes. */
const STOPPING: ReadonlySet<number> = new Set([19, 20, 21, 22]);

/**
 * kill(2) of one process. # It arrives at once: what the other does about it is in the same step.
 */
export const kill: Row<undefined, number> = row({
  perform(task, { a0: pid, a1: signal }) {
    if (pid <= 0) throw new UnsupportedError(`kill(${pid}), of a group of processes`);
    const target = task.process.kernel.processes.find((process) => process.pid === pid);
    if (!(signal >= 0 && signal <= SIGNAL_MAX)) return -EINVAL;
    if (target === undefined) return -ESRCH;
    if (STOPPING.has(signal) && actionOf(target, signal) === 'default') {
      throw new UnsupportedError(`kill with signal ${signal}, which stops a process`);
    }
    if (signal !== 0) raise(target, signal, target === task.process ? task : null);
    return task.state === 'alive' ? 0 : BLOCKED;
  },
  touches: touchesEverything,
  asked: ({ a0: pid, a1: signal }) => `kill ${pid} signal ${signal}`,
  askedAlike: ({ name }) => name,
});

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
    task.chain = null;
    task.settling = null;
    surroundings.start(task, program);
    return BLOCKED;
  },
  neverReturns: true,
  touches: touchesEverything,
  asked: ({ data: { name } }) => `exec ${name}`,
});

// ---- O_ASYNC ----

/**
 * Who is told by SIGIO that something has happened to a description's object (fcntl(2), F_SETOWN
 * and O_ASYNC).
 */
export class AsyncNotice extends Waiter {
  readonly #description: Description;
  owner = 0;
  /** SIGIO has been sent and has not yet arrived. */
  underWay = false;

  constructor(description: Description) {
    super();
    this.#description = description;
  }

  /**
   * # SIGIO takes its time: its arrival is a step of its own, and what happens until then does not
   * send another.
   */
  override wake(): boolean {
    const process = this.#process();
    if (process === undefined || this.underWay) return true;
    this.underWay = true;
    process.kernel.surroundings.later({
      happening: () => ({ kind: 'signal', signal: 'SIGIO', process: process.name }),
      fire: () => {
        this.underWay = false;
        raise(process, SIGIO);
      },
      touches: (footprint) => {
        this.tells(footprint);
        process.kernel.touchesOfSignal(process, SIGIO, footprint);
      },
    });
    return true;
  }

  override tells(footprint: Footprint): void {
    footprint.write(this);
  }

  kernel: Process['kernel'] | null = null;

  #process(): Process | undefined {
    return this.kernel?.processes.find(({ pid }) => pid === this.owner);
  }

  switchOn(on: boolean): void {
    const { file } = this.#description;
    if (on && this.queue === null) file.waits.addFirst(this, false);
    else if (!on) this.leave();
  }
}

function noticeOf(task: Task, description: Description): AsyncNotice {
  description.notice ??= new AsyncNotice(description);
  description.notice.kernel = task.process.kernel;
  return description.notice;
}

export function setOwner(task: Task, description: Description, pid: number): number {
  noticeOf(task, description).owner = pid;
  return 0;
}

export function getOwner(description: Description): number {
  return description.notice?.owner ?? 0;
}

/**
 * The part of F_SETFL that concerns O_ASYNC. Only sockets and pipes know it; elsewhere it is passed
 * over.
 */
export function setAsync(task: Task, description: Description, on: boolean): void {
  const { file } = description;
  if (!file.isSocket && file.type !== 'pipe') return;
  if (!on && description.notice === null) return;
  noticeOf(task, description).switchOn(on);
  description.flags = (description.flags & ~O_ASYNC) | (on ? O_ASYNC : 0);
}
