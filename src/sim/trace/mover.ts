import type { Happening } from '../kernel/happening.ts';
import { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import { happeningText } from './describe.ts';

/** Who moves, or could: a task, or something of the surroundings. */
export type NamedMover = { readonly kind: 'task'; readonly name: string } | Happening;

export function moverOf(mover: Task | EnvironmentEvent): NamedMover {
  return mover instanceof Task ? { kind: 'task', name: mover.name } : mover.happening();
}

export function moverText(mover: NamedMover): string {
  return mover.kind === 'task' ? mover.name : happeningText(mover);
}
