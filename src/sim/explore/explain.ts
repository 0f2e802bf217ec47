import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { changeText, type Explanation, type NearestPass } from '../trace/explanation.ts';
import { partingOf } from '../trace/parting.ts';
import type { Recorder, TraceDecision } from '../trace/recorder.ts';
import { replay } from './attempt.ts';
import { recordRun } from './record.ts';

/** How much {@link explain} may spend. */
export interface ExplainOptions {
  /** Replays of neighbouring schedules at the most. Default: 200. */
  readonly replaysMax?: number;
}

const REPLAYS_MAX = 200;
/**
 * Steps of all those replays: a bound on time, which itself would make the answer depend on the
 * machine.
 */
const STEPS_MAX = 100_000;
/** Alternatives tried for one decision. */
const ALTERNATIVES_MAX = 6;

/**
 * Explain a failing schedule by its neighbours: take another alternative at each decision that is
 * not calm, the calm one first, and see whether the same failure still occurs (Hypothesis' explain
 * phase asks the same of generated data). What passes with the fewest changes, and of those the one
 * that parts latest, is the nearest passing run.
 */
export function explain(
  scenario: Scenario,
  failing: { readonly decisions: readonly number[]; readonly failure: Failure },
  options: ExplainOptions = {},
): Explanation {
  const { recorder } = recordRun(scenario, failing.decisions);
  const replaysMax = Math.min(scenario.options.replaysMax ?? REPLAYS_MAX, REPLAYS_MAX);
  const search = new Neighbours(scenario, failing, recorder, options.replaysMax ?? replaysMax);
  const restless = placesOf(recorder, ({ choice }) => choice !== 0);
  const decisions = restless.map((place) => {
    const { step, kind, about } = recorder.decisions[place] as TraceDecision;
    return { place, step, kind, about, matters: search.mends(new Map([[place, 0]])) };
  });
  for (const place of restless) search.others(place);
  const { tried: neighbours, mended } = search;
  search.widen(restless);
  const nearest = search.nearest && describe(scenario, recorder, search.nearest);
  return { decisions, neighbours, mended, nearest, replays: search.tried };
}

function describe(scenario: Scenario, here: Recorder, pass: Pass): NearestPass {
  const there = recordRun(scenario, pass.decisions).recorder;
  const changed = pass.changed.map((place) => {
    const decision = here.decisions[place] as TraceDecision;
    return { place, step: decision.step, text: changeText(decision, there.decisions[place]) };
  });
  return { changed, decisions: pass.decisions, parting: partingOf(here.words, there.words) };
}

function placesOf(recorder: Recorder, isWanted: (decision: TraceDecision) => boolean): number[] {
  return recorder.decisions.flatMap((decision, place) => (isWanted(decision) ? [place] : []));
}

interface Pass {
  readonly changed: readonly number[];
  readonly decisions: readonly number[];
  /** Another input or fault says less about the failure than another order of events. */
  readonly ofInputs: boolean;
}

/** The schedules around a failing one, and the nearest of them that passes. */
class Neighbours {
  readonly #scenario: Scenario;
  readonly #decisions: readonly number[];
  readonly #signature: string;
  readonly #recorder: Recorder;
  readonly #replaysMax: number;
  tried = 0;
  #steps = 0;
  /** Those that do not fail in the same way. */
  mended = 0;
  nearest: Pass | undefined;

  constructor(
    scenario: Scenario,
    failing: { readonly decisions: readonly number[]; readonly failure: Failure },
    recorder: Recorder,
    replaysMax: number,
  ) {
    this.#scenario = scenario;
    this.#decisions = failing.decisions;
    this.#signature = failing.failure.signature;
    this.#recorder = recorder;
    this.#replaysMax = replaysMax;
  }

  /**
   * Whether the same failure does not occur with other choices at some places; undefined if there
   * are no replays left to see it.
   */
  mends(changes: ReadonlyMap<number, number>): boolean | undefined {
    if (this.#isSpent) return undefined;
    this.tried++;
    const changed = [...changes.keys()];
    const decisions = [...this.#decisions];
    while (decisions.length <= Math.max(...changed)) decisions.push(0);
    for (const [place, choice] of changes) decisions[place] = choice;
    const { failure, steps } = replay(this.#scenario, decisions, 'clamp');
    this.#steps += steps;
    if (failure?.signature === this.#signature) return false;
    this.mended++;
    if (failure === undefined) this.#consider(changed, decisions);
    return true;
  }

  /** No replays are left: with many decisions even to go on through them takes minutes. */
  get #isSpent(): boolean {
    return this.tried >= this.#replaysMax || this.#steps >= STEPS_MAX;
  }

  #consider(changed: readonly number[], decisions: readonly number[]): void {
    const ofInputs = changed.some((place) => isInput(this.#recorder.decisions[place]));
    const pass = { changed, decisions, ofInputs };
    const { nearest } = this;
    if (nearest === undefined || isNearer(pass, nearest)) this.nearest = pass;
  }

  /** The alternatives of a decision besides the calm one and the one that was taken. */
  others(place: number): void {
    const { arity, choice } = this.#recorder.decisions[place] as TraceDecision;
    for (let other = 1; other < Math.min(arity, ALTERNATIVES_MAX); other++) {
      if (other !== choice) this.mends(new Map([[place, other]]));
    }
  }

  /**
   * Where no single change of a decision that was not calm makes it pass: try those that were, the
   * latest first, then pairs, then the calm run.
   */
  widen(restless: readonly number[]): void {
    const calm = placesOf(this.#recorder, ({ choice }) => choice === 0).reverse();
    for (const place of calm) {
      if (this.nearest !== undefined || this.#isSpent) return;
      this.mends(new Map([[place, 1]]));
    }
    for (const [i, a] of restless.entries()) {
      for (const b of restless.slice(i + 1)) {
        if (this.nearest !== undefined || this.#isSpent) return;
        this.mends(new Map([a, b].map((place) => [place, 0])));
      }
    }
    if (this.nearest !== undefined || restless.length === 0) return;
    this.mends(new Map(restless.map((place) => [place, 0])));
  }
}

/** Drawn before the run and not during it. */
function isInput(decision: TraceDecision | undefined): boolean {
  return decision?.kind === 'input' || decision?.kind === 'swarm';
}

function isNearer(a: Pass, b: Pass): boolean {
  if (a.changed.length !== b.changed.length) return a.changed.length < b.changed.length;
  if (a.ofInputs !== b.ofInputs) return b.ofInputs;
  return Math.max(...a.changed) > Math.max(...b.changed);
}
