import type { Happening } from '../kernel/happening.ts';
import { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import { happeningText } from './describe.ts';

/** Who moves, or could: a task, or something of the surroundings. */
export type Mover = { readonly kind: 'task'; readonly name: string } | Happening;

export function moverOf(mover: Task | EnvironmentEvent): Mover {
  return mover instanceof Task ? { kind: 'task', name: mover.name } : mover.happening();
}

export function moverText(mover: Mover): string {
  return mover.kind === 'task' ? mover.name : happeningText(mover);
}
