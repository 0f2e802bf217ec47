import pc from 'picocolors';
import { replayRecording } from '../real/node/index.ts';
import { readRecording } from '../real/recording-file.ts';
import { reportOfWatched, watched } from '../real/watched.ts';
import { UsageError } from '../sys/errors.ts';
import { EXIT } from './exit-codes.ts';
import { scenarioOfFile, type Whereabouts } from './find-scenario.ts';
import type { Output } from './output.ts';

/**
 * `heddle replay` of a recording: the run on real sockets again, in the simulated kernel. A run
 * that does something else than was recorded is a departure.
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
  const seen = await watched((observe) => replayRecording(scenario, recording, { observe }));
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
  const found = 'in a recording of a run on real sockets';
  out.line(reportOfWatched(scenario, failure, seen, { found, next: [['digest', digest]] }).report);
  return EXIT.failure;
}

/** What a recording cannot be asked for: it is not a schedule of the simulator. */
export function refuseOfRecording(option: string): never {
  throw new UsageError(
    `${option} is for runs of the simulator, and this is a recording of a run on real sockets; take the failure file that was found for it, if there is one`,
  );
}
