import type { Observer } from '../schedule/observer.ts';
import type { Run, RunResult } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { Recorder, withSources } from '../trace/recorder.ts';
import { attempt } from './attempt.ts';

/** A run that was watched: its end, its world as it then stood, and its trace in words. */
export interface RecordedRun {
  readonly run: Run;
  readonly result: RunResult;
  readonly recorder: Recorder;
}

/** Run a schedule with the recorder on. */
export function recordRun(scenario: Scenario, decisions: readonly number[]): RecordedRun {
  return recordUnder(scenario, new Replay(decisions, 'clamp'));
}

/**
 * The same under any strategy; one that also observes (replay by name) hears of the run as well,
 * and so does what `watcher` makes, which is given a way to the run.
 */
export function recordUnder(
  scenario: Scenario,
  strategy: Strategy & Partial<Observer>,
  watcher: (run: () => Run) => Partial<Observer> = () => strategy,
): RecordedRun {
  let run: Run | undefined;
  const recorder = new Recorder({
    nowMs: () => run?.world.nowMs ?? 0,
    alternative: (index) => (run as Run).alternative(index),
  });
  const observer = bothOf(
    recorder,
    watcher(() => run as Run),
  );
  const watch = (made: Run): void => {
    run = made;
  };
  const result = withSources(() =>
    attempt(scenario, strategy, { observer, watch, digest: true }),
  ) as RunResult;
  return { run: run as unknown as Run, result, recorder };
}

function bothOf(recorder: Recorder, other: Partial<Observer>): Observer {
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
    timePassed: (nowNs) => {
      recorder.timePassed(nowNs);
      other.timePassed?.(nowNs);
    },
    ...(other.tap === undefined ? {} : { tap: other.tap }),
  };
}
