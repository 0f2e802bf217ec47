import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const heddle = join(import.meta.dirname, '../../src/index.ts');
const files = join(import.meta.dirname, '../../src/sim/explore/failures.ts');

/** Runs generators, then async tasks, then reads the schema of files; prints what came of each. */
const PROGRAM = `
Object.assign(Object.prototype, globalThis.added);
const { scenario, check, inMacrotask } = await import(${JSON.stringify(heddle)});
const { failureSchema, readFailure } = await import(${JSON.stringify(files)});
const tried = async (work) => {
  try { console.log(String(await work())); } catch (error) { console.log(error.name + ': ' + error.message); }
};
const calm = scenario('calm', (world) => {
  world.process('p').spawn('p', function* (sys) { yield* sys.getpid(); });
});
const slow = scenario('slow', (world) => {
  world.process('p').spawn('p', async (sys) => { await sys.getpid(); Date.now(); });
});
await tried(async () => 'runs ' + (await check(calm, { runs: 5, folder: false })).runs);
await tried(async () => 'async ' + (await check(slow, { runs: 5, folder: false })).runs);
await tried(() => 'schema ' + Object.keys(failureSchema().properties).length);
await tried(() => readFailure('/dev/null'));
`;

const run = (flags: readonly string[], before = ''): string[] => {
  const args = [...flags, '--no-warnings', '--import', import.meta.resolve('tsx')];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...args, '--input-type=module', '--eval', before + PROGRAM],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
};

const WHOLE = ['runs 5', 'async 5', expect.stringMatching(/^schema \d+$/)];
const NO_FILE = expect.stringMatching(/^UsageError: \/dev\/null cannot be read: it is no file/);

it.each(['--disable-proto=throw', '--disable-proto=delete'])('works under %s', (flag) => {
  expect(run([flag])).toEqual([...WHOLE, NO_FILE]);
});

it('works where others have added something to Object.prototype that is enumerated', () => {
  expect(run([], 'globalThis.added = { polluted: 1, extend() {} };')).toEqual([...WHOLE, NO_FILE]);
});

it('says under --frozen-intrinsics why it cannot run anything', () => {
  const [runs, asynchronous, schema] = run(['--frozen-intrinsics']);
  expect(runs).toMatch(/^UsageError: .*--frozen-intrinsics forbids: start node without it$/);
  expect(asynchronous).toBe(runs);
  expect(schema).toMatch(/^schema \d+$/);
});

it('says where code may not be made from text what async tasks need', () => {
  const [runs, asynchronous] = run(['--disallow-code-generation-from-strings']);
  expect(runs).toBe('runs 5');
  expect(asynchronous).toMatch(/^UsageError: .*turns of the event loop.*await runAsync/);
});
