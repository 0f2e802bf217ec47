import { Frontier } from './frontier.ts';

/**
 * Delay bounding: Emmi, Qadeer, Rakamarić, "Delay-Bounded Scheduling", POPL 2011. A delay passes
 * over whoever a deterministic scheduler would let move; every schedule with no delay, then with
 * one, and so on. The count does not depend on the number of tasks, as that of context bounding
 * does.
 *
 * The scheduler is the calm one, so that the delays of a schedule are how far it is from the calm
 * run, as in every other strategy. Departs from the paper, whose scheduler goes round the tasks in
 * the order of their births: that finds bugs less surely where many tasks are alike, as whoever was
 * born last moves last (`npm run zoo`: reorder_5 takes it 841 schedules instead of 23, reorder_100
 * more than 10,000 instead of 593). And decisions of other kinds cost one delay if they are not
 * calm.
 */
export class DelayBound extends Frontier {
  readonly name: string;
  protected readonly restlessCost = 1;

  constructor(delaysMax: number = Number.POSITIVE_INFINITY) {
    super(delaysMax);
    this.name = delaysMax === Number.POSITIVE_INFINITY ? 'delay' : `delay:${delaysMax}`;
  }

  /** So many are passed over. */
  protected costOf(index: number): number {
    return index;
  }
}
