/** A run with what is looked up in it again and again. */
import {
  type Alternative,
  type Arrow,
  causesOf,
  type Decision,
  type Lane,
  type State,
  type Step,
  type TraceModel,
} from '../../src/sim/trace/model.ts';
import { unpackTrace } from '../../src/sim/trace/pack.ts';
import type { PageRun } from '../../src/sim/trace/page.ts';

/** A state is kept whole after so many steps, so that any other is near. */
const CHECKPOINT_STEPS = 128;

export interface Choice extends Decision {
  readonly alternatives: readonly Alternative[];
}

export interface Change {
  readonly key: string;
  /** Undefined: it was not there. */
  readonly before: string | undefined;
  /** Undefined: it is not there any more. */
  readonly after: string | undefined;
}

export class Run {
  readonly page: PageRun;
  readonly model: TraceModel;
  /** Arrows by the step they end at, and by the one they begin at. */
  readonly #into: Arrow[][] = [];
  readonly #from: Arrow[][] = [];
  readonly #choices: Choice[][] = [];
  /** The state after step 0, 128, 256, … as far as one has been. */
  readonly #checkpoints: Map<number, number>[] = [];
  #causes: { readonly step: number; readonly set: ReadonlySet<number> } | undefined;
  /** Steps with decisions that were not calm, in order. */
  readonly marked: readonly number[];
  /**
   * Lanes in the order in which they are drawn: those of one process beside one another, those of
   * one host too.
   */
  readonly columns: readonly number[];
  readonly #columnOf: number[] = [];
  /** Node programs: their rows are requests and answers, and not their event loops' syscalls. */
  readonly isOfPrograms: boolean;
  /** The first step of which {@link isTold} is so. */
  readonly firstTold: number;

  constructor(page: PageRun) {
    this.page = page;
    this.model = unpackTrace(page.trace);
    const { arrows, decisions, alternatives } = this.model;
    for (const arrow of arrows) {
      push(this.#into, arrow.to, arrow);
      push(this.#from, arrow.from, arrow);
    }
    const roads: Alternative[][] = [];
    for (const road of alternatives) push(roads, road.decision, road);
    decisions.forEach((decision, place) => {
      push(this.#choices, decision.step, { ...decision, alternatives: roads[place] ?? [] });
    });
    this.columns = columnsOf(this.model.lanes);
    this.columns.forEach((lane, column) => {
      this.#columnOf[lane] = column;
    });
    this.marked = [...new Set(decisions.filter(isMarked).map(({ step }) => step))].filter(
      (step) => step <= this.length,
    );
    const { steps } = this.model;
    this.isOfPrograms = steps.some(({ isPlumbing }) => isPlumbing);
    this.firstTold = Math.max(1, steps.findIndex((_, index) => this.isTold(index + 1)) + 1);
  }

  /** Where a lane is drawn. */
  column(lane: number): number {
    return this.#columnOf[lane] ?? lane;
  }

  get length(): number {
    return this.model.steps.length;
  }

  /** Steps count from 1. */
  step(number: number): Step | undefined {
    return this.model.steps[number - 1];
  }

  /** Whether it says something of a program, or of the schedule. */
  isTold(number: number): boolean {
    const step = this.step(number);
    return step?.isPlumbing !== true || step.after !== '' || this.mark(number) !== undefined;
  }

  who(step: Step | undefined): string {
    if (step === undefined) return '';
    if (step.kind === 'time') return 'time';
    if (step.kind === 'arrival') return 'network';
    if (step.kind === 'service') return 'service';
    return step.lane === null ? '' : (this.model.lanes[step.lane]?.name ?? '');
  }

  causes(step: number): readonly Arrow[] {
    return this.#into[step] ?? [];
  }

  effects(step: number): readonly Arrow[] {
    return this.#from[step] ?? [];
  }

  choices(step: number): readonly Choice[] {
    return this.#choices[step] ?? [];
  }

  /**
   * `needed`: the failure needs what was decided here; `free`: it does not; undefined: it was calm.
   */
  mark(step: number): 'failure' | 'needed' | 'free' | undefined {
    if (this.model.failure?.step === step) return 'failure';
    const marked = this.choices(step).filter(isMarked);
    if (marked.length === 0) return undefined;
    return marked.every(({ matters }) => matters === false) ? 'free' : 'needed';
  }

  /** All steps that led to this one. */
  past(step: number): ReadonlySet<number> {
    if (this.#causes?.step !== step) this.#causes = { step, set: causesOf(this.model, step) };
    return this.#causes.set;
  }

  // ---- the kernel's state ----

  state(step: number): State {
    const { keys, values } = this.model.state;
    return new Map(
      [...this.#places(step)].map(([key, value]) => [keys[key] as string, values[value] as string]),
    );
  }

  /** What `step` has changed. */
  changes(step: number): Change[] {
    const { keys, values, changes } = this.model.state;
    const before = this.#places(step - 1);
    const list: Change[] = [];
    const change = changes[step] ?? [];
    for (let i = 0; i < change.length; i += 2) {
      const key = change[i] as number;
      const was = before.get(key);
      list.push({
        key: keys[key] as string,
        before: was === undefined ? undefined : values[was],
        after: values[change[i + 1] as number],
      });
    }
    return list;
  }

  #places(step: number): Map<number, number> {
    const { changes } = this.model.state;
    const nearest = Math.min(Math.floor(step / CHECKPOINT_STEPS), this.#checkpoints.length - 1);
    const places = new Map(this.#checkpoints[nearest] ?? []);
    for (let at = nearest < 0 ? 0 : nearest * CHECKPOINT_STEPS + 1; at <= step; at++) {
      apply(places, changes[at] ?? []);
      if (at === this.#checkpoints.length * CHECKPOINT_STEPS)
        this.#checkpoints.push(new Map(places));
    }
    return places;
  }
}

function apply(places: Map<number, number>, change: readonly number[]): void {
  for (let i = 0; i < change.length; i += 2) {
    const value = change[i + 1] as number;
    if (value < 0) places.delete(change[i] as number);
    else places.set(change[i] as number, value);
  }
}

function columnsOf(lanes: readonly Lane[]): number[] {
  const hosts = [...new Set(lanes.map(({ host }) => host))];
  const rank = (lane: number): [number, number] => {
    const { host, pid } = lanes[lane] as Lane;
    return [hosts.indexOf(host), pid];
  };
  return [...lanes.keys()].sort((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    return one[0] - other[0] || one[1] - other[1] || a - b;
  });
}

/** Inputs and active faults are given before the run begins. */
function isMarked({ choice, kind }: Decision): boolean {
  return choice !== 0 && kind !== 'input' && kind !== 'swarm';
}

function push<T>(lists: T[][], place: number, item: T): void {
  const list = lists[place];
  if (list === undefined) lists[place] = [item];
  else list.push(item);
}
