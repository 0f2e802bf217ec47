/** From a failure that somebody has met to one that is saved and told, as `heddle fuzz` does it. */
import { replay } from '../sim/explore/attempt.ts';
import { foundAgain } from '../sim/explore/batch.ts';
import { keptFailure } from '../sim/explore/check.ts';
import type { Reduction } from '../sim/explore/investigate.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { ERROR_NAME } from '../sim/trace/report.ts';
import type { CampaignPlan } from './plan.ts';
import type { Find } from './state.ts';

/** Whether there is something to reduce: not in a calm run, nor in one that the clock has ended. */
export function isReducible({ met }: Find): boolean {
  return met !== null && met.failure.cutAfter === undefined && met.decisions.some(Boolean);
}

/** Where, and how, failures of a campaign are kept. */
export interface Keeping {
  readonly plan: CampaignPlan;
  readonly folder: string;
  readonly note: (text: string) => void;
}

/** Save a failure, and note in the find what there is to say of it. */
export async function keepFind(
  scenario: Scenario,
  find: Find,
  reduction: Reduction | 'stopped' | undefined,
  { plan, folder, note }: Keeping,
): Promise<void> {
  const { met, strategy, seed } = find;
  find.isOpen = false;
  if (met === null) return;
  const runsMax = plan.runsMax ?? Number.POSITIVE_INFINITY;
  const isDrawn = plan.explore === null;
  const drawn = isDrawn ? { runsMax, seed } : { runsMax: undefined, seed: undefined };
  const how = { ...drawn, strategy, folder, note, reduction, calledAs: 'fuzz' } as const;
  await inMacrotask(() => {
    const isCut = met.failure.cutAfter !== undefined;
    const failure = isCut ? met.failure : replay(scenario, met.decisions, 'clamp').failure;
    if (failure?.signature !== find.signature) {
      find.report = `${ERROR_NAME}: ${met.failure.message}\n\nrun ${met.run} by ${strategy}, seed ${seed}, failed so on another machine, and does not fail so on this one: something that is not heddle's decides there`;
      return;
    }
    const error = keptFailure(scenario, foundAgain(scenario, met), how);
    find.path = error.path ?? null;
    find.report = `${error.name}: ${error.message}`;
  });
}
