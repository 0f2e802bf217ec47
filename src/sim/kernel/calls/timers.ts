import { O_RDWR } from '../../../sys/constants.ts';
import { EBADF, EINVAL } from '../../../sys/errno.ts';
import type { TimerSpec } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { Task } from '../task.ts';
import { TimerFd } from '../timerfd.ts';
import { open } from './descriptors.ts';

export function timerfdCreate(task: Task, call: Syscall<unknown>): number {
  return open(task, new TimerFd(task.surroundings.clock, call.a0 === 1), O_RDWR, call.a1);
}

/** The timer behind a descriptor, or a negated errno. */
function timerOf(task: Task, fd: number): TimerFd | number {
  const description = task.process.descriptors.get(fd);
  if (description === null) return -EBADF;
  return description.file instanceof TimerFd ? description.file : -EINVAL;
}

export function timerfdSettime(task: Task, call: Syscall<unknown>): unknown {
  const timer = timerOf(task, call.a0);
  return typeof timer === 'number' ? timer : timer.set(call.data as TimerSpec);
}

export function timerfdGettime(task: Task, call: Syscall<unknown>): unknown {
  const timer = timerOf(task, call.a0);
  return typeof timer === 'number' ? timer : timer.left();
}
