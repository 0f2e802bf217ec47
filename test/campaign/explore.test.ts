import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newCampaign } from '../../src/campaign/begin.ts';
import { Coordinator } from '../../src/campaign/coordinator.ts';
import type { CampaignPlan } from '../../src/campaign/plan.ts';
import { reportOfCampaign } from '../../src/campaign/report.ts';
import type { CampaignState } from '../../src/campaign/state.ts';
import { referenceTo } from '../../src/load/scenario-reference.ts';
import { MODELS } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { exploredScenario } from '../../src/scenarios/explored.ts';
import { Exploration, type ExplorePlan, exploreSlice } from '../../src/sim/explore/exploration.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Killed, Memory, MemoryBackend, stateIn } from './memory.ts';
import { two } from './scenarios.ts';

const HOW: ExplorePlan = {
  ...{ faultsMax: 0, preemptionsMax: null, processMemory: false, outcomes: false },
};
const folder = mkdtempSync(join(tmpdir(), 'heddle-explore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function explored(id: string): Scenario {
  const model = MODELS.find((one) => one.id === id) as Model;
  return exploredScenario(model, 'corrected', { clients: 2, messages: 1, network: 'loopback' });
}

const planOf = (its: readonly Scenario[], more: Partial<CampaignPlan> = {}): CampaignPlan => ({
  scenarios: its.map((one) => referenceTo(one, undefined)),
  ...{ strategies: [], seed: 1, seedsMax: 1, runsMax: null, endsAtFailure: false, width: 8 },
  known: its.map(() => null),
  explore: HOW,
  ...more,
});

interface How {
  /** The order in which pieces are done: the first, or the last of those that are handed out. */
  readonly last: boolean;
  /** Steps until a coordinator is killed. */
  readonly steps?: number;
}

async function campaign(
  its: readonly Scenario[],
  plan: CampaignPlan,
  { last, steps = Number.POSITIVE_INFINITY }: How,
): Promise<CampaignState> {
  const memory = new Memory();
  for (let state = newCampaign('c', plan, {}); ; state = stateIn(memory)) {
    const draw = (below: number): number => (last ? Math.max(0, below - 1) : 0);
    const backend = new MemoryBackend(memory, its, draw);
    backend.steps = steps;
    const coordinator = new Coordinator(state, {
      ...{ backend, scenarios: its, folder, timeMs: Number.POSITIVE_INFINITY },
      ...{ knowledge: new Map(), isStopped: () => false, note: () => {} },
      read: (path) => readFileSync(path, 'utf8'),
    });
    try {
      await coordinator.run();
      return state;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
}

describe('a campaign that explores', () => {
  const its = [explored('select-queues'), explored('threaded')];

  it('makes one run of each class, is complete, and is the same whoever makes what', async () => {
    const classes = its.map((scenario) => {
      const search = new Exploration(HOW);
      for (let taken = search.take(400); taken !== undefined; taken = search.take(400)) {
        search.settle(taken, exploreSlice(scenario, taken.order, search.beginnings));
      }
      return search.classes;
    });
    const one = await campaign(its, planOf(its), { last: false });
    const other = await campaign(its, planOf(its), { last: true });
    const { scenarios } = reportOfCampaign(one, [], null);
    expect(scenarios.map((scenario) => scenario.classes)).toEqual(classes);
    expect(scenarios.map(({ ending }) => ending)).toEqual(['complete', 'complete']);
    expect(other.tallies).toEqual(one.tallies);
    // It was divided: some rounds have all pieces that they may have.
    expect(one.rounds.length).toBeGreaterThan(3);
  });

  it('goes on where it was killed, with the same classes', async () => {
    const whole = await campaign(its, planOf(its), { last: false });
    const killed = await campaign(its, planOf(its), { last: false, steps: 12 });
    expect(killed.tallies).toEqual(whole.tallies);
  });

  it('does not say complete where it ends before', async () => {
    const plan = planOf([explored('select-queues')], { runsMax: 100 });
    const state = await campaign([explored('select-queues')], plan, { last: false });
    const [scenario] = reportOfCampaign(state, [], null).scenarios;
    expect(scenario?.ending).toBe('searched');
    expect(scenario?.message).toMatch(/^not complete, about \d+\.\d %$/);
  });

  it('ends with the first failure, which is saved as heddle explore saves it', async () => {
    const state = await campaign([two], planOf([two]), { last: false });
    const report = reportOfCampaign(state, [], null);
    expect(report.scenarios[0]?.ending).toBe('failed');
    expect(report.finds).toHaveLength(1);
    expect(JSON.parse(readFileSync(report.finds[0]?.path as string, 'utf8'))).toMatchObject({
      found: { strategy: 'dpor', seed: 0 },
    });
  });
});
