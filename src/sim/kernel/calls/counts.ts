import { EINVAL } from '../../../sys/errno.ts';
import type { Barrier, Meeting, Semaphore, WaitGroup } from '../../../sys/sync.ts';
import type { Footprint } from '../footprint.ts';
import type { Task } from '../task.ts';
import { isTold, Line, Meeters } from './line.ts';
import { type Call, type Helpers, type Row, row } from './row.ts';
import { timeoutText } from './text.ts';
import { writesData } from './touches.ts';

// ---- semaphores ----

/** Who waits for permits of a semaphore, and who has them. */
class Permits {
  readonly line: Line;
  /** Those who have taken and not posted, once for each permit. */
  readonly holders: Task[] = [];
  /** So far only who had a permit has given one back: it is used as a lock is. */
  private isLock: boolean | undefined = undefined;

  constructor(semaphore: Semaphore) {
    this.line = new Line(() => semaphore.value > 0);
  }

  posts(task: Task): void {
    const at = this.holders.indexOf(task);
    if (at >= 0) this.holders.splice(at, 1);
    this.isLock = at >= 0 && this.isLock !== false;
  }

  get helpers(): Helpers | undefined {
    if (this.isLock !== true) return undefined;
    // One of several holders would do.
    const isOne = new Set(this.holders).size === 1;
    return { who: this.holders, what: isOne ? 'holders' : 'past' };
  }
}

function permitsOf(semaphore: Semaphore): Permits {
  semaphore.inner ??= new Permits(semaphore);
  return semaphore.inner as Permits;
}

const permitLine = (semaphore: Semaphore): Line => permitsOf(semaphore).line;

/** Who has asked for a permit and does not have it. */
export function permitWanters(semaphore: Semaphore): readonly Task[] {
  return permitLine(semaphore).tasks;
}

export const semWait: Row<Semaphore, number> = row({
  perform(task, call) {
    const { data: semaphore } = call;
    const line = permitLine(semaphore);
    if (semaphore.value === 0) return line.waits(task, call);
    semaphore.value--;
    permitsOf(semaphore).holders.push(task);
    line.leave(call);
    line.changed();
    return 0;
  },
  parks: (task, call) => permitLine(call.data).parks(task, call),
  onSignal: 'passes',
  touches: writesData,
  orders(_task, { data: semaphore }, into) {
    if (semaphore.value > 0) into.acquires(semaphore);
  },
  memory: ({ data: semaphore }) => [semaphore],
  asked: ({ a2, data: { name } }) => `semWait ${name}${timeoutText(a2)}`,
  waitsFor: (_task, { data: semaphore }) => ({ what: 'permit', semaphore }),
  helpers: (_task, { data: semaphore }) => permitsOf(semaphore).helpers,
  askedAlike: ({ name }) => name,
  effects({ data: semaphore }, answer, into) {
    if (answer === 0) into.took(semaphore);
  },
});

export const semPost: Row<Semaphore, number> = row({
  perform(task, { data: semaphore, a0: permits }) {
    semaphore.value += permits;
    permitsOf(semaphore).posts(task);
    permitLine(semaphore).changed();
    return 0;
  },
  touches: writesData,
  orders: (_task, { data: semaphore }, into) => into.releases(semaphore),
  memory: ({ data: semaphore }) => [semaphore],
  asked: ({ a0: permits, data: { name } }) =>
    `semPost ${name}${permits === 1 ? '' : ` ${permits}`}`,
  askedAlike: ({ name }) => name,
  effects: ({ data: semaphore }, _answer, into) => into.left(semaphore),
});

// ---- barriers and wait groups ----

function meetersOf(place: Barrier | WaitGroup): Meeters {
  place.inner ??= new Meeters();
  return place.inner as Meeters;
}

/** Who waits there. */
export function meetersAt(place: Barrier | WaitGroup): readonly Task[] {
  return meetersOf(place).tasks;
}

/** One that has been told to go on looks at nothing any more. */
function touchesMeeting(_task: Task, call: Call<Meeting>, into: Footprint): void {
  if (!isTold(call)) into.write(call.data.place);
}

export const barrierWait: Row<Meeting<Barrier>, boolean> = row({
  perform(task, call) {
    const { place: barrier } = call.data;
    const meeters = meetersOf(barrier);
    const state = meeters.stateOf(task, call);
    if (state !== undefined) return state === 0 ? false : state;
    if (meeters.tasks.length + 1 < barrier.size) return meeters.waits(task, call);
    meeters.tell();
    return true;
  },
  parks: (task, call) => meetersOf(call.data.place).parks(task, call),
  onSignal: 'passes',
  touches: touchesMeeting,
  orders(_task, call, into) {
    const { place: barrier } = call.data;
    if (!isTold(call)) into.releases(barrier);
    if (isTold(call) || meetersAt(barrier).length + 1 >= barrier.size) into.acquires(barrier);
  },
  memory: ({ data: { place } }) => [place],
  asked: ({ data: { place } }) => `barrierWait ${place.name}`,
  answered: (_call, last) => (last ? 'ok, the last' : 'ok'),
  waitsFor: (_task, { data: { place } }) => ({ what: 'others', place }),
  askedAlike: ({ name }) => name,
  effects({ data: { place } }, last, into) {
    if (last === true) into.left(place);
    else into.took(place);
  },
});

export const groupAdd: Row<WaitGroup, number> = row({
  perform(_task, { data: group, a0: work }) {
    if (group.count + work < 0) return -EINVAL;
    group.count += work;
    if (group.count === 0) meetersOf(group).tell();
    return 0;
  },
  touches: writesData,
  orders: (_task, { data: group }, into) => into.releases(group),
  memory: ({ data: group }) => [group],
  asked: ({ a0: work, data: { name } }) => `groupAdd ${name} ${work}`,
  askedAlike: ({ name }) => name,
  effects: ({ data: group }, _answer, into) => into.left(group),
});

export const groupWait: Row<Meeting<WaitGroup>, number> = row({
  perform(task, call) {
    const { place: group } = call.data;
    const meeters = meetersOf(group);
    const state = meeters.stateOf(task, call);
    if (state !== undefined) return state;
    return group.count === 0 ? 0 : meeters.waits(task, call);
  },
  parks: (task, call) => meetersOf(call.data.place).parks(task, call),
  onSignal: 'passes',
  touches: touchesMeeting,
  orders(_task, call, into) {
    const { place: group } = call.data;
    if (isTold(call) || group.count === 0) into.acquires(group);
  },
  memory: ({ data: { place } }) => [place],
  asked: ({ a2, data: { place } }) => `groupWait ${place.name}${timeoutText(a2)}`,
  waitsFor: (_task, { data: { place } }) => ({ what: 'others', place }),
  askedAlike: ({ name }) => name,
  effects({ data: { place } }, answer, into) {
    if (answer === 0) into.took(place);
  },
});
