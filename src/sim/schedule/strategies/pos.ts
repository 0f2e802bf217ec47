import { KIND, type Kind } from '../../kernel/choices.ts';
import { Footprint, footprint } from '../../kernel/footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Draws } from './draws.ts';

/**
 * Partial order sampling: Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018. Every pending syscall has a
 * random priority and the highest goes; those that race with it draw anew, so that orders of racing syscalls are sampled
 * and not orders of syscalls that cannot tell who went first.
 *
 * Departs from the paper: racing means to touch the same kernel object, and not both only reading (see footprint.ts); an
 * event of the surroundings is a syscall of its own. Fair with probability one, because each syscall draws for itself.
 */
export class Pos implements Strategy {
  readonly name = 'pos';
  readonly #draws: Draws;
  readonly #chosen = new Footprint();
  readonly #other = new Footprint();

  constructor(seed: number, firstRun = 0) {
    this.#draws = new Draws(seed, firstRun);
  }

  begin(): boolean {
    this.#draws.begin();
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.#draws.choose(kind, arity);
    let highest = 0;
    let rankMax = 0;
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      const rank = this.#rankOf(mover);
      if (rank > rankMax) {
        rankMax = rank;
        highest = i;
      }
    }
    const mover = point.alternative(highest);
    mover.rank = 0;
    touch(mover, this.#chosen);
    if (this.#chosen.count > 0 || this.#chosen.everything) {
      for (let i = 0; i < arity; i++) {
        if (i === highest) continue;
        const other = point.alternative(i);
        touch(other, this.#other);
        if (this.#chosen.conflictsWith(this.#other)) other.rank = 0;
      }
    }
    return highest;
  }

  /** The rank of what is pending, drawn when it is met for the first time. */
  #rankOf(mover: Task | EnvironmentEvent): number {
    if (mover instanceof Task) {
      if (mover.rank !== 0 && mover.ranked === mover.call) return mover.rank;
      mover.ranked = mover.call;
    } else if (mover.rank !== 0) return mover.rank;
    mover.rank = this.#draws.rank(0);
    return mover.rank;
  }

  end(): void {}
}

/** What a mover will touch, in place of what `into` held before. */
export function touch(mover: Task | EnvironmentEvent, into: Footprint): void {
  into.clear();
  if (mover instanceof Task) footprint(mover, into);
  else mover.touches(into);
}
