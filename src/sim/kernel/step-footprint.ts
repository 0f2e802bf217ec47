import { SIGCHLD } from '../../sys/constants.ts';
import { OP } from '../../sys/ops.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { rowOf } from './calls/table.ts';
import { TABLE_MARK } from './conflict-bits.ts';
import { Epoll } from './epoll.ts';
import type { Footprint } from './footprint.ts';
import type { Process } from './process.ts';
import { actionOf } from './signals.ts';
import { EVERYTHING, Task } from './task.ts';

/**
 * What a step of a task has touched beyond the footprint of its syscall, added to `into`: the code
 * that ran on touched memory that tasks share (`Sys.touches`), or came to its end.
 */
export function settledFootprint(task: Task, into: Footprint): void {
  if (task.touched !== null) {
    for (const object of task.touched) {
      if (object === EVERYTHING) into.touchEverything();
      else into.write(object);
    }
    task.forgetTouched();
  }
  if (task.state === 'alive') return;
  into.write(task);
  const { parent, status, tasks, descriptors } = task.process;
  // The last of its threads closes what is open, so it counts which of them that is.
  if (tasks.length > 1 && (descriptors.isOpenFrom(CONSOLE_COUNT) || descriptors.closed.length > 0))
    into.write(descriptors, TABLE_MARK);
  if (parent === null || status === undefined) return;
  into.write(parent.children);
  into.read(parent.sighand);
  if (typeof actionOf(parent, SIGCHLD) === 'object') into.touchEverything();
}

/** What the last step of a process has touched by closing what it had open; added to `into`. */
export function closedFootprint(process: Process, into: Footprint): void {
  const { closed } = process.descriptors;
  // What is watched there may be what another process has put there.
  if (closed.some(({ file }) => file instanceof Epoll)) into.touchEverything();
  for (const description of closed) description.touchesAfterDrop(into);
}

/**
 * What the arrival of a signal touches, added to `into`: it comes between the steps of a task, and
 * what the task sleeps in is ended or begun again.
 */
export function signalFootprint(process: Process, signal: number, into: Footprint): void {
  into.write(process);
  into.read(process.sighand);
  const action = actionOf(process, signal);
  if (action === 'ignore') return;
  if (action === 'default') {
    into.touchEverything();
    return;
  }
  for (const task of process.tasks) {
    if (task.state !== 'alive' || task.call === null) continue;
    footprint(task, into);
    postedFootprint(task, task.call, into, () => true);
  }
}

/** Descriptors 0, 1 and 2. */
const CONSOLE_COUNT = 3;

/**
 * What a task touches by asking for `posted`, because readiness is looked at as soon as a call is
 * posted; added to `into`.
 *
 * A call that is put to sleep before its turn changes nothing that anybody could notice, because
 * whoever makes it ready wakes its task, with two exceptions. An epoll_wait drops from the ready
 * list what is not ready, so later events stand in another order if it is one of those whose place
 * it was. And in a queue whose sleepers are woken one by one it counts who came first, if there are
 * several; `counts` is told of the queue and says so.
 */
export function postedFootprint(
  task: Task,
  posted: Pick<Syscall<unknown>, 'op' | 'a0'>,
  into: Footprint,
  counts: (queue: unknown) => boolean,
): void {
  const file = task.process.descriptors.get(posted.a0)?.file;
  if (file === undefined) return;
  switch (rowOf(posted).posted) {
    case 'looks':
      if (file instanceof Epoll) file.touchesLookedAt(into);
      return;
    case 'reads':
      if (file.exclusiveReaders && counts(file)) into.write(file);
      return;
    case 'writes': {
      const line = file.writersLine;
      if (line !== null && counts(line)) into.write(line);
      return;
    }
    case 'queues':
      if (counts(file)) into.write(file);
      // accept(2) takes its number before it sleeps.
      if (task.process.tasks.length > 1) into.write(task.process.descriptors, TABLE_MARK);
  }
}

/**
 * If this is the last step of its process, the end of that closes something that somebody else
 * could notice.
 */
export function leavesOpen(task: Task): boolean {
  const closed = task.call?.op === OP.close ? task.call.a0 : -1;
  return task.process.descriptors.isOpenFrom(CONSOLE_COUNT, closed);
}

/** What the pending syscall of a task will touch, added to `into`. */
export function footprint(task: Task, into: Footprint): void {
  const { call, held, process } = task;
  if (call === null) return;
  rowOf(call).touches(task, call, into);
  if (held !== null && held.references === 1) held.touchesOfDrop(into);
  if (process.signals !== null) into.read(process);
}

/** What takes steps of its own beside tasks: an arrival, a timer's notice. */
interface Mover {
  touches(into: Footprint): void;
}

/** What a mover will touch, in place of what `into` held before. */
export function touch(mover: Task | Mover, into: Footprint): void {
  into.clear();
  if (mover instanceof Task) footprint(mover, into);
  else mover.touches(into);
}
