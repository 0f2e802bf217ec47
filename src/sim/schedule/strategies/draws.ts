import { FAULT_FIRST, KIND, type Kind } from '../../kernel/choices.ts';
import { Random } from '../random.ts';

/** How often an active fault fires at an opportunity; each run draws one of these for each kind. */
const FAULT_RATES = [0.5, 0.2, 0.05, 0.01] as const;
/**
 * Rates are drawn for so many kinds of fault, whether or not there are as many: what else a run
 * draws does not change with every new one.
 */
const RATES = 24;
/** How often bytes in flight arrive in part. */
const PARTIAL_RATE = 0.5;

/**
 * The randomness of a strategy, again for each run, and how it takes every decision that is not
 * about who moves. Two kinds are not drawn evenly, because their alternatives are many and nearly
 * all alike: faults fire at a rate of their own, drawn again for each run, and half of all
 * deliveries bring everything.
 */
export class Draws {
  readonly random: Random;
  readonly #seed: number;
  readonly #rates: number[] = [];
  #run: number;

  /** What run `n` draws is a function of `seed` and `n` alone. */
  constructor(seed: number, firstRun: number) {
    this.#seed = seed;
    this.random = new Random(seed);
    this.#run = firstRun;
  }

  begin(): void {
    const { random } = this;
    random.reseed(Math.imul(this.#seed, 0x9e3779b1) ^ this.#run++);
    for (let kind = FAULT_FIRST; kind < FAULT_FIRST + RATES; kind++) {
      this.#rates[kind] = FAULT_RATES[random.below(FAULT_RATES.length)] as number;
    }
  }

  /** A decision of any kind but `step`. */
  choose(kind: Kind, arity: number): number {
    const { random } = this;
    if (kind >= FAULT_FIRST) {
      return random.fraction() < (this.#rates[kind] as number) ? 1 + random.below(arity - 1) : 0;
    }
    if (kind === KIND.deliver) {
      return random.fraction() < PARTIAL_RATE ? random.below(arity) : 0;
    }
    return random.below(arity);
  }

  /** A rank for a mover: from `above` + 1 to `above` + 2^29, all alike. */
  rank(above: number): number {
    return above + 1 + (this.random.bits() >>> 3);
  }
}
