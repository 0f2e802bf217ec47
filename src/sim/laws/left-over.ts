import { ownerOf } from '../kernel/calls/mutexes.ts';
import { waitText } from '../schedule/judge.ts';
import type { World } from '../schedule/world.ts';
import { MemorySeen } from '../trace/kernel-state.ts';

/** What reports call {@link noTaskLeftLaw}. @since 0.1.0 */
export const LAW_NO_TASK_LEFT = 'no task is left when everything has come to rest';

/**
 * When everything has come to rest, every task of a process has ended, except those that `stays`
 * names: whoever waits for the next connection, say. A handler that is still there waits for
 * something that will never come.
 *
 * ```ts
 * noTaskLeftLaw(world, 'server', ['server']);
 * ```
 *
 * @since 0.1.0
 */
export function noTaskLeftLaw(
  world: World,
  processName: string,
  stays: readonly string[] = [],
): void {
  world.finally(LAW_NO_TASK_LEFT, () => {
    const tasks = world.processNamed(processName)?.tasks ?? [];
    const left = tasks.filter(({ state, name }) => state === 'alive' && !stays.includes(name));
    const texts = left.map((task) => `${task.name} (${waitText(task)})`);
    return left.length === 0 || `${processName} still has ${texts.join(', ')}`;
  });
}

/** What reports call {@link noLockLeftLaw}. @since 0.1.0 */
export const LAW_NO_LOCK_LEFT = 'no mutex is left with a task that has ended';

/**
 * Nobody ends while holding a mutex: whoever wants it next would wait for ever
 * (pthread_mutex_lock(3p), of a mutex that is not robust).
 *
 * ```ts
 * noLockLeftLaw(world);
 * ```
 *
 * @since 0.1.0
 */
export function noLockLeftLaw(world: World): void {
  const seen = new MemorySeen();
  world.always(LAW_NO_LOCK_LEFT, () => {
    for (const { call } of world.tasks) if (call !== null) seen.note(call);
    for (const mutex of seen.mutexes) {
      const owner = ownerOf(mutex);
      if (owner !== null && owner.state !== 'alive') {
        return `${owner.name} has ended with ${mutex.name}`;
      }
    }
    return true;
  });
}
