import { unpolluted } from '../sim/explore/unpolluted.ts';
import type { Departure } from '../sim/schedule/departure.ts';
import type { Observer } from '../sim/schedule/observer.ts';
import type { Run, RunResult } from '../sim/schedule/run.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import { type LinuxRecording, linuxRecordingShape } from './linux/recording.ts';
import { replayOnLinux } from './linux/replay.ts';
import { type NodeRecording, nodeRecordingShape, RECORDING_VERSION } from './node/recording.ts';
import { replayOnNode } from './node/replay.ts';

/**
 * A run on real sockets, Node's or Linux's own, written down; plain JSON.
 *
 * @since 0.2.0
 */
export type Recording = NodeRecording | LinuxRecording;

const isOfLinux = (recording: Recording): recording is LinuxRecording => 'on' in recording;

/**
 * A recording that was kept as JSON; throws a UsageError if it is none, or of another version.
 *
 * ```ts
 * const recording = parseRecording(json);
 * await replayRecording(echo, recording);
 * ```
 *
 * @since 0.2.0
 */
export function parseRecording(json: string): Recording {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`this is not a recording, not even JSON: ${(error as Error).message}`);
  }
  const version = (value as Partial<Recording> | null)?.heddleRecording as unknown;
  if (version === RECORDING_VERSION) return checked(value as Recording);
  throw new UsageError(
    version === undefined
      ? 'this is not a recording: it has no field "heddleRecording"'
      : `this recording has format ${String(version)}, and this version of heddle reads ${RECORDING_VERSION}; replay it with the version that wrote it`,
  );
}

/** A recording may be somebody else's file: what is not of its shape is refused by its field. */
function checked(value: Recording): Recording {
  const shape = isOfLinux(value) ? linuxRecordingShape : nodeRecordingShape;
  const parsed = unpolluted(() => shape().safeParse(value));
  if (parsed.success) return value;
  const [issue] = parsed.error.issues;
  throw new UsageError(
    `this recording is damaged: field ${JSON.stringify(issue?.path.join('.'))}: ${issue?.message}`,
  );
}

/** How a recording is run again. @since 0.2.0 */
export interface RecordingReplayOptions {
  /** Makes an observer of the run, which it is handed once there is one. Default: none. */
  readonly observe?: (run: () => Run) => Observer;
}

/**
 * Run a recorded run again, in the simulated kernel, without any real socket or clock: the same
 * trace, and the same digest. Rejects with a {@link Departure} where the scenario or a program does
 * something other than it did then.
 *
 * ```ts
 * const { failure } = await replayRecording(echo, readRecording('.heddle/echo.recording.json'));
 * ```
 *
 * @since 0.2.0
 */
export async function replayRecording(
  scenario: Scenario,
  recording: Recording,
  options: RecordingReplayOptions = {},
): Promise<RunResult> {
  if (scenario.name !== recording.scenario) {
    throw new UsageError(
      `this is a recording of "${recording.scenario}", not of "${scenario.name}"`,
    );
  }
  const { observe } = options;
  return isOfLinux(recording)
    ? replayOnLinux(scenario, recording, observe)
    : replayOnNode(scenario, recording, observe);
}
