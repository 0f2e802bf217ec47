import { EINVAL } from '../../../sys/errno.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { Task } from '../task.ts';
import { BLOCKED, INTERRUPTED_RESULT, wasInterrupted } from './handler.ts';

/** nanosleep(2). A sleep of nothing still lets the others go first. */
export function nanosleep(task: Task, call: Syscall<unknown>): unknown {
  if (!(call.a0 >= 0)) return -EINVAL;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  if (task.timedOut) return 0;
  const { clock } = task.surroundings;
  task.sleep();
  task.sleepUntil(clock.nowNs + call.a0);
  return BLOCKED;
}

export function clockGettime(task: Task, call: Syscall<unknown>): number {
  const { clock } = task.surroundings;
  const elapsedMs = clock.nowNs / 1e6;
  return call.a0 === 1 ? clock.epochMs + elapsedMs : elapsedMs;
}
