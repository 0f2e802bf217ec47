/**
 * heddle in an empty folder, with the runners, the package managers and the kinds of project that
 * there are: packed, installed, a race found (red), replayed by the command that was printed,
 * fixed (green). Each pair of them meets at least once. Needs the registry.
 *
 * `npm run installs`; `-- vitest` for one runner, `-- few` for one of them.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>;
};
/** Beside what the repository itself uses. */
const VERSIONS = { jest: '30', pnpm: '10' };

const RUNNERS = ['vitest', 'node:test', 'jest'] as const;
const MANAGERS = ['npm', 'pnpm'] as const;
const KINDS = ['ESM', 'CommonJS'] as const;
type Runner = (typeof RUNNERS)[number];
type Manager = (typeof MANAGERS)[number];
type Kind = (typeof KINDS)[number];
type Install = readonly [runner: Runner, manager: Manager, kind: Kind];

const INSTALLS: readonly Install[] = [
  ['vitest', 'npm', 'ESM'],
  ['vitest', 'pnpm', 'ESM'],
  ['vitest', 'pnpm', 'CommonJS'],
  ['node:test', 'npm', 'ESM'],
  ['node:test', 'npm', 'CommonJS'],
  ['node:test', 'pnpm', 'ESM'],
  ['jest', 'npm', 'CommonJS'],
  ['jest', 'pnpm', 'ESM'],
  ['jest', 'pnpm', 'CommonJS'],
];

/** With what `npm run tarball` and a start page do, each runner, manager and kind is among them. */
const FEW: readonly Install[] = [['jest', 'pnpm', 'CommonJS']];

/** Two who add to a number that they share. */
const race = (fixed: boolean): string => `
export const adders = scenario('two who add', (world) => {
  const n = world.cell('n', 0);
  const lock = world.mutex('lock');
  for (const name of ['a', 'b']) {
    world.process('p').spawn(name, function* (sys) {
      ${fixed ? 'yield* sys.lock(lock);' : ''}
      yield* sys.store(n, (yield* sys.load(n)) + 1);
      ${fixed ? 'yield* sys.unlock(lock);' : ''}
    });
  }
  world.finally('both are counted', () => n.value === 2 || n.value + ' is counted');
});
`;

interface Way {
  /** A configuration that it does not permit, and what is said of it. */
  readonly refused?: { readonly file: string; readonly text: string; readonly says: RegExp };
  /** What is installed beside heddle. */
  readonly packages: readonly string[];
  readonly file: string;
  readonly test: (fixed: boolean) => string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const required = (text: string): string =>
  text
    .replace(/^import (.*) from '(.*)';$/gm, "const $1 = require('$2');")
    .replace(/^import \{ test \} from 'node:test';$/gm, "const { test } = require('node:test');")
    .replace('export const', 'const');

function wayOf(runner: Runner, kind: Kind): Way {
  switch (runner) {
    case 'vitest':
      return {
        packages: [`vitest@${devDependencies['vitest']}`],
        file: 'adders.test.ts',
        test: (fixed) =>
          `import { scenario } from 'heddle';\nimport { fuzz } from 'heddle/vitest';\n${race(fixed)}\nfuzz(adders);\n`,
        command: ['vitest', 'run'],
      };
    case 'node:test': {
      const text = (fixed: boolean): string =>
        `import { test } from 'node:test';\nimport { check, scenario } from 'heddle';\n${race(fixed)}\ntest('two who add', () => check(adders));\n`;
      return {
        packages: [],
        file: 'adders.test.js',
        test: kind === 'ESM' ? text : (fixed) => required(text(fixed)),
        command: ['node', '--test', '--test-reporter=tap'],
      };
    }
    case 'jest':
      return {
        packages: [`jest@${VERSIONS.jest}`],
        // A module whatever package.json says, since jest's `require` takes none.
        file: 'adders.test.mjs',
        test: (fixed) =>
          `import { check, scenario } from 'heddle';\n${race(fixed)}\ntest('two who add', () => check(adders));\n`,
        command: ['jest'],
        refused: {
          file: 'jest.config.mjs',
          text: "export default { setupFiles: ['heddle/node'] };\n",
          says: /loaded in a context of node:vm.*jest runs all tests in one/s,
        },
        env: { NODE_OPTIONS: '--experimental-vm-modules' },
      };
  }
}

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

class Project {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
  }

  run(command: readonly string[], more: Readonly<Record<string, string>> = {}): Ended {
    const { FORCE_COLOR: _, NODE_OPTIONS: __, ...own } = process.env;
    const [name, ...args] = command;
    const { status, stdout, stderr } = spawnSync(name as string, args, {
      cwd: this.#folder,
      encoding: 'utf8',
      env: { ...own, NO_COLOR: '1', PATH: `${this.#path}:${own['PATH']}`, ...more },
    });
    return { code: status, text: `${stdout}${stderr}` };
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text);
  }

  /** Says what was printed where it is not as it should be, and throws. */
  must(command: readonly string[], code: number, saying: RegExp, env = {}): string {
    const ended = this.run(command, env);
    if (ended.code === code && saying.test(ended.text)) return ended.text;
    console.log(ended.text);
    throw new Error(`${command.join(' ')}: exit code ${ended.code}, wanted ${code} and ${saying}`);
  }
}

/** What of a package manager is called to run what is installed. */
const runs: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['npx', '--no'],
  pnpm: ['pnpm', 'exec'],
};
const adds: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['npm', 'install', '--save-dev', '--no-audit', '--no-fund'],
  pnpm: ['pnpm', 'add', '--save-dev'],
};

function tryInstall([runner, manager, kind]: Install, project: Project, tarball: string): void {
  const { packages, file, test, command, refused, env = {} } = wayOf(runner, kind);
  project.must(['npm', 'init', '-y'], 0, /./);
  if (kind === 'ESM') project.must(['npm', 'pkg', 'set', 'type=module'], 0, /^/);
  project.must([...adds[manager], tarball, ...packages], 0, /./);
  const here = command[0] === 'node' ? command : [...runs[manager], ...command];
  project.write(file, test(false));
  const red = project.must(here, 1, /law +both are counted/, env);
  const saved = /replay +npx (heddle replay \S+)/.exec(red)?.[1];
  if (saved === undefined) throw new Error(`no command to replay it:\n${red}`);
  project.must([...runs[manager], ...saved.split(' ')], 1, /law +both are counted/);
  project.write(file, test(true));
  project.must(here, 0, /./, env);
  if (refused === undefined) return;
  project.write(refused.file, refused.text);
  project.must(here, 1, refused.says, env);
}

function mustMeet(): void {
  const met = new Set(INSTALLS.flatMap(([r, m, k]) => [`${r} ${m}`, `${r} ${k}`, `${m} ${k}`]));
  const all = [
    ...RUNNERS.flatMap((r) => [...MANAGERS, ...KINDS].map((other) => `${r} ${other}`)),
    ...MANAGERS.flatMap((m) => KINDS.map((k) => `${m} ${k}`)),
  ];
  const missing = all.filter((pair) => !met.has(pair));
  if (missing.length > 0) throw new Error(`never together: ${missing.join(', ')}`);
}

function asked(chosen: readonly string[]): readonly Install[] {
  if (chosen.length === 0) return INSTALLS;
  return chosen.includes('few') ? FEW : INSTALLS.filter(([runner]) => chosen.includes(runner));
}

mustMeet();
const folder = mkdtempSync(join(tmpdir(), 'heddle-installs-'));
try {
  const outside = new Project(folder, '');
  const packed = spawnSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  }).stdout;
  const tarball = join(folder, /"filename": "([^"]+)"/.exec(packed)?.[1] as string);
  const tools = join(folder, 'tools');
  outside.must(
    ['npm', 'install', '--no-audit', '--no-fund', '--prefix', tools, `pnpm@${VERSIONS.pnpm}`],
    0,
    /./,
  );
  let failed = 0;
  for (const install of asked(process.argv.slice(2))) {
    const own = join(folder, install.join('-').replaceAll(':', '-'));
    mkdirSync(own);
    const began = performance.now();
    try {
      tryInstall(install, new Project(own, join(tools, 'node_modules/.bin')), tarball);
      console.log(
        `ok       ${install.join(', ')}: red, replayed, green (${Math.round((performance.now() - began) / 1000)} s)`,
      );
    } catch (error) {
      failed++;
      console.log(`FAILED   ${install.join(', ')}: ${(error as Error).message}`);
    }
    rmSync(own, { recursive: true, force: true });
  }
  if (failed > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
