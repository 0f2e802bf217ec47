import { OP } from '../../sys/ops.ts';
import { Barrier, type ChannelCase, type RwLock, type WaitGroup } from '../../sys/sync.ts';
import { meetersAt } from '../kernel/calls/counts.ts';
import { holdersOfRwLock } from '../kernel/calls/rwlocks.ts';
import type { Task } from '../kernel/task.ts';
import type { TraceStep } from './recorder.ts';
import { because, type Why } from './why.ts';

/** Of a task that waits for a read-write lock: who holds it, or waits to write before it. */
export function heldByOthers(task: Task, rwlock: RwLock, steps: readonly TraceStep[]): Why {
  const holders = holdersOfRwLock(rwlock);
  const taken = steps.findLast(
    ({ who, kind, turn }) =>
      kind === 'call' &&
      turn?.data === rwlock &&
      (turn.op === OP.rdLock || turn.op === OP.wrLock) &&
      holders.some(({ name }) => name === who),
  );
  const names = [...new Set(holders.map(({ name }) => (name === task.name ? 'it' : name)))];
  const holds = names.length === 0 ? '' : `${names.join(' and ')} ${holdsText(names)} it`;
  const announced = steps.findLast(
    ({ who, kind, turn }) =>
      who !== task.name && kind === 'sleep' && turn?.op === OP.wrLock && turn.data === rwlock,
  );
  if (task.call?.op === OP.wrLock || rwlock.prefers === 'readers' || announced === undefined) {
    return because(holds, taken);
  }
  return because(`${announced.who} waits to write, and ${holds}`, taken, announced);
}

const holdsText = (names: readonly string[]): string => (names.length === 1 ? 'holds' : 'hold');

/** Of a task at a barrier or a wait group. */
export function missing(place: Barrier | WaitGroup): Why {
  if (place instanceof Barrier) {
    return because(`${meetersAt(place).length} of ${place.size} have come`);
  }
  return because(`its count is ${place.count}`);
}

/** Of a task that would send or receive. */
export function unmet(cases: readonly ChannelCase[]): Why {
  return because([...new Set(cases.map(unmetText))].join(', '));
}

function unmetText({ channel, sends }: ChannelCase): string {
  if (channel === null) return 'a channel that is null is never ready';
  if (!sends) return `nobody sends to ${channel.name}`;
  const full = channel.capacity === 0 ? '' : `${channel.name} is full and `;
  return `${full}nobody receives from ${channel.name}`;
}
