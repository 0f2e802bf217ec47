import type { Kind } from '../../kernel/choices.ts';
import { Random } from '../random.ts';
import type { Strategy } from '../strategy.ts';

/** How often a decision is calm; each run draws one. */
const CALM_RATES = [0.5, 0.7, 0.8, 0.9, 0.95] as const;

/** Each decision, of any kind, is calm with a probability drawn for the run: few are not. */
export class MostlyCalm implements Strategy {
  readonly name = 'mostly calm';
  readonly #random = new Random(0);
  #run = 0;
  #rate = 0;

  begin(): boolean {
    this.#random.reseed(this.#run++);
    this.#rate = CALM_RATES[this.#random.below(CALM_RATES.length)] as number;
    return true;
  }

  choose(_kind: Kind, arity: number): number {
    return this.#random.fraction() < this.#rate ? 0 : 1 + this.#random.below(arity - 1);
  }

  end(): void {}
}
