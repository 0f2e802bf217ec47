import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { programNotes } from '../../src/node/notes.ts';
import { nodeProgram } from '../../src/node/program.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { program, type Ran, rowsOf, runOnce } from './run.ts';

const root = mkdtempSync(join(tmpdir(), 'heddle-files-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = (name: string): string => {
  const path = join(root, name);
  mkdirSync(path);
  return path;
};

/** Many programs in one, on whatever machine. */
const RUN_TIME_MS = 600_000;

const ran = (path: string, args: readonly string[], run = 0): Ran =>
  runOnce(
    scenario(
      'a program with files',
      (world) => {
        const body = nodeProgram(path, { args, cwd: root, runTimeMs: RUN_TIME_MS });
        world.process('program').spawn('program', body);
      },
      { stepsMax: 1_000_000 },
    ),
    run,
  );

const TABLE = program('files.mjs');
const real = rowsOf(execFileSync(process.execPath, [TABLE, folder('real')], { encoding: 'utf8' }));
const simulated = folder('simulated');
const once = ran(TABLE, [simulated]);
const rows = new Map(rowsOf(once.world.output('program')).map(({ name, saw }) => [name, saw]));

describe('files of a Node program on a simulated host', () => {
  it('are changed in the run alone, and by nothing that is uncontrolled', () => {
    expect(once.result.failure).toBeUndefined();
    expect(real.length).toBeGreaterThan(120);
    expect(rows.size).toBe(real.length);
    expect(readdirSync(simulated)).toEqual([]);
    expect([...(programNotes(once.world, 'program')?.uncontrolled ?? [])]).toEqual([]);
  });

  it.each(real)('$name', ({ name, saw }) => {
    expect(String(saw)).not.toMatch(/^threw/);
    expect(rows.get(name)).toEqual(saw);
  });

  it('under other schedules do the same, each time the same way', () => {
    const [one, other] = [ran(TABLE, [simulated], 3), ran(TABLE, [simulated], 3)];
    expect(one.result.failure).toBeUndefined();
    expect(one.result.digest).toBe(other.result.digest);
    expect(one.result.digest).not.toBe(once.result.digest);
  });
});

describe('modules that a Node program loads', () => {
  const modules = folder('modules');
  const write = (name: string, text: string): string => {
    const path = join(modules, name);
    writeFileSync(path, text);
    return path;
  };
  write('leaf.mjs', 'export const leaf = 1;');
  write('branch.mjs', `export { leaf } from './leaf.mjs';`);
  const path = write(
    'main.mjs',
    `import { leaf } from './branch.mjs';
     const { default: late } = await import('./late.mjs');
     console.log(leaf + late);`,
  );
  write('late.mjs', 'export default 1;');

  it('are at most one decision each, whichever calls Node reads them with', async () => {
    const made = scenario('modules', (world) => {
      world.process('program').spawn('program', nodeProgram(path, { runTimeMs: RUN_TIME_MS }));
    });
    const { run, recorder } = await inMacrotask(() => recordRun(made, []));
    expect(run.world.output('program')).toBe('2\n');
    const told = recorder.words.map(({ did, result }) => `${did} ${result}`);
    const loaded = told.filter((text) => text.includes('import is done'));
    expect(loaded.length).toBeLessThanOrEqual(4);
    expect(told.filter((text) => /fs\.\w+ is done/.test(text))).toEqual([]);
  });
});
