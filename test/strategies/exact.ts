/** Exact oracles: the whole tree of a small world, walked by depth-first search. */
import { attempt } from '../../src/sim/explore/attempt.ts';
import { Histories } from '../../src/sim/explore/histories.ts';
import { KIND, type Kind, type Labelled } from '../../src/sim/kernel/choices.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import { Dpor, type DporOptions, Redundant } from '../../src/sim/schedule/strategies/dpor.ts';
import { type Mover, PartialOrder } from '../../src/sim/schedule/strategies/partial-order.ts';
import type { ChoicePoint, Ended, Strategy } from '../../src/sim/schedule/strategy.ts';

/** Another strategy, and how likely an even draw at every decision would have made the run. */
class Weighed implements Strategy {
  readonly name = 'weighed';
  readonly #inner: Strategy;
  probability = 1;

  constructor(inner: Strategy) {
    this.#inner = inner;
  }

  begin(): boolean {
    this.probability = 1;
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    this.probability /= arity;
    return this.#inner.choose(kind, arity, point, about);
  }

  end(ended: Ended): void {
    this.#inner.end(ended);
  }
}

/** Another strategy, and the class of the run that it made: the partial order of its steps. */
class Classified implements Strategy {
  readonly name = 'classified';
  readonly order = new PartialOrder();
  readonly #inner: Strategy;
  #point: ChoicePoint | undefined;

  constructor(inner: Strategy) {
    this.#inner = inner;
    this.order.sharedQueues = true;
  }

  begin(): boolean {
    this.order.begin(0);
    this.#point = undefined;
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    this.#point = point;
    const isStep = kind === KIND.step;
    if (isStep) {
      this.order.close(point);
      for (let i = 0; i < arity; i++) this.order.moverNumber(point.alternative(i));
    }
    const choice = this.#inner.choose(kind, arity, point, about);
    if (!isStep) this.order.chose(choice);
    return choice;
  }

  moves(mover: Mover, point: ChoicePoint): void {
    this.#point = point;
    this.#inner.moves?.(mover, point);
    this.order.open(mover, point);
  }

  end(ended: Ended): void {
    if (this.#point !== undefined) this.order.close(this.#point);
    this.#inner.end(ended);
  }
}

/** What comes of all runs that a search makes. */
export interface Searched {
  /** Runs made to their end. */
  readonly runs: number;
  /**
   * Classes of the runs that did not stop at a failure, which cuts off what else could have
   * happened.
   */
  readonly classes: ReadonlySet<string>;
  readonly failures: ReadonlySet<string>;
  /** What the tasks were told: see {@link Histories}. */
  readonly outcomes: ReadonlySet<string>;
}

/** Every run that a search makes; undefined if there are more than `runsMax`. */
export function search(
  scenario: Scenario,
  strategy: Strategy,
  runsMax = 20_000,
  order?: PartialOrder,
): Searched | undefined {
  const classified = order === undefined ? new Classified(strategy) : undefined;
  const partial = order ?? (classified as Classified).order;
  const classes = new Set<string>();
  const failures = new Set<string>();
  const outcomes = new Set<string>();
  for (let runs = 0; runs <= runsMax; runs++) {
    const histories = new Histories();
    let result: RunResult | undefined;
    try {
      result = attempt(scenario, classified ?? strategy, { observer: histories });
    } catch (error) {
      if (!(error instanceof Redundant)) throw error;
      runs--;
      continue;
    }
    if (result === undefined) return { runs, classes, failures, outcomes };
    const { failure } = result;
    outcomes.add(histories.outcome(failure));
    if (failure !== undefined) failures.add(failure.signature);
    if (failure === undefined || failure.kind === 'deadlock') classes.add(partial.classKey());
  }
  return undefined;
}

/** The same under partial-order reduction, with how it went. */
export function searchReduced(
  scenario: Scenario,
  options: DporOptions = {},
  runsMax = 20_000,
): (Searched & { readonly dpor: Dpor }) | undefined {
  const dpor = new Dpor({ givesUp: true, ...options });
  dpor.order.sharedQueues = true;
  const searched = search(scenario, dpor, runsMax, dpor.order);
  return searched && { ...searched, dpor };
}

export interface Enumerated {
  readonly runs: number;
  readonly failures: number;
  /** How likely a random walk is to fail. */
  readonly probability: number;
  /** How likely a random walk is to make each of the schedules. */
  readonly schedules: ReadonlyMap<string, number>;
}

/** Every run of a scenario. */
export function enumerate(scenario: Scenario, runsMax = 1_000_000): Enumerated {
  const strategy = new Weighed(new DepthFirst());
  let runs = 0;
  let failures = 0;
  let probability = 0;
  let total = 0;
  const schedules = new Map<string, number>();
  for (;;) {
    const result = attempt(scenario, strategy);
    if (result === undefined) break;
    runs++;
    schedules.set(result.schedule.join(), strategy.probability);
    total += strategy.probability;
    if (result.failure !== undefined) {
      failures++;
      probability += strategy.probability;
    }
    if (runs > runsMax) throw new Error(`${scenario.name} has more than ${runsMax} schedules`);
  }
  if (Math.abs(total - 1) > 1e-9)
    throw new Error(`probabilities of ${scenario.name} sum to ${total}`);
  return { runs, failures, probability, schedules };
}
