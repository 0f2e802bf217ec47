import type { Scenario } from '../schedule/scenario.ts';
import type { TraceStep } from '../trace/recorder.ts';
import { replay } from './attempt.ts';
import { recordRun } from './record.ts';

/** The first place where two runs of one schedule were not the same. */
export interface Nondeterminism {
  readonly step: number;
  readonly once: TraceStep | undefined;
  readonly again: TraceStep | undefined;
}

/**
 * Run a schedule twice and compare the digests; if they differ, run it twice more with the recorder on and say where the runs part.
 * A scenario that fails this check uses something that no schedule controls: the time of day, Math.random, state left by an earlier run.
 */
export function checkDeterminism(
  scenario: Scenario,
  decisions: readonly number[],
  digest?: string,
): Nondeterminism | undefined {
  const first = digest ?? replay(scenario, decisions, 'clamp').digest;
  if (replay(scenario, decisions, 'clamp').digest === first) return undefined;
  const once = recordedSteps(scenario, decisions);
  const again = recordedSteps(scenario, decisions);
  const length = Math.max(once.length, again.length);
  for (let i = 0; i < length; i++) {
    if (stepText(once[i]) !== stepText(again[i])) {
      return { step: i + 1, once: once[i], again: again[i] };
    }
  }
  // The texts agree (long contents are shortened in them); the digest saw more.
  return { step: length, once: once.at(-1), again: again.at(-1) };
}

function recordedSteps(scenario: Scenario, decisions: readonly number[]): TraceStep[] {
  return recordRun(scenario, decisions).recorder.steps;
}

function stepText(step: TraceStep | undefined): string {
  return step === undefined ? '' : `${step.who} ${step.did} ${step.result} ${step.timeMs}`;
}
