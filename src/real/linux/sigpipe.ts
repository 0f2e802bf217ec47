import { BLOCKED } from '../../sim/kernel/calls/handler.ts';
import { raise } from '../../sim/kernel/signals.ts';
import type { Task } from '../../sim/kernel/task.ts';
import { MSG_NOSIGNAL, SIGPIPE } from '../../sys/constants.ts';
import type { Libc } from './libc.ts';

const SIG_BLOCK = 0;
const SIG_SETMASK = 2;
const SIG_DFL = 0;
/** sizeof(sigset_t). */
const SIGSET_BYTES = 128;

const onlySigpipe = new Uint8Array(SIGSET_BYTES);
onlySigpipe[(SIGPIPE - 1) >> 3] = 1 << ((SIGPIPE - 1) & 7);
const noTime = new BigInt64Array(2);

/**
 * A write of a task whose process does something about SIGPIPE: gives its result, or BLOCKED if the
 * process did not survive it.
 *
 * # SIGPIPE on Linux: the kernel itself is asked
 * Node ignores SIGPIPE, and an ignored signal leaves no trace. So for the length of the call it is
 * blocked instead, and what is pending afterwards is what the kernel has sent.
 */
export function writeWithSigpipe(
  libc: Libc,
  task: Task,
  flags: number,
  give: (flags: number) => number,
): number | typeof BLOCKED {
  const action = task.process.signals?.get(SIGPIPE) ?? 'ignore';
  if (action === 'ignore') return give(flags | MSG_NOSIGNAL);
  const before = new Uint8Array(SIGSET_BYTES);
  libc.pthread_sigmask(SIG_BLOCK, onlySigpipe, before);
  const disposition = libc.signal(SIGPIPE, SIG_DFL);
  const result = give(flags);
  const raised = libc.sigtimedwait(onlySigpipe, null, noTime) === SIGPIPE;
  libc.signal(SIGPIPE, disposition);
  libc.pthread_sigmask(SIG_SETMASK, before, null);
  if (raised) raise(task.process, SIGPIPE, task);
  return task.state === 'alive' ? result : BLOCKED;
}
