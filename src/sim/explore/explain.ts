import { KIND, KIND_NAMES, type Kind, type Labelled } from '../kernel/choices.ts';
import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { Failure } from '../schedule/failure.ts';
import type { RunResult } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { RandomWalk } from '../schedule/strategies/random-walk.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { ChoicePoint, Ended, Strategy } from '../schedule/strategy.ts';
import { overtakingsOf } from '../trace/collision.ts';
import {
  changeText,
  deviationText,
  type Explanation,
  type NearestPass,
} from '../trace/explanation.ts';
import { partingOf } from '../trace/parting.ts';
import type { Recorder, TraceDecision } from '../trace/recorder.ts';
import { attempt, replay } from './attempt.ts';
import { recordRun } from './record.ts';

/** How much {@link explain} may spend. @since 0.1.0 */
export interface ExplainOptions {
  /** Replays of neighbouring schedules at most. Default: 200. */
  readonly replaysMax?: number;
}

/** Enough for a dozen decisions with six alternatives each, and for all pairs of them. */
const REPLAYS_MAX = 200;
/**
 * Steps of the replays of neighbours: a bound on time, which itself would make the answer depend on
 * the machine. A fraction of a second of a generator's steps, some seconds of an async task's.
 */
const STEPS_MAX = 100_000;
/** Of those, for single changes of calm decisions: each costs a run, and there is one for each. */
const CALM_STEPS_MAX = 25_000;
/** Of a decision with more, the first ones stand for all: a delivery has one for each byte. */
const ALTERNATIVES_MAX = 6;

/**
 * Explain a failing schedule by its neighbours: take another alternative at each decision that is
 * not calm, the calm one first, and see whether the same failure still occurs (Hypothesis' explain
 * phase asks the same of generated data). What passes with the fewest changes, and of those the one
 * that parts latest, is the nearest passing run.
 *
 * ```ts
 * const { found } = fuzz(echo, { runs: 1000, seed: 1 });
 * if (found !== undefined) console.log(explain(echo, found).nearest?.changed);
 * ```
 *
 * @since 0.1.0
 */
export function explain(
  scenario: Scenario,
  failing: {
    readonly decisions: readonly number[];
    readonly failure: Failure;
    /** The recording of its run, where there is one already. */
    readonly recorder?: Recorder;
  },
  options: ExplainOptions = {},
): Explanation {
  const { recorder = recordRun(scenario, failing.decisions).recorder } = failing;
  const replaysMax = Math.min(scenario.options.replaysMax ?? REPLAYS_MAX, REPLAYS_MAX);
  const search = new Neighbours(scenario, failing, recorder, options.replaysMax ?? replaysMax);
  const restless = placesOf(recorder, ({ choice }) => choice !== 0);
  // The latest first: where there are more than can be tried, those are nearer to what broke.
  const latest = restless.toReversed();
  const matters = new Map(latest.map((place) => [place, search.avoids(new Map([[place, 0]]))]));
  const decisions = restless.map((place) => {
    const { step, kind, about } = recorder.decisions[place] as TraceDecision;
    return { place, step, kind, about, matters: matters.get(place) };
  });
  for (const place of latest) search.others(place);
  const { tried: neighbours, gone } = search;
  search.widen(restless);
  if (search.nearest === undefined) search.wander();
  const nearest = search.nearest && describe(scenario, recorder, search.nearest);
  return { decisions, neighbours, gone, nearest, replays: search.tried };
}

function describe(scenario: Scenario, here: Recorder, pass: Pass): NearestPass {
  const there = recordRun(scenario, pass.decisions).recorder;
  const changed = pass.changed.map((place, index) => {
    const [ours, theirs] = [here.decisions[place], there.decisions[place]];
    // After the first change the runs are two: what comes later is a decision of the other one.
    const text =
      index > 0 && theirs !== undefined && theirs.choice !== 0
        ? deviationText(theirs)
        : changeText(ours as TraceDecision, theirs);
    return { place, step: (ours ?? theirs)?.step ?? 0, text };
  });
  // Runs with other inputs part at once.
  const parting = pass.ofInputs ? undefined : partingOf(here.steps, there.steps);
  const overtakings = overtakingsOf(here.code, there.code).map(({ name }) => name);
  return { changed, decisions: pass.decisions, parting, overtakings };
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
  /** What runs that are looked for have of the failing one. */
  #held: readonly Kind[] = [KIND.input, KIND.swarm];
  tried = 0;
  #steps = 0;
  /** Those that do not fail in the same way. */
  gone = 0;
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
  avoids(changes: ReadonlyMap<number, number>): boolean | undefined {
    if (this.#isSpent) return undefined;
    this.tried++;
    const changed = [...changes.keys()];
    const decisions = [...this.#decisions];
    while (decisions.length <= Math.max(...changed)) decisions.push(0);
    for (const [place, choice] of changes) decisions[place] = choice;
    const { failure, steps } = replay(this.#scenario, decisions, 'clamp');
    this.#steps += steps;
    if (failure?.signature === this.#signature) return false;
    this.gone++;
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
      if (other !== choice) this.avoids(new Map([[place, other]]));
    }
  }

  /**
   * Where no single change of a decision that was not calm makes it pass: try those that were, the
   * latest first, then pairs, then the calm run.
   */
  widen(restless: readonly number[]): void {
    const isCalm = ({ choice, kind }: TraceDecision): boolean => choice === 0 && kind !== 'swarm';
    const calm = placesOf(this.#recorder, isCalm).reverse();
    const until = this.#steps + CALM_STEPS_MAX;
    for (const place of calm) {
      if (this.nearest !== undefined || this.#isSpent) return;
      if (this.#steps > until || this.tried >= this.#replaysMax / 3) break;
      this.avoids(new Map([[place, 1]]));
    }
    for (const [i, a] of restless.entries()) {
      for (const b of restless.slice(i + 1)) {
        if (this.nearest !== undefined || this.#isSpent) return;
        this.avoids(new Map([a, b].map((place) => [place, 0])));
      }
    }
    if (this.nearest !== undefined || restless.length === 0) return;
    this.avoids(new Map(restless.map((place) => [place, 0])));
  }

  /**
   * Where no neighbour passes: look for a run with these faults that does, one with the same inputs
   * before any other, and one that parts late before one that parts early: how programs started is
   * most of their decisions, and says least. It is brought as near to the calm one as it goes on
   * passing (delta debugging; Zeller and Hildebrandt, TSE 2002).
   */
  wander(): void {
    // Where a replay is dear, few of them: it is a run of its own that is looked for.
    const walksMax = Math.min(WALKS_MAX, Math.ceil(this.#replaysMax / 4));
    const steps = this.#recorder.steps.length;
    for (let walk = 0; walk < walksMax; walk++) {
      if (this.#isSpent) return;
      const freesInputs = walk >= walksMax / 2;
      // Which faults there are says nothing of the program.
      if (freesInputs) this.#held = [KIND.swarm];
      const part = (walk % PARTS) / PARTS;
      const from = Math.ceil(steps * (1 - 1 / PARTS - part));
      const met = this.#run(new LateWalk(this.#decisions, { seed: walk, from, freesInputs }));
      if (met.failure !== undefined) continue;
      const decisions = this.#calmed(met.schedule);
      const places = decisions.flatMap((choice, place) =>
        choice === (this.#decisions[place] ?? 0) ? [] : [place],
      );
      if (places.length > 0) this.#consider(places, decisions);
      return;
    }
  }

  /** A passing schedule without the decisions that it passes without. */
  #calmed(schedule: readonly number[]): number[] {
    let kept = [...schedule];
    for (let before = -1; before !== countOf(kept); ) {
      before = countOf(kept);
      for (const block of blocksOf(kept)) {
        if (this.#isSpent) return kept;
        const candidate = kept.map((choice, place) => (block.includes(place) ? 0 : choice));
        if (countOf(candidate) === countOf(kept)) continue;
        const met = this.#run(new Replay(candidate, 'clamp'));
        if (met.failure === undefined) kept = [...met.schedule];
      }
    }
    return kept;
  }

  #run(strategy: Strategy): RunResult {
    this.tried++;
    const held = new Held(strategy, this.#recorder.decisions, this.#held);
    const result = attempt(this.#scenario, held) as RunResult;
    this.#steps += result.steps;
    return result;
  }
}

/** Another strategy, with the choices of some kinds as a run has made them, by their names. */
class Held implements Strategy {
  readonly name = 'held';
  readonly #inner: Strategy;
  readonly #kinds: readonly Kind[];
  readonly #given: readonly TraceDecision[];
  readonly #left = new Map<string, number[]>();

  constructor(inner: Strategy, decisions: readonly TraceDecision[], kinds: readonly Kind[]) {
    this.#inner = inner;
    this.#kinds = kinds;
    const names = kinds.map((kind) => KIND_NAMES[kind]);
    this.#given = decisions.filter(({ kind }) => names.includes(kind));
  }

  begin(): boolean {
    this.#left.clear();
    for (const { kind, about, choice } of this.#given) {
      const key = `${kind} ${about}`;
      const choices = this.#left.get(key) ?? [];
      choices.push(choice);
      this.#left.set(key, choices);
    }
    return this.#inner.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number {
    const choice = this.#inner.choose(kind, arity, point, about);
    if (!this.#kinds.includes(kind)) return choice;
    const held = this.#left.get(`${KIND_NAMES[kind]} ${about?.label() ?? ''}`)?.shift() ?? 0;
    return Math.min(held, arity - 1);
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#inner.moves?.(mover, point);
  }

  end(ended: Ended): void {
    this.#inner.end(ended);
  }
}

/** Random runs that are looked at for one that passes. */
const WALKS_MAX = 100;

/** Where a walk may begin: at the last quarter of the failing run's steps, at the last two, … */
const PARTS = 4;

/** As the failing run, and from a step on as chance has it; the inputs too, if they are freed. */
class LateWalk implements Strategy {
  readonly name = 'late walk';
  readonly #given: Replay;
  readonly #walk: RandomWalk;
  readonly #from: number;
  readonly #freesInputs: boolean;

  constructor(
    decisions: readonly number[],
    how: { readonly seed: number; readonly from: number; readonly freesInputs: boolean },
  ) {
    this.#given = new Replay(decisions, 'clamp');
    this.#walk = new RandomWalk(how.seed);
    this.#from = how.from;
    this.#freesInputs = how.freesInputs;
  }

  begin(): boolean {
    return this.#given.begin() && this.#walk.begin();
  }

  choose(kind: Kind, arity: number, point: ChoicePoint): number {
    const given = this.#given.choose(kind, arity, point);
    const isFree = kind === KIND.input ? this.#freesInputs : point.stepCount >= this.#from;
    return isFree ? this.#walk.choose(kind, arity) : given;
  }

  end(): void {}
}

function countOf(decisions: readonly number[]): number {
  return decisions.reduce((count, choice) => count + (choice === 0 ? 0 : 1), 0);
}

/** The places that are not calm, in blocks from half of them down to single ones. */
function blocksOf(decisions: readonly number[]): number[][] {
  const places = decisions.flatMap((choice, place) => (choice === 0 ? [] : [place]));
  const blocks: number[][] = [];
  for (let size = (places.length + 1) >> 1; size >= 1; size = size === 1 ? 0 : (size + 1) >> 1) {
    for (let from = 0; from < places.length; from += size) {
      blocks.push(places.slice(from, from + size));
    }
  }
  return blocks;
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
