import { FAULT_FIRST, KIND, type Kind } from '../../kernel/choices.ts';
import { Random } from '../random.ts';
import type { Strategy } from '../strategy.ts';

/** How often an active fault fires at an opportunity; each run draws one of these for each kind. */
const FAULT_RATES = [0.5, 0.2, 0.05, 0.01] as const;
/** How often bytes in flight arrive in part. */
const PARTIAL_RATE = 0.5;

/**
 * The random walk: at every choice point each alternative is equally likely. Two kinds are not drawn evenly,
 * because their alternatives are many and nearly all alike: faults fire at a rate of their own, drawn anew for
 * each run, and half of all deliveries bring everything.
 */
export class RandomWalk implements Strategy {
  readonly name = 'random';
  readonly #seed: number;
  readonly #random: Random;
  readonly #rates: number[] = [];
  #run: number;

  /** Run `n` of a walk is a function of `seed` and `n` alone, so any run can be had without those before it. */
  constructor(seed: number, firstRun = 0) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#run = firstRun;
  }

  begin(): boolean {
    this.#random.reseed(Math.imul(this.#seed, 0x9e3779b1) ^ this.#run++);
    for (let kind = FAULT_FIRST; kind < 32; kind++) {
      this.#rates[kind] = FAULT_RATES[this.#random.below(FAULT_RATES.length)] as number;
    }
    return true;
  }

  choose(kind: Kind, arity: number): number {
    const random = this.#random;
    if (kind === KIND.step) return random.below(arity);
    if (kind >= FAULT_FIRST) {
      return random.fraction() < (this.#rates[kind] as number) ? 1 + random.below(arity - 1) : 0;
    }
    if (kind === KIND.deliver) {
      return random.fraction() < PARTIAL_RATE ? random.below(arity) : 0;
    }
    return random.below(arity);
  }

  end(): void {}
}
