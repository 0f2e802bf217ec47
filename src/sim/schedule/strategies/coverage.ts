import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';

/** Tasks by birth that are told apart; later ones fold onto them. */
const MOVERS_MAX = 64;
const EVENT_OP = 255;
/** 2**32 divided by the golden ratio: spreads a number over all bits. */
const GOLDEN = 0x9e3779b1;

/**
 * Which accesses have been seen next to each other: for every object, that one task's syscall came
 * right after another's and they conflict. Two runs with the same pairs are of one class, as far as
 * this can tell; the idea is that of reads-from pairs in Wolff et al., "Greybox Fuzzing for
 * Concurrency Testing", ASPLOS 2024 (RFF).
 */
export class Coverage {
  readonly #pairs = new Set<number>();
  /** The last access to each object of this run. */
  readonly #last = new Map<unknown, { by: number; wrote: boolean }>();
  readonly #footprint = new Footprint();
  #newPairs = 0;
  #combination = 0;
  /** Pairs that were new since they were last asked for. */
  #learned: number[] = [];

  /** @param known pairs that others have seen */
  constructor(known: readonly number[] = []) {
    for (const pair of known) this.#pairs.add(pair);
  }

  begin(): void {
    this.#last.clear();
    this.#newPairs = 0;
    this.#combination = 0;
  }

  /** Pairs of this run that no run before it had. */
  get newPairs(): number {
    return this.#newPairs;
  }

  /**
   * Which pairs this run has shown so far, and how often each, whatever their order: as far as a
   * hash of 32 bits can say.
   */
  get combination(): number {
    return this.#combination;
  }

  /** Pairs that were new since this was last asked. */
  learned(): number[] {
    const learned = this.#learned;
    this.#learned = [];
    return learned;
  }

  get size(): number {
    return this.#pairs.size;
  }

  moves(mover: Task | EnvironmentEvent): void {
    const footprint = this.#footprint;
    touch(mover, footprint);
    const by = accessor(mover);
    for (let i = 0; i < footprint.count; i++) {
      const object = footprint.objectAt(i);
      const wrote = footprint.writtenAt(i);
      const last = this.#last.get(object);
      if (last === undefined) {
        this.#last.set(object, { by, wrote });
        continue;
      }
      if ((wrote || last.wrote) && last.by !== by) this.#see(last.by * 0x10000 + by);
      last.by = by;
      last.wrote = wrote;
    }
  }

  #see(pair: number): void {
    const spread = Math.imul(pair, GOLDEN);
    this.#combination = (this.#combination + (spread ^ (spread >>> 15))) | 0;
    const before = this.#pairs.size;
    this.#pairs.add(pair);
    if (this.#pairs.size === before) return;
    this.#newPairs++;
    this.#learned.push(pair);
  }
}

/** Who does what, in 16 bits. */
function accessor(mover: Task | EnvironmentEvent): number {
  if (!(mover instanceof Task)) return EVENT_OP;
  return (Math.min(mover.id, MOVERS_MAX) << 8) | (mover.call?.op ?? EVENT_OP);
}
