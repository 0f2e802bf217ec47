import type { Task } from '../kernel/task.ts';
import type { EnvironmentEvent } from '../network/events.ts';
import type { Observer } from '../schedule/observer.ts';
import type { Run, RunResult } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { ChoicePoint, Strategy } from '../schedule/strategy.ts';
import type { Drawing } from '../trace/drawing.ts';
import { Recorder, withSources } from '../trace/recorder.ts';
import { attempt } from './attempt.ts';

/** A run that was recorded: its end, its world as it then stood, and its trace. @since 0.1.0 */
export interface RecordedRun {
  /** The run, with its world as it was at the end. */
  readonly run: Run;
  /** How it ended. */
  readonly result: RunResult;
  /** All steps and decisions, for reports and pictures. */
  readonly recorder: Recorder;
}

/**
 * Run a schedule with the recorder on; `drawing` is told of what only a picture needs.
 *
 * ```ts
 * const { result, recorder } = recordRun(echo, []);
 * ```
 *
 * @since 0.1.0
 */
export function recordRun(
  scenario: Scenario,
  decisions: readonly number[],
  drawing?: Drawing,
): RecordedRun {
  return recordUnder(scenario, new Replay(decisions, 'clamp'), drawing);
}

/**
 * Run a scenario under any strategy with the recorder on; a strategy that also observes (replay by
 * name) hears of the run as well.
 */
export function recordUnder(
  scenario: Scenario,
  strategy: Strategy & Partial<Observer>,
  drawing?: Drawing,
): RecordedRun {
  let run: Run | undefined;
  const recorder = new Recorder(() => run as Run, drawing);
  const told = new Told(strategy, (mover) => recorder.begins(mover));
  const observer = bothOf(recorder, strategy);
  const watch = (made: Run): void => {
    run = made;
  };
  const result = withSources(
    () => attempt(scenario, told, { observer, watch, digest: true, fresh: true }),
    drawing !== undefined,
  ) as RunResult;
  recorder.finish();
  return { run: run as unknown as Run, result, recorder };
}

/** Another strategy, which tells who moves before it does. */
class Told implements Strategy {
  readonly name: string;
  readonly #inner: Strategy;
  readonly #tell: (mover: Task | EnvironmentEvent) => void;

  constructor(inner: Strategy, tell: (mover: Task | EnvironmentEvent) => void) {
    this.name = inner.name;
    this.#inner = inner;
    this.#tell = tell;
  }

  begin(): boolean {
    return this.#inner.begin();
  }

  choose(...given: Parameters<Strategy['choose']>): number {
    return this.#inner.choose(...given);
  }

  moves(mover: Task | EnvironmentEvent, point: ChoicePoint): void {
    this.#inner.moves?.(mover, point);
    this.#tell(mover);
  }

  end(...given: Parameters<Strategy['end']>): void {
    this.#inner.end(...given);
  }
}

/** The recorder, which tells another observer of everything as well. */
export function bothOf(recorder: Recorder, other: Observer): Observer {
  return {
    decided: (...args) => {
      recorder.decided(...args);
      other.decided?.(...args);
    },
    stepped: (...args) => {
      recorder.stepped(...args);
      other.stepped?.(...args);
    },
    fired: (label, happening) => {
      recorder.fired(label, happening);
      other.fired?.(label, happening);
    },
    told: (...args) => {
      recorder.told(...args);
      other.told?.(...args);
    },
    signalled: (...args) => {
      recorder.signalled(...args);
      other.signalled?.(...args);
    },
    timePassed: (nowNs) => {
      recorder.timePassed(nowNs);
      other.timePassed?.(nowNs);
    },
    tap: recorder.tap,
  };
}
