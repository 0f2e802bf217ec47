import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostsPlanOf, hostsScenario } from '../../src/node/hosts.ts';
import { nodeProgram } from '../../src/node/program.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { CrashModelName } from '../../src/sim/kernel/choices.ts';
import { atomicReplaceLaw, durableLaw, SaveHistory } from '../../src/sim/laws/saves.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import type { HostHandle, World } from '../../src/sim/schedule/world.ts';
import { losesPower } from '../disk/power.ts';
import { program, runOnce } from './run.ts';

const root = mkdtempSync(join(tmpdir(), 'heddle-power-'));
afterAll(() => rmSync(root, { recursive: true }));
const STATE = join(root, 'state');

type State = (world: World, db: HostHandle, saves: SaveHistory) => void;

const atomic: State = (world, db, saves) => atomicReplaceLaw(world, db, { path: STATE, saves });

const saving = (how: string, model: CrashModelName, state: State): Scenario =>
  scenario(`saves, ${how}, ${model}`, (world) => {
    const db = world.host('db');
    db.setCrashModel(model);
    db.process('db').spawn('db', nodeProgram(program('save.mjs'), { args: [STATE, how] }));
    losesPower(world, db);
    const saves = new SaveHistory();
    state(world, db, saves);
  });

const durable: State = (world, db, saves) => {
  const found = (): string[] => {
    // One after the other, as the program does it.
    for (const value of ['old', 'new']) {
      const told = saves.begin(value);
      if (world.output('db').includes(`${value} is saved`)) told();
    }
    const bytes = db.readFile(STATE);
    return bytes === undefined ? [] : [new TextDecoder().decode(bytes)];
  };
  durableLaw(world, db, { saves, found, keeps: 'last' });
};

const both: State = (world, db, saves) => {
  durable(world, db, saves);
  atomic(world, db, saves);
};

const broken = async (made: Scenario, runs: number): Promise<string | undefined> =>
  (await inMacrotask(() => fuzz(made, { runs, seed: 1 }))).found?.failure.message;

describe('a host with a Node program that loses its power', () => {
  const withNew: State = (world, db, saves) => {
    saves.begin('old');
    saves.begin('new');
    atomic(world, db, saves);
  };

  it('in the harsh model has a torn file, where it was renamed and not synced', async () => {
    const message = await broken(saving('not synced', 'harsh', withNew), 200);
    expect(message).toMatch(/state holds "/);
  });

  it('has the old or the new one whole, where it was synced', async () => {
    expect(await broken(saving('synced', 'ext4', withNew), 20)).toBeUndefined();
    expect(await broken(saving('synced', 'harsh', withNew), 20)).toBeUndefined();
  });

  it('may lack what was said to be saved, where its folder was not synced', async () => {
    const message = await broken(saving('synced', 'ext4', durable), 200);
    expect(message).toMatch(/"new" was said to be saved, and there is "old"/);
    expect(await broken(saving('folder synced', 'ext4', both), 20)).toBeUndefined();
    expect(await broken(saving('folder synced', 'harsh', both), 20)).toBeUndefined();
  });

  it('leaves the real files as they were, and runs again the same', () => {
    const made = saving('not synced', 'harsh', withNew);
    const digests = new Set([1, 2, 3].map(() => runOnce(made, 5).result.digest));
    expect(digests.size).toBe(1);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('heddle run with the fault power', () => {
  it('starts the program again on what is left', () => {
    const path = join(root, 'counts.mjs');
    writeFileSync(
      path,
      `import fs from 'node:fs';
       const before = fs.existsSync('lives') ? fs.readFileSync('lives', 'utf8') : '';
       fs.writeFileSync('lives', before + 'x');
       console.log('written');
       for (let i = 0; i < 30; i++) fs.existsSync('lives');
       console.log('life', before.length);`,
    );
    const made = hostsScenario({
      hosts: [{ host: 'db', program: path, cwd: root }],
      faults: ['power'],
      crashModel: 'harsh',
    });
    const again = hostsScenario(hostsPlanOf(made.recipe) as never);
    expect(again.name).toBe(made.name);
    const outputs = new Set<string>();
    for (let run = 1; run <= 60; run++) outputs.add(runOnce(made, run).world.output('db'));
    // What the first life has written is lost, or it is not.
    expect(outputs.has('written\nwritten\nlife 0\n')).toBe(true);
    expect(outputs.has('written\nwritten\nlife 1\n')).toBe(true);
    expect(readdirSync(root)).toEqual(['counts.mjs']);
  });
});
