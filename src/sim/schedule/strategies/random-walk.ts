import { KIND, type Kind } from '../../kernel/choices.ts';
import type { Strategy } from '../strategy.ts';
import { Draws } from './draws.ts';

/**
 * The random walk: at every choice of who moves, each alternative is equally likely.
 *
 * @since 0.1.0
 */
export class RandomWalk implements Strategy {
  readonly name = 'random';
  readonly drawsAlike = true;
  readonly #draws: Draws;

  /**
   * Run `n` of a walk is a function of `seed` and `n` alone, so any run can be had without those
   * before it.
   */
  constructor(seed: number, firstRun = 0) {
    this.#draws = new Draws(seed, firstRun);
  }

  begin(): boolean {
    this.#draws.begin();
    return true;
  }

  choose(kind: Kind, arity: number): number {
    return kind === KIND.step ? this.#draws.random.below(arity) : this.#draws.choose(kind, arity);
  }

  end(): void {}
}
