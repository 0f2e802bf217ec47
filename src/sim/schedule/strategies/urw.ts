import { KIND, type Kind } from '../../kernel/choices.ts';
import type { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Ended, Strategy } from '../strategy.ts';
import { Census, Counts } from './census.ts';
import { Draws } from './draws.ts';

/**
 * Uniform random walk: Zhao, Wolff, Mathur, Roychoudhury, "Selectively Uniform Concurrency
 * Testing", ASPLOS 2025 (there "N-S"). Each alternative is as likely as the number of steps it has
 * left, its descendants' included: where counts are exact and nobody blocks, every interleaving is
 * equally likely.
 *
 * Departs from the paper: the counts are not those of one profiling run but the mean of all runs
 * that did not fail, so that programs whose length depends on the schedule are met on average; the
 * first run is a random walk. An event of the surroundings counts like a task.
 */
export class Urw implements Strategy {
  readonly name = 'urw';
  readonly drawsAlike = false;
  readonly #draws: Draws;
  readonly #census = new Census();
  readonly #counts = new Counts();

  constructor(seed: number, firstRun = 0) {
    this.#draws = new Draws(seed, firstRun);
  }

  begin(): boolean {
    this.#draws.begin();
    this.#census.begin(this.#counts);
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    const { random } = this.#draws;
    if (kind !== KIND.step) return this.#draws.choose(kind, arity);
    let total = 0;
    for (let i = 0; i < arity; i++) total += this.#weight(point.alternative(i));
    let left = random.fraction() * total;
    for (let i = 0; i < arity - 1; i++) {
      left -= this.#weight(point.alternative(i));
      if (left < 0) return i;
    }
    return arity - 1;
  }

  #weight(mover: Task | EnvironmentEvent): number {
    const remaining = this.#census.remaining[this.#census.slotOf(mover)] as number;
    return remaining > 1 ? remaining : 1;
  }

  moves(mover: Task | EnvironmentEvent): void {
    this.#census.spawns(mover);
    this.#census.count(mover);
  }

  end(ended: Ended): void {
    if (!ended.failed) this.#counts.add(this.#census.counts());
  }
}
