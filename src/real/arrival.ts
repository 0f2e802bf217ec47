import { KIND, type Kind, type Labelled } from '../sim/kernel/choices.ts';
import { Task } from '../sim/kernel/task.ts';
import { Calm } from '../sim/schedule/strategies/calm.ts';
import type { ChoicePoint, Ended, Strategy } from '../sim/schedule/strategy.ts';
import { OP } from '../sys/ops.ts';

/**
 * So many steps in a row a task may take before it has to queue up again. A few round trips: a
 * client that answers at once would keep its thread running, and the others waiting.
 */
const TURN_STEPS_MAX = 16;

/**
 * First come, first served, as a machine that has one processor does it: what the network has done
 * comes first, as interrupts do; then the task that has been ready for longest, until it sleeps,
 * yields or has had its turn.
 */
export class Arrival implements Strategy {
  readonly name = 'arrival';
  readonly #others: Strategy;
  #last: Task | null = null;
  #turnSteps = 0;

  /** @param others takes the decisions that are not about who moves next; default: calm */
  constructor(others: Strategy = new Calm()) {
    this.#others = others;
  }

  begin(): boolean {
    this.#last = null;
    return this.#others.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    if (kind !== KIND.step) return this.#others.choose(kind, arity, point, about);
    let first = 0;
    let firstTask: Task | null = null;
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      if (!(mover instanceof Task)) return i;
      if (firstTask !== null && firstTask.readySequence < mover.readySequence) continue;
      first = i;
      firstTask = mover;
    }
    this.#takesTurn(firstTask as Task);
    return first;
  }

  /** A task that has had its turn is as if it had become ready just now. */
  #takesTurn(task: Task): void {
    this.#turnSteps = task === this.#last ? this.#turnSteps + 1 : 1;
    this.#last = task;
    if (this.#turnSteps < TURN_STEPS_MAX && task.call?.op !== OP.schedYield) return;
    this.#turnSteps = 0;
    task.surroundings.ready.stepBack(task);
  }

  end(ended: Ended): void {
    this.#others.end(ended);
  }
}
