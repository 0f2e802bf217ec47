/** Exact oracles: the whole tree of a small world, walked by depth-first search. */
import { attempt } from '../../src/sim/explore/attempt.ts';
import type { Kind, Labelled } from '../../src/sim/kernel/choices.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
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

export interface Enumerated {
  readonly runs: number;
  readonly failures: number;
  /** How likely a random walk is to fail. */
  readonly probability: number;
}

/** Every run of a scenario. */
export function enumerate(scenario: Scenario, runsMax = 1_000_000): Enumerated {
  const strategy = new Weighed(new DepthFirst());
  let runs = 0;
  let failures = 0;
  let probability = 0;
  let total = 0;
  for (;;) {
    const result = attempt(scenario, strategy);
    if (result === undefined) break;
    runs++;
    total += strategy.probability;
    if (result.failure !== undefined) {
      failures++;
      probability += strategy.probability;
    }
    if (runs > runsMax) throw new Error(`${scenario.name} has more than ${runsMax} schedules`);
  }
  if (Math.abs(total - 1) > 1e-9)
    throw new Error(`probabilities of ${scenario.name} sum to ${total}`);
  return { runs, failures, probability };
}
