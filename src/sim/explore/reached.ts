import { FAULT_NAMES, faultBit, KIND } from '../kernel/choices.ts';
import { SEEN } from '../kernel/tcp-state.ts';
import type { RunResult } from '../schedule/run.ts';
import { countText } from '../trace/report.ts';

/** What the runs of a search have come to, besides passing. @since 0.2.0 */
export interface Reached {
  /** Runs that were made. */
  readonly runs: number;
  /** In how many runs each law held that is no `sometimes` law, by its text. */
  readonly laws: Readonly<Record<string, number>>;
  /** In how many runs each `sometimes` law came true, by its text. */
  readonly sometimes: Readonly<Record<string, number>>;
  /** In how many runs each fault has fired, by its name. */
  readonly faults: Readonly<Record<string, number>>;
  /**
   * In how many runs some TCP socket was in each state, by Linux's name for it; `reset`: a
   * connection was.
   */
  readonly sockets: Readonly<Record<string, number>>;
}

export const NOTHING_REACHED: Reached = {
  runs: 0,
  laws: {},
  sometimes: {},
  faults: {},
  sockets: {},
};

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
  readonly #laws: Record<string, number> = {};
  readonly #sometimes: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #sockets: Record<string, number> = {};

  saw({
    failure,
    laws,
    struck,
    socketsSeen,
  }: Pick<RunResult, 'failure' | 'laws' | 'struck' | 'socketsSeen'>): void {
    this.#runs++;
    const held = new Set<string>();
    for (const { fulfilled, text, when } of laws) {
      if (when !== 'sometimes') held.add(text);
      else this.#sometimes[text] = (this.#sometimes[text] ?? 0) + Number(fulfilled);
    }
    // A run that fails ends before all of its laws have been judged.
    if (failure === undefined) for (const text of held) add(this.#laws, text);
    for (let number = 1; socketsSeen >>> number > 0; number++) {
      if (((socketsSeen >>> number) & 1) === 1) add(this.#sockets, SEEN[number] as string);
    }
    if (struck === 0) return;
    for (const name of FAULT_NAMES) {
      if ((struck & faultBit(KIND[name])) === 0) continue;
      add(this.#faults, name);
    }
  }

  get reached(): Reached {
    return {
      runs: this.#runs,
      laws: this.#laws,
      sometimes: this.#sometimes,
      faults: this.#faults,
      sockets: this.#sockets,
    };
  }
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

export function joinReached(one: Reached, next: Reached): Reached {
  return {
    runs: one.runs + next.runs,
    laws: addCounts(one.laws, next.laws),
    sometimes: addCounts(one.sometimes, next.sometimes),
    faults: addCounts(one.faults, next.faults),
    sockets: addCounts(one.sockets, next.sockets),
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
export function reachedText({ runs, laws, sometimes, faults, sockets }: Reached): string[] {
  const of = ([law, count]: [string, number]): string =>
    `${JSON.stringify(law)} in ${countText(count)} of ${countText(runs)} runs`;
  const held = Object.entries(laws).map((law) =>
    law[1] === runs ? JSON.stringify(law[0]) : of(law),
  );
  const met = Object.entries(sometimes).map(of);
  const fired = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} in ${countText(count)}`);
  return [
    ...(held.length > 0 ? [`laws that held: ${firstOf(held).join(', ')}`] : []),
    ...(met.length > 0 ? [`reached: ${met.join(', ')}`] : []),
    ...socketsText(sockets, runs),
    ...(fired.length > 0 ? [`faults that fired, in so many runs: ${fired.join(', ')}`] : []),
  ];
}

/** The states of every run, and then those of some. */
function socketsText(sockets: Reached['sockets'], runs: number): string[] {
  const seen = SEEN.filter((state) => state in sockets);
  const always = seen.filter((state) => sockets[state] === runs);
  const some = seen.filter((state) => !always.includes(state));
  const counted = some.map((state) => `${state} in ${countText(sockets[state] as number)}`);
  const parts = [
    ...(always.length > 0 ? [always.join(', ')] : []),
    ...(some.length > 0 ? [`${counted.join(', ')} of ${countText(runs)} runs`] : []),
  ];
  return parts.length > 0 ? [`states of sockets: ${parts.join('; ')}`] : [];
}

/** Scenarios that state a law for each of many things do not fill the page with them. */
const TOLD_MAX = 12;

function firstOf(laws: readonly string[]): readonly string[] {
  const left = laws.length - TOLD_MAX;
  return left <= 0 ? laws : [...laws.slice(0, TOLD_MAX), `and ${countText(left)} more`];
}
