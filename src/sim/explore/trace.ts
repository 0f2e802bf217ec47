import type { Run } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { formatSchedule } from '../schedule/text.ts';
import { callersIn } from '../schedule/user-frame.ts';
import { arrivalText } from '../trace/describe.ts';
import { Drawing } from '../trace/drawing.ts';
import type { Explanation } from '../trace/explanation.ts';
import type { Alternative, Decision, NearestRun, Step, TraceModel } from '../trace/model.ts';
import { moverText } from '../trace/mover.ts';
import type { Programs } from '../trace/programs.ts';
import type { Carried, Recorder, ToldStep, TraceDecision, TraceStep } from '../trace/recorder.ts';
import { sideBySide } from '../trace/side-by-side.ts';
import { circumstancesOf, tellStory } from '../trace/story.ts';
import { replay } from './attempt.ts';
import { explain } from './explain.ts';
import { recordRun } from './record.ts';

export interface TraceOptions {
  /**
   * Steps of replays at most, to see where the roads not taken lead; 0: ask no neighbour of
   * this run anything.
   */
  readonly roadStepsMax?: number;
}

/** A second or two of replays, and whoever opens a page waits for them. */
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
  const drawing = new Drawing();
  const { run, result, recorder } = recordRun(scenario, decisions, drawing);
  const { failure } = run;
  const { roadStepsMax = ROAD_STEPS_MAX } = options;
  const roads = new Roads(scenario, recorder, drawing.alternatives, run, roadStepsMax);
  const named = (text: string): string => recorder.peers.named(text);
  const explanation =
    failure === undefined || roadStepsMax === 0
      ? undefined
      : explain(scenario, { decisions, failure });
  const story =
    failure === undefined ? undefined : tellStory(failure, run.world, recorder, explanation);
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
            step: story?.rows.find(({ broke }) => broke)?.step ?? recorder.steps.length,
            at: story?.at ?? null,
          },
    schedule: formatSchedule(scenario.name, decisions),
    digest: result.digest,
    ...circumstancesOf(told),
    lanes: recorder.lanes.lanes,
    steps: recorder.steps.map((step) => stepOf(step, named, recorder.programs)),
    spans: recorder.lanes.spans,
    arrows: recorder.causes.arrows,
    decisions: weighed(recorder.decisions.map(decisionOf), explanation).map((decision) => ({
      ...decision,
      about: named(decision.about),
    })),
    alternatives: roads.look().map((road) => ({ ...road, text: named(road.text) })),
    exchanges: recorder.programs.exchanges.map(({ kind, what, step, answered = null }) => {
      const lane = recorder.steps[step - 1]?.lane ?? 0;
      return { kind, lane, text: named(what), step, answered };
    }),
    nearest: nearestOf(scenario, recorder, explanation),
    state: drawing.state,
  };
  return { model, carried: recorder.carried };
}

function stepOf(step: TraceStep, named: (text: string) => string, programs: Programs): Step {
  const { timeMs, lane, kind, call = '', turn, result, where = '', stack } = step;
  const did = kind === 'arrival' ? named(arrivalText(step)) : didText(step);
  return {
    timeMs,
    lane,
    kind,
    call,
    fd: turn?.a0 ?? null,
    arrives: arrives(step),
    did,
    result,
    where,
    callers: callersIn(stack),
    after: programs
      .momentsAfter(step.step)
      .map((moment) => named(moment.did))
      .join(' · '),
    isPlumbing: step.isPlumbing || (!programs.isEmpty && isSurroundings(kind)),
  };
}

/** In a run of programs: what they read of it is told by themselves. */
function isSurroundings(kind: Step['kind']): boolean {
  return kind === 'arrival' || kind === 'time';
}

/** What has no lane says whose it is. */
function didText({ kind, who, did }: TraceStep): string {
  return kind === 'service' ? `${who} ${did}` : did;
}

/** What came of an event, which need not be what was under way. */
function arrives({ event, arrived }: TraceStep): string {
  if (event === undefined) return '';
  if (!('from' in event)) return event.kind;
  const carrier = arrived.find(({ bytes }) => bytes.length > 0) ?? arrived[0];
  return carrier?.what ?? '';
}

function decisionOf({ step, kind, mover, about, arity, choice }: TraceDecision): Decision {
  const what = kind === 'step' ? '' : mover === undefined ? about : moverText(mover);
  return { step, kind, about: what, arity, choice, matters: null };
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
    rows: sideBySide(here.words, there.words).map((row) => {
      const { who, did, result, kind } = (row.here ?? row.there) as ToldStep;
      const { peers } = row.here === undefined ? there : here;
      return {
        here: row.here?.step ?? null,
        there: row.there?.step ?? null,
        who: kind === 'arrival' ? 'network' : who,
        did: peers.named(kind === 'arrival' ? `${did} arrives` : did),
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
  readonly #alternatives: readonly Alternative[];
  readonly #taken: readonly number[];
  readonly #signature: string | undefined;
  #stepsLeft: number;

  constructor(
    scenario: Scenario,
    { decisions }: Recorder,
    alternatives: readonly Alternative[],
    { failure }: Run,
    stepsMax: number,
  ) {
    this.#scenario = scenario;
    this.#alternatives = alternatives;
    this.#taken = decisions.map(({ choice }) => choice);
    this.#signature = failure?.signature;
    this.#stepsLeft = stepsMax;
  }

  /** The alternatives, with what was found. */
  look(): Alternative[] {
    const looked = [...this.#alternatives];
    const order = looked.map((_, place) => place);
    const calm = ({ decision }: Alternative): number => (this.#taken[decision] === 0 ? 1 : 0);
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
