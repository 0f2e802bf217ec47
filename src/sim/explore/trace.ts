import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { Run } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { formatSchedule } from '../schedule/text.ts';
import type { Explanation } from '../trace/explanation.ts';
import type { Alternative, Decision, NearestRun, Step, TraceModel } from '../trace/model.ts';
import type { Recorder, TraceStep } from '../trace/recorder.ts';
import { sideBySide } from '../trace/side-by-side.ts';
import { circumstancesOf, tellStory } from '../trace/story.ts';
import { type Carried, Watcher } from '../trace/watcher.ts';
import { replay } from './attempt.ts';
import { explain } from './explain.ts';
import { recordRun, recordUnder } from './record.ts';

export interface TraceOptions {
  /**
   * Steps of replays at the most, to see where the roads not taken lead; 0: ask no neighbour of
   * this run anything.
   */
  readonly roadStepsMax?: number;
}

/** A second or two of replays. */
const ROAD_STEPS_MAX = 1_000_000;

/** A run with everything there is to draw of it. */
export interface TracedRun {
  readonly model: TraceModel;
  /** What was carried by the network, with all its bytes. */
  readonly carried: readonly Carried[];
}

/**
 * Run a schedule again and note all that a picture of it needs. A scenario with async tasks needs a
 * macrotask around it (`inMacrotask`).
 */
export function traceRun(
  scenario: Scenario,
  decisions: readonly number[],
  options: TraceOptions = {},
): TracedRun {
  let watcher: Watcher | undefined;
  const strategy = new ToldReplay(decisions, (mover) => watcher?.moves(mover));
  const { run, result, recorder } = recordUnder(scenario, strategy, (given) => {
    watcher = new Watcher(given);
    return watcher;
  });
  const watched = watcher as unknown as Watcher;
  watched.finish();
  const { failure } = run;
  const { roadStepsMax = ROAD_STEPS_MAX } = options;
  const roads = new Roads(scenario, watched, run, roadStepsMax);
  const story = failure === undefined ? undefined : tellStory(failure, run.world, recorder);
  const named = (text: string): string => recorder.peers.named(text);
  const explanation =
    failure === undefined || roadStepsMax === 0
      ? undefined
      : explain(scenario, { decisions, failure });
  const told = recorder.decisions.filter(({ choice }) => choice !== 0);
  const model: TraceModel = {
    scenario: scenario.name,
    failure:
      failure === undefined
        ? null
        : {
            kind: failure.kind,
            law: failure.law,
            message: failure.message,
            // Where the report says that it showed.
            step: story?.rows.find(({ broke }) => broke)?.step ?? watched.steps.length,
            at: story?.at ?? null,
          },
    schedule: formatSchedule(scenario.name, decisions),
    digest: result.digest,
    ...circumstancesOf(told),
    lanes: watched.lanes,
    steps: watched.steps.map((step) => withNames(step, named)),
    spans: watched.spans,
    arrows: watched.causes.arrows,
    decisions: weighed(watched.decisions, explanation).map((decision) => ({
      ...decision,
      about: named(decision.about),
    })),
    alternatives: roads.look().map((road) => ({ ...road, text: named(road.text) })),
    nearest: nearestOf(scenario, recorder, explanation),
    state: watched.state,
  };
  return { model, carried: watched.carried };
}

/** What arrives, and between whom: names say more than addresses. */
function withNames(step: Step, named: (text: string) => string): Step {
  if (step.kind !== 'arrival') return step;
  const path = step.result === '' ? '' : `, ${named(step.result)}`;
  return { ...step, did: named(step.did) + path, result: '' };
}

/** A replay that tells who moves, before it does. */
class ToldReplay implements Strategy {
  readonly name = 'replay';
  readonly #replay: Replay;
  readonly #tell: (mover: Task | EnvironmentEvent) => void;

  constructor(decisions: readonly number[], tell: (mover: Task | EnvironmentEvent) => void) {
    this.#replay = new Replay(decisions, 'clamp');
    this.#tell = tell;
  }

  begin(): boolean {
    return this.#replay.begin();
  }

  choose(...given: Parameters<Replay['choose']>): number {
    return this.#replay.choose(...given);
  }

  moves(mover: Task | EnvironmentEvent): void {
    this.#tell(mover);
  }

  end(): void {}
}

/** Which of the decisions that are not calm the failure needs. */
function weighed(taken: readonly Decision[], explanation: Explanation | undefined): Decision[] {
  const matters = new Map(explanation?.decisions.map((one) => [one.place, one.matters]));
  return taken.map((decision, place) => ({ ...decision, matters: matters.get(place) ?? null }));
}

/** The nearest passing run beside this one. */
function nearestOf(
  scenario: Scenario,
  here: Recorder,
  explanation: Explanation | undefined,
): NearestRun | null {
  const nearest = explanation?.nearest;
  if (nearest === undefined) return null;
  const there = recordRun(scenario, nearest.decisions).recorder;
  return {
    changed: nearest.changed.map(({ text }) => here.peers.named(text)),
    schedule: formatSchedule(scenario.name, nearest.decisions),
    steps: there.steps.length,
    rows: sideBySide(here.steps, there.steps).map((row) => {
      const { who, did, result, event } = (row.here ?? row.there) as TraceStep;
      const { peers } = row.here === undefined ? there : here;
      return {
        here: row.here?.step ?? null,
        there: row.there?.step ?? null,
        who: event === undefined ? who : 'network',
        did: peers.named(event === undefined ? did : `${did} arrives`),
        result: peers.named(result),
      };
    }),
  };
}

/**
 * Where the roads not taken lead: each is taken as far as it goes with calm decisions behind it.
 * The roads at decisions that were not calm come first, then those nearest to the end, until the
 * steps are used up.
 */
class Roads {
  readonly #scenario: Scenario;
  readonly #watched: Watcher;
  readonly #taken: readonly number[];
  readonly #signature: string | undefined;
  #stepsLeft: number;

  constructor(scenario: Scenario, watched: Watcher, { failure }: Run, stepsMax: number) {
    this.#scenario = scenario;
    this.#watched = watched;
    this.#taken = watched.decisions.map(({ choice }) => choice);
    this.#signature = failure?.signature;
    this.#stepsLeft = stepsMax;
  }

  /** The alternatives, with what was found. */
  look(): Alternative[] {
    const { alternatives, decisions } = this.#watched;
    const looked = [...alternatives];
    const order = alternatives.map((_, place) => place);
    const calm = ({ decision }: Alternative): number =>
      (decisions[decision] as Decision).choice === 0 ? 1 : 0;
    order.sort((a, b) => {
      const [one, other] = [looked[a], looked[b]] as [Alternative, Alternative];
      return calm(one) - calm(other) || other.decision - one.decision || a - b;
    });
    for (const place of order) {
      const road = looked[place] as Alternative;
      if (this.#stepsLeft <= 0) break;
      if (road.choice !== this.#taken[road.decision]) looked[place] = this.#follow(road);
    }
    return looked;
  }

  #follow(road: Alternative): Alternative {
    const decisions = [...this.#taken.slice(0, road.decision), road.choice];
    const { failure, steps } = replay(this.#scenario, decisions, 'clamp');
    this.#stepsLeft -= steps;
    if (failure === undefined) return { ...road, outcome: 'passes', steps };
    const same = failure.signature === this.#signature;
    const outcome = same ? 'same failure' : 'another failure';
    return { ...road, outcome, steps, message: same ? '' : failure.message };
  }
}
