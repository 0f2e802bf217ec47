import type { Cell } from '../../sys/memory.ts';
import type { Syscall } from '../../sys/syscall.ts';
import type { CellUse, Order } from '../kernel/calls/row.ts';
import { rowOf } from '../kernel/calls/table.ts';
import type { Kind, Labelled } from '../kernel/choices.ts';
import { Footprint } from '../kernel/footprint.ts';
import { footprint } from '../kernel/step-footprint.ts';
import { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { ChoicePoint, Ended, Strategy } from '../schedule/strategy.ts';

/** One of the two accesses of a race. */
export interface CellAccess {
  readonly task: string;
  /** `load`, `store` or `update`. */
  readonly did: string;
  /** The user's line; only while sources are collected. */
  readonly where: string | undefined;
}

/**
 * Two accesses to one cell, at least one of them a write, that nothing puts in order.
 *
 * @since 0.1.0
 */
export interface DataRace {
  /** Name of the cell. */
  readonly cell: string;
  /** The access that came first in this run. */
  readonly first: CellAccess;
  /** The one that no lock orders against it. */
  readonly second: CellAccess;
}

/** A data race in a sentence: the cell, both accesses, and what to do. @since 0.1.0 */
export function raceText({ cell, first, second }: DataRace): string {
  const side = ({ task, did, where }: CellAccess): string =>
    `${task} ${did}${where === undefined || where === '' ? '' : ` at ${where}`}`;
  return `data race on ${cell}: ${side(first)}, and ${side(second)}, with nothing that puts one before the other; take a mutex around both, or use update`;
}

/** Clocks by task id. */
type Clock = number[];

interface Epoch extends CellAccess {
  readonly taskId: number;
  readonly clock: number;
  readonly atomic: boolean;
}

interface History {
  write: Epoch | undefined;
  /** Reads since that write, the last of each task. */
  readonly reads: Map<number, Epoch>;
}

/**
 * Happens-before race detection: vector clocks for tasks and for what they synchronise on, and for
 * each cell the last write and the reads since (Flanagan, Freund, "FastTrack: Efficient and Precise
 * Dynamic Race Detection", PLDI 2009). It wraps a strategy, so that it hears of every step. A race
 * is reported on every schedule that makes both accesses unordered, whether or not anything has
 * gone wrong in it.
 *
 * Departs from the paper: reads are always kept by task, not as one epoch until they are shared;
 * the first race ends the search in its run. What puts accesses in order: spawn and join, mutexes,
 * conditions, `update` (an atomic), and every kernel object: whoever touches one comes after all
 * who have written it, be it a socket, a pipe or a word of a futex.
 *
 * @since 0.1.0
 */
export class DataRaces implements Strategy {
  readonly name: string;
  readonly #inner: Strategy;
  /** The first race of the run; undefined while there is none. */
  race: DataRace | undefined;
  #tasks = new Map<number, Clock>();
  #objects = new Map<unknown, Clock>();
  /** What a task that is about to be born starts from, by its spawn path. */
  #births = new Map<string, Clock>();
  #cells = new Map<Cell<unknown>, History>();
  readonly #footprint = new Footprint();

  /** Look on while `inner` makes the decisions. */
  constructor(inner: Strategy) {
    this.#inner = inner;
    this.name = inner.name;
  }

  begin(): boolean {
    this.race = undefined;
    this.#tasks = new Map();
    this.#objects = new Map();
    this.#births = new Map();
    this.#cells = new Map();
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    return this.#inner.choose(kind, arity, point, about);
  }

  end(ended: Ended): void {
    this.#inner.end(ended);
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#inner.moves?.(mover, point);
    if (this.race !== undefined) return;
    if (mover instanceof Task) this.#taskMoves(mover);
    else this.#eventFires(mover);
  }

  #taskMoves(task: Task): void {
    const call = task.call as Syscall<unknown>;
    const clock = this.#clockOf(task);
    const order: Order = {
      accesses: (cell, how) => this.#accesses(task, call, clock, cell, how),
      acquires: (object) => join(clock, this.#objects.get(object)),
      releases: (object) => this.#release(object, task, clock),
      begets: () => {
        this.#births.set(`${task.path}.${task.childCount + 1}`, [...clock]);
        tick(clock, task.id);
      },
      joins: (taskId) => join(clock, this.#tasks.get(taskId)),
      touches: () => {
        this.#footprint.clear();
        footprint(task, this.#footprint);
        this.#touches(clock);
        tick(clock, task.id);
      },
    };
    rowOf(call).orders(task, call, order);
  }

  #clockOf(task: Task): Clock {
    let clock = this.#tasks.get(task.id);
    if (clock === undefined) {
      clock = [...(this.#births.get(task.path) ?? [])];
      tick(clock, task.id);
      this.#tasks.set(task.id, clock);
    }
    return clock;
  }

  #release(object: unknown, task: Task, clock: Clock): void {
    const released = [...clock];
    join(released, this.#objects.get(object));
    this.#objects.set(object, released);
    tick(clock, task.id);
  }

  /** A delivery comes after what was sent, and what is received comes after it. */
  #eventFires(event: EnvironmentEvent): void {
    this.#footprint.clear();
    event.touches(this.#footprint);
    this.#touches([]);
  }

  #touches(clock: Clock): void {
    const touched = this.#footprint;
    for (let i = 0; i < touched.count; i++) join(clock, this.#objects.get(touched.objectAt(i)));
    for (let i = 0; i < touched.count; i++) {
      if (touched.writtenAt(i)) this.#objects.set(touched.objectAt(i), [...clock]);
    }
  }

  #accesses(
    task: Task,
    call: Syscall<unknown>,
    clock: Clock,
    cell: Cell<unknown>,
    { writes, atomic }: CellUse,
  ): void {
    let history = this.#cells.get(cell);
    if (history === undefined) {
      history = { write: undefined, reads: new Map() };
      this.#cells.set(cell, history);
    }
    if (atomic) join(clock, this.#objects.get(cell));
    const epoch: Epoch = {
      taskId: task.id,
      clock: clock[task.id] as number,
      atomic,
      task: task.name,
      did: call.name,
      where: call.where,
    };
    this.#check(cell, history.write, epoch, clock);
    if (!writes) {
      history.reads.set(task.id, epoch);
      return;
    }
    for (const read of history.reads.values()) this.#check(cell, read, epoch, clock);
    history.reads.clear();
    history.write = epoch;
    if (atomic) this.#release(cell, task, clock);
  }

  #check(cell: Cell<unknown>, before: Epoch | undefined, now: Epoch, clock: Clock): void {
    if (before === undefined || before.taskId === now.taskId || (before.atomic && now.atomic))
      return;
    if (before.clock <= (clock[before.taskId] ?? 0)) return;
    this.race ??= { cell: cell.name, first: before, second: now };
  }
}

function tick(clock: Clock, taskId: number): void {
  while (clock.length <= taskId) clock.push(0);
  clock[taskId] = (clock[taskId] as number) + 1;
}

function join(clock: Clock, other: Clock | undefined): void {
  if (other === undefined) return;
  for (let i = 0; i < other.length; i++) {
    clock[i] = Math.max(clock[i] ?? 0, other[i] as number);
  }
}
