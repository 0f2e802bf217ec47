import { O_NONBLOCK } from '../../../sys/constants.ts';
import { EINTR } from '../../../sys/errno.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { FAULT_EINTR, KIND } from '../choices.ts';
import type { Description } from '../file.ts';
import type { PendingCall } from '../pending-call.ts';
import type { Task } from '../task.ts';

/**
 * The syscall cannot finish: its task is asleep on wait queues and it is tried again when woken.
 */
export const BLOCKED = -4096;

/**
 * The description behind a descriptor; for a call that slept, the one it began with, whatever
 * happened to the number.
 */
export function descriptionOf(task: Task, fd: number): Description | null {
  return task.held ?? task.process.descriptors.get(fd);
}

/**
 * Whether the call may not sleep. One that sleeps already goes on sleeping, whatever becomes of the
 * flag; only pipes look again.
 */
export function isNonblocking(task: Task, description: Description): boolean {
  if ((description.flags & O_NONBLOCK) === 0) return false;
  return task.held === null || description.file.type === 'pipe';
}

/** Sleep on a description's object until `mask`; the object stays alive meanwhile. */
export function sleepOn(
  task: Task,
  description: Description,
  mask: number,
  exclusive: boolean,
): typeof BLOCKED {
  hold(task, description);
  task.sleepOn(description.file.waits, mask, exclusive);
  return BLOCKED;
}

/** A timeout is counted from the moment the call first sleeps; -1 is none. */
export function startTimeout(task: Task, timeoutNs: number): void {
  if (timeoutNs < 0) return;
  const { clock } = task.surroundings;
  const call = task.call as PendingCall;
  if (call.deadlineNs < 0) call.deadlineNs = clock.nowNs + timeoutNs;
  task.sleepUntil(call.deadlineNs);
}

export function hold(task: Task, description: Description): void {
  const call = task.call as PendingCall;
  if (call.held !== null) return;
  call.held = description;
  description.references++;
}

/** `progress` of a call that a signal, or a fault, will answer with EINTR. */
export const INTERRUPTED = -1;

/**
 * A fault: a signal arrives just as the call would fall asleep, so at its turn it answers EINTR.
 */
export function interrupts(task: Task, call: Syscall<unknown>): boolean {
  if (call.progress === INTERRUPTED) return true;
  const asked = call as PendingCall;
  if (asked.interrupted) {
    asked.interrupted = false;
    return true;
  }
  const { choices } = task.surroundings;
  if ((choices.faults & FAULT_EINTR) === 0) return false;
  if (choices.decide(KIND.eintr, 2, task) === 0) return false;
  call.progress = INTERRUPTED;
  return true;
}

export function wasInterrupted(call: Syscall<unknown>): boolean {
  return call.progress === INTERRUPTED;
}

export const INTERRUPTED_RESULT: number = -EINTR;
