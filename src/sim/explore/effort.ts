import { KIND, type Kind, type Labelled } from '../kernel/choices.ts';
import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { ChoicePoint, Ended, Strategy } from '../schedule/strategy.ts';
import { attempt } from './attempt.ts';

/** What a run takes to be brought about: the less of it, the simpler the run. */
export interface Effort {
  /**
   * Times somebody moved instead of one that could have run on: another task or the surroundings.
   */
  readonly preemptions: number;
  /** Other decisions that were not calm: faults, partial deliveries, delays, inputs. */
  readonly disturbances: number;
  /** All decisions that were not calm; those between tasks of which none could run on included. */
  readonly notCalm: number;
  /** How often somebody else moved than the time before. */
  readonly switches: number;
  readonly steps: number;
}

/** Another strategy, and what its run took. */
export class Counting implements Strategy {
  readonly name: string;
  readonly #inner: Strategy;
  #preemptions = 0;
  #disturbances = 0;
  #notCalm = 0;
  #switches = 0;
  #steps = 0;
  #last: Task | EnvironmentEvent | undefined;

  constructor(inner: Strategy) {
    this.#inner = inner;
    this.name = inner.name;
  }

  begin(): boolean {
    this.#preemptions = 0;
    this.#disturbances = 0;
    this.#notCalm = 0;
    this.#switches = 0;
    this.#steps = 0;
    this.#last = undefined;
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    const choice = this.#inner.choose(kind, arity, point, about);
    if (choice === 0) return 0;
    this.#notCalm++;
    if (kind !== KIND.step) this.#disturbances++;
    else if (point.current !== null && point.current.readyIndex >= 0 && !point.yielded) {
      this.#preemptions++;
    }
    return choice;
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#inner.moves?.(mover, point);
    if (this.#last !== undefined && this.#last !== mover) this.#switches++;
    this.#last = mover;
  }

  end(ended: Ended): void {
    this.#steps = ended.steps;
    this.#inner.end(ended);
  }

  /** Of the run that was made last. */
  get effort(): Effort {
    return {
      preemptions: this.#preemptions,
      disturbances: this.#disturbances,
      notCalm: this.#notCalm,
      switches: this.#switches,
      steps: this.#steps,
    };
  }
}

/** What the run of a schedule takes. */
export function effortOf(scenario: Scenario, decisions: readonly number[]): Effort {
  const strategy = new Counting(new Replay(decisions, 'clamp'));
  attempt(scenario, strategy);
  return strategy.effort;
}
