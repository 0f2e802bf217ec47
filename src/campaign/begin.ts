/** How a campaign begins: with a plan, nothing known, and what has failed before. */

import { checkSaved, lookAtCalm } from '../sim/explore/check.ts';
import { NOTHING_REACHED } from '../sim/explore/reached.ts';
import type { Discovery } from '../sim/explore/reporting.ts';
import { ScheduleFailure } from '../sim/explore/reporting.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { STRATEGY_DEFAULT } from '../sim/schedule/strategies/index.ts';
import { UsageError } from '../sys/errors.ts';
import type { CampaignPlan } from './plan.ts';
import type { CampaignState, Find, Tally } from './state.ts';

/** A campaign that nobody has worked on yet. */
export function newCampaign(
  id: string,
  plan: CampaignPlan,
  code: CampaignState['code'],
): CampaignState {
  return {
    version: 1,
    id,
    plan,
    code,
    closed: -1,
    workedMs: 0,
    pairs: plan.scenarios.flatMap((_, scenario) =>
      plan.strategies.map((strategy) => ({
        ...{ scenario, strategy, streams: [], looked: 0, fresh: 0, runs: 0 },
      })),
    ),
    tallies: plan.scenarios.map(newTally),
    finds: [],
    open: [],
    rounds: [],
    exploring: [],
    isOver: false,
  };
}

function newTally(): Tally {
  return {
    ...{ runs: 0, steps: 0, passed: 0, alike: {}, reached: NOTHING_REACHED },
    ...{ classes: { shift: 0, kept: [] }, looked: 0, over: null, broken: null, explored: null },
  };
}

/** Where failures are saved, and who is told of what. */
interface Around {
  readonly folder: string;
  readonly note: (text: string) => void;
}

/**
 * What comes before all runs: failures that were saved are run first, and the calm run. One that
 * fails calmly, or is another each time, is not searched; what was saved and fails still is told.
 */
export async function lookBefore(
  state: CampaignState,
  scenarios: readonly Scenario[],
  { folder, note }: Around,
): Promise<void> {
  const { plan, tallies, finds } = state;
  const [strategy = STRATEGY_DEFAULT] = plan.strategies;
  const runsMax = plan.runsMax ?? Number.POSITIVE_INFINITY;
  const how: Discovery & { readonly calledAs: 'fuzz' } = {
    ...{ strategy, seed: plan.seed, runsMax, folder, note, calledAs: 'fuzz' },
  };
  for (const [at, scenario] of scenarios.entries()) {
    const tally = tallies[at] as Tally;
    const meet = async (work: () => Promise<void>): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof ScheduleFailure)) throw error;
        finds.push(findOf(error, at, how));
        return false;
      }
    };
    try {
      const isMended = await meet(() => checkSaved(scenario, folder, note, 'fuzz'));
      const isCalm = await meet(() => inMacrotask(() => lookAtCalm(scenario, how)));
      if (!isCalm || (!isMended && plan.endsAtFailure)) tally.over = 'failed';
    } catch (error) {
      if (!isOfScenario(error)) throw error;
      Object.assign(tally, { over: 'broken', broken: error.message });
    }
  }
}

/** It cannot be run, or is not the same twice: that ends this scenario, and no other. */
function isOfScenario(error: unknown): error is Error {
  return error instanceof UsageError || (error as Error).name === 'NondeterminismError';
}

function findOf(error: ScheduleFailure, scenario: number, { strategy, seed = 0 }: Discovery): Find {
  return {
    ...{ kind: 'failure', scenario, strategy, seed, met: null, times: 1, isOpen: false },
    signature: error.failure.signature,
    path: error.path ?? null,
    report: `${error.name}: ${error.message}`,
  };
}
