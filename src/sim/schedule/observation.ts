import type { Syscall } from '../../sys/syscall.ts';
import { BLOCKED } from '../kernel/calls/handler.ts';
import { KIND, type Kind } from '../kernel/choices.ts';
import type { Task } from '../kernel/task.ts';
import type { Observer } from './observer.ts';
import { type Sight, sightOf } from './sight.ts';

/** A turn that a task had, in the order of the whole run. */
export interface ObservedTurn {
  /**
   * The task's spawn path: the same in every run, where names and numbers may be in another order.
   */
  readonly path: string;
  /** How many syscalls of it had come back before. */
  readonly before: number;
  /** It fell asleep: nobody can observe that, but that is when its call had begun. */
  readonly slept: boolean;
}

/** What was observed of a run. */
export interface Observation {
  /** Inputs that the scenario drew, in order. */
  readonly inputs: readonly number[];
  /** What each task saw, by its spawn path. */
  readonly sights: ReadonlyMap<string, readonly Sight[]>;
  readonly turns: readonly ObservedTurn[];
}

/** Writes down what can be observed of a run while it goes on. */
export class Onlooker implements Observer {
  readonly #inputs: number[] = [];
  readonly #sights = new Map<string, Sight[]>();
  readonly #turns: ObservedTurn[] = [];

  get observation(): Observation {
    return { inputs: this.#inputs, sights: this.#sights, turns: this.#turns };
  }

  decided(kind: Kind, _arity: number, choice: number): void {
    if (kind === KIND.input) this.#inputs.push(choice);
  }

  stepped(task: Task, call: Syscall<unknown>, result: unknown): void {
    const { path } = task;
    let sights = this.#sights.get(path);
    if (sights === undefined) {
      sights = [];
      this.#sights.set(path, sights);
    }
    const slept = result === BLOCKED;
    this.#turns.push({ path, before: sights.length, slept });
    if (!slept) sights.push(sightOf(task, call, result));
  }
}
