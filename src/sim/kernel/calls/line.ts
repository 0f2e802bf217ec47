import { ETIMEDOUT } from '../../../sys/errno.ts';
import { OP } from '../../../sys/ops.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { PendingCall } from '../pending-call.ts';
import type { Task } from '../task.ts';
import { BLOCKED, startTimeout } from './handler.ts';

/** The task whose call this is; it may be in a signal's handler, and have another one pending. */
export const taskOf = (call: PendingCall): Task => call.owner as Task;

/** Those of the callers that have not ended since. */
export const aliveOf = (calls: readonly PendingCall[]): Task[] =>
  calls.map(taskOf).filter(({ state }) => state === 'alive');

/** Sleep in a call that waits for others; its time, if it has one, is its third number. */
export function sleepIn(task: Task, call: Syscall<unknown>): void {
  task.sleep();
  startTimeout(task, call.a2);
}

/**
 * Who has asked for an object that not everybody can have. While it cannot be had, all of them are
 * asleep; when it can, all who could have it may try, and the schedule says who gets it. A task
 * that cannot have it is never offered, so no step is spent on trying in vain.
 */
export class Line {
  readonly calls: PendingCall[] = [];
  private readonly mayMove: (call: PendingCall) => boolean;

  /** @param mayMove whether a turn of this call would not be in vain, as things are */
  constructor(mayMove: (call: PendingCall) => boolean) {
    this.mayMove = mayMove;
  }

  get tasks(): readonly Task[] {
    return aliveOf(this.calls);
  }

  /** A call is posted: whether it sleeps before it has a turn. */
  parks(task: Task, asked: Syscall<unknown>): boolean {
    const call = asked as PendingCall;
    // One that does not wait, or has waited long enough, has to be told so.
    if (call.a2 === 0 || call.timedOut) return false;
    this.join(call);
    if (this.mayMove(call)) return false;
    sleepIn(task, call);
    return true;
  }

  /** It cannot have it now: it goes on waiting, or its time is up. */
  waits(task: Task, asked: Syscall<unknown>): typeof BLOCKED | number {
    const call = asked as PendingCall;
    if (call.a2 === 0 || call.timedOut) {
      this.leave(call);
      return -ETIMEDOUT;
    }
    this.join(call);
    sleepIn(task, call);
    return BLOCKED;
  }

  join(call: PendingCall): void {
    if (!this.calls.includes(call)) this.calls.push(call);
  }

  leave(asked: Syscall<unknown>): void {
    const at = this.calls.indexOf(asked as PendingCall);
    if (at >= 0) this.calls.splice(at, 1);
  }

  /** It can be had by others than before. */
  changed(): void {
    for (const call of this.calls) {
      const task = taskOf(call);
      // In a signal's handler it sleeps in another call, if at all; it looks again after that.
      if (task.call !== call) continue;
      if (call.timedOut || this.mayMove(call)) task.wake();
      else if (task.asleep) continue;
      // One that has been woken wants its mutex back, however long that takes.
      else if (call.op === OP.condWait) task.sleep();
      else sleepIn(task, call);
    }
  }
}

// How far a call has come that waits to be told; `progress`.
const WAITING = 1;
const TOLD = 2;

/** Tasks that wait until somebody tells them to go on, oldest first; who is told goes on. */
export class Meeters {
  readonly calls: PendingCall[] = [];

  get tasks(): readonly Task[] {
    return aliveOf(this.calls);
  }

  /** It waits, or has been told, or its time is up; undefined at its first turn. */
  stateOf(task: Task, asked: Syscall<unknown>): typeof BLOCKED | number | undefined {
    const call = asked as PendingCall;
    if (call.progress === TOLD) return 0;
    if (call.progress !== WAITING) return undefined;
    if (!call.timedOut) return this.waits(task, call);
    this.calls.splice(this.calls.indexOf(call), 1);
    return -ETIMEDOUT;
  }

  waits(task: Task, asked: Syscall<unknown>): typeof BLOCKED | number {
    const call = asked as PendingCall;
    if (call.a2 === 0 && call.progress !== WAITING) return -ETIMEDOUT;
    if (call.progress !== WAITING) this.calls.push(call);
    call.progress = WAITING;
    sleepIn(task, call);
    return BLOCKED;
  }

  /** Whether a call that is posted again, after a signal's handler, goes on sleeping. */
  parks(task: Task, asked: Syscall<unknown>): boolean {
    const call = asked as PendingCall;
    if (call.progress !== WAITING || call.timedOut) return false;
    sleepIn(task, call);
    return true;
  }

  /** Tell all. */
  tell(): void {
    for (const call of this.calls.splice(0)) {
      call.progress = TOLD;
      const task = taskOf(call);
      if (task.call === call) task.wake();
    }
  }
}

/** It has been told, and its turn to come changes nothing but its own task. */
export const isTold = ({ progress }: Syscall<unknown>): boolean => progress === TOLD;
