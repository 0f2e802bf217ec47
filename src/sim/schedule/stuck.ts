import type { Helpers } from '../kernel/calls/row.ts';
import { rowOf } from '../kernel/calls/table.ts';
import type { Task } from '../kernel/task.ts';

/**
 * Tasks that wait for each other and for nobody else, although others, who wait for clients for
 * example, may yet be woken: the largest set of sleepers of which nobody can end another's sleep.
 *
 * Who holds a mutex, a read-write lock or a permit, and which task is joined, is known. Who will
 * signal a condition or use a channel is not: it is taken to be those who have done so before; if
 * nobody has, or one of them has ended and others of its kind may come, anybody might. So a set is
 * only told in which somebody waits for what another holds: who waits for signals alone may be
 * waiting for work.
 */
export function stuckTasks(tasks: readonly Task[]): readonly Task[] {
  const stuck = new Map<Task, Helpers>();
  for (const task of tasks) {
    const helpers = helpersOf(task);
    if (helpers !== undefined) stuck.set(task, helpers);
  }
  const isLost = (task: Task): boolean => task.state !== 'alive' || stuck.has(task);
  const isStuck = ({ who, what }: Helpers): boolean =>
    what === 'past' ? who.every((task) => stuck.has(task)) : who.some(isLost);
  for (let before = -1; before !== stuck.size; ) {
    before = stuck.size;
    for (const [task, helpers] of stuck) if (!isStuck(helpers)) stuck.delete(task);
  }
  const isHeld = [...stuck.values()].some(({ what }) => what === 'holders');
  return isHeld ? [...stuck.keys()] : [];
}

/** Who could end its sleep; undefined if that may be anybody, or time. */
function helpersOf(task: Task): Helpers | undefined {
  const { call } = task;
  if (task.state !== 'alive' || !task.asleep || call === null || call.deadlineNs >= 0) {
    return undefined;
  }
  const helpers = rowOf(call).helpers(task, call);
  return helpers === undefined || helpers.who.length === 0 ? undefined : helpers;
}
