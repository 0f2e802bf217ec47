import { type KeptFinding, reportOf } from '../sim/explore/reporting.ts';
import { formatSchedule } from '../sim/schedule/text.ts';
import { HEDDLE, nextCommands } from '../sim/trace/invocation.ts';

/** The report of a failure, which ends in the commands that show it again. */
export function reportToReplay(kept: KeptFinding): string {
  const schedule = formatSchedule(kept.scenario.name, kept.decisions);
  const again: [string, string] = ['again', `${HEDDLE} replay ${schedule}`];
  return reportOf(kept, { found: kept.found, next: [...nextCommands(kept.path), again] });
}
