import type { Departure } from '../../sim/schedule/departure.ts';
import type { Observer } from '../../sim/schedule/observer.ts';
import type { Run, RunResult } from '../../sim/schedule/run.ts';
import type { Scenario } from '../../sim/schedule/scenario.ts';
import { Replay } from '../../sim/schedule/strategies/replay.ts';
import { JournalReader } from './journal.ts';
import { replayedLibc } from './recorded-libc.ts';
import type { LinuxRecording } from './recording.ts';
import { LinuxRun } from './run.ts';

/**
 * Run a run on Linux again, from what it was told: no socket, no clock, no Linux. Rejects with a
 * {@link Departure} where a program asks for something other than it did then.
 */
export async function replayOnLinux(
  scenario: Scenario,
  recording: LinuxRecording,
  observe: ((run: () => Run) => Observer) | undefined,
): Promise<RunResult> {
  const { settings, schedule, digest } = recording;
  let linux: LinuxRun | undefined;
  const journal = new JournalReader(recording, () => linux?.run.stepCount ?? 0);
  const strategy = new Replay(schedule);
  const options = { ...settings, strategy, ...(observe === undefined ? {} : { observe }) };
  try {
    linux = new LinuxRun(scenario, options, replayedLibc(journal), journal);
    await linux.drive();
  } catch (error) {
    throw journal.departure ?? error;
  }
  // The laws are judged, and may ask for something as well.
  const result = linux.run.finish();
  journal.end();
  if (result.digest === digest) return result;
  return journal.depart(`a trace with digest ${digest}`, `one with digest ${result.digest}`);
}
