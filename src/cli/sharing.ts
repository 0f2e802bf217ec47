import { attempt } from '../sim/explore/attempt.ts';
import type { Process } from '../sim/kernel/process.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { Calm } from '../sim/schedule/strategies/calm.ts';

/** Tasks that could share variables without saying so, because they are of one process. */
export interface Sharing {
  readonly process: string;
  readonly tasks: readonly string[];
}

/** The processes of a scenario that have several tasks, as the quiet run shows them. */
export function sharingProcesses(scenario: Scenario): readonly Sharing[] {
  const seen = new Set<Process>();
  attempt(scenario, new Calm(), { observer: { stepped: ({ process }) => void seen.add(process) } });
  return [...seen]
    .filter(({ tasks }) => tasks.length > 1)
    .map(({ name, tasks }) => ({ process: name, tasks: tasks.map((task) => task.name) }));
}
