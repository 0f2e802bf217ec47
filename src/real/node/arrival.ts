import { KIND, type Kind, type Labelled } from '../../sim/kernel/choices.ts';
import { Task } from '../../sim/kernel/task.ts';
import { Calm } from '../../sim/schedule/strategies/calm.ts';
import type { ChoicePoint, Ended, Strategy } from '../../sim/schedule/strategy.ts';
import { OP } from '../../sys/ops.ts';

/** So many steps in a row a task may take before it has to queue up again. */
const TURN_STEPS_MAX = 200;

/**
 * First come, first served, as a machine that has one processor does it: what the network has done
 * comes first, as interrupts do; then the task that has been ready for longest, until it sleeps,
 * yields or has had its turn.
 */
export class Arrival implements Strategy {
  readonly name = 'arrival';
  readonly #others: Strategy;
  /**
   * Tasks that had to queue up again while they were ready: behind whom they stand, and which of
   * several comes first.
   */
  #places = new WeakMap<Task, { readonly behind: number; readonly order: number }>();
  #order = 0;
  #last: Task | null = null;
  #turnSteps = 0;

  /** @param others takes the decisions that are not about who moves next; default: calm */
  constructor(others: Strategy = new Calm()) {
    this.#others = others;
  }

  begin(): boolean {
    this.#places = new WeakMap();
    this.#last = null;
    return this.#others.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    if (kind !== KIND.step) return this.#others.choose(kind, arity, point, about);
    let first = 0;
    let firstTask: Task | null = null;
    let firstBehind = 0;
    let firstOrder = 0;
    let lastBehind = 0;
    for (let i = 0; i < arity; i++) {
      const task = point.alternative(i);
      if (!(task instanceof Task)) return i;
      let behind = task.readySequence;
      let order = 0;
      const place = this.#places.get(task);
      if (place !== undefined && place.behind >= behind) {
        behind = place.behind;
        order = place.order;
      }
      if (behind > lastBehind) lastBehind = behind;
      const isFirst = behind < firstBehind || (behind === firstBehind && order < firstOrder);
      if (firstTask !== null && !isFirst) continue;
      first = i;
      firstTask = task;
      firstBehind = behind;
      firstOrder = order;
    }
    this.#takesTurn(firstTask as Task, lastBehind);
    return first;
  }

  #takesTurn(task: Task, lastBehind: number): void {
    this.#turnSteps = task === this.#last ? this.#turnSteps + 1 : 1;
    this.#last = task;
    if (this.#turnSteps < TURN_STEPS_MAX && task.call?.op !== OP.schedYield) return;
    this.#turnSteps = 0;
    this.#places.set(task, { behind: lastBehind, order: ++this.#order });
  }

  end(ended: Ended): void {
    this.#others.end(ended);
  }
}
