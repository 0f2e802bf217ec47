import { KIND, type Kind } from '../../kernel/choices.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Draws } from './draws.ts';

/** How often the task that moved last runs on; each run draws one. */
const STAY_RATES = [0.5, 0.8, 0.9, 0.95] as const;

/**
 * The random walk with long strides: the task that moved last runs on with a probability that is
 * drawn for each run, else any other alternative is equally likely. Preemptions are rare but
 * anywhere, as on a real machine; the rates follow the "random with switch probability" of Thomson,
 * Donaldson, Betts, "Concurrency Testing Using Controlled Schedulers", TOPC 2016, which has one
 * fixed rate. A task that has given up its turn does not run on.
 */
export class Sticky implements Strategy {
  readonly name = 'sticky';
  readonly drawsAlike = true;
  readonly #draws: Draws;
  #stayRate = 0;

  constructor(seed: number, firstRun = 0) {
    this.#draws = new Draws(seed, firstRun);
  }

  begin(): boolean {
    this.#draws.begin();
    this.#stayRate = STAY_RATES[this.#draws.random.below(STAY_RATES.length)] as number;
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.#draws.choose(kind, arity);
    const { random } = this.#draws;
    const { current } = point;
    const mayRunOn = current !== null && current.readyIndex >= 0 && !point.yielded;
    if (!mayRunOn) return random.below(arity);
    return random.fraction() < this.#stayRate ? 0 : 1 + random.below(arity - 1);
  }

  end(): void {}
}
