import { OP } from '../../../sys/ops.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { DescriptorTable } from '../../kernel/descriptors.ts';
import { Footprint } from '../../kernel/footprint.ts';
import {
  closedFootprint,
  leavesOpen,
  postedFootprint,
  settledFootprint,
  touch,
} from '../../kernel/step-footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint } from '../strategy.ts';

export type Mover = Task | EnvironmentEvent;

/** An object in an event's footprint: twice its number, and one more if it was written. */
type Access = number;

/** A call that a task has asked for, as far as its descriptor tells what it is about. */
type Posted = Pick<Syscall<unknown>, 'op' | 'a0'>;

/**
 * What an event touched beyond the footprint that could be told before it: known only to those who
 * have seen it happen.
 */
export interface Aftermath {
  /** What its task asked for next. */
  readonly posted: readonly Posted[];
  /** Other objects by number, as far as they have one at the moment that it is kept for. */
  readonly accesses: readonly Access[];
  /** It touched objects that had no number yet. */
  readonly fresh: boolean;
  readonly everything: boolean;
}

/**
 * The events of a run (the steps of its tasks and of the surroundings) and which of them happened
 * before which, because one task made both or because they conflict (footprint.ts). Runs that
 * differ only in the order of events that nothing puts in order are of one class (a Mazurkiewicz
 * trace); {@link classKey} names it.
 *
 * Objects and movers are numbered in the order in which a run meets them, so numbers mean the same
 * in every run that begins alike, and what was found out about the events that two runs share is
 * kept from one to the next.
 */
export class PartialOrder {
  // ---- of this run ----
  readonly #objects = new Map<unknown, number>();
  readonly #movers = new Map<Mover, number>();
  #taskCount = 0;
  #stepCount = 0;
  /** The event that is happening. */
  #mover: Mover | null = null;
  #call: Syscall<unknown> | null = null;
  #mayCloseAll = false;
  readonly #before = new Footprint();
  readonly #after = new Footprint();
  readonly #waiting = new Map<unknown, Task>();
  /** What tasks of processes that handle signals have asked for. */
  readonly #asked = new Map<Task, Syscall<unknown> | null>();
  #choices = 0;
  #posted: Posted[] = [];
  /** So much of the footprint could be told before. */
  #toldCount = 0;

  // ---- of the events, kept as far as the next run begins alike ----
  /** Events that have happened. */
  count = 0;
  readonly #moverOf: number[] = [];
  readonly #accesses: Access[][] = [];
  readonly #everything: boolean[] = [];
  /**
   * By event and mover: one more than the last event of that mover that happened before, 0 for
   * none.
   */
  readonly #clocks: number[][] = [];
  readonly #keysA: number[] = [];
  readonly #keysB: number[] = [];
  #keyA: number[] = [0];
  #keyB: number[] = [0];
  /** By object: the events that touched it, as accesses. */
  readonly #touched: Access[][] = [];
  readonly #everythingEvents: number[] = [];
  /** By mover: its events, and the last event before it came into being. */
  readonly #eventsOf: number[][] = [];
  readonly #born: number[] = [];
  readonly #moverKeysA: number[] = [];
  readonly #moverKeysB: number[] = [];
  /**
   * Events before which time had passed: what came before them happened before all that comes
   * after, with these clocks.
   */
  readonly #barriers: { readonly event: number; readonly clock: readonly number[] }[] = [];
  /** By object, while the conflicts of one event are looked for: 1 it reads, 2 it writes. */
  readonly #marks: number[] = [];

  /**
   * Several tasks have been found to wait in one queue that wakes them one by one: who came first
   * counts then.
   */
  sharedQueues = false;
  /** Such a queue was met while {@link sharedQueues} was false. */
  foundSharedQueue = false;
  /** What tasks of one process share without saying so counts: every step of theirs conflicts. */
  readonly #processMemory: boolean;

  constructor(options: { readonly processMemory?: boolean } = {}) {
    this.#processMemory = options.processMemory ?? false;
  }

  /** A run begins whose first `kept` events are those of the run before. */
  begin(kept: number): void {
    this.#objects.clear();
    this.#movers.clear();
    this.#waiting.clear();
    this.#asked.clear();
    this.#taskCount = 0;
    this.#stepCount = 0;
    this.#mover = null;
    this.#length = 0;
    for (let event = this.count - 1; event >= kept; event--) this.#forget(event);
    while ((this.#barriers.at(-1)?.event ?? -1) >= kept) this.#barriers.pop();
    this.count = kept;
  }

  /** Events of this run so far; below {@link count} while it does what the run before did. */
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #forget(event: number): void {
    for (const access of this.#accesses[event] as Access[]) this.#touched[access >> 1]?.pop();
    if (this.#everything[event]) this.#everythingEvents.pop();
    this.#eventsOf[this.#moverOf[event] as number]?.pop();
    for (const list of [this.#keyA, this.#keyB]) list.pop();
  }

  // ---- numbers ----

  /** How many objects have a number. */
  get objectCount(): number {
    return this.#objects.size;
  }

  #numberOf(object: unknown): number {
    let number = this.#objects.get(object);
    if (number === undefined) {
      number = this.#objects.size;
      this.#objects.set(object, number);
      if (number === this.#touched.length) this.#touched.push([]);
    }
    return number;
  }

  /**
   * The number of a mover; one that is met for the first time gets one, and a name that is the same
   * in every run of its class.
   */
  moverNumber(mover: Mover): number {
    const known = this.#movers.get(mover);
    if (known !== undefined) return known;
    const number = this.#movers.size;
    this.#movers.set(mover, number);
    const last = this.#length - 1;
    if (number >= this.#eventsOf.length) this.#eventsOf.push([]);
    this.#born[number] = mover instanceof Task ? last : -1;
    let a = 0x51ed270b;
    let b = 0x2f6b4d91;
    if (mover instanceof Task) {
      for (let i = 0; i < mover.path.length; i++) {
        a = mixed(a, mover.path.charCodeAt(i));
        b = mixed(b, mover.path.charCodeAt(i) + 7);
      }
    } else {
      // Events of the surroundings come of the event before; several of one event stand in the
      // order of their births.
      a = mixed(last < 0 ? 0 : (this.#keysA[last] as number), ++this.#siblings);
      b = mixed(last < 0 ? 0 : (this.#keysB[last] as number), this.#siblings);
    }
    this.#moverKeysA[number] = a;
    this.#moverKeysB[number] = b;
    return number;
  }

  #siblings = 0;

  // ---- events ----

  /** `mover` is about to move. */
  open(mover: Mover, point: ChoicePoint): void {
    this.close(point);
    const passed = this.hasPassedTime(point.stepCount - 1);
    this.#stepCount = point.stepCount;
    if (passed && this.#length >= this.count) this.#raiseBarrier();
    this.moverNumber(mover);
    this.#mover = mover;
    touch(mover, this.#before);
    this.#choices = 0x1d8e4e27;
    this.#call = mover.call;
    if (mover instanceof Task) {
      this.#mayCloseAll = mover.process.aliveCount === 1 && leavesOpen(mover);
    }
  }

  /** Time has passed since the last event, if so many steps have been counted before the next. */
  hasPassedTime(steps: number): boolean {
    return steps !== this.#stepCount;
  }

  #raiseBarrier(): void {
    const clock: number[] = [];
    for (const moverClock of this.#clocks.slice(0, this.count)) join(clock, moverClock);
    this.#barriers.push({ event: this.count, clock });
  }

  /** A decision was taken within the event that is happening. */
  chose(choice: number): void {
    this.#choices = mixed(this.#choices, choice);
  }

  /**
   * What the event that is happening, or has just happened, touches: known in full when it has been
   * closed.
   */
  get footprint(): Footprint {
    return this.#before;
  }

  /** The syscall of the event that was closed last is one that no task ever waits in. */
  get neverBlocks(): boolean {
    return this.#call !== null && NEVER_BLOCKS.has(this.#call.op);
  }

  /**
   * The event that was happening is over: note what it touched. Gives its number, or -1 when there
   * was none.
   */
  close(point: ChoicePoint): number {
    const mover = this.#mover;
    if (mover === null) {
      this.#births(point);
      return -1;
    }
    this.#mover = null;
    const event = this.#length++;
    this.#siblings = 0;
    this.#settle(mover, point);
    const footprint = this.#before;
    const accesses: Access[] = [];
    for (let i = 0; i < footprint.count; i++) {
      const object = footprint.objectAt(i);
      accesses.push(this.#numberOf(object) * 2 + (footprint.writtenAt(i) ? 1 : 0));
      if (object instanceof DescriptorTable && footprint.writtenAt(i)) this.#numberAll(object);
    }
    if (event >= this.count) this.#add(event, mover, accesses);
    this.#births(point);
    return event;
  }

  /** What came with the step beyond its syscall. */
  #settle(mover: Mover, point: ChoicePoint): void {
    const after = this.#after;
    after.clear();
    this.#posted = [];
    if (mover instanceof Task) {
      this.#settleTask(mover, this.#call);
      if (this.#mayCloseAll && mover.process.status !== undefined) {
        closedFootprint(mover.process, after);
      }
    }
    this.#settleSignalled(mover, point);
    for (let i = this.#taskCount; i < point.tasks.length; i++) {
      this.#settleTask(point.tasks[i] as Task, null);
    }
    this.#toldCount = this.#before.count;
    this.#before.add(after);
  }

  /** A signal may have made any task of a process that handles it ask for something else. */
  #settleSignalled(mover: Mover, point: ChoicePoint): void {
    for (const task of point.tasks) {
      const { call } = task;
      if (task.process.signals === null || call === this.#asked.get(task)) continue;
      this.#asked.set(task, call);
      if (task === mover || call === null) continue;
      postedFootprint(task, call, this.#after, (queue) => this.#queues(queue, task));
    }
  }

  #settleTask(task: Task, call: Syscall<unknown> | null): void {
    settledFootprint(task, this.#after);
    if (task.call !== null && task.call !== call) {
      postedFootprint(task, task.call, this.#after, (queue) => this.#queues(queue, task));
      if (task.call.op !== OP.epollWait) this.#posted.push({ op: task.call.op, a0: task.call.a0 });
    }
    if (this.#processMemory && task.process.tasks.length > 1) this.#after.write(task.process);
  }

  /** Whether it matters who comes first to sleep in a queue that wakes its sleepers one by one. */
  #queues(queue: unknown, task: Task): boolean {
    const other = this.#waiting.get(queue);
    if (other === undefined) this.#waiting.set(queue, task);
    else if (other !== task && !this.sharedQueues) this.foundSharedQueue = true;
    return this.sharedQueues;
  }

  #births(point: ChoicePoint): void {
    for (; this.#taskCount < point.tasks.length; this.#taskCount++) {
      const task = point.tasks[this.#taskCount] as Task;
      this.moverNumber(task);
      this.#numberOf(task);
      if (task.process.tasks[0] === task) this.#numberAll(task.process.descriptors);
    }
  }

  /** What is open gets its numbers at once, so that nobody has to take one of them for another. */
  #numberAll(descriptors: DescriptorTable): void {
    for (const [, description] of descriptors.entries()) {
      this.#numberOf(description);
      this.#numberOf(description.file);
    }
  }

  #add(event: number, mover: Mover, accesses: Access[]): void {
    const number = this.moverNumber(mover);
    const { everything } = this.#before;
    const clock = [...this.clockBefore(number, event)];
    let a = mixed(this.#moverKeysA[number] as number, this.#choices);
    let b = mixed(this.#moverKeysB[number] as number, this.#choices);
    let sumA = 0;
    let sumB = 0;
    const seen: number[] = [];
    const after = (earlier: number): void => {
      if (seen.includes(earlier)) return;
      seen.push(earlier);
      join(clock, this.#clocks[earlier] as number[]);
      sumA = (sumA + (this.#keysA[earlier] as number)) | 0;
      sumB = (sumB + (this.#keysB[earlier] as number)) | 0;
    };
    const own = this.#lastOf(number, event);
    const barrier = this.#barriers.at(-1)?.event ?? 0;
    if (own >= barrier) after(own);
    else {
      sumA = this.#keyA[barrier] as number;
      sumB = this.#keyB[barrier] as number;
    }
    if (everything) for (let earlier = 0; earlier < event; earlier++) after(earlier);
    else {
      const last = this.#everythingEvents.at(-1);
      if (last !== undefined) after(last);
      for (const access of accesses) this.#lastConflicts(access, after);
    }
    a = mixed(a, sumA);
    b = mixed(b, sumB);
    clock[number] = event + 1;
    this.#moverOf[event] = number;
    this.#accesses[event] = accesses;
    this.#everything[event] = everything;
    this.#clocks[event] = clock;
    this.#keysA[event] = a;
    this.#keysB[event] = b;
    this.#keyA.push(((this.#keyA[event] as number) + a) | 0);
    this.#keyB.push(((this.#keyB[event] as number) + b) | 0);
    for (const access of accesses) this.#touched[access >> 1]?.push(event * 2 + (access & 1));
    if (everything) this.#everythingEvents.push(event);
    this.#eventsOf[number]?.push(event);
    this.count = event + 1;
  }

  /** The last write of an object, and for one who writes it the reads since. */
  #lastConflicts(access: Access, found: (event: number) => void): void {
    const touched = this.#touched[access >> 1] as Access[];
    const writes = (access & 1) === 1;
    for (let i = touched.length - 1; i >= 0; i--) {
      const other = touched[i] as number;
      const wrote = (other & 1) === 1;
      if (wrote || writes) found(other >> 1);
      if (wrote) return;
    }
  }

  /**
   * The class of the first `length` events: the same for two runs whose events are the same, in an
   * order that is the same where it counts.
   */
  classKey(length: number = this.count): string {
    return `${this.#keyA[length]}.${this.#keyB[length]}`;
  }

  /** A number that stands for a mover in every run of a class. */
  moverKey(mover: Mover): number {
    return this.#moverKeysA[this.moverNumber(mover)] as number;
  }

  // ---- what happened before what ----

  /**
   * What had happened before an event of a mover that is event `end` or comes later: its own last
   * event and what came before that.
   */
  clockBefore(mover: number, end: number = this.count): readonly number[] {
    const last = this.#lastOf(mover, end);
    const barrier = this.#barriers.at(-1);
    if (barrier !== undefined && last < barrier.event) return barrier.clock;
    return last < 0 ? NOTHING : (this.#clocks[last] as number[]);
  }

  /** The last event of a mover; before its first, the one that it was born in. -1 for none. */
  #lastOf(mover: number, end: number): number {
    const events = this.#eventsOf[mover] as number[];
    let at = events.length - 1;
    while (at >= 0 && (events[at] as number) >= end) at--;
    return at >= 0 ? (events[at] as number) : (this.#born[mover] ?? -1);
  }

  moverOf(event: number): number {
    return this.#moverOf[event] as number;
  }

  clockOf(event: number): readonly number[] {
    return this.#clocks[event] as number[];
  }

  /** Whether `event` happened before whatever has this clock. */
  happenedBefore(event: number, clock: readonly number[]): boolean {
    return (clock[this.#moverOf[event] as number] ?? 0) > event;
  }

  /**
   * The races of an event of `mover` with this footprint: events before `end` that conflict with it
   * and that nothing else puts before it, the latest first. Of those, only where `mover` might have
   * gone first: if it could move then, as `couldMove` knows, or has moved since, or what made it
   * possible does not depend on the event. Others are passed over and hide none before them.
   * `found` is told what conflicts with this footprint as well.
   */
  races(
    mover: number,
    footprint: Footprint,
    end: number,
    neverBlocks: boolean,
    couldMove: (event: number) => boolean,
    found: (event: number, meets: (event: number) => boolean) => void,
  ): void {
    const meets = (event: number): boolean => this.#conflicts(event, footprint);
    const marked = this.#mark(footprint);
    const clock = this.clockBefore(mover, end);
    const last = this.#lastOf(mover, end);
    const hidden: number[] = [];
    for (let event = end - 1; event >= 0; event--) {
      if (this.#moverOf[event] === mover || this.happenedBefore(event, clock)) continue;
      if (!this.#conflicts(event, footprint) || this.happenedBefore(event, hidden)) continue;
      const waited = last < event;
      const could = couldMove(event);
      if (waited && !could && !this.#enabledWithout(event, footprint, end)) continue;
      if ((waited && could) || neverBlocks) join(hidden, this.#clocks[event] as number[]);
      found(event, meets);
    }
    for (const number of marked) this.#marks[number] = 0;
  }

  /**
   * Whether something after `event` that does not depend on it may have made a step with this
   * footprint possible.
   */
  #enabledWithout(event: number, footprint: Footprint, end: number): boolean {
    for (let other = event + 1; other < end; other++) {
      if (this.happenedBefore(event, this.#clocks[other] as number[])) continue;
      if (this.#conflicts(other, footprint)) return true;
    }
    return false;
  }

  #mark(footprint: Footprint): number[] {
    const marked: number[] = [];
    for (let i = 0; i < footprint.count; i++) {
      const number = this.#objects.get(footprint.objectAt(i));
      if (number === undefined) continue;
      const mark = footprint.writtenAt(i) ? 2 : 1;
      if ((this.#marks[number] ?? 0) < mark) this.#marks[number] = mark;
      marked.push(number);
    }
    return marked;
  }

  #conflicts(event: number, footprint: Footprint): boolean {
    if (footprint.everything || this.#everything[event]) return true;
    for (const access of this.#accesses[event] as Access[]) {
      const mark = this.#marks[access >> 1] ?? 0;
      if (mark === 2 || (mark === 1 && (access & 1) === 1)) return true;
    }
    return false;
  }

  // ---- for those who sleep ----

  /** What `mover` would touch now: its call, and what it would ask for afterwards. */
  foresee(mover: Mover, { posted }: Aftermath, into: Footprint): void {
    touch(mover, into);
    if (!(mover instanceof Task)) return;
    for (const call of posted) postedFootprint(mover, call, into, () => this.sharedQueues);
  }

  /**
   * What the event that was closed last touched beyond what could be told before, for a moment when
   * `known` objects had numbers.
   */
  aftermath(known: number): Aftermath {
    const after = this.#after;
    const accesses: Access[] = [];
    let fresh = false;
    for (let i = 0; i < after.count; i++) {
      if (this.#wasTold(after.objectAt(i), after.writtenAt(i))) continue;
      const number = this.#numberOf(after.objectAt(i));
      if (number < known) accesses.push(number * 2 + (after.writtenAt(i) ? 1 : 0));
      // A task has its number from birth: one that had none by then was born in this step, and
      // nobody else knew it.
      else if (!(after.objectAt(i) instanceof Task)) fresh = true;
    }
    return { posted: this.#posted, accesses, fresh, everything: after.everything };
  }

  #wasTold(object: unknown, written: boolean): boolean {
    const footprint = this.#before;
    for (let i = 0; i < this.#toldCount; i++) {
      if (footprint.objectAt(i) === object && (footprint.writtenAt(i) || !written)) return true;
    }
    return false;
  }

  /**
   * Whether the event that was closed last conflicts with what another would have touched
   * afterwards.
   */
  meets(aftermath: Aftermath, known: number): boolean {
    const footprint = this.#before;
    if (footprint.everything || aftermath.everything) return true;
    if (aftermath.fresh && this.#touchedFresh(known)) return true;
    for (const access of aftermath.accesses) {
      for (let i = 0; i < footprint.count; i++) {
        if (this.#numberOf(footprint.objectAt(i)) !== access >> 1) continue;
        if (footprint.writtenAt(i) || (access & 1) === 1) return true;
      }
    }
    return false;
  }

  /**
   * Whether the event that was closed last used memory that nobody had used before; then it may be
   * the same.
   */
  #touchedFresh(known: number): boolean {
    const after = this.#after;
    for (let i = 0; i < after.count; i++) {
      const object = after.objectAt(i);
      if (!(object instanceof Task) && this.#numberOf(object) >= known) return true;
    }
    return false;
  }
}

const NEVER_BLOCKS: ReadonlySet<number> = new Set([
  OP.load,
  OP.store,
  OP.update,
  OP.unlock,
  OP.condSignal,
  OP.futexWake,
  OP.epollCtl,
  OP.shutdown,
  OP.dup,
  OP.socket,
  OP.pipe,
  OP.bind,
]);

const NOTHING: readonly number[] = [];
function join(clock: number[], other: readonly number[]): void {
  for (let i = clock.length; i < other.length; i++) clock.push(0);
  for (let i = 0; i < other.length; i++) {
    if ((other[i] ?? 0) > (clock[i] ?? 0)) clock[i] = other[i] as number;
  }
}

function mixed(hash: number, value: number): number {
  let next = Math.imul(hash ^ value, 0x9e3779b1);
  next ^= next >>> 15;
  next = Math.imul(next, 0x85ebca77);
  return next ^ (next >>> 13);
}
