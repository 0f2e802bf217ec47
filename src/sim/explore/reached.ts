import { FAULT_NAMES, faultBit, KIND } from '../kernel/choices.ts';
import type { RunResult } from '../schedule/run.ts';
import { countText } from '../trace/report.ts';

/** What the runs of a search have come to, besides passing. @since 0.2.0 */
export interface Reached {
  /** Runs that were made. */
  readonly runs: number;
  /** In how many runs each `sometimes` law came true, by its text. */
  readonly sometimes: Readonly<Record<string, number>>;
  /** In how many runs each fault has fired, by its name. */
  readonly faults: Readonly<Record<string, number>>;
}

export const NOTHING_REACHED: Reached = { runs: 0, sometimes: {}, faults: {} };

/** No run of a search came to what a `sometimes` law says. @since 0.2.0 */
export class UnreachedError extends Error {
  override readonly name = 'UnreachedError';
  /** The texts of the laws that came true in no run. */
  readonly laws: readonly string[];

  /** @internal */
  constructor(laws: readonly string[], runs: number) {
    const quoted = laws.map((law) => JSON.stringify(law)).join(' and ');
    super(
      `none of ${countText(runs)} runs came to ${quoted}; see that the scenario can get there (more clients, a fault, a smaller buffer), or make more runs`,
    );
    this.laws = laws;
  }
}

/** Counts what each run has come to. */
export class Reaching {
  #runs = 0;
  readonly #sometimes: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};

  saw({ sometimes, struck }: Pick<RunResult, 'sometimes' | 'struck'>): void {
    this.#runs++;
    for (const { text, fulfilled } of sometimes) {
      this.#sometimes[text] = (this.#sometimes[text] ?? 0) + (fulfilled ? 1 : 0);
    }
    if (struck === 0) return;
    for (const name of FAULT_NAMES) {
      if ((struck & faultBit(KIND[name])) === 0) continue;
      this.#faults[name] = (this.#faults[name] ?? 0) + 1;
    }
  }

  get reached(): Reached {
    return { runs: this.#runs, sometimes: this.#sometimes, faults: this.#faults };
  }
}

export function joinReached(one: Reached, next: Reached): Reached {
  return {
    runs: one.runs + next.runs,
    sometimes: addCounts(one.sometimes, next.sometimes),
    faults: addCounts(one.faults, next.faults),
  };
}

/** Numbers by name, added up. */
export function addCounts(
  one: Readonly<Record<string, number>>,
  next: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...one };
  for (const [name, count] of Object.entries(next)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** The `sometimes` laws that came true in no run. */
export function missedOf({ sometimes }: Pick<Reached, 'sometimes'>): string[] {
  return Object.keys(sometimes).filter((law) => sometimes[law] === 0);
}

/** @throws UnreachedError if a `sometimes` law came true in no run */
export function mustReach(reached: Reached): void {
  const missed = missedOf(reached);
  if (missed.length > 0) throw new UnreachedError(missed, reached.runs);
}

/** What was reached, a sentence each; none where there is nothing to say. */
export function reachedText({ runs, sometimes, faults }: Reached): string[] {
  const laws = Object.entries(sometimes).map(
    ([law, count]) => `${JSON.stringify(law)} in ${countText(count)} of ${countText(runs)} runs`,
  );
  const fired = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} in ${countText(count)}`);
  return [
    ...(laws.length > 0 ? [`reached: ${laws.join(', ')}`] : []),
    ...(fired.length > 0 ? [`faults that fired, in so many runs: ${fired.join(', ')}`] : []),
  ];
}
