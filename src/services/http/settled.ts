import { EVERYTHING, type Task } from '../../sim/kernel/task.ts';
import { drainNow } from '../../sim/schedule/runtime/drain.ts';
import { type Program, Sys } from '../../sys/sys.ts';
import { wakeAtOnce } from '../at-once.ts';

/**
 * Has async code do its work, which begins in this step; in the best case it ends there too.
 *
 * @param wakeFd an eventfd of this task's
 */
export function* settled<T>(sys: Sys, wakeFd: number, work: () => Promise<T>): Program<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  let waits = false;
  const heard = (next: typeof outcome): void => {
    outcome = next;
    if (waits && (Sys.ownerOf(sys) as Task).isAlive) wakeAtOnce(sys, wakeFd);
  };
  // It may look at anything, and change anything.
  sys.touches(EVERYTHING);
  work().then(
    (value) => heard({ value }),
    (error: unknown) => heard({ error }),
  );
  drainNow();
  waits = true;
  while (outcome === undefined) yield* sys.read(wakeFd, 8);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
