import type { World } from '../schedule/world.ts';

/** What reports call {@link noZombieLaw}. @since 0.1.0 */
export const LAW_NO_ZOMBIE = 'no child is left that has ended and was not waited for';

/**
 * When everything has come to rest, a process has waited for each of its children that has ended.
 *
 * ```ts
 * noZombieLaw(world, 'server');
 * ```
 *
 * @since 0.1.0
 */
export function noZombieLaw(world: World, processName: string): void {
  world.finally(LAW_NO_ZOMBIE, () => {
    const process = world.processNamed(processName);
    if (process === undefined || process.status !== undefined) return true;
    const left = process.children.filter((child) => child.status !== undefined);
    if (left.length === 0) return true;
    const pids = left.map((child) => `${child.name} (pid ${child.pid})`).join(', ');
    return `${processName} has never waited for ${pids}`;
  });
}
