/** Schedules as an arbitrary of fast-check. */
import { Arbitrary, type Random, Stream, Value } from 'fast-check';
import { fitOf, replay } from './sim/explore/attempt.ts';
import { type Found, fuzz } from './sim/explore/fuzz.ts';
import { type Finding, investigate, lookAt } from './sim/explore/investigate.ts';
import { recordRun } from './sim/explore/record.ts';
import { asError, ScheduleFailure } from './sim/explore/reporting.ts';
import { inMacrotask } from './sim/schedule/runtime/execute.ts';
import type { Scenario } from './sim/schedule/scenario.ts';
import { formatSchedule, parseSchedule, ScheduleError, scenarioHash } from './sim/schedule/text.ts';

/**
 * Runs that stand for a schedule which is being shrunk; as many as find most failures again in a
 * scenario with smaller inputs.
 */
const RUNS_NEAR = 100;

/**
 * How much is done with the runs of a random walk.
 *
 * `once`: the first of them. `near`: those after it too, until one fails; for while the inputs
 * shrink, as the very schedule means little to other inputs. `reduced`: the same, and the failing
 * run is shrunk as heddle shrinks. Each is a function of the seed and the scenario alone, so
 * fast-check can replay its path without having run what lies on it.
 */
const EFFORTS = ['once', 'near', 'reduced'] as const;
type Effort = (typeof EFFORTS)[number];

type Origin =
  | { readonly from: 'walk'; readonly seed: number; readonly effort: Effort }
  | { readonly from: 'text'; readonly text: string };

/**
 * A schedule that a property is given. It does not know the scenario before it is tried on one;
 * then it knows which decisions it stood for, and shows them: what is printed can be pasted back
 * into {@link schedule}.
 *
 * @since 0.1.0
 */
export class Schedule {
  readonly #origin: Origin;
  #shown: string | undefined;

  /** Use {@link schedules} or {@link schedule}. */
  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /**
   * Try it on a scenario whose tasks are generators, or from inside a macrotask of heddle's.
   *
   * @throws ScheduleFailure if a law breaks; its message is the report
   */
  check(scenario: Scenario): void {
    const origin = this.#origin;
    if (origin.from === 'text') this.#checkText(scenario, origin.text);
    else this.#checkWalk(scenario, origin.seed, origin.effort);
  }

  /** As {@link check}, for asynchronous properties and for scenarios with async tasks. */
  checkAsync(scenario: Scenario): Promise<void> {
    return inMacrotask(() => this.check(scenario));
  }

  #checkText(scenario: Scenario, text: string): void {
    const { scenario: hash, decisions } = parseSchedule(text);
    if (hash !== scenarioHash(scenario.name)) {
      throw new ScheduleError(
        `this schedule belongs to another scenario than ${JSON.stringify(scenario.name)} (a scenario is known by its name)`,
      );
    }
    const { failure, digest } = replay(scenario, decisions, 'strict');
    if (failure === undefined) return;
    throw this.#failure(lookAt(scenario, decisions, recordRun(scenario, decisions), digest));
  }

  #checkWalk(scenario: Scenario, seed: number, effort: Effort): void {
    const runs = effort === 'once' ? 1 : RUNS_NEAR;
    const { found } = fuzz(scenario, { runs, seed });
    if (found === undefined) return;
    if (effort === 'reduced') throw this.#failure(investigate(scenario, found));
    throw this.#unreduced(scenario, found);
  }

  #failure(finding: Finding): ScheduleFailure {
    const { decisions, scenario } = finding;
    const text = formatSchedule(scenario.name, decisions, fitOf(scenario, decisions));
    this.#shown = text;
    return asError(finding, { next: [['pin', codeOf(text)]] });
  }

  /** Of a failure that will be shrunk, a report would be in vain. */
  #unreduced(scenario: Scenario, { failure, decisions }: Found): ScheduleFailure {
    const text = formatSchedule(scenario.name, decisions);
    this.#shown = text;
    const message = `${failure.message}\n\n  law        ${failure.law}\n  pin        ${codeOf(text)}`;
    return new ScheduleFailure(message, failure, text, {
      at: undefined,
      path: undefined,
      found: undefined,
    });
  }

  /** What is simpler than it, if anything is. */
  simpler(): Schedule | undefined {
    const origin = this.#origin;
    if (origin.from === 'text') return undefined;
    const effort = EFFORTS[EFFORTS.indexOf(origin.effort) + 1];
    return effort && new Schedule({ ...origin, effort });
  }

  /** As {@link schedule} takes it. */
  get text(): string {
    if (this.#shown !== undefined) return this.#shown;
    const origin = this.#origin;
    return origin.from === 'text' ? origin.text : `${origin.effort}:${origin.seed}`;
  }

  /** As code: what fast-check prints in its counterexamples. */
  toString(): string {
    return codeOf(this.text);
  }
}

function codeOf(text: string): string {
  return `schedule('${text}')`;
}

/**
 * A schedule from its text: the decisions that a report shows (`h1:…`), or what `fc.sample` shows
 * of one that has not been tried on anything yet (`once:1234`).
 *
 * ```ts
 * schedule('h1:_8lVBAEAAeps').check(echo);
 * ```
 *
 * @since 0.1.0
 */
export function schedule(text: string): Schedule {
  const [name, number] = text.trim().split(':');
  const effort = EFFORTS.find((one) => one === name);
  if (effort !== undefined && /^\d+$/.test(number ?? '')) {
    return new Schedule({ from: 'walk', seed: Number(number), effort });
  }
  parseSchedule(text);
  return new Schedule({ from: 'text', text: text.trim() });
}

/**
 * Schedules, for properties:
 *
 * ```ts
 * const inputs = [clients(), schedules()] as const;
 * fc.assert(fc.property(...inputs, (clients, schedule) => schedule.check(echoOf(clients))));
 * await fc.assert(
 *   fc.asyncProperty(...inputs, (clients, schedule) => schedule.checkAsync(echoOf(clients))),
 * );
 * ```
 *
 * They shrink together with the inputs beside them: at first a schedule stands for itself, then for
 * those near it, so that smaller inputs fail again, and at last for the reduced one.
 *
 * @since 0.1.0
 */
export function schedules(): Arbitrary<Schedule> {
  return new ScheduleArbitrary();
}

class ScheduleArbitrary extends Arbitrary<Schedule> {
  generate(mrng: Random): Value<Schedule> {
    const seed = mrng.nextInt(0, 0x7fff_ffff);
    return new Value(new Schedule({ from: 'walk', seed, effort: 'once' }), undefined);
  }

  canShrinkWithoutContext(value: unknown): value is Schedule {
    return value instanceof Schedule;
  }

  shrink(value: Schedule): Stream<Value<Schedule>> {
    const simpler = value.simpler();
    return simpler === undefined ? Stream.nil() : Stream.of(new Value(simpler, undefined));
  }
}
