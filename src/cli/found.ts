import { type FailureToSave, saveFailure } from '../sim/explore/failures.ts';
import type { Found } from '../sim/explore/fuzz.ts';
import { type Finding, investigate, type Reduction } from '../sim/explore/investigate.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { formatSchedule } from '../sim/schedule/text.ts';
import { HEDDLE, nextCommands } from '../sim/trace/invocation.ts';
import { countText, formatReport } from '../sim/trace/report.ts';
import { UsageError } from '../sys/errors.ts';
import type { Output } from './output.ts';

/** A failure that has been shrunk and saved, with its report. */
export interface Told extends Finding {
  /** The file it was saved to; undefined when that was not possible. */
  readonly path: string | undefined;
  readonly report: string;
}

/**
 * Look at a failure that has been reduced, check that it is deterministic, save it, and write its
 * report.
 */
export function tellFailure(
  scenario: Scenario,
  found: Found,
  by: { readonly strategy: string; readonly seed: number; readonly seedText: string },
  out: Output,
  reduction?: Reduction,
): Told {
  const finding = investigate(scenario, found, reduction);
  const path = saveOrWarn(out, {
    ...finding,
    at: finding.story.at,
    found: {
      run: found.run,
      strategy: by.strategy,
      seed: by.seed,
      decisions: found.decisionCount,
      shrinkReplays: finding.shrinkReplays,
    },
  });
  const schedule = formatSchedule(scenario.name, finding.decisions);
  const report = formatReport(finding.story, {
    scenario: scenario.name,
    found: `run ${countText(found.run)} by ${by.strategy}${by.seedText}`,
    reduced: finding.reduced,
    unsteadyAt: finding.unsteadyAt,
    next: [...nextCommands(path), ['again', `${HEDDLE} replay ${schedule}`]],
  });
  return { ...finding, path, report };
}

/** A failure that cannot be saved is still told; the message carries its schedule. */
function saveOrWarn(out: Output, failure: FailureToSave): string | undefined {
  try {
    return saveFailure(failure);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    out.warn(error.message);
    return undefined;
  }
}
