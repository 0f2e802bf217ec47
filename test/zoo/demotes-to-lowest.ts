import { KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import { Draws } from '../../src/sim/schedule/strategies/draws.ts';
import type { ChoicePoint, Strategy } from '../../src/sim/schedule/strategy.ts';

/** What Shuttle, Coyote and Fray do instead of the paper: who is demoted falls below all others. */
export class DemotesToLowest implements Strategy {
  readonly name = 'pct, demoting to the lowest';
  readonly #draws: Draws;
  readonly #changes: number[] = [];
  readonly #depth: number;
  #stepsMax = 1;
  #step = 0;
  #floor = 0;

  constructor(seed: number, depth: number) {
    this.#draws = new Draws(seed, 0);
    this.#depth = depth;
  }

  begin(): boolean {
    this.#draws.begin();
    for (let i = 0; i < this.#depth - 1; i++) {
      this.#changes[i] = 1 + this.#draws.random.below(this.#stepsMax);
    }
    this.#step = 0;
    this.#floor = 0;
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.#draws.choose(kind, arity);
    this.#step++;
    for (const change of this.#changes) {
      if (change === this.#step)
        point.alternative(this.#highest(arity, point)).rank = --this.#floor;
    }
    return this.#highest(arity, point);
  }

  #highest(arity: number, point: ChoicePoint): number {
    let highest = 0;
    let rankMax = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      if (mover.rank === 0) mover.rank = this.#draws.rank(0);
      if (mover.rank > rankMax) {
        rankMax = mover.rank;
        highest = i;
      }
    }
    return highest;
  }

  end(): void {
    this.#stepsMax = Math.max(this.#stepsMax, this.#step);
  }
}
