import { Condition, type SharedObject } from '../../sys/memory.ts';
import { Barrier, Channel, RwLock, Semaphore, WaitGroup } from '../../sys/sync.ts';
import { partnersOf } from '../kernel/calls/channels.ts';
import { meetersAt, permitWanters } from '../kernel/calls/counts.ts';
import { waitersOf } from '../kernel/calls/mutexes.ts';
import { holdersOfRwLock, wantersOfRwLock } from '../kernel/calls/rwlocks.ts';
import { cellText } from '../kernel/calls/text.ts';
import type { Task } from '../kernel/task.ts';

type Field = readonly [field: string, value: string];

const named = (field: string, tasks: readonly Task[]): Field[] =>
  tasks.length === 0 ? [] : [[field, tasks.map(({ name }) => name).join(', ')]];

/** What there is to know of what tasks synchronise with, beside mutexes and cells. */
export function sharedState(object: SharedObject): readonly Field[] {
  if (object instanceof Condition) return named('waited for by', waitersOf(object));
  if (object instanceof RwLock) {
    const held = named('held by', holdersOfRwLock(object));
    const wanted = named('wanted by', wantersOfRwLock(object));
    return [...(held.length === 0 ? [['held by', 'nobody'] as const] : held), ...wanted];
  }
  if (object instanceof Semaphore) {
    return [['permits', String(object.value)], ...named('wanted by', permitWanters(object))];
  }
  if (object instanceof Barrier) return named('waited at by', meetersAt(object));
  if (object instanceof WaitGroup) {
    return [['count', String(object.count)], ...named('waited for by', meetersAt(object))];
  }
  return object instanceof Channel ? channelState(object) : [];
}

function channelState(channel: Channel<unknown>): readonly Field[] {
  const { senders, receivers } = partnersOf(channel);
  const holds = channel.buffer.map(cellText).join(', ') || 'nothing';
  return [
    ['holds', channel.closed ? `${holds}, closed` : holds],
    ...named('sent to by', senders),
    ...named('received from by', receivers),
  ];
}
