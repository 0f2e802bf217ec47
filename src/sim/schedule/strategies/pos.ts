import { KIND, type Kind } from '../../kernel/choices.ts';
import { Footprint } from '../../kernel/footprint.ts';
import { touch } from '../../kernel/step-footprint.ts';
import type { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Draws } from './draws.ts';

/** No priority: its pending syscall has not been looked at. */
const NEW = -1;
/** No priority: it has raced with a syscall that was made. */
const RACED = 0;

/**
 * Partial order sampling: Yuan, Yang, Gu, "Partial Order Aware Concurrency Sampling", CAV 2018.
 * Every pending syscall has a random priority and the highest goes; those that race with it draw
 * again, so that orders of racing syscalls are sampled and not orders of syscalls that cannot tell
 * who went first.
 *
 * Departs from the paper: racing means to touch the same kernel object, and not both only reading
 * (see footprint.ts); an event of the surroundings is a syscall of its own. Where a task gives up
 * its turn all others draw again: whoever waits for them in a loop draws at each turn, and would
 * keep one with a low priority waiting for thousands of turns. So it is fair with probability one.
 */
export class Pos implements Strategy {
  readonly name = 'pos';
  readonly drawsAlike = true;
  private readonly draws: Draws;
  /**
   * By slot, which stands in a mover's `rank`: its priority, or why it has none. Slots are given
   * out from 1.
   */
  private readonly priorities: number[] = [NEW];
  /**
   * By slot, what the pending syscall touches. Looked up once a syscall and not once a step; that a
   * descriptor may come to mean something else meanwhile is left out of account. New ones for each
   * run: to the collector of garbage they are as young as what they hold, which makes every note in
   * them cheaper.
   */
  private footprints: Footprint[] = [];
  private slots = 1;
  /** By alternative, the slot of who would move. */
  private readonly alternatives: number[] = [];
  /**
   * The step after the last that was chosen here. At any other step somebody has moved unseen,
   * while nobody else could move.
   */
  private stepNext = 0;

  constructor(seed: number, firstRun = 0) {
    this.draws = new Draws(seed, firstRun);
  }

  begin(): boolean {
    this.draws.begin();
    this.footprints = [new Footprint()];
    this.slots = 1;
    this.stepNext = 0;
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.draws.choose(kind, arity);
    const step = point.stepCount;
    if (step !== this.stepNext) this.forget();
    this.stepNext = step + 1;
    if (point.yielded) this.drawAllAnew();
    const priorities = this.priorities;
    const alternatives = this.alternatives;
    let highest = 0;
    let priorityMax = 0;
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      const slot = mover.rank !== 0 ? mover.rank : this.admit(mover);
      alternatives[i] = slot;
      let priority = priorities[slot] as number;
      if (priority <= 0) {
        if (priority === NEW) touch(mover, this.footprints[slot] as Footprint);
        priority = this.draws.rank(0);
        priorities[slot] = priority;
      }
      if (priority > priorityMax) {
        priorityMax = priority;
        highest = i;
      }
    }
    this.drawAnew(alternatives[highest] as number, arity);
    return highest;
  }

  private forget(): void {
    for (let slot = 1; slot < this.slots; slot++) this.priorities[slot] = NEW;
  }

  private drawAllAnew(): void {
    for (let slot = 1; slot < this.slots; slot++) {
      if ((this.priorities[slot] as number) > 0) this.priorities[slot] = RACED;
    }
  }

  private admit(mover: Task | EnvironmentEvent): number {
    const slot = this.slots++;
    mover.rank = slot;
    this.priorities[slot] = NEW;
    this.footprints.push(new Footprint());
    return slot;
  }

  /**
   * The chosen one will have another syscall, and whoever races with it draws again, when they are
   * next asked.
   */
  private drawAnew(chosen: number, arity: number): void {
    const priorities = this.priorities;
    priorities[chosen] = NEW;
    const footprint = this.footprints[chosen] as Footprint;
    if (footprint.empty) return;
    for (let i = 0; i < arity; i++) {
      const other = this.alternatives[i] as number;
      if (other === chosen) continue;
      if (footprint.conflictsWith(this.footprints[other] as Footprint)) priorities[other] = RACED;
    }
  }

  end(): void {}
}
