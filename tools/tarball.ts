/**
 * What a new user does, with the package as npm would publish it: pack it, install it into an empty
 * project, write the test of the README, see it red, replay the failure by the command that was
 * printed, fix the server, see it green. And what a new user's tools do: publint,
 * arethetypeswrong, tsc. Needs the registry.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { devDependencies } = JSON.parse(read('package.json')) as {
  devDependencies: Record<string, string>;
};
const pinned = (name: string): string => `${name}@${devDependencies[name]}`;

/** Everybody who installs heddle waits for it. A disk, PostgreSQL and 44 servers are in it. */
const PACKED_BYTES_MAX = 750_000;

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

function run(cwd: string, command: string, ...args: string[]): Ended {
  const { FORCE_COLOR: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...env, NO_COLOR: '1' },
  });
  return { code: status, text: `${stdout}${stderr}` };
}

/** One line a step; what was printed is shown when it is not as it should be. */
function expect(
  what: string,
  { code, text }: Ended,
  wanted: number,
  ...patterns: RegExp[]
): string {
  const missing = patterns.filter((pattern) => !pattern.test(text));
  if (code === wanted && missing.length === 0) {
    console.log(`ok       ${what}`);
    return text;
  }
  console.log(text);
  throw new Error(`${what}: exit code ${code}, wanted ${wanted}; not found: ${missing.join(', ')}`);
}

const TYPES = `
import fc from 'fast-check';
import { type CheckOptions, check, type Program, ScheduleFailure, type Scenario, type Sys, scenario } from 'heddle';
import { type Schedule, schedule, schedules } from 'heddle/fast-check';
import { fifoQueue, type History, linearizableLaw, noLeakLaw, type QueueCall, type QueueResult } from 'heddle/laws';
import { Channel } from 'heddle/sync';
import { fuzz } from 'heddle/vitest';

function* sum(sys: Sys, numbers: Channel<number>, ends: Channel<string>): Program<number> {
  const one = yield* sys.chanSelect([{ receive: numbers }, { receive: ends }]);
  return one.index === 0 && !one.done ? one.value : (yield* sys.chanReceive(ends)).done ? 0 : 1;
}
function* program(sys: Sys): Program<number> {
  const fd: number = yield* sys.socket('inet', 'stream');
  return yield* sys.send(fd, new Uint8Array(1));
}
const one: Scenario = scenario('one', (world) => void world.process('p').spawn('t', program));
const options: CheckOptions = { runs: 1, faults: ['reset'], strategy: 'pct:3' };
const steps: Promise<number> = check(one, options).then((checked) => checked.steps);
const lawful = (history: History<QueueCall, QueueResult>): Scenario =>
  scenario('lawful', (world) => {
    noLeakLaw(world, 'server');
    linearizableLaw(world, history, fifoQueue(10), 'a queue');
  });
fc.property(schedules(), (its: Schedule) => its.check(one));
fuzz.each([1, 2])((n) => scenario(String(n), () => {}), { real: ['node', 'linux'] });
// @ts-expect-error there is no such fault
fuzz(one, { faults: ['frost'] });
// @ts-expect-error a descriptor is a number
const text: string = schedule('h1:') ?? new ScheduleFailure('', 1, '', {}) ?? steps;
export { lawful, sum, text };
`;

/** The oldest that reads the types of heddle, and the last with a compiler API; with this one. */
const COMPILERS = { '5.0': 'typescript-5.0', '5.9': 'typescript-5.9', now: 'typescript' };

/** As in a project of CommonJS. */
const REQUIRED_TYPES = `
import { scenario } from 'heddle';
export const one = scenario('one', (world) => void world.process('p').spawn('t', function* () {}));
`;

/** Each compiler, each way of finding modules; the package's declarations are checked too. */
function checkTypes(project: string): void {
  const here = (command: string, ...args: string[]): Ended => run(project, command, ...args);
  const older = Object.entries(COMPILERS).filter(([version]) => version !== 'now');
  const aliases = older.map(([version, alias]) => `${alias}@npm:typescript@~${version}.0`);
  expect('older compilers', here('npm', 'install', '--no-audit', '--no-fund', ...aliases), 0);
  // As an ES module: nodenext asks package.json, and an empty project's says CommonJS.
  writeFileSync(join(project, 'types.mts'), TYPES);
  writeFileSync(join(project, 'types.cts'), REQUIRED_TYPES);
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node'];
  for (const [version, alias] of Object.entries(COMPILERS)) {
    const tsc = (...args: string[]): Ended =>
      here('node', `node_modules/${alias}/bin/tsc`, ...flags, ...args);
    for (const how of ['nodenext', 'node16', 'bundler']) {
      const module = ['--module', how === 'bundler' ? 'esnext' : how, '--moduleResolution', how];
      expect(
        `TypeScript ${version}, ${how}`,
        tsc(...module, '--skipLibCheck', 'false', 'types.mts'),
        0,
      );
    }
    const asRequired = (module: string): Ended =>
      tsc('--module', module, '--skipLibCheck', 'true', 'types.cts');
    const refusal = version === 'now' ? 1 : 2;
    const required = asRequired('node16');
    expect(`TypeScript ${version}, node16, CommonJS: refused`, required, refusal, /TS1479/);
    if (version === '5.0') continue;
    expect(`TypeScript ${version}, nodenext, CommonJS`, asRequired('nodenext'), 0);
  }
}

/** As in a project that has never heard of modules. */
const REQUIRES = `
const test = require('node:test');
const { check, scenario } = require('heddle');
const echo = scenario('two who add', (world) => {
  const n = world.cell('n', 0);
  for (const name of ['a', 'b']) {
    world.process('p').spawn(name, function* (sys) {
      yield* sys.store(n, (yield* sys.load(n)) + 1);
    });
  }
  world.finally('both are counted', () => n.value === 2 || n.value + ' is counted');
});
test('two who add', () => check(echo));
`;

const folder = mkdtempSync(join(tmpdir(), 'heddle-tarball-'));
try {
  const packed = expect(
    'npm pack',
    run(root, 'npm', 'pack', '--json', '--pack-destination', folder),
    0,
  );
  const name = /"filename": "([^"]+)"/.exec(packed)?.[1] as string;
  const tarball = join(folder, name);
  const bytes = statSync(tarball).size;
  if (bytes > PACKED_BYTES_MAX) {
    throw new Error(`${name} has ${bytes} bytes, and may have ${PACKED_BYTES_MAX}`);
  }
  console.log(`ok       ${name}: ${Math.round(bytes / 1000)} kB`);
  const bin = (tool: string): string => join(root, 'node_modules/.bin', tool);
  expect('publint', run(root, bin('publint'), '--strict', '--pack', 'false', root), 0);
  expect('arethetypeswrong', run(root, bin('attw'), tarball), 0);

  const project = mkdtempSync(join(folder, 'a project '));
  const here = (command: string, ...args: string[]): Ended => run(project, command, ...args);
  expect('npm init', here('npm', 'init', '-y'), 0);
  const packages = ['vitest', 'typescript', '@types/node', 'fast-check'].map(pinned);
  expect('npm install', here('npm', 'install', '--no-audit', '--no-fund', tarball, ...packages), 0);

  for (const file of ['echo.ts', 'echo.test.ts']) {
    copyFileSync(join(root, 'examples/first', file), join(project, file));
  }
  const red = expect(
    'npx vitest run: red',
    here('npx', 'vitest', 'run'),
    1,
    /law +the client gets/,
  );
  const command = /replay +(npx heddle replay \S+)/.exec(red)?.[1]?.split(' ') ?? [];
  expect(
    command.join(' '),
    here(...(command as [string])),
    1,
    /law +the client gets/,
    /again +npx/,
  );
  expect(
    'npx heddle view (the picture)',
    here('npx', 'heddle', 'view', ...command.slice(3), '--no-open', '--out', 'picture.html'),
    0,
    /^picture\.html/,
  );
  expect(
    'npx heddle fuzz echo.test.ts',
    here('npx', 'heddle', 'fuzz', 'echo.test.ts'),
    1,
    /saved in/,
  );

  const written = readFileSync(join(project, 'echo.ts'), 'utf8');
  const once = /\n {4}const request = [\s\S]*?request\);\n/;
  const fixed = written.replace(
    once,
    '\n    let some: Uint8Array;\n    while ((some = yield* sys.recv(fd, 1024)).length > 0) yield* sys.send(fd, some);\n',
  );
  if (fixed === written) throw new Error('examples/first/echo.ts is not as this script knows it');
  writeFileSync(join(project, 'echo.ts'), fixed);
  expect('fixed: green', here('npx', 'vitest', 'run'), 0, /passes now|1 passed/);

  writeFileSync(join(project, 'add.test.cjs'), REQUIRES);
  const required = expect(
    'node --test, of a file that requires: red',
    here('node', '--test', '--test-reporter=tap', 'add.test.cjs'),
    1,
    /law +both are counted/,
  );
  const again = /replay +npx (heddle replay \S+)/.exec(required)?.[1]?.split(' ') ?? [];
  expect(again.join(' '), here('npx', ...again), 1, /law +both are counted/);

  checkTypes(project);
  console.log('the package does what the README says');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
