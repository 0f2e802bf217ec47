import type { Task } from '../sim/kernel/task.ts';
import { Sys } from '../sys/sys.ts';
import type { Syscall } from '../sys/syscall.ts';

/** A syscall of a service in the middle of a step, as a part of it: it may not sleep. */
export function atOnce(sys: Sys, call: Syscall<number>): number {
  const task = Sys.ownerOf(sys) as Task;
  return task.process.kernel.within(task, call) as number;
}
