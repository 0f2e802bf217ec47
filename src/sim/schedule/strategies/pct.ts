import { KIND, type Kind } from '../../kernel/choices.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';
import { Draws } from './draws.ts';

/** What the bound of PCT is made of, as measured: depth d, movers n and steps k. */
export interface PctMeasure {
  readonly depth: number;
  /** The most that have taken part in a run: tasks, and what the surroundings did. */
  readonly movers: number;
  /** The most steps with an alternative that a run has had. */
  readonly steps: number;
}

/**
 * Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. Every task gets a random
 * priority and the highest moves; at `depth - 1` random steps the one that is about to move gets
 * the *index* of that change point as its priority. So one demoted later may still outrank one
 * demoted earlier, which demoting to the lowest priority would not allow.
 *
 * Departs from the paper:
 * - Only steps with an alternative count, and their number k is learned: it is the most that a run
 *   has had so far.
 * - What the surroundings may do has a priority like a task's.
 * - A task that gives up its turn, or has had too many in a row, falls below all others: a spinning
 *   task ends nothing else. Invariant: priorities are distinct but for chance (2^-29 a pair); a tie
 *   goes to the calmer alternative.
 */
export class Pct implements Strategy {
  readonly name: string;
  readonly drawsAlike = true;
  readonly #draws: Draws;
  readonly #depth: number;
  /** The step of change point i + 1. */
  readonly #changes: Int32Array;
  /** The most steps that a run has had. */
  #stepsMax = 1;
  #step = 0;
  #moversMax = 1;
  #movers = 0;
  /** The lowest priority given out; those below zero are of tasks that gave up their turn. */
  #floor = 0;

  constructor(seed: number, depth = 3, firstRun = 0) {
    this.name = `pct:${depth}`;
    this.#depth = depth;
    this.#draws = new Draws(seed, firstRun);
    this.#changes = new Int32Array(depth - 1);
  }

  begin(): boolean {
    const { random } = this.#draws;
    this.#draws.begin();
    for (let i = 0; i < this.#changes.length; i++) {
      this.#changes[i] = 1 + random.below(this.#stepsMax);
    }
    this.#step = 0;
    this.#movers = 0;
    this.#floor = 0;
    return true;
  }

  get measure(): PctMeasure {
    return { depth: this.#depth, movers: this.#moversMax, steps: this.#stepsMax };
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.#draws.choose(kind, arity);
    const step = ++this.#step;
    if (point.yielded && point.current !== null) point.current.rank = --this.#floor;
    let highest = this.#highest(arity, point);
    const changes = this.#changes;
    for (let i = 0; i < changes.length; i++) {
      if (changes[i] !== step) continue;
      point.alternative(highest).rank = i + 1;
      highest = this.#highest(arity, point);
    }
    return highest;
  }

  #highest(arity: number, point: ChoicePoint): number {
    let highest = 0;
    let rankMax = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      let rank = mover.rank;
      if (rank === 0) {
        rank = this.#draws.rank(this.#depth);
        mover.rank = rank;
        this.#movers++;
      }
      if (rank > rankMax) {
        rankMax = rank;
        highest = i;
      }
    }
    return highest;
  }

  end(_ended: Ended): void {
    if (this.#step > this.#stepsMax) this.#stepsMax = this.#step;
    if (this.#movers > this.#moversMax) this.#moversMax = this.#movers;
  }
}
