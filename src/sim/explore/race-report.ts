import { type DataRace, raceText } from '../laws/data-races.ts';
import type { Failure } from '../schedule/failure.ts';
import type { Scenario } from '../schedule/scenario.ts';
import type { TraceStep } from '../trace/recorder.ts';
import { tellStory } from '../trace/story.ts';
import type { FoundRace } from './data-races.ts';
import { checkDeterminism } from './determinism.ts';
import { type Finding, sourcesOf } from './investigate.ts';
import { recordRun } from './record.ts';

export const LAW_NO_RACE = 'of two accesses to shared memory, one comes before the other';

/**
 * A data race as a failure that can be told: it shows at the second access. The run itself may have
 * passed.
 */
export function investigateRace(scenario: Scenario, { race, decisions }: FoundRace): Finding {
  const { run, recorder, result } = recordRun(scenario, decisions);
  const second = lastAccess(recorder.steps, race, 'second', recorder.steps.length);
  const failure: Failure = {
    kind: 'race',
    law: LAW_NO_RACE,
    message: raceText(race),
    step: second,
    task: race.second.task,
    signature: `race/${race.cell}`,
  };
  const story = tellStory(failure, run.world, recorder);
  const first = lastAccess(recorder.steps, race, 'first', second - 1);
  const mark = { [first]: 'the first access', [second]: 'the second, unordered' };
  return {
    scenario,
    failure,
    decisions,
    digest: result.digest,
    named: recorder.named(),
    story: {
      ...story,
      at: race.second.where || story.at,
      rows: story.rows.map((row) => ({ ...row, note: mark[row.step] ?? row.note })),
    },
    explanation: undefined,
    reduced: undefined,
    shrinkReplays: 0,
    unsteady: checkDeterminism(scenario, decisions, result.digest),
    sources: sourcesOf(scenario, failure, story, recorder),
  };
}

/** The step of an access, not after `until`; `until` itself if it cannot be told. */
function lastAccess(
  steps: readonly TraceStep[],
  race: DataRace,
  which: 'first' | 'second',
  until: number,
): number {
  const { task, did, where } = race[which];
  const isIt = (step: TraceStep): boolean =>
    step.who === task && step.call === did && (where === undefined || step.where === where);
  return steps.slice(0, until).findLast(isIt)?.step ?? until;
}
