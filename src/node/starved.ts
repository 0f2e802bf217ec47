import { readFileSync, readlinkSync } from 'node:fs';

/** A thread of this process, by the number that Linux gives it; undefined where it gives none. */
export type ThreadNumber = number | undefined;

/** Of the thread that asks (proc(5): /proc/thread-self). */
export function ownThreadNumber(): ThreadNumber {
  try {
    return Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0]);
  } catch {
    return undefined;
  }
}

/**
 * For how many milliseconds, since it began, a thread was ready and had no core to run on: the
 * second number of its schedstat (Documentation/scheduler/sched-stats.rst). 0 where the machine
 * does not tell, or the thread is gone.
 */
export function starvedMs(thread: ThreadNumber): number {
  if (thread === undefined) return 0;
  try {
    const text = readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1');
    return Number(text.split(' ')[1] ?? 0) / 1e6;
  } catch {
    return 0;
  }
}
