/** The run that a failure file or a schedule as text stands for. */
import { existsSync } from 'node:fs';
import { replayKept } from '../sim/explore/attempt.ts';
import { readFailure } from '../sim/explore/failures.ts';
import { type RecordedRun, recordRun } from '../sim/explore/record.ts';
import { replaySaved } from '../sim/explore/replay-file.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { isScheduleText, parseSchedule } from '../sim/schedule/text.ts';
import { UsageError } from '../sys/errors.ts';
import { scenarioOfFile, scenarioOfText, type Whereabouts } from './find-scenario.ts';
import { inOtherWorlds, isOtherWorld, type WorldOptions } from './options.ts';

/** A schedule with the run that it gave. */
export interface FoundRun {
  readonly scenario: Scenario;
  readonly decisions: readonly number[];
  readonly recorded: RecordedRun;
  readonly digest: string;
}

/** What is asked for, and where its scenario is looked for. */
interface RunWanted extends Whereabouts, WorldOptions {
  /** A failure file, or a schedule as text. */
  readonly what: string;
  /** Follow names instead of places. */
  readonly byName: boolean;
}

/**
 * What has to be imported is there when this resolves; the runs are made by the function it gives.
 */
export function findRun(wanted: RunWanted): Promise<() => FoundRun> {
  return isScheduleText(wanted.what) ? runOfText(wanted) : runOfFile(wanted);
}

async function runOfText(wanted: RunWanted): Promise<() => FoundRun> {
  if (wanted.byName)
    throw new UsageError('--by-name needs a failure file: a schedule as text has no names');
  const parsed = parseSchedule(wanted.what);
  const scenario = inOtherWorlds(await scenarioOfText(parsed.scenario, wanted), wanted);
  return () => {
    const { decisions } = parsed;
    const { digest } = replayKept(scenario, parsed);
    return { scenario, decisions, digest, recorded: recordRun(scenario, decisions) };
  };
}

async function runOfFile(wanted: RunWanted): Promise<() => FoundRun> {
  if (!existsSync(wanted.what)) {
    throw new UsageError(
      `${JSON.stringify(wanted.what)} is neither a file nor a schedule (those begin with h1:); heddle fuzz prints both`,
    );
  }
  if (isOtherWorld(wanted)) {
    throw new UsageError(
      '--faults, --latency and --splits are for schedules as text: a failure file says them itself',
    );
  }
  const saved = { path: wanted.what, file: readFailure(wanted.what) };
  const scenario = await scenarioOfFile(saved, wanted);
  return () => {
    const again = replaySaved(scenario, saved, { byName: wanted.byName });
    if (!again.same && !wanted.byName) {
      wanted.say(
        'the trace is not the recorded one (the program has changed since); following names instead of places',
      );
    }
    return again;
  };
}
