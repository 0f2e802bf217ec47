import type { ChoicePoint } from '../strategy.ts';
import { Frontier } from './frontier.ts';

/**
 * Iterative context bounding: Musuvathi, Qadeer, "Iterative Context Bounding for Systematic Testing
 * of Multithreaded Programs", PLDI 2007 (CHESS). First every schedule without a preemption, then
 * with one, and so on, each of them once; so the first failure has the fewest preemptions that it
 * can have.
 *
 * Departs from the paper: an event of the surroundings while a task could run on counts as a
 * preemption, and so does every decision of another kind that is not calm. A task that has given up
 * its turn is not preempted.
 */
export class ContextBound extends Frontier {
  readonly name: string;
  protected readonly restlessCost = 1;

  constructor(preemptionsMax: number = Number.POSITIVE_INFINITY) {
    super(preemptionsMax);
    this.name = preemptionsMax === Number.POSITIVE_INFINITY ? 'icb' : `icb:${preemptionsMax}`;
  }

  protected costOf(_index: number, { current, yielded }: ChoicePoint): number {
    const preempts = current !== null && current.readyIndex >= 0 && !yielded;
    return preempts ? 1 : 0;
  }
}
