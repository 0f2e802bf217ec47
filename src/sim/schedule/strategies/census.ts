import { OP } from '../../../sys/ops.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';

/**
 * Mean counts of runs, by what is stable from one run to the next: the spawn path of a task, the
 * first label of an event.
 */
export class Counts {
  readonly #sums = new Map<string, number>();
  #runs = 0;

  /** One more run: its counts, each already with those of its descendants. */
  add(counts: ReadonlyMap<string, number>): void {
    this.#runs++;
    for (const [key, count] of counts) this.#sums.set(key, (this.#sums.get(key) ?? 0) + count);
  }

  get(key: string): number {
    return this.#runs === 0 ? 0 : (this.#sums.get(key) ?? 0) / this.#runs;
  }
}

/**
 * How many of the counted events each task, with all of its descendants still to be born, has
 * before it in this run. What a task will spawn counts for it until it has spawned it (Zhao, Wolff,
 * Mathur, Roychoudhury, ASPLOS 2025).
 */
export class Census {
  /** By slot; slots are given out from 1, and stand in the movers' `rank`. */
  readonly remaining: number[] = [0];
  readonly #keys: (string | undefined)[] = [''];
  readonly #own: number[] = [0];
  readonly #leader: Census | undefined;
  #expected: Counts | undefined;

  /** @param leader another census of the same run, which gives out the slots of both */
  constructor(leader?: Census) {
    this.#leader = leader;
  }

  /** A run begins; `expected` undefined says that nothing is known yet. */
  begin(expected: Counts | undefined): void {
    this.#expected = expected;
    this.remaining.length = 1;
    this.#keys.length = 1;
    this.#own.length = 1;
  }

  slotOf(mover: Task | EnvironmentEvent): number {
    const slot = this.#leader?.slotOf(mover) ?? (mover.rank || this.#keys.length);
    if (this.#keys[slot] === undefined) this.#admit(mover, slot);
    return slot;
  }

  #admit(mover: Task | EnvironmentEvent, slot: number): void {
    const key = mover instanceof Task ? mover.path : `event ${mover.label()}`;
    mover.rank = slot;
    this.#keys[slot] = key;
    this.#own[slot] = 0;
    this.remaining[slot] = this.#expected?.get(key) ?? 0;
  }

  /** A counted event of `mover` is about to happen. */
  count(mover: Task | EnvironmentEvent): void {
    const slot = this.slotOf(mover);
    this.#own[slot] = (this.#own[slot] as number) + 1;
    this.remaining[slot] = (this.remaining[slot] as number) - 1;
  }

  /**
   * If `mover` is about to spawn, what the child will do no longer counts for its parent. Gives how
   * likely one of the parent's events was the child's, 0 where nothing is spawned.
   */
  spawns(mover: Task | EnvironmentEvent): number {
    const childPath = childPathOf(mover);
    if (childPath === undefined) return 0;
    const slot = this.slotOf(mover);
    const before = this.remaining[slot] as number;
    const child = this.#expected?.get(childPath) ?? 0;
    this.remaining[slot] = before - child;
    return before > 0 ? child / before : 0;
  }

  /** The counts of this run by key, each with those of all descendants. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (let slot = 1; slot < this.#keys.length; slot++) {
      const own = this.#own[slot] ?? 0;
      if (own > 0) addWithAncestors(counts, this.#keys[slot] as string, own);
    }
    return counts;
  }
}

/** The path of the task that the pending syscall will spawn. */
export function childPathOf(mover: Task | EnvironmentEvent): string | undefined {
  if (!(mover instanceof Task) || mover.call === null) return undefined;
  const { op } = mover.call;
  if (op !== OP.spawn && op !== OP.fork) return undefined;
  return `${mover.path}.${mover.childCount + 1}`;
}

/** Count for a key and, if it is a spawn path, for those it descends from. */
export function addWithAncestors(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
  if (key.startsWith('event ')) return;
  for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
    const ancestor = key.slice(0, dot);
    counts.set(ancestor, (counts.get(ancestor) ?? 0) + count);
  }
}
