import pc from 'picocolors';
import { type Recording, replayRecording } from '../real/recording.ts';
import { readRecording, savedRecordings } from '../real/recording-file.ts';
import { reportOfWatched, type WatchedRun, watched } from '../real/watched.ts';
import { passesNowText } from '../sim/explore/failures.ts';
import { Departure } from '../sim/schedule/departure.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import type { RunResult } from '../sim/schedule/run.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import { EXIT } from './exit-codes.ts';
import { scenarioOfFile, type Whereabouts } from './find-scenario.ts';
import type { Output } from './output.ts';

/**
 * `heddle replay` of a recording: the run on real sockets again, in the simulated kernel. A run
 * that does something other than was recorded is a departure.
 */
export async function replayOfRecording(
  path: string,
  { times, ...where }: Omit<Whereabouts, 'say'> & { readonly times: number },
  out: Output,
): Promise<number> {
  const recording = readRecording(path);
  const { scenario: name, file } = recording;
  const noted = { path, file: { scenario: { name, file } } };
  const scenario = await scenarioOfFile(noted, { ...where, say: (text) => out.warn(text) });
  const { seen, report } = await recordedRun(scenario, recording);
  for (let i = 1; i < times; i++) await replayRecording(scenario, recording);
  const { failure, steps, digest } = seen.result;
  out.object({
    type: 'replay',
    scenario: name,
    digest,
    times,
    same: times,
    steps,
    failure:
      failure === undefined
        ? null
        : {
            kind: failure.kind,
            law: failure.law,
            message: failure.message,
            step: failure.step,
          },
  });
  if (failure === undefined) {
    out.line(`${pc.green('passes')}  ${name}`);
    out.line(`  ${steps} steps, digest ${digest}`);
    return EXIT.ok;
  }
  out.line(report);
  return EXIT.failure;
}

/** A recorded run again, watched; with its report if it fails. */
async function recordedRun(
  scenario: Scenario,
  recording: Recording,
): Promise<{ readonly seen: WatchedRun<RunResult>; readonly report: string }> {
  const seen = await watched((observe) => replayRecording(scenario, recording, { observe }));
  const { failure, digest } = seen.result;
  if (failure === undefined) return { seen, report: '' };
  const found = 'in a recording of a run on real sockets';
  const context = { found, next: [['digest', digest] as const] };
  return { seen, report: reportOfWatched(scenario, failure, seen, context).report };
}

/**
 * The first of a scenario's saved recordings that fails still; undefined if none does. What no
 * longer fits the scenario is told, and what passes.
 */
export async function failingRecording(
  scenario: Scenario,
  note: (text: string) => void,
): Promise<{ readonly path: string; readonly failure: Failure; report: string } | undefined> {
  for (const { path, recording } of savedRecordings(scenario.name, note)) {
    try {
      const { seen, report } = await recordedRun(scenario, recording);
      const { failure } = seen.result;
      if (failure !== undefined) return { path, failure, report };
      note(passesNowText(path));
    } catch (error) {
      if (!(error instanceof Departure)) throw error;
      note(`${path} no longer fits the scenario: ${error.message.split('\n')[0]}`);
    }
  }
  return undefined;
}

/** What a recording cannot be asked for: it is not a schedule of the simulator. */
export function refuseOfRecording(option: string): never {
  throw new UsageError(
    `${option} is for runs of the simulator, and this is a recording of a run on real sockets; take the failure file that was found for it, if there is one`,
  );
}
