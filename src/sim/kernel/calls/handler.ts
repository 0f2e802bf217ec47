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

/**
 * A timeout is counted from the moment the call first sleeps; -1 is none. What is set later is for
 * later calls.
 */
export function startTimeout(task: Task, timeoutNs: number): void {
  const call = task.call as PendingCall;
  if (!call.slept) {
    call.slept = true;
    if (timeoutNs >= 0) call.deadlineNs = task.surroundings.clock.nowNs + timeoutNs;
  }
  const { deadlineNs } = call;
  if (deadlineNs >= 0) task.sleepUntil(deadlineNs);
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
  if ((call as PendingCall).interrupted) return true;
  const { choices } = task.surroundings;
  if ((choices.faults & FAULT_EINTR) === 0) return false;
  if (choices.decide(KIND.eintr, 2, task) === 0) return false;
  call.progress = INTERRUPTED;
  return true;
}

/** A signal has ended its sleep, and it looks once more before it says so. */
export function looksOnceMore(task: Task): boolean {
  const { call } = task;
  return call?.interrupted === true;
}

export function wasInterrupted(call: Syscall<unknown>): boolean {
  return call.progress === INTERRUPTED;
}

/**
 * # connect(AF_UNSPEC): a recv or connect that sleeps on the socket fails with EPIPE, and the error
 * stays for the next to ask (sk_wait_event).
 */
export function wasDisconnected({ call }: Task): boolean {
  return call?.disconnected === true;
}

export const INTERRUPTED_RESULT: number = -EINTR;
