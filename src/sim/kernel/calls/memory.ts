import { EPERM } from '../../../sys/errno.ts';
import type { CellAccess, Condition, ConditionWait, Mutex } from '../../../sys/memory.ts';
import { OP } from '../../../sys/ops.ts';
import { BELOW_ZERO } from '../../../sys/syscall.ts';
import type { Task } from '../task.ts';
import { BLOCKED } from './handler.ts';
import { type Call, type Row, row } from './row.ts';
import { cellText } from './text.ts';
import { writesData } from './touches.ts';

// ---- cells ----

/** A number below zero would be taken for an errno. */
export function answer<T>(call: Call, value: T): T | number {
  if (typeof value !== 'number' || value >= 0 || Number.isNaN(value)) return value;
  call.progress = value;
  return BELOW_ZERO;
}

type Look = ((value: unknown) => unknown) | undefined;
type Change = (value: unknown) => unknown;

export const load: Row<CellAccess<Look>, unknown> = row({
  perform(_task, call) {
    const { cell, argument: look } = call.data;
    return answer(call, look === undefined ? cell.value : look(cell.value));
  },
  touches: (_task, { data: { cell } }, into) => into.read(cell),
  orders: (_task, { data: { cell } }, into) =>
    into.accesses(cell, { writes: false, atomic: false }),
  memory: ({ data: { cell } }) => [cell],
  asked: ({ data: { cell } }) => `load ${cell.name}`,
  answered: (_call, value) => cellText(value),
  askedAlike: ({ name }) => name,
  effects: ({ data: { cell } }, _answer, into) => into.took(cell),
});

export const store: Row<CellAccess<unknown>, number> = row({
  perform(_task, { data: { cell, argument } }) {
    cell.value = argument;
    return 0;
  },
  touches: (_task, { data: { cell } }, into) => into.write(cell),
  orders: (_task, { data: { cell } }, into) => into.accesses(cell, { writes: true, atomic: false }),
  memory: ({ data: { cell } }) => [cell],
  asked: ({ data: { cell, argument } }) => `store ${cell.name} = ${cellText(argument)}`,
  askedAlike: ({ name }) => name,
  effects({ data: { cell } }, _answer, into) {
    into.took(cell);
    into.left(cell);
  },
});

export const update: Row<CellAccess<Change>, unknown> = row({
  perform(_task, call) {
    const { cell, argument: change } = call.data;
    const before = cell.value;
    cell.value = change(before);
    return answer(call, before);
  },
  touches: (_task, { data: { cell } }, into) => into.write(cell),
  orders: (_task, { data: { cell } }, into) => into.accesses(cell, { writes: true, atomic: true }),
  memory: ({ data: { cell } }) => [cell],
  asked: ({ data: { cell } }) => `update ${cell.name}`,
  answered: (_call, value) => cellText(value),
  askedAlike: ({ name }) => name,
  effects: ({ data: { cell } }, _answer, into) => into.took(cell),
});

// ---- mutexes ----

/**
 * Who holds a mutex, and who has asked for it. While it is held, all of those are asleep; when it
 * is let go they may all try, and the schedule says who gets it. A task that cannot have it is
 * never offered, so no step is spent on trying in vain.
 */
interface Lock {
  owner: Task | null;
  readonly wanting: Task[];
}

function lockOf(mutex: Mutex): Lock {
  mutex.inner ??= { owner: null, wanting: [] } satisfies Lock;
  return mutex.inner as Lock;
}

/** Who holds a mutex. */
export function ownerOf(mutex: Mutex): Task | null {
  return lockOf(mutex).owner;
}

/** Who has asked for it and sleeps, or may try again. */
export function wantersOf(mutex: Mutex): readonly Task[] {
  return lockOf(mutex).wanting;
}

function want(lock: Lock, task: Task): void {
  if (!lock.wanting.includes(task)) lock.wanting.push(task);
}

function take(lock: Lock, task: Task): void {
  lock.owner = task;
  const { wanting } = lock;
  let kept = 0;
  for (const other of wanting) {
    if (other === task || other.state !== 'alive') continue;
    wanting[kept++] = other;
    if (asksFor(lock, other.call)) other.sleep();
  }
  wanting.length = kept;
}

/** False while it handles a signal: then its call is another one. */
function asksFor(lock: Lock, call: Call | null): boolean {
  if (call?.op === OP.lock) return lockOf(call.data as Mutex) === lock;
  return call?.op === OP.condWait && lockOf((call.data as ConditionWait).mutex) === lock;
}

function letGo(lock: Lock): void {
  lock.owner = null;
  for (const task of lock.wanting) task.wake();
}

export const lock: Row<Mutex, number> = row({
  perform(task, { data: mutex }) {
    const inner = lockOf(mutex);
    if (inner.owner === null) {
      take(inner, task);
      return 0;
    }
    want(inner, task);
    task.sleep();
    return BLOCKED;
  },
  parks(task, { data: mutex }) {
    const inner = lockOf(mutex);
    want(inner, task);
    if (inner.owner === null) return false;
    task.sleep();
    return true;
  },
  onSignal: 'passes',
  touches: writesData,
  orders: (_task, { data: mutex }, into) => into.acquires(mutex),
  memory: ({ data: mutex }) => [mutex],
  asked: ({ data: { name } }) => `lock ${name}`,
  waitsFor: (_task, { data: mutex }) => ({ what: 'mutex', mutex }),
  askedAlike: ({ name }) => name,
  effects: ({ data: mutex }, _answer, into) => into.took(mutex),
});

export const unlock: Row<Mutex, number> = row({
  perform(task, { data: mutex }) {
    const inner = lockOf(mutex);
    if (inner.owner !== task) return -EPERM;
    letGo(inner);
    return 0;
  },
  touches: writesData,
  orders: (_task, { data: mutex }, into) => into.releases(mutex),
  memory: ({ data: mutex }) => [mutex],
  asked: ({ data: { name } }) => `unlock ${name}`,
  askedAlike: ({ name }) => name,
  effects: ({ data: mutex }, _answer, into) => into.left(mutex),
});

// ---- conditions ----

/**
 * How far a condWait has come: it has let go of the mutex; it has been woken and wants the mutex
 * back.
 */
const WAITING = 1;
const WOKEN = 2;

/** Who sleeps on it. */
export function waitersOf(condition: Condition): Task[] {
  condition.inner ??= [] satisfies Task[];
  return condition.inner as Task[];
}

export const condWait: Row<ConditionWait, number> = row({
  perform(task, call) {
    const { condition, mutex } = call.data;
    const inner = lockOf(mutex);
    if (call.progress === WOKEN) {
      if (inner.owner !== null) {
        task.sleep();
        return BLOCKED;
      }
      take(inner, task);
      return 0;
    }
    if (inner.owner !== task) return -EPERM;
    call.progress = WAITING;
    waitersOf(condition).push(task);
    task.sleep();
    letGo(inner);
    return BLOCKED;
  },
  onSignal: 'passes',
  touches(_task, { data: { condition, mutex } }, into) {
    into.write(condition);
    into.write(mutex);
  },
  orders(_task, { data: { condition, mutex }, progress }, into) {
    if (progress !== WOKEN) into.releases(mutex);
    else {
      into.acquires(mutex);
      into.acquires(condition);
    }
  },
  memory: ({ data: { condition, mutex } }) => [condition, mutex],
  asked: ({ data: { condition } }) => `condWait ${condition.name}`,
  waitsFor(_task, { data: { condition, mutex }, progress }) {
    const wantsMutex = progress === WOKEN && ownerOf(mutex) !== null;
    return wantsMutex ? { what: 'mutex', mutex } : { what: 'condition', condition };
  },
  askedAlike: ({ name }) => name,
});

/** pthread_cond_signal(3) of one waiter, pthread_cond_broadcast(3) of all. */
export const condSignal: Row<Condition, number> = row({
  perform(_task, { data: condition, a0: count }) {
    const waiters = waitersOf(condition);
    for (let woken = 0; woken < count && waiters.length > 0; ) {
      const task = waiters.shift() as Task;
      const wait = task.call;
      if (task.state !== 'alive' || wait?.op !== OP.condWait) continue;
      woken++;
      wait.progress = WOKEN;
      const inner = lockOf((wait.data as ConditionWait).mutex);
      want(inner, task);
      if (inner.owner === null) task.wake();
    }
    return 0;
  },
  touches: writesData,
  orders: (_task, { data: condition }, into) => into.releases(condition),
  memory: ({ data: condition }) => [condition],
  asked: ({ a0: count, data: { name } }) =>
    `${count === 1 ? 'condSignal' : 'condBroadcast'} ${name}`,
  askedAlike: ({ name }) => name,
});
