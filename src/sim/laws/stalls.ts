import type { Task } from '../kernel/task.ts';
import type { World } from '../schedule/world.ts';

/** What reports call {@link noStallLaw}. @since 0.2.0 */
export const LAW_NO_STALL = 'nobody waits for a callback that takes its time';

/** Where an event loop may sleep: it hears of everybody there. */
const WAITS_FOR_ALL: ReadonlySet<string> = new Set(['select', 'poll', 'epollWait', 'ringWait']);
/** On the sockets of Node this is answered by Node's loop, as soon as the machine lets it. */
const WAITS_FOR_NOBODY = 'listen';

/**
 * A task that serves many (an event loop) sleeps nowhere but where it waits for all of them: no
 * callback or coroutine of its keeps it in another call for longer than `msMax` of virtual time.
 *
 * ```ts
 * noStallLaw(world, 'server', 50);
 * ```
 *
 * @param taskName the loop's task
 * @since 0.2.0
 */
export function noStallLaw(world: World, taskName: string, msMax: number): void {
  /** Since when it has been asleep in this call; undefined while it could move. */
  let sinceMs: number | undefined;
  let call: Task['call'] = null;
  let renewals = -1;
  world.always(LAW_NO_STALL, () => {
    const loop = world.tasks.find(({ name }) => name === taskName);
    if (loop === undefined || loop.call === null) return true;
    if (loop.call !== call || loop.call.renewals !== renewals) {
      ({ call } = loop);
      ({ renewals } = loop.call);
      sinceMs = undefined;
    }
    const ms = Math.floor(world.nowMs - (sinceMs ?? world.nowMs));
    // Time that goes by once it could move again is not its own doing.
    if (loop.readyIndex >= 0) sinceMs = undefined;
    else sinceMs ??= world.nowMs;
    const { name } = loop.call;
    if (ms <= msMax || WAITS_FOR_ALL.has(name) || name === WAITS_FOR_NOBODY) return true;
    return `${taskName} was in ${name} for ${ms} ms, and served nobody meanwhile`;
  });
}
