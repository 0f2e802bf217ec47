import type { RunResult } from '../schedule/run.ts';
import { runSync, type SyncOptions } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { FittingReplay } from '../schedule/strategies/fitting.ts';
import { Replay, type ReplayMode } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { type ParsedSchedule, ScheduleError } from '../schedule/text.ts';

export type AttemptOptions = Omit<SyncOptions, 'strategy'>;

/** One run under `strategy`, or undefined when it has nothing left to try. */
export function attempt(
  scenario: Scenario,
  strategy: Strategy,
  options: AttemptOptions = {},
): RunResult | undefined {
  if (!strategy.begin()) return undefined;
  return runSync(scenario, { strategy, ...options });
}

/** What a schedule's decisions are about, for {@link formatSchedule}. */
export function fitOf(scenario: Scenario, decisions: readonly number[]): number | undefined {
  const replaying = new FittingReplay(decisions, 'clamp');
  attempt(scenario, replaying);
  return replaying.fit;
}

/**
 * Run a schedule again that was kept as text.
 *
 * @throws ScheduleError if the run has no failure and the schedule does not fit the scenario: then
 *   its decisions are about other moments, and that nothing fails says nothing
 */
export function replayKept(
  scenario: Scenario,
  { decisions, fit }: Pick<ParsedSchedule, 'decisions' | 'fit'>,
): RunResult {
  const replaying = new FittingReplay(decisions);
  const result = attempt(scenario, replaying, { digest: true, fresh: true }) as RunResult;
  const fits = replaying.fit !== undefined && (fit === undefined || fit === replaying.fit);
  if (result.failure === undefined && !fits) throw new ScheduleError(MISFIT);
  return result;
}

const MISFIT =
  'this schedule no longer fits: the scenario, or a program in it, has been edited since it was taken, so its decisions are about other moments, and that the run passed says nothing; keep the failure file under .heddle/ instead, which names what it decides and survives edits, or take a schedule again from the next failure';

/**
 * Run again under recorded decisions, with a digest, and each syscall in a record of its own.
 *
 * ```ts
 * const { failure } = replay(echo, [0, 1]);
 * ```
 *
 * @since 0.1.0
 */
export function replay(
  scenario: Scenario,
  decisions: readonly number[],
  mode: ReplayMode = 'strict',
  options: AttemptOptions = {},
): RunResult {
  return attempt(scenario, new Replay(decisions, mode), {
    digest: true,
    fresh: true,
    ...options,
  }) as RunResult;
}
