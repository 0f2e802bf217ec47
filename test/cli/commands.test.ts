// What all commands have in common: help with examples and exit codes, one JSON object per line,
// nothing but text when piped.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLibc } from '../../src/real/linux/index.ts';
import { HEDDLE_INDEX, HEDDLE_MAIN } from '../built.ts';

const env = { ...process.env, NO_COLOR: '1' };
Reflect.deleteProperty(env, 'FORCE_COLOR');
const libc = await loadLibc().then(
  () => true,
  () => false,
);

let folder = '';
let failure = '';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function heddle(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEDDLE_MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { code: status, out: stdout, err: stderr };
}

function objects(text: string): Record<string, unknown>[] {
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** One that breaks when b comes first; edited, b does something else and nothing breaks. */
const scenarioText = (edited: boolean): string => `import { scenario } from '${HEDDLE_INDEX}';
export const its = scenario('one that breaks', (world) => {
  const said = world.cell('said', '');
  for (const name of ['a', 'b']) {
    world.process('p').spawn(name, function* (sys) {
      if (${edited} && name === 'b') yield* sys.gettid();
      else yield* sys.update(said, (before) => before + name);
    });
  }
  world.finally('a comes first', () => ${edited} || said.value === 'ab' || said.value);
});
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-commands-'));
  writeFileSync(join(folder, 'its.scenario.ts'), scenarioText(false));
  const found = heddle('fuzz', 'its.scenario.ts', '--runs', '10', '--json');
  expect(found.code).toBe(1);
  failure = join('.heddle', readdirSync(join(folder, '.heddle'))[0] as string);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const COMMANDS = [
  ...['models', 'fuzz', 'run', 'campaign', 'worker', 'explore', 'replay', 'debug', 'pin', 'shrink'],
  ...['diff', 'view', 'show', 'serve', 'conform', 'demo', 'prune', 'doctor', 'completion'],
];

describe('heddle COMMAND --help', () => {
  it('is there for every command that is listed', () => {
    const { out, code } = heddle('--help');
    expect(code).toBe(0);
    const listed = [...out.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== 'help').sort()).toEqual([...COMMANDS].sort());
  });

  it.each(COMMANDS)(
    '%s: what it does, its options, examples, and what its exit codes say',
    (name) => {
      const { out, err, code } = heddle(name, '--help');
      expect(code).toBe(0);
      expect(err).toBe('');
      expect(out).toMatch(new RegExp(`^Usage: heddle ${name} `));
      expect(out).toMatch(new RegExp(`\nExamples:\n {2}heddle ${name}`));
      expect(out).toMatch(/\nExit codes:\n {2}0 /);
      expect(out).toContain('--no-color');
      // What they print is a script for a shell, and the protocol of debuggers.
      if (!['completion', 'debug'].includes(name)) expect(out).toMatch(/\n {2}--json /);
    },
  );
});

describe('heddle run', () => {
  it('names work of the real machine, where it was begun', () => {
    writeFileSync(join(folder, 'files.mjs'), `import fs from 'node:fs';\nfs.watch('.').close();\n`);
    const { code, out, err } = heddle('run', '--hosts', 'a=./files.mjs', '--runs', '2');
    expect(out).toContain('survived 2 runs');
    expect(err).toMatch(/^note uncontrolled: 1 × fs\.watch at files\.mjs:2:\d+$/m);
    expect(code).toBe(0);
  });

  it('says before the first run which package opens files itself', () => {
    const store = join(folder, 'node_modules/native-store');
    mkdirSync(store, { recursive: true });
    writeFileSync(
      join(store, 'package.json'),
      '{ "name": "native-store", "exports": "./index.js" }',
    );
    writeFileSync(join(store, 'index.js'), '');
    writeFileSync(join(store, 'binding.gyp'), '{}');
    writeFileSync(join(folder, 'stores.mjs'), `import 'native-store';\nprocess.exit(1);\n`);
    const { code, err } = heddle('run', '--hosts', 'a=./stores.mjs', '--runs', '2');
    expect(err).toMatch(/^note native-store at stores\.mjs:1 has code of its own: files that /);
    expect(code).toBe(1);
  });
});

describe('heddle COMMAND --json', () => {
  /** What a command is given, its exit code, and the types of its objects, each once. */
  it.each([
    [['models'], 0, ['model']],
    [['fuzz', 'its.scenario.ts', '--runs', '10'], 1, ['scenario', 'end']],
    [['fuzz', 'time-sleep', '--variant', 'corrected', '--runs', '20'], 0, ['scenario', 'end']],
    [['explore', 'its.scenario.ts'], 1, ['scenario', 'end']],
    [['replay', 'FAILURE'], 1, ['replay']],
    [['replay', 'FAILURE', '--until', '1'], 0, ['until']],
    [['shrink', 'FAILURE'], 0, ['shrink']],
    [['diff', 'FAILURE', 'calm'], 1, ['diff']],
    [['view', 'FAILURE', '--no-open'], 0, ['view']],
    [['show', 'FAILURE'], 0, ['run', 'lane', 'state', 'step', 'end']],
    [['run', '--hosts', 'a=./program.mjs', '--runs', '2'], 0, ['scenario', 'end']],
    // Nothing of it can be done: that is an object too.
    [['replay', 'nothing.json'], 2, ['error']],
    [['fuzz', 'no-such-model'], 2, ['error']],
    [['show', 'epoll-level', '--as', 'nonsense'], 2, ['error']],
    [['fuzz', 'nothing.scenario.ts'], 2, ['error']],
  ] as const)('heddle %j ends with %i', (args, exitCode, types) => {
    writeFileSync(join(folder, 'program.mjs'), 'console.log("hello");\n');
    const given = args.map((one) => (one === 'FAILURE' ? failure : one));
    const { code, out } = heddle(...given, '--json');
    const told = objects(out);
    expect(code).toBe(exitCode);
    expect([...new Set(told.map(({ type }) => type))]).toEqual(types);
    for (const one of told.filter(({ exitCode }) => exitCode !== undefined)) {
      expect(one['exitCode']).toBe(exitCode);
    }
  });

  it('a departure says where, and what was expected', () => {
    writeFileSync(join(folder, 'its.scenario.ts'), scenarioText(true));
    const { code, out, err } = heddle('replay', failure, '--json');
    writeFileSync(join(folder, 'its.scenario.ts'), scenarioText(false));
    expect(err).toMatch(/ReplayDeparture: the recording and this run differ from step 1 on/);
    const [told] = objects(out);
    expect([told?.['type'], code]).toEqual(['departure', 3]);
    expect(told).toMatchObject({
      step: 1,
      exitCode: 3,
      changed: [expect.stringContaining('its.scenario.ts')],
    });
  });

  it.skipIf(!libc)('heddle conform', () => {
    const { code, out } = heddle('conform', '--runs', '5', '--json');
    expect(objects(out)).toEqual([{ type: 'conform', runs: 5, notCompared: 0, difference: null }]);
    expect(code).toBe(0);
  });

  it('heddle serve: where it listens, what the model prints, how it ended', async () => {
    const args = [HEDDLE_MAIN, 'serve', 'sequential', '--port', '0', '--json'];
    const child = spawn(process.execPath, args, { cwd: folder, env });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (!child.killed && /"listening"[^\n]*\n/.test(out)) child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    const told = objects(out);
    expect(told.map(({ type }) => type)).toContain('listening');
    expect(told.find(({ type }) => type === 'listening')?.['port']).toBeGreaterThan(0);
    expect(told.at(-1)).toEqual({ type: 'end', failure: null, exitCode: 0 });
    expect(code).toBe(0);
  });
});

describe('when it is piped', () => {
  it.each([
    [['models']],
    [['fuzz', 'its.scenario.ts', '--runs', '10']],
    [['explore', 'its.scenario.ts']],
    [['replay', 'FAILURE']],
    [['shrink', 'FAILURE']],
    [['diff', 'FAILURE', 'calm']],
    [['view', 'FAILURE', '--no-open']],
    [['show', 'FAILURE']],
  ])('heddle %j writes plain lines and no live one', (args) => {
    const given = args.map((one) => (one === 'FAILURE' ? failure : one));
    const { out, err } = heddle(...given);
    // What somebody's file makes it run is said first.
    expect(err).toBe(args.includes('FAILURE') ? 'note runs its.scenario.ts\n' : '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none is to be there
    expect(out).not.toMatch(/[\x00-\x08\x0b-\x1f]/);
    expect(out).not.toBe('');
  });
});

describe.skipIf(process.platform !== 'linux')('output that cannot be written', () => {
  const inShell = (line: string): Ended => {
    const script = line.replace('heddle', `'${process.execPath}' '${HEDDLE_MAIN}'`);
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env,
    });
    return { code: status, out: stdout, err: stderr };
  };

  it('is told, and is no result', () => {
    const { code, err } = inShell('heddle models > /dev/full');
    expect(err).toMatch(/^heddle: the output could not be written: ENOSPC.*; make room there, or/);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(inShell('heddle fuzz nothing.mjs 2> /dev/full').code).toBe(2);
  });

  it('leaves the exit code and what is saved as they are where nobody reads it', () => {
    writeFileSync(
      join(folder, 'unread.mjs'),
      `import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
      export const its = scenario('unread', (world) => world.finally('never', () => false));`,
    );
    expect(inShell('set -o pipefail; heddle fuzz unread.mjs | true').code).toBe(1);
    expect(readdirSync(join(folder, '.heddle')).join()).toMatch(/unread-\w+\.json/);
  });
});

describe.skipIf(process.platform === 'win32')('a path that leads nowhere', () => {
  it.each([
    ['a loop of links', 'loop.mjs'],
    ['a name longer than any', `${'n'.repeat(5_000)}.mjs`],
  ])('%s is a file that is not there', (_what, path) => {
    if (path === 'loop.mjs') symlinkSync(path, join(folder, path));
    for (const args of [
      ['fuzz', path],
      ['run', '--hosts', `s=${path}`],
    ]) {
      const { code, err } = heddle(...args);
      expect(err).toMatch(/^heddle: there is no (file|program) /);
      expect(code).toBe(2);
    }
  });

  it('a pipe among the files of a folder is passed over', () => {
    mkdirSync(join(folder, 'pipes'));
    spawnSync('mkfifo', [join(folder, 'pipes', 'a.scenario.mjs')]);
    const { code, err } = heddle('fuzz', 'pipes');
    expect(err).toMatch(/^heddle: pipes holds no scenario/);
    expect(code).toBe(2);
  });
});
