import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatSchedule } from '../../src/sim/schedule/text.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const tsx = import.meta.resolve('tsx');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function heddle(args: readonly string[], cwd = folder): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', tsx, main, ...args], {
    cwd,
    encoding: 'utf8',
    env: plainEnvironment(),
  });
  return { code: status, out: stdout, err: stderr };
}

/** Without colours, and without two variables that contradict one another, of which Node warns. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('heddle fuzz, then heddle replay', () => {
  it('finds what is wrong with the sequential server, saves it, and shows it again in another process', () => {
    const found = heddle(['fuzz', 'sequential', '--runs', '2000']);
    expect(found.err).toBe('');
    expect(found.code).toBe(0);
    expect(found.out).toMatch(/sequential +as written +broke as known: [^✗]*fault 2/);
    expect(found.out).toMatch(/sequential +corrected +survived 2,000 runs/);
    for (const line of found.out.split('\n')) {
      if (!/^ {2}(replay|again)/.test(line)) expect(line.length).toBeLessThanOrEqual(96);
    }
    const files = readdirSync(join(folder, '.heddle'));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const name of files) {
      const file = join('.heddle', name);
      const saved = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { digest: string };
      const shown = heddle(['replay', file, '--times', '100', '--json']);
      expect(shown.code).toBe(1);
      expect(lines(shown.out)[0]).toMatchObject({ digest: saved.digest, times: 100, same: 100 });
    }
  }, 120_000);

  it('prints commands that run', () => {
    const found = heddle(
      ['fuzz', 'sequential', '--runs', '300', '--seed', '5'],
      mkdtempSync(join(folder, 'x')),
    );
    const schedule = /replay (h1:\S+)/.exec(found.out)?.[1];
    expect(schedule).toBeDefined();
    const shown = heddle(['replay', schedule as string]);
    expect(shown.code).toBe(1);
    expect(shown.out).toContain('scenario   sequential (as written)');
  });

  it('replays saved failures first, and leaves damaged files alone with a word about the field', () => {
    const folder2 = mkdtempSync(join(folder, 'y'));
    heddle(['fuzz', 'threaded', '--runs', '500'], folder2);
    const name = readdirSync(join(folder2, '.heddle'))[0] as string;
    const text = readFileSync(join(folder2, '.heddle', name), 'utf8');
    writeFileSync(
      join(folder2, '.heddle', 'bad.json'),
      text.replace(/"digest": "[0-9a-f]+"/, '"digest": 7'),
    );
    writeFileSync(join(folder2, '.heddle', 'foreign.json'), '{"name": "something else"}');
    const again = heddle(['fuzz', 'threaded', '--runs', '500'], folder2);
    expect(again.code).toBe(0);
    expect(again.out).toMatch(/\(saved\)/);
    expect(again.err).toMatch(/bad\.json is damaged: field "digest"/);
    expect(again.err).toMatch(/foreign\.json is not a failure of heddle: its field "format"/);
  });

  it('speaks JSON, one object a line', () => {
    const objects = lines(heddle(['fuzz', 'sequential', '--runs', '200', '--json']).out);
    expect(objects.slice(0, -1).map(({ type }) => type)).toEqual(
      objects.slice(0, -1).map(() => 'scenario'),
    );
    expect(objects.at(-1)?.['type']).toBe('end');
    expect(heddle(['models', '--json']).out).toContain('"id":"sequential"');
  });
});

describe('heddle fuzz with workers', () => {
  const file = 'counters.scenarios.ts';
  beforeAll(() => {
    const heddle = join(import.meta.dirname, '../../src/index.ts');
    const adds = (runs: string): string => `
      world.process('p').spawn('main', function* main(sys) {
        const v = new Cell('v', 0);
        const adds = function* (own) { ${runs} };
        const ids = [yield* sys.spawn(adds), yield* sys.spawn(adds)];
        for (const id of ids) yield* sys.join(id);
        if (v.value === 1) throw new Error('an update was lost');
      });`;
    writeFileSync(
      join(folder, file),
      `import { Cell, scenario } from ${JSON.stringify(heddle)};
      export const sound = scenario('sound counter', (world) => {${adds('yield* own.update(v, (n) => n + 1);')}});
      export const unsound = scenario('unsound counter', (world) => {
        const rare = world.draw('input', 3000) === 2999;
        ${adds('if (rare) yield* own.store(v, (yield* own.load(v)) + 1); else yield* own.update(v, (n) => n + 1);')}
      });`,
    );
  });

  it('finds the same in the same runs, however many there are', () => {
    const found = [1, 3].map((workers) => {
      const args = ['fuzz', file, '--runs', '20000', '--json', '--workers', `${workers}`];
      const { out } = heddle(args);
      rmSync(join(folder, '.heddle'), { recursive: true, force: true });
      return lines(out);
    });
    const [alone = [], three = []] = found;
    expect(alone.at(-1)).toMatchObject({ type: 'end', failed: 1, workers: 0 });
    expect(three.at(-1)).toMatchObject({ type: 'end', failed: 1, workers: 3 });
    expect(three.slice(0, -1)).toEqual(alone.slice(0, -1));
  }, 120_000);

  it('says what passing means, in words and in JSON', () => {
    const args = ['fuzz', file, '--runs', '300'];
    expect(heddle(args).out).toMatch(
      /300 runs by random passed: .* below 1 % \(95 %\s+confidence\)/,
    );
    const [row] = lines(heddle([...args, '--json']).out);
    expect(row?.['confidence']).toMatchObject({ runs: 300, failureRateMax: 0.01 });
  }, 60_000);
});

describe('bad input gets a message that says what, where and what next', () => {
  const other = formatSchedule('some scenario of somebody else', [1, 2]);
  it.each([
    [['fuzz', 'sequental'], /no model "sequental"; did you mean sequential\?/],
    [['serve', 'nothing-like-it'], /there is no model "nothing-like-it"; the models are: /],
    [['fuzz', '--runs', '0'], /--runs.*'0' is invalid.*at least 1/],
    [['fuzz', '--runs', 'many'], /--runs.*'many' is invalid/],
    [['fuzz', '--workers', '0'], /--workers.*at least 1/],
    [['fuzz', '--seed', '-1'], /--seed.*whole number from 0/],
    [['fuzz', '--time', 'soon'], /--time.*such as 30s/],
    [['serve', 'sequential', '--port', '70000'], /--port.*0 to 65535/],
    [['replay', 'h1:AAAAAAAA'], /this schedule is damaged: its check/],
    [['replay', other], /belongs to a scenario that is not among the built-in ones/],
    [['replay', 'no-such-file.json'], /"no-such-file.json" is neither a file nor a schedule/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['fuzz', '--frobnicate'], /unknown option '--frobnicate'/],
  ])('heddle %j', (args, message) => {
    const { code, err } = heddle(args as string[]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/InternalError|\n {4}at /);
    expect(code).toBe(2);
  });

  it('a schedule of another model', () => {
    const folder2 = mkdtempSync(join(folder, 'z'));
    const { out } = heddle(['fuzz', 'sequential', '--runs', '500'], folder2);
    const schedule = /replay (h1:\S+)/.exec(out)?.[1] as string;
    const { code, err } = heddle(['replay', schedule, '--model', 'threaded']);
    expect(err).toMatch(/belongs to another scenario: "sequential .*leave out --model/);
    expect(code).toBe(2);
  });

  it.skipIf(process.getuid?.() === 0)('a folder .heddle that cannot be written', () => {
    const locked = mkdtempSync(join(folder, 'locked'));
    chmodSync(locked, 0o500);
    const { code, err } = heddle(['fuzz', 'sequential'], locked);
    expect(err).toMatch(
      /could not be saved to .heddle.*make .heddle writable, or keep this schedule: h1:/,
    );
    expect(code).toBe(2);
  });

  it('a file where the folder .heddle should be', () => {
    const blocked = mkdtempSync(join(folder, 'blocked'));
    mkdirSync(blocked, { recursive: true });
    writeFileSync(join(blocked, '.heddle'), 'in the way');
    const { code, err } = heddle(['fuzz', 'sequential'], blocked);
    expect(err).toMatch(/could not be saved to .heddle.*keep this schedule: h1:/);
    expect(code).toBe(2);
  });
});
