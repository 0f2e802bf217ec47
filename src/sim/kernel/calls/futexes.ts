import { EAGAIN, EINVAL, ETIMEDOUT } from '../../../sys/errno.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { Task } from '../task.ts';
import { BLOCKED, INTERRUPTED_RESULT, interrupts, wasInterrupted } from './handler.ts';

const ASLEEP = 1;

/** FUTEX_WAIT: compares and falls asleep in one step, so no wake-up can come between. */
export function futexWait(task: Task, call: Syscall<unknown>): unknown {
  const words = call.data as Int32Array;
  if (!(words instanceof Int32Array) || call.a0 < 0 || call.a0 >= words.length) return -EINVAL;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  if (call.progress === ASLEEP) return task.timedOut ? -ETIMEDOUT : 0;
  if (words[call.a0] !== call.a1) return -EAGAIN;
  if (interrupts(task, call)) return INTERRUPTED_RESULT;
  const { kernel } = task.process;
  call.progress = ASLEEP;
  task.sleepOn(kernel.futexes.queue(words, call.a0), 0, true);
  if (call.a2 >= 0) task.sleepUntil(kernel.surroundings.clock.nowNs + call.a2);
  return BLOCKED;
}

export function futexWake(task: Task, call: Syscall<unknown>): unknown {
  const words = call.data as Int32Array;
  if (!(words instanceof Int32Array) || call.a0 < 0 || call.a0 >= words.length) return -EINVAL;
  return call.a1 <= 0 ? 0 : task.process.kernel.futexes.wake(words, call.a0, call.a1);
}
