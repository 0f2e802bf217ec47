import type { PendingCall } from '../kernel/pending-call.ts';
import type { Task } from '../kernel/task.ts';
import type { World } from '../schedule/world.ts';

/** What reports call {@link noStarvationLaw}. @since 0.1.0 */
export const LAW_NO_STARVATION = 'whoever can move has a turn before long';

/** A task that can move, since the check of this number, with this call pending. */
interface Wait {
  readonly call: PendingCall | null;
  readonly renewals: number | undefined;
  readonly step: number;
}

/**
 * No task is able to move for more than `stepsMax` steps without being let.
 *
 * That is a law for strategies rather than programs: under a fair one it holds, so what a client
 * waits for then is a program's doing; under an unfair one it names who ran instead. The world is
 * asked only at what it shows after each step: who is ready, and who has become so since.
 *
 * ```ts
 * noStarvationLaw(world, 200);
 * ```
 *
 * @since 0.1.0
 */
export function noStarvationLaw(world: World, stepsMax: number): void {
  /**
   * When a task became able to move, by the count of checks; its turn shows in another call being
   * pending, or in sleep.
   */
  const since = new Map<Task, Wait>();
  const turns = new Map<string, number>();
  let step = 0;
  world.always(LAW_NO_STARVATION, () => {
    step++;
    const { ready } = world;
    for (const [task, { call, renewals }] of since) {
      const waits = task.readyIndex >= 0 && task.call === call;
      if (waits && call?.renewals === renewals) continue;
      since.delete(task);
      turns.set(task.name, (turns.get(task.name) ?? 0) + 1);
    }
    let starved: Task | undefined;
    for (let i = 0; i < ready.count; i++) {
      const task = ready.tasks[i] as Task;
      const known = since.get(task);
      if (known === undefined) {
        since.set(task, { call: task.call, renewals: task.call?.renewals, step });
      } else if (step - known.step > stepsMax) starved ??= task;
    }
    return starved === undefined || messageOf(starved, stepsMax, turns);
  });
}

function messageOf(starved: Task, stepsMax: number, turns: ReadonlyMap<string, number>): string {
  const others = [...turns].filter(([name]) => name !== starved.name);
  others.sort(([, a], [, b]) => b - a);
  const most = others.slice(0, 3).map(([name, count]) => `${name} (${count} turns)`);
  const instead = most.length === 0 ? 'nobody did' : `these did: ${most.join(', ')}`;
  return `${starved.name} could have moved (${starved.call?.name}) for ${stepsMax} steps and was not let; ${instead}`;
}
