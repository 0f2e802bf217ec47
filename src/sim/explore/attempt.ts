import type { RunResult } from '../schedule/run.ts';
import { runSync, type SyncOptions } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Replay, type ReplayMode } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';

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

/** Run again under recorded decisions, with a digest. */
export function replay(
  scenario: Scenario,
  decisions: readonly number[],
  mode: ReplayMode = 'strict',
  options: AttemptOptions = {},
): RunResult {
  return attempt(scenario, new Replay(decisions, mode), { digest: true, ...options }) as RunResult;
}
