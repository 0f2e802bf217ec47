import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'heddle-workers-'));
const file = join(folder, 'lost.scenarios.ts');
const RUNS = 1_000;

beforeAll(() => {
  const heddle = join(import.meta.dirname, '../../src/index.ts');
  writeFileSync(
    file,
    `import { Cell, scenario } from ${JSON.stringify(heddle)};
    export const lost = scenario('an update is lost', (world) => {
      globalThis.built = (globalThis.built ?? 0) + 1;
      world.process('p').spawn('main', function* main(sys) {
        const v = new Cell('v', 0);
        const add = function* (own) { yield* own.store(v, (yield* own.load(v)) + 1); };
        const ids = [yield* sys.spawn(add), yield* sys.spawn(add)];
        for (const id of ids) yield* sys.join(id);
        if (v.value === 1) throw new Error('an update was lost');
      });
    });`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(['random', 'pct:3', 'surw', 'portfolio'])(
  'runs by %s tell the same, whether this process makes them or three workers do',
  (strategy) => {
    const crew = join(import.meta.dirname, 'crew.ts');
    const args = ['--import', import.meta.resolve('tsx'), crew, file, strategy, `${RUNS}`];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { theirs, own } = JSON.parse(stdout) as Record<'theirs' | 'own', object>;
    expect(theirs).toMatchObject({ workers: 3, builtHere: 0, runs: RUNS });
    expect(own).toMatchObject({ workers: 0, builtHere: RUNS, runs: RUNS });
    expect(own).toMatchObject({ failure: { of: { message: expect.stringMatching(/lost/) } } });
    expect({ ...own, workers: 3, builtHere: 0 }).toEqual(theirs);
  },
);
