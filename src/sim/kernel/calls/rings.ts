import { O_RDWR, POLLIN } from '../../../sys/constants.ts';
import { EBADF, EINVAL, EOPNOTSUPP } from '../../../sys/errno.ts';
import type { RingEntry } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { Ring } from '../ring.ts';
import type { Task } from '../task.ts';
import { open } from './descriptors.ts';
import {
  descriptionOf,
  INTERRUPTED_RESULT,
  interrupts,
  sleepOn,
  startTimeout,
  wasInterrupted,
} from './handler.ts';

/** IORING_MAX_ENTRIES. */
const ENTRIES_MAX = 32_768;

/** io_uring_setup(2). The number of entries is rounded up to a power of two. */
export function ringSetup(task: Task, call: Syscall<unknown>): number {
  const { a0: entries } = call;
  if (!Number.isInteger(entries) || entries < 1 || entries > ENTRIES_MAX) return -EINVAL;
  const rounded = 2 ** Math.ceil(Math.log2(entries));
  return open(task, new Ring(rounded, task.surroundings.clock), O_RDWR, call.a1);
}

/** The ring behind a descriptor, or a negated errno. */
function ringOf(task: Task, fd: number): Ring | number {
  const description = descriptionOf(task, fd);
  if (description === null) return -EBADF;
  return description.file instanceof Ring ? description.file : -EOPNOTSUPP;
}

/** io_uring_enter(2) that only submits. */
export function ringSubmit(task: Task, call: Syscall<unknown>): number {
  const ring = ringOf(task, call.a0);
  if (typeof ring === 'number') return ring;
  ring.run();
  return ring.submit(task.process, call.data as readonly RingEntry[]);
}

/**
 * io_uring_enter(2) that only waits, for `a1` completions; when its time is up it gives what there
 * is.
 */
export function ringWait(task: Task, call: Syscall<unknown>): unknown {
  const ring = ringOf(task, call.a0);
  if (typeof ring === 'number') return ring;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  ring.run();
  const enough = ring.completionCount >= call.a1;
  if (enough || call.a2 === 0 || task.timedOut) return ring.take();
  return sleep(task, call);
}

function sleep(task: Task, call: Syscall<unknown>): number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const blocked = sleepOn(task, description, POLLIN, true);
  startTimeout(task, call.a2);
  return blocked;
}

export function ringWaitSleeps(task: Task, call: Syscall<unknown>): boolean {
  const ring = ringOf(task, call.a0);
  if (typeof ring === 'number' || call.a2 === 0 || call.a1 === 0) return false;
  if ((ring.poll() & POLLIN) !== 0 || interrupts(task, call)) return false;
  sleep(task, call);
  return true;
}
