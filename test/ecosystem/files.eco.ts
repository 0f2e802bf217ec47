import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeProgram } from '../../src/node/program.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { CrashModelName } from '../../src/sim/kernel/choices.ts';
import { atomicReplaceLaw, durableLaw, SaveHistory } from '../../src/sim/laws/saves.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { losesPower } from '../disk/power.ts';

const root = mkdtempSync(join(tmpdir(), 'heddle-eco-files-'));
afterAll(() => rmSync(root, { recursive: true }));
const STATE = join(root, 'state');
const SAVE = join(import.meta.dirname, 'power/save.mjs');
const RUNS_MAX = 500;
/** Of those in which nothing is found, all are made; fewer, where there is less time. */
const RUNS_CLEAN = Math.min(100, 4 * Number(process.env['HEDDLE_ECOSYSTEM_RUNS'] ?? 100));
const RUN_TIME_MS = 600_000;

/** Its host loses its power once; `durable`: what it said to be saved has to be there. */
function saving(fsync: string, model: CrashModelName, durable: boolean): Scenario {
  return scenario(`write-file-atomic, ${fsync}, ${model}, ${durable}`, (world) => {
    const db = world.host('db');
    db.setCrashModel(model);
    const body = nodeProgram(SAVE, { args: [STATE, fsync], runTimeMs: RUN_TIME_MS });
    db.process('db').spawn('db', body);
    losesPower(world, db);
    const saves = new SaveHistory();
    if (!durable) {
      for (const value of ['old', 'new']) saves.begin(`${value} and whole`);
      atomicReplaceLaw(world, db, { path: STATE, saves });
      return;
    }
    const found = (): string[] => {
      for (const value of ['old', 'new']) {
        const told = saves.begin(`${value} and whole`);
        if (world.output('db').includes(`${value} is saved`)) told();
      }
      const bytes = db.readFile(STATE);
      return bytes === undefined ? [] : [new TextDecoder().decode(bytes)];
    };
    durableLaw(world, db, { saves, found, keeps: 'last' });
  });
}

const broken = async (made: Scenario, runs: number): Promise<string | undefined> =>
  (await inMacrotask(() => fuzz(made, { runs, seed: 1 }))).found?.failure.message;

describe('write-file-atomic on a host that loses its power', () => {
  it('with fsync: false leaves an empty or a torn file, in the harsher model', async () => {
    expect(await broken(saving('none', 'harsh', false), RUNS_MAX)).toMatch(/state holds "/);
  });

  it('by default leaves the old one or the new one, whole', async () => {
    expect(await broken(saving('fsync', 'ext4', false), RUNS_CLEAN)).toBeUndefined();
    expect(await broken(saving('fsync', 'harsh', false), RUNS_CLEAN)).toBeUndefined();
  });

  it('may lack the new one, though it was said to be saved: its folder is not synced', async () => {
    const message = await broken(saving('fsync', 'ext4', true), RUNS_MAX);
    expect(message).toMatch(/was said to be saved, and there is (?:"old and whole"|nothing)/);
  });

  it('changes nothing real', () => expect(readdirSync(root)).toEqual([]));
});
