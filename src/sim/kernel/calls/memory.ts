import { EPERM } from '../../../sys/errno.ts';
import type { CellAccess, Condition, ConditionWait, Mutex } from '../../../sys/memory.ts';
import { OP } from '../../../sys/ops.ts';
import { BELOW_ZERO, type Syscall } from '../../../sys/syscall.ts';
import type { Task } from '../task.ts';
import { BLOCKED } from './handler.ts';

// ---- cells ----

/** A number below zero would be taken for an errno. */
function answer(call: Syscall<unknown>, value: unknown): unknown {
  if (typeof value !== 'number' || value >= 0 || Number.isNaN(value)) return value;
  call.progress = value;
  return BELOW_ZERO;
}

export function load(_task: Task, call: Syscall<unknown>): unknown {
  const { cell, argument } = call.data as CellAccess;
  if (argument === undefined) return answer(call, cell.value);
  return answer(call, (argument as (value: unknown) => unknown)(cell.value));
}

export function store(_task: Task, call: Syscall<unknown>): unknown {
  const { cell, argument } = call.data as CellAccess;
  cell.value = argument;
  return 0;
}

export function update(_task: Task, call: Syscall<unknown>): unknown {
  const { cell, argument } = call.data as CellAccess;
  const before = cell.value;
  cell.value = (argument as (value: unknown) => unknown)(before);
  return answer(call, before);
}

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
function asksFor(lock: Lock, call: Syscall<unknown> | null): boolean {
  if (call?.op === OP.lock) return lockOf(call.data as Mutex) === lock;
  return call?.op === OP.condWait && lockOf((call.data as ConditionWait).mutex) === lock;
}

function letGo(lock: Lock): void {
  lock.owner = null;
  for (const task of lock.wanting) task.wake();
}

export function lock(task: Task, call: Syscall<unknown>): unknown {
  const inner = lockOf(call.data as Mutex);
  if (inner.owner === null) {
    take(inner, task);
    return 0;
  }
  want(inner, task);
  task.sleep();
  return BLOCKED;
}

export function lockSleeps(task: Task, call: Syscall<unknown>): boolean {
  const inner = lockOf(call.data as Mutex);
  want(inner, task);
  if (inner.owner === null) return false;
  task.sleep();
  return true;
}

export function unlock(task: Task, call: Syscall<unknown>): unknown {
  const inner = lockOf(call.data as Mutex);
  if (inner.owner !== task) return -EPERM;
  letGo(inner);
  return 0;
}

// ---- conditions ----

/**
 * How far a condWait has come: it has let go of the mutex; it has been woken and wants the mutex
 * back.
 */
const WAITING = 1;
const WOKEN = 2;

function waitersOf(condition: Condition): Task[] {
  condition.inner ??= [] satisfies Task[];
  return condition.inner as Task[];
}

export function condWait(task: Task, call: Syscall<unknown>): unknown {
  const { condition, mutex } = call.data as ConditionWait;
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
}

export function condSignal(_task: Task, call: Syscall<unknown>): unknown {
  const waiters = waitersOf(call.data as Condition);
  for (let woken = 0; woken < call.a0 && waiters.length > 0; ) {
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
}
