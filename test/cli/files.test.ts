// Which files `heddle fuzz` looks at, what it makes of them, and the commands about a machine, a
// program and what was saved.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEDDLE_INDEX, HEDDLE_MAIN } from '../built.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;

const scenarioText = (name: string, law: string, options = '{}'): string => `
import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
export const it = scenario(${JSON.stringify(name)}, (world) => {
  let turns = '';
  for (const task of ['a', 'b']) {
    world.process('p').spawn(task, function* (sys) {
      yield* sys.getpid();
      turns += task;
    });
  }
  world.finally('in order', () => ${law});
}, ${options});
`;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function heddle(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HEDDLE_MAIN, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, out: stdout, err: stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-files-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  write('package.json', '{ "type": "module" }');
  write('src/good.test.ts', scenarioText('it is good', 'turns.length === 2'));
  write('src/deep/bad.scenario.ts', scenarioText('a comes first', "turns === 'ab' || turns"));
  write('src/plain.test.ts', "throw new Error('a test without one is not loaded');\n");
  write('src/none.test.ts', '// of heddle, and without a scenario\nexport const none = 1;\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('heddle fuzz without an argument', () => {
  it('runs the scenarios of this folder, and passes over what holds none', () => {
    const { status, out } = heddle('fuzz', '--runs', '50', '--json');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ type }) => type === 'scenario').map(({ scenario }) => scenario)).toEqual(
      ['a comes first', 'it is good'],
    );
    expect(lines[0]).toMatchObject({
      strategy: expect.any(String),
      seed: 1,
      found: expect.stringMatching(/^run \d+ of 50/),
    });
    expect(lines.at(-1)).toMatchObject({
      type: 'end',
      scenarios: 2,
      failed: 1,
      broken: 0,
      exitCode: 1,
    });
    expect(status).toBe(1);
  });

  it('runs those alone whose name -t matches', () => {
    const { status, out } = heddle('fuzz', 'src', '-t', 'IS GOOD', '--runs', '20');
    expect(out).toMatch(/survived 20 runs {2}it is good/);
    expect(out).not.toMatch(/a comes first/);
    expect(status).toBe(0);
  });

  it('keeps no compiled file, which would be written in the middle of a run', () => {
    const cache = mkdtempSync(join(tmpdir(), 'heddle-cache-'));
    const command = [HEDDLE_MAIN, 'fuzz', 'src/good.test.ts', '--runs', '5'];
    const env = { ...process.env, TMPDIR: cache, TSX_DISABLE_CACHE: undefined };
    const { status } = spawnSync(process.execPath, command, { cwd: folder, env });
    expect(status).toBe(0);
    expect(readdirSync(cache).filter((name) => name.startsWith('tsx'))).toEqual([]);
    rmSync(cache, { recursive: true });
  });

  it('takes patterns, and says what is wrong with words that mean nothing', () => {
    expect(heddle('fuzz', 'src/*.test.ts', '--runs', '5').out).toMatch(/1 scenario survived/);
    expect(heddle('fuzz', 'lib/*.ts').err).toMatch(/no file matches lib\/\*\.ts/);
    expect(heddle('fuzz', 'src', '-t', 'nobody').err).toMatch(
      /no scenario of src has a name that matches nobody/,
    );
  });

  it('goes on after a scenario whose runs are not the same', () => {
    write(
      'odd.test.ts',
      `import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
let runs = 0;
export const odd = scenario('odd', (world) => {
  const turns = ++runs;
  world.process('p').spawn('a', function* (sys) {
    for (let i = 0; i < turns; i++) yield* sys.getpid();
  });
});
`,
    );
    const { status, out, err } = heddle('fuzz', 'odd.test.ts', 'src/good.test.ts', '--runs', '5');
    expect(out).toMatch(/could not be run {2}odd\n/);
    expect(err).toMatch(/the same schedule gave two different runs/);
    expect(out).toMatch(/survived 5 runs {2}it is good/);
    expect(out).toMatch(/2 scenarios, 1 could not be run/);
    expect(status).toBe(2);
    rmSync(join(folder, 'odd.test.ts'));
  });

  it('tells a mistake in the code that builds the world as the user’s, with its line', () => {
    write(
      'typo.test.ts',
      `import { scenario } from ${JSON.stringify(HEDDLE_INDEX)};
export const typo = scenario('a typo', (world) => {
  world.invariant('it holds', () => true);
});
`,
    );
    const { status, out, err } = heddle('fuzz', 'typo.test.ts', 'src/good.test.ts', '--runs', '5');
    expect(out).toMatch(/could not be run {2}a typo\n/);
    expect(err.trim()).toBe(
      'heddle: the scenario "a typo" cannot be built at typo.test.ts:3:9: TypeError: world.invariant is not a function',
    );
    expect(out).toMatch(/2 scenarios, 1 could not be run/);
    expect(status).toBe(2);
    rmSync(join(folder, 'typo.test.ts'));
  });

  it('says how long it took to find a failure and to tell it', () => {
    // One that is saved is told without a search.
    rmSync(join(folder, '.heddle'), { recursive: true, force: true });
    const { out } = heddle('fuzz', 'src/deep', '--runs', '50', '--seed', '2');
    expect(out).toMatch(
      /^failed {2}a comes first\n {2}· found after \d+\.\d s, told after \d+\.\d s\n/m,
    );
    rmSync(join(folder, '.heddle'), { recursive: true });
  });

  it('names the laws that held', () => {
    const { out } = heddle('fuzz', 'src/good.test.ts', '--runs', '5');
    expect(out).toMatch(
      /survived 5 runs {2}it is good\n(?: {2}. .*\n)* {2}· laws that held: "in order"\n/,
    );
  });
});

describe('the word latest', () => {
  const commands = ['replay', 'show', 'view', 'diff', 'pin', 'shrink', 'debug'];

  it('says what to do where no failure is saved', () => {
    for (const command of commands) {
      const { status, err } = heddle(command, 'latest');
      expect(err, command).toMatch(
        /^heddle: no failure is saved under \.heddle of this folder; .* fuzz/,
      );
      expect(status, command).toBe(2);
    }
  });

  it('is the failure that was saved last, whatever it is called', () => {
    for (const name of ['b', 'a', 'c']) {
      write(`late/${name}.test.ts`, scenarioText(`${name} is late`, "turns === 'ab' || turns"));
    }
    heddle('fuzz', 'late', '--runs', '50');
    const saved = readdirSync(join(folder, '.heddle')).map((name) => join('.heddle', name));
    expect(saved).toHaveLength(3);
    const [first = '', newest = ''] = saved;
    for (const path of saved) utimesSync(join(folder, path), 1000, path === newest ? 2000 : 1000);
    expect(heddle('replay', 'latest').err).toContain(`note latest is ${newest}\n`);
    expect(heddle('replay', 'latest').out).toContain('b is late');
    expect(heddle('show', 'latest').out).toBe(heddle('show', newest).out);
    expect(heddle('diff', 'latest').out).toContain('b is late');
    expect(heddle('pin', 'latest', '--print').out).toContain(`heddle pin ${newest}`);
    expect(JSON.parse(heddle('debug', 'latest', '--launch-json').out).program).toBe(newest);
    utimesSync(join(folder, first), 3000, 3000);
    expect(heddle('view', 'latest', '--no-open').err).toContain(`note latest is ${first}\n`);
    rmSync(join(folder, '.heddle'), { recursive: true });
    rmSync(join(folder, 'late'), { recursive: true });
  });
});

describe('heddle prune', () => {
  it('deletes what passes now, and leaves what still fails', () => {
    heddle('fuzz', 'src/deep', '--runs', '50');
    const saved = (): string[] =>
      existsSync(join(folder, '.heddle')) ? readdirSync(join(folder, '.heddle')) : [];
    expect(saved()).toHaveLength(1);
    expect(heddle('prune').out).toMatch(/0 were deleted, 1 still fail/);
    expect(saved()).toHaveLength(1);
    write('src/deep/bad.scenario.ts', scenarioText('a comes first', 'turns.length === 2'));
    expect(heddle('prune', '--dry-run').out).toMatch(/1 would be deleted/);
    expect(saved()).toHaveLength(1);
    expect(heddle('prune').out).toMatch(/1 were deleted, 0 still fail/);
    expect(saved()).toEqual([]);
  });
});

describe('heddle doctor', () => {
  it('names what of a program is not controlled, with its line, and what it imports and is not there', () => {
    write('server.mjs', "import './more.mjs';\nimport './gone.mjs';\n// child_process in words\n");
    write('more.mjs', "\nimport { spawn } from 'node:child_process';\nspawn('ls');\n");
    const { status, out } = heddle('doctor', 'server.mjs');
    expect(out).toMatch(/child processes at more\.mjs:2 may be Node programs/);
    expect(out).toMatch(/missing +server\.mjs:2: \.\/gone\.mjs/);
    expect(out.match(/child processes/g)).toHaveLength(1);
    expect(status).toBe(1);
  });

  it('runs a scenario twice', () => {
    const { status, out } = heddle('doctor', 'src/good.test.ts');
    expect(out).toMatch(/✓ scenario +it is good: two calm runs are the same/);
    expect(out).toMatch(new RegExp(`✓ Node +${process.version.replaceAll('.', '\\.')}`));
    expect(status).toBe(0);
  });
});

describe('heddle completion', () => {
  it('prints a script that the shell takes, with all commands', () => {
    const { out } = heddle('completion', 'bash');
    const asked = 'COMP_WORDS=(heddle fu); COMP_CWORD=1; _heddle; echo "${COMPREPLY[@]}"';
    const bash = spawnSync('bash', ['-c', `${out}\n${asked}`], { encoding: 'utf8' });
    expect(bash.stderr).toBe('');
    expect(bash.stdout.trim()).toBe('fuzz');
    expect(heddle('completion', 'tcsh').err).toMatch(/there are: bash, zsh, fish/);
  });
});
