import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newCampaign } from '../../src/campaign/begin.ts';
import { Coordinator } from '../../src/campaign/coordinator.ts';
import type { JobResult } from '../../src/campaign/job.ts';
import type { CampaignPlan } from '../../src/campaign/plan.ts';
import { reportOfCampaign } from '../../src/campaign/report.ts';
import type { CampaignState } from '../../src/campaign/state.ts';
import { check, ScheduleFailure } from '../../src/index.ts';
import { referenceTo } from '../../src/load/scenario-reference.ts';
import { batchesHere, wholeBatches } from '../../src/sim/explore/batch.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { Killed, Memory, MemoryBackend, stateIn } from './memory.ts';
import { calm, three, two } from './scenarios.ts';

const scenarios = [three, calm, two];
const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-campaign-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const planOf = (its: readonly Scenario[], more: Partial<CampaignPlan> = {}): CampaignPlan => ({
  scenarios: its.map((one) => referenceTo(one, undefined)),
  strategies: ['portfolio', 'random'],
  seed: 1,
  seedsMax: 2,
  runsMax: 600,
  endsAtFailure: false,
  width: 8,
  known: its.map(() => null),
  explore: null,
  ...more,
});

/** Numbers below a bound, the same ones for a seed. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return below === 0 ? 0 : state % below;
  };
}

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

interface Made {
  readonly state: CampaignState;
  readonly files: Record<string, string>;
  readonly memory: Memory;
  readonly notes: readonly string[];
}

interface How {
  readonly its?: readonly Scenario[];
  readonly timeMs?: number;
  /** Steps until a coordinator is killed; each time another number. */
  readonly killedAfter?: () => number;
  readonly spoil?: MemoryBackend['spoil'];
}

async function campaign(plan: CampaignPlan, seed: number, how: How = {}): Promise<Made> {
  const { its = scenarios, timeMs = Number.POSITIVE_INFINITY, killedAfter, spoil } = how;
  const memory = new Memory();
  const folder = newFolder();
  const draw = drawing(seed);
  const notes: string[] = [];
  for (let state = newCampaign('c', plan, {}); ; state = stateIn(memory)) {
    const backend = new MemoryBackend(memory, its, draw, spoil);
    backend.steps = killedAfter?.() ?? Number.POSITIVE_INFINITY;
    const coordinator = new Coordinator(state, {
      ...{ backend, scenarios: its, folder, timeMs, knowledge: new Map() },
      read: (path) => readFileSync(path, 'utf8'),
      isStopped: () => false,
      note: (text) => notes.push(text),
    });
    try {
      await coordinator.run();
      return { state, files: filesIn(folder), memory, notes };
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      if (memory.state === '') memory.state = JSON.stringify(newCampaign('c', plan, {}));
    }
  }
}

/** What came of it, but for how long it took. */
const resultOf = ({ state, files }: Made): object => {
  const { workedMs: _, ...report } = reportOfCampaign(state, [], null);
  const finds = report.finds.map(({ path, report: text, ...find }) => ({
    ...find,
    path: path?.split('/').at(-1),
    text: text.replaceAll(/\/\S*heddle-campaign-\w+/g, ''),
  }));
  return { ...report, finds, files };
};

describe('a campaign', () => {
  it('is the same in whichever order results come', async () => {
    const one = await campaign(planOf(scenarios), 1);
    const other = await campaign(planOf(scenarios), 7);
    expect(Object.keys(one.files)).toHaveLength(3);
    expect(resultOf(other)).toEqual(resultOf(one));
    const { runs } = reportOfCampaign(one.state, [], null);
    expect(runs).toBe(600 * 2 * 2 * scenarios.length);
  });

  it('goes on where it was killed: nothing is lost, and nothing counts twice', async () => {
    const plan = planOf(scenarios);
    const whole = await campaign(plan, 1);
    const draw = drawing(3);
    const killed = await campaign(plan, 2, { killedAfter: () => 6 + draw(10) });
    expect(resultOf(killed)).toEqual(resultOf(whole));
    expect(killed.memory.done).toBeGreaterThanOrEqual(whole.memory.done);
  });

  it('counts nothing twice, whichever step it is killed at', async () => {
    const plan = planOf([two], { strategies: ['random'], seedsMax: 2, runsMax: 5_000, width: 2 });
    const whole = await campaign(plan, 1, { its: [two] });
    for (let steps = 4; steps < 14; steps++) {
      const killed = await campaign(plan, 1, { its: [two], killedAfter: () => steps });
      expect(killed.state.tallies, `killed after ${steps} steps`).toEqual(whole.state.tallies);
    }
  });

  it('saves what a search of each scenario alone saves, byte for byte', async () => {
    const plan = planOf(scenarios, {
      ...{ strategies: ['portfolio'], seedsMax: 1, runsMax: 700, endsAtFailure: true },
    });
    const { files } = await campaign(plan, 1);
    const folder = newFolder();
    for (const one of scenarios) {
      await check(one, { runs: 700, folder, note: () => {} }).catch((error) => {
        if (!(error instanceof ScheduleFailure)) throw error;
      });
    }
    expect(Object.keys(files)).toHaveLength(2);
    expect(files).toEqual(filesIn(folder));
  });

  it('makes the very batches of a search alone, with what that has learned and forgotten', async () => {
    const runs = 17_500;
    const plan = planOf([three], { strategies: ['portfolio'], seedsMax: 1, runsMax: runs });
    const made = new Map<number, readonly number[]>();
    await campaign(plan, 1, {
      its: [three],
      spoil: (_job, result) => {
        if (result.kind !== 'batches') return result;
        for (const { firstRun, classes } of result.batches) made.set(firstRun, classes);
        return result;
      },
    });
    const alone = new Map<number, readonly number[]>();
    const batches = batchesHere(three, { strategy: 'portfolio', seed: 1 }, runs);
    for await (const { firstRun, classes } of wholeBatches(batches)) alone.set(firstRun, classes);
    expect([...made].sort(([a], [b]) => a - b)).toEqual([...alone]);
    // Beyond the round in which a search begins to learn again.
    expect(made.size).toBeGreaterThan(18);
  });

  it('ends at the end of a round when time is up, and goes on from there', async () => {
    const plan = planOf([calm], { strategies: ['random'], runsMax: 20_000, seedsMax: 1 });
    const { state, memory } = await campaign(plan, 1, { its: [calm], timeMs: 0 });
    expect(state.closed).toBe(0);
    expect(state.isOver).toBe(false);
    const whole = await campaign(plan, 1, { its: [calm] });
    const backend = new MemoryBackend(memory, [calm], drawing(5));
    const later = new Coordinator(stateIn(memory), {
      ...{ backend, scenarios: [calm], folder: newFolder(), timeMs: Number.POSITIVE_INFINITY },
      read: (path) => readFileSync(path, 'utf8'),
      ...{ knowledge: new Map(), isStopped: () => false, note: () => {} },
    });
    expect(await later.run()).toBe('over');
    expect(later.state.tallies).toEqual(whole.state.tallies);
  });

  it('asks again where somebody answers with other runs than were asked for', async () => {
    let spoiled = 0;
    const spoil = (_job: unknown, result: JobResult): JobResult => {
      if (result.kind !== 'batches' || spoiled > 2) return result;
      spoiled++;
      const [first, ...rest] = result.batches;
      return {
        kind: 'batches',
        batches: [{ ...(first as object), firstRun: 7 } as never, ...rest],
      };
    };
    const plan = planOf([two], { seedsMax: 1 });
    const made = await campaign(plan, 1, { its: [two], spoil });
    expect(made.notes).toHaveLength(3);
    expect(made.notes[0]).toMatch(/memory has answered b-\S+ with something else/);
    const honest = await campaign(plan, 1, { its: [two] });
    expect(resultOf(made)).toEqual(resultOf(honest));
  });

  it('sets aside what ends each process that makes it, and goes on without', async () => {
    const plan = planOf([calm], { strategies: ['random'], seedsMax: 1, runsMax: 1_200 });
    const spoil: MemoryBackend['spoil'] = (job, result) =>
      job.key === 'b-0-0-1001' ? { kind: 'aside', deaths: ['SIGSEGV', 'SIGSEGV'] } : result;
    const { state } = await campaign(plan, 1, { its: [calm], spoil });
    const { runs, finds } = reportOfCampaign(state, [], null);
    expect(runs).toBe(1_000);
    expect(finds).toEqual([
      expect.objectContaining({
        kind: 'aside',
        report:
          'runs 1001 to 1200 by random, seed 1, end the process that makes them (SIGSEGV; SIGSEGV): they were set aside',
      }),
    ]);
  });

  it('ends a scenario that cannot be run, and no other', async () => {
    const plan = planOf([calm, two], { seedsMax: 1 });
    const spoil: MemoryBackend['spoil'] = (job, result) =>
      job.scenario === 0 ? { kind: 'broken', name: 'UsageError', message: 'no' } : result;
    const { state } = await campaign(plan, 1, { its: [calm, two], spoil });
    const report = reportOfCampaign(state, [], null);
    expect(report.scenarios.map(({ ending, message, runs }) => [ending, message, runs])).toEqual([
      ['broken', 'no', 0],
      ['searched', null, 1_200],
    ]);
  });
});
