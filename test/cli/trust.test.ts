import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenarioOfFile } from '../../src/cli/find-scenario.ts';
import type { FailureFile } from '../../src/sim/explore/failures.ts';
import { isOfProject } from '../../src/sim/explore/project.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-trust-')));
const project = join(base, 'project');
const before = process.cwd();

const heddle = join(import.meta.dirname, '../../src/index.ts');
/** Notes that it was loaded, and defines a scenario. */
const code = (word: string): string =>
  `import { appendFileSync } from 'node:fs';
  import { scenario } from ${JSON.stringify(heddle)};
  appendFileSync(${JSON.stringify(join(base, 'ran'))}, '${word} ');
  export const its = scenario('its', () => {});`;

/** What was loaded, in order. */
const ran = (): string => readFileSync(join(base, 'ran'), 'utf8');

beforeAll(() => {
  for (const folder of ['project/src', 'project/node_modules/other', 'outside']) {
    mkdirSync(join(base, folder), { recursive: true });
  }
  writeFileSync(join(base, 'ran'), '');
  writeFileSync(join(project, 'package.json'), '{}');
  writeFileSync(join(project, 'src/own.mjs'), code('own'));
  writeFileSync(join(project, 'node_modules/other/evil.mjs'), code('package'));
  writeFileSync(join(base, 'outside/evil.mjs'), code('outside'));
  symlinkSync(join(base, 'outside/evil.mjs'), join(project, 'src/link.mjs'));
  symlinkSync(join(base, 'outside'), join(project, 'src/folder'));
  spawnSync('mkfifo', [join(project, 'src/pipe.mjs')]);
  process.chdir(project);
});
afterAll(() => {
  process.chdir(before);
  rmSync(base, { recursive: true });
});

const said: string[] = [];
const open = (scenario: FailureFile['scenario'], trust = false) => {
  said.length = 0;
  const saved = { path: '.heddle/its.json', file: { scenario } as FailureFile };
  return scenarioOfFile(saved, { trust, say: (text) => said.push(`${text} after: ${ran()}`) });
};
const inFile = (file: string) => ({ name: 'its', file });
const hosts = (program: string) => ({
  name: 'hosts',
  file: null,
  recipe: {
    by: 'hosts',
    hosts: [{ host: 's', program, args: ['config', 'set'] }],
    latencyMsMin: 0,
    latencyMsMax: 0,
    splits: false,
    faults: [],
    stepsMax: 10,
  },
});

describe('a failure file of somebody else', () => {
  const foreign = [
    '../outside/evil.mjs',
    join(base, 'outside/evil.mjs'),
    'src/link.mjs',
    'src/folder/evil.mjs',
    'node_modules/other/evil.mjs',
    '\\\\host\\share\\evil.mjs',
    '//host/share/evil.mjs',
    '/dev/zero',
    'src/../../outside/evil.mjs',
    'nothing.mjs',
  ];

  it.each(foreign)('runs no scenario of %s', async (file) => {
    await expect(open(inFile(file))).rejects.toThrow(
      /not of this project .*nothing was run; permit it with --file/,
    );
    expect([ran(), said]).toEqual(['', []]);
  });

  it.each(foreign)('runs no program %s', async (program) => {
    await expect(open(hosts(program))).rejects.toThrow(
      /not of this project .*nothing was run; permit it with --trust/,
    );
    expect([ran(), said]).toEqual(['', []]);
  });

  it('runs what is of the project, and says so first', async () => {
    expect((await open(inFile('src/own.mjs'))).name).toBe('its');
    expect(said).toEqual(['runs src/own.mjs after: ']);
    expect(ran()).toBe('own ');
    expect((await open(hosts('src/own.mjs'))).recipe).toMatchObject(hosts('src/own.mjs').recipe);
    expect(said).toEqual(['runs src/own.mjs config set after: own ']);
  });

  it('runs what it names where it is trusted, unless that is no file', async () => {
    expect((await open(inFile('../outside/evil.mjs'), true)).name).toBe('its');
    expect(ran()).toBe('own outside ');
    await expect(open(inFile('src/pipe.mjs'), true)).rejects.toThrow('there is no file');
    await expect(open(hosts('/dev/zero'), true)).rejects.toThrow('there is no program /dev/zero');
  });
});

it('a project is the nearest folder upwards that has the marks of one', () => {
  process.chdir(join(project, 'src'));
  try {
    expect(isOfProject('own.mjs')).toBe(true);
    expect(isOfProject('../package.json')).toBe(true);
    expect(isOfProject('../../outside/evil.mjs')).toBe(false);
    expect(isOfProject('..')).toBe(false);
  } finally {
    process.chdir(project);
  }
});
