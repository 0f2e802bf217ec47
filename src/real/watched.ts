import { bothOf } from '../sim/explore/record.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import type { Observer } from '../sim/schedule/observer.ts';
import type { Run } from '../sim/schedule/run.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { Recorder, withSourcesMeanwhile } from '../sim/trace/recorder.ts';
import { formatReport, type ReportContext } from '../sim/trace/report.ts';
import { type Story, tellStory } from '../sim/trace/story.ts';

/** A run that was watched by the recorder, and what came of it. */
export interface WatchedRun<Result> {
  readonly result: Result;
  readonly run: Run;
  readonly recorder: Recorder;
}

/** Makes an observer of a run; it is handed the run as soon as that exists. */
export type Observe = (run: () => Run) => Observer;

/** Let `go` make a run with the recorder on; `other` hears of everything as well. */
export async function watched<Result>(
  go: (observe: Observe) => Promise<Result>,
  other: Observer | undefined = undefined,
): Promise<WatchedRun<Result>> {
  let made: { readonly run: () => Run; readonly recorder: Recorder } | undefined;
  const observe: Observe = (run) => {
    const recorder = new Recorder(run);
    made = { run, recorder };
    return other === undefined ? recorder : bothOf(recorder, other);
  };
  const result = await withSourcesMeanwhile(() => go(observe));
  const { run, recorder } = made as unknown as NonNullable<typeof made>;
  recorder.finish();
  return { result, run: run(), recorder };
}

/** The report of a failure that was watched, and its story. */
export function reportOfWatched(
  scenario: Scenario,
  failure: Failure,
  { run, recorder }: WatchedRun<unknown>,
  context: Omit<ReportContext, 'scenario'>,
): { readonly report: string; readonly story: Story } {
  const story = tellStory(failure, run.world, recorder);
  return { story, report: formatReport(story, { scenario: scenario.name, ...context }) };
}
