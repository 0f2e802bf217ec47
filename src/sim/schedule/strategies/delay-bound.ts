import { Task } from '../../kernel/task.ts';
import type { ChoicePoint } from '../strategy.ts';
import { Frontier, type Offer } from './frontier.ts';

/**
 * Delay bounding: Emmi, Qadeer, Rakamarić, "Delay-Bounded Scheduling", POPL 2011. The base is round-robin without preemption:
 * who moved last, then what the surroundings may do, then the tasks after it by birth, around. A delay passes over whoever is
 * next; every schedule with no delay, then with one, and so on. The count does not depend on the number of tasks, as that of
 * context bounding does.
 *
 * Departs from the paper: decisions of other kinds cost one delay if they are not calm.
 */
export class DelayBound extends Frontier {
  readonly name: string;
  protected readonly restlessCost = 1;
  readonly #keys: number[] = [];

  constructor(delaysMax: number = Number.POSITIVE_INFINITY) {
    super(delaysMax);
    this.name = delaysMax === Number.POSITIVE_INFINITY ? 'delay' : `delay:${delaysMax}`;
  }

  protected offer(offer: Offer, point: ChoicePoint): void {
    const last = point.current?.id ?? 0;
    const keys = this.#keys;
    offer.order.length = offer.count;
    for (let i = 0; i < offer.count; i++) {
      const mover = point.alternative(i);
      offer.order[i] = i;
      offer.costs[i] = i;
      if (!(mover instanceof Task)) keys[i] = i / offer.count;
      else if (mover === point.current) keys[i] = -1;
      else keys[i] = mover.id > last ? mover.id : mover.id + 2 ** 30;
    }
    offer.order.sort((a, b) => (keys[a] as number) - (keys[b] as number));
  }
}
