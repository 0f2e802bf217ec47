import type { Syscall } from '../../../sys/syscall.ts';
import { KIND, type Kind } from '../../kernel/choices.ts';
import { Footprint, footprint } from '../../kernel/footprint.ts';
import { Task } from '../../kernel/task.ts';
import type { EnvironmentEvent } from '../../network/events.ts';
import type { ChoicePoint, Strategy } from '../strategy.ts';
import { Draws } from './draws.ts';

// Members are `private`, not `#`: V8 takes a few nanoseconds longer over each of those, and these are used at every step.
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
  private readonly draws: Draws;
  /** By slot, which stands in a mover's `rank`: the priority, 0 for none. Slots are given out from 1. */
  private readonly priorities: number[] = [0];
  /**
   * By slot, what the pending syscall touches. Looked up once a syscall and not once a step; that a descriptor may come to mean
   * something else meanwhile is left out of account. The footprints are used again in the next run.
   */
  private readonly footprints: Footprint[] = [new Footprint()];
  /** By slot, the syscall that the footprint is about; null for an event of the surroundings. */
  private readonly calls: (Syscall<unknown> | null)[] = [null];
  private slots = 1;
  private readonly alternatives: number[] = [];

  constructor(seed: number, firstRun = 0) {
    this.draws = new Draws(seed, firstRun);
  }

  begin(): boolean {
    this.draws.begin();
    this.slots = 1;
    return true;
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    if (kind !== KIND.step) return this.draws.choose(kind, arity);
    const priorities = this.priorities;
    const alternatives = this.alternatives;
    let highest = 0;
    let priorityMax = 0;
    for (let i = 0; i < arity; i++) {
      const mover = point.alternative(i);
      const known = mover.rank !== 0 && this.calls[mover.rank] === mover.call;
      const slot = known ? mover.rank : this.look(mover);
      alternatives[i] = slot;
      let priority = priorities[slot] as number;
      if (priority === 0) {
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

  /** Somebody new, or with a new syscall. */
  private look(mover: Task | EnvironmentEvent): number {
    if (mover.rank === 0) this.admit(mover);
    const slot = mover.rank;
    this.calls[slot] = mover.call;
    this.priorities[slot] = 0;
    touch(mover, this.footprints[slot] as Footprint);
    return slot;
  }

  private admit(mover: Task | EnvironmentEvent): void {
    mover.rank = this.slots++;
    if (mover.rank === this.footprints.length) this.footprints.push(new Footprint());
  }

  /** The chosen one, and whoever races with it, draw anew when they are next asked. */
  private drawAnew(chosen: number, arity: number): void {
    const priorities = this.priorities;
    priorities[chosen] = 0;
    const footprint = this.footprints[chosen] as Footprint;
    if (footprint.empty) return;
    for (let i = 0; i < arity; i++) {
      const other = this.alternatives[i] as number;
      if (priorities[other] === 0) continue;
      if (footprint.conflictsWith(this.footprints[other] as Footprint)) priorities[other] = 0;
    }
  }

  end(): void {}
}

/** What a mover will touch, in place of what `into` held before. */
export function touch(mover: Task | EnvironmentEvent, into: Footprint): void {
  into.clear();
  if (mover instanceof Task) footprint(mover, into);
  else mover.touches(into);
}
