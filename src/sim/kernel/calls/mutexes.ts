import { EPERM, ETIMEDOUT } from '../../../sys/errno.ts';
import type { Condition, ConditionWait, Mutex } from '../../../sys/memory.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { PendingCall } from '../pending-call.ts';
import type { Task } from '../task.ts';
import { BLOCKED } from './handler.ts';
import { aliveOf, Line, sleepIn, taskOf } from './line.ts';
import { type Helpers, type Row, row } from './row.ts';
import { timeoutText } from './text.ts';
import { writesData } from './touches.ts';

// ---- mutexes ----

/** Who holds a mutex, and who has asked for it. */
interface Lock {
  owner: Task | null;
  readonly line: Line;
}

function lockOf(mutex: Mutex): Lock {
  if (mutex.inner === undefined) {
    const lock: Lock = { owner: null, line: new Line(() => lock.owner === null) };
    mutex.inner = lock;
  }
  return mutex.inner as Lock;
}

/** Who holds a mutex. */
export function ownerOf(mutex: Mutex): Task | null {
  return lockOf(mutex).owner;
}

function holderOf(mutex: Mutex): Helpers {
  const owner = ownerOf(mutex);
  return { who: owner === null ? [] : [owner], what: 'holders' };
}

/** Who has asked for it and sleeps, or may try again. */
export function wantersOf(mutex: Mutex): readonly Task[] {
  return lockOf(mutex).line.tasks;
}

function take(lock: Lock, task: Task, call: Syscall<unknown>): void {
  lock.owner = task;
  lock.line.leave(call);
  lock.line.changed();
}

function letGo(lock: Lock): void {
  lock.owner = null;
  lock.line.changed();
}

export const lock: Row<Mutex, number> = row({
  perform(task, call) {
    const inner = lockOf(call.data);
    if (inner.owner !== null) return inner.line.waits(task, call);
    take(inner, task, call);
    return 0;
  },
  parks: (task, call) => lockOf(call.data).line.parks(task, call),
  onSignal: 'passes',
  touches: writesData,
  orders(_task, { data: mutex }, into) {
    if (ownerOf(mutex) === null) into.acquires(mutex);
  },
  memory: ({ data: mutex }) => [mutex],
  asked: ({ a2, data: { name } }) => `lock ${name}${timeoutText(a2)}`,
  waitsFor: (_task, { data: mutex }) => ({ what: 'mutex', mutex }),
  helpers: (_task, { data: mutex }) => holderOf(mutex),
  askedAlike: ({ name }) => name,
  effects: ({ data: mutex }, answer, into) => {
    if (answer === 0) into.took(mutex);
  },
});

export const tryLock: Row<Mutex, boolean> = row({
  perform(task, call) {
    const inner = lockOf(call.data);
    if (inner.owner !== null) return false;
    take(inner, task, call);
    return true;
  },
  touches: writesData,
  orders(_task, { data: mutex }, into) {
    if (ownerOf(mutex) === null) into.acquires(mutex);
  },
  memory: ({ data: mutex }) => [mutex],
  asked: ({ data: { name } }) => `tryLock ${name}`,
  answered: (_call, taken) => (taken ? 'ok' : 'it is held'),
  askedAlike: ({ name }) => name,
  effects({ data: mutex }, taken, into) {
    if (taken === true) into.took(mutex);
  },
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

/** How far a condWait has come: it has let go of the mutex, and waits to be woken. */
const WAITING = 1;
/** It has been woken and wants the mutex back. */
const WOKEN = 2;
/** Its time was up first, and it wants the mutex back. */
const GIVEN_UP = 3;

/** Who waits at a condition, and who has signalled it. */
interface Bell {
  readonly sleepers: PendingCall[];
  readonly signallers: Set<Task>;
}

const bellOf = (condition: Condition): Bell => {
  condition.inner ??= { sleepers: [], signallers: new Set() } satisfies Bell;
  return condition.inner as Bell;
};

const sleepersOf = (condition: Condition): PendingCall[] => bellOf(condition).sleepers;

/** Who sleeps on it. */
export function waitersOf(condition: Condition): readonly Task[] {
  return aliveOf(sleepersOf(condition));
}

/** It wants the mutex back. */
const returns = (call: Syscall<unknown>): boolean =>
  call.progress === WOKEN || call.progress === GIVEN_UP;

/** Its time is up before it was woken: what is signalled from now on is for others. */
function giveUp(condition: Condition, call: PendingCall): void {
  const sleepers = sleepersOf(condition);
  sleepers.splice(sleepers.indexOf(call), 1);
  call.progress = GIVEN_UP;
  call.timedOut = false;
}

export const condWait: Row<ConditionWait, number> = row({
  perform(task, call) {
    const { condition, mutex } = call.data;
    const inner = lockOf(mutex);
    if (call.progress === WAITING) giveUp(condition, task.call as PendingCall);
    if (returns(call)) {
      if (inner.owner === null) {
        take(inner, task, call);
        return call.progress === WOKEN ? 0 : -ETIMEDOUT;
      }
      inner.line.join(task.call as PendingCall);
      task.sleep();
      return BLOCKED;
    }
    if (inner.owner !== task) return -EPERM;
    call.progress = WAITING;
    sleepersOf(condition).push(task.call as PendingCall);
    sleepIn(task, call);
    letGo(inner);
    return BLOCKED;
  },
  // Posted again, after a signal's handler: it waits on.
  parks(task, call) {
    if (call.progress === WAITING && !task.timedOut) {
      sleepIn(task, call);
      return true;
    }
    if (!returns(call) || ownerOf(call.data.mutex) === null) return false;
    task.sleep();
    return true;
  },
  onSignal: 'passes',
  touches(_task, { data: { condition, mutex } }, into) {
    into.write(condition);
    into.write(mutex);
  },
  orders(task, call, into) {
    const { condition, mutex } = call.data;
    if (!returns(call) && !task.timedOut) into.releases(mutex);
    else if (ownerOf(mutex) === null) {
      into.acquires(mutex);
      if (call.progress === WOKEN) into.acquires(condition);
    }
  },
  memory: ({ data: { condition, mutex } }) => [condition, mutex],
  asked: ({ a2, data: { condition } }) => `condWait ${condition.name}${timeoutText(a2)}`,
  waitsFor(_task, call) {
    const { condition, mutex } = call.data;
    const wantsMutex = returns(call) && ownerOf(mutex) !== null;
    return wantsMutex ? { what: 'mutex', mutex } : { what: 'condition', condition };
  },
  helpers(_task, call) {
    const { condition, mutex } = call.data;
    if (returns(call)) return holderOf(mutex);
    return { who: [...bellOf(condition).signallers], what: 'past' };
  },
  askedAlike: ({ name }) => name,
});

/** pthread_cond_signal(3) of one waiter, pthread_cond_broadcast(3) of all. */
export const condSignal: Row<Condition, number> = row({
  perform(signaller, { data: condition, a0: count }) {
    const { sleepers, signallers } = bellOf(condition);
    signallers.add(signaller);
    for (let woken = 0; woken < count && sleepers.length > 0; ) {
      const call = sleepers.shift() as PendingCall;
      const task = taskOf(call);
      if (task.state !== 'alive') continue;
      woken++;
      call.progress = WOKEN;
      const { line } = lockOf((call.data as ConditionWait).mutex);
      // Its time no longer counts: it has what it waited for.
      if (task.call === call) task.leaveQueues();
      call.timedOut = false;
      line.join(call);
      line.changed();
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
