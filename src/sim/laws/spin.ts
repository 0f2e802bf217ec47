import type { Task } from '../kernel/task.ts';
import { TcpSocket } from '../kernel/tcp.ts';
import type { World } from '../schedule/world.ts';

/** What reports call {@link noSpinLaw}. @since 0.1.0 */
export const LAW_NO_SPIN = 'no task spins';

/**
 * More steps than this in a row, with nothing else able to move and nothing changed by them, are a
 * spin.
 */
const STEPS_MAX = 300;

/**
 * A task that has nothing to do sleeps.
 *
 * It spins when it alone can move, nothing is on its way, and its steps change nothing that anybody
 * else could see: no descriptor, no byte in a queue, no line of output. (While others can move
 * there is no telling whether a task that looks again is wrong to do so.)
 *
 * ```ts
 * noSpinLaw(world, 100);
 * ```
 *
 * @since 0.1.0
 */
export function noSpinLaw(world: World, stepsMax: number = STEPS_MAX): void {
  const spins = watchSpin(world, stepsMax);
  world.always(LAW_NO_SPIN, () => spins() ?? true);
}

/**
 * To be asked after every step: what to say of the task that spins, once it has spun for `stepsMax`
 * steps. Nothing else moves by then, so whatever is judged at the end of a run may be judged there.
 */
export function watchSpin(world: World, stepsMax: number = STEPS_MAX): () => string | undefined {
  let alone: Task | undefined;
  let steps = 0;
  let before = '';
  return () => {
    const { ready, events } = world;
    const now = ready.count === 1 && events.count === 0 ? ready.tasks[0] : undefined;
    if (now === undefined || now !== alone) {
      alone = now;
      steps = 0;
      before = '';
      return undefined;
    }
    // What is there is looked at twice, once in the middle: looking costs more than a step.
    if (++steps === stepsMax >> 1) before = stateOf(world);
    if (steps < stepsMax) return undefined;
    steps = 0;
    if (before !== stateOf(world)) return undefined;
    return `${now.name} has taken ${stepsMax} steps in a row, last of them ${now.call?.name}, and changed nothing; nobody else can move and nothing is on its way, so it should sleep`;
  };
}

/**
 * All that steps can change, in short: descriptors, states, bytes queued, room, and what was
 * printed.
 */
function stateOf(world: World): string {
  const parts: string[] = [];
  for (const { processes } of world.hosts) {
    for (const process of processes) {
      if (process.status !== undefined) continue;
      parts.push(process.name, `${world.output(process.name).length}`);
      for (const [fd, { file }] of process.descriptors.entries()) {
        parts.push(`${fd}`);
        if (file instanceof TcpSocket) {
          parts.push(
            file.state,
            `${file.bytesQueued}/${file.link?.room}/${file.acceptQueueLength}`,
          );
        }
      }
    }
  }
  return parts.join(' ');
}
