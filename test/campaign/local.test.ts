/** `heddle campaign` on this machine, as it is called. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const HEDDLE = ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts')];
const folder = mkdtempSync(join(tmpdir(), 'heddle-local-'));
const SCENARIOS = `
import { Cell, scenario } from ${JSON.stringify(join(root, 'src/index.ts'))};
const adders = (name, count, judge) => scenario(name, (world) => {
  world.process('p').spawn('main', function* main(sys) {
    const cell = new Cell('v', 0);
    const add = function* (own) { yield* own.store(cell, (yield* own.load(cell)) + 1); };
    const ids = [];
    for (let i = 0; i < count; i++) ids.push(yield* sys.spawn(add));
    for (const id of ids) yield* sys.join(id);
    judge(cell.value);
  });
});
export const two = adders('two of them', 2, (sum) => { if (sum === 1) throw new Error('lost'); });
export const four = adders('four of them', 4, (sum) => { if (sum === 1) throw new Error('lost'); });
export const six = adders('six of them', 6, () => {});
`;

/** A folder of its own, so that no campaign knows of another. */
function project(name: string, scenarios: string = SCENARIOS): string {
  const its = join(folder, name);
  cpSync(join(root, 'test/campaign/project'), its, { recursive: true });
  writeFileSync(join(its, 'a.sim.ts'), scenarios);
  return its;
}

interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function heddle(cwd: string, ...args: readonly string[]): Told {
  return spawnSync(process.execPath, [...HEDDLE, ...args], { cwd, encoding: 'utf8' });
}

/** What is saved, by name. */
const saved = (its: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(its, '.heddle'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name, readFileSync(join(its, '.heddle', name), 'utf8')]),
  );

/** The last line of a campaign's JSON, but for what is another each time. */
function endOf(stdout: string): Record<string, unknown> {
  const {
    id: _id,
    workedMs: _ms,
    machines: _machines,
    leftMs: _left,
    ...end
  } = JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, unknown>;
  return end;
}

const PLAN = ['a.sim.ts', '--runs', '1000', '--json'];
let fuzzed: Record<string, string>;

beforeAll(() => {
  const its = project('fuzz');
  expect(heddle(its, 'fuzz', ...PLAN).status).toBe(1);
  fuzzed = saved(its);
  expect(Object.keys(fuzzed)).toHaveLength(2);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('saves what heddle fuzz saves, byte for byte, with one worker and with three', () => {
  const ends = [1, 3].map((workers) => {
    const its = project(`workers-${workers}`);
    const { status, stdout, stderr } = heddle(its, 'campaign', ...PLAN, '--workers', `${workers}`);
    expect(stderr).toBe('');
    expect(status).toBe(1);
    expect(saved(its)).toEqual(fuzzed);
    return endOf(stdout);
  });
  expect(ends[0]).toMatchObject({ type: 'end', runs: 3_000, isOver: true, end: 'over' });
  expect(ends[1]).toEqual(ends[0]);
});

it('goes on where kill -9 has ended it, and refuses to where a file has changed', async () => {
  const plan = [
    'a.sim.ts',
    '--runs',
    '9000',
    '--strategy',
    'random,pos',
    '--json',
    '-t',
    'four|six',
  ];
  const whole = heddle(project('whole'), 'campaign', ...plan);
  const its = project('killed');
  let id = '';
  for (let kills = 0; kills < 2; kills++) {
    const args = id === '' ? plan : ['--resume', id, '--json'];
    const child = spawn(process.execPath, [...HEDDLE, 'campaign', ...args], { cwd: its });
    const campaigns = join(its, '.heddle/campaigns');
    const grown = (): boolean => {
      id = existsSync(campaigns) ? (readdirSync(campaigns)[0] ?? '') : '';
      const path = join(campaigns, id, 'state.json');
      if (id === '' || !existsSync(path)) return false;
      return (JSON.parse(readFileSync(path, 'utf8')) as { closed: number }).closed >= 2 * kills;
    };
    while (!grown()) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  writeFileSync(join(its, 'a.sim.ts'), `${SCENARIOS}//`);
  const refused = heddle(its, 'campaign', '--resume', id);
  expect(refused.stderr).toMatch(/is of other code than this: file a\.sim\.ts differs; begin/);
  expect(refused.status).toBe(2);
  writeFileSync(join(its, 'a.sim.ts'), SCENARIOS);
  const { stdout } = heddle(its, 'campaign', '--resume', id, '--json');
  expect(endOf(stdout)).toEqual(endOf(whole.stdout));
  expect(saved(its)).toEqual(saved(join(folder, 'whole')));
});

it('sets aside what ends the processes that make it', () => {
  const its = project(
    'crash',
    `${SCENARIOS}
export const crash = scenario('a crash', (world) => {
  globalThis.built = (globalThis.built ?? 0) + 1;
  if (process.send !== undefined && globalThis.built > 500) process.abort();
  world.process('p').spawn('main', function* main(sys) { yield* sys.schedYield(); });
});`,
  );
  const { status, stdout } = heddle(its, 'campaign', ...PLAN, '-t', 'a crash|two');
  expect(status).toBe(1);
  const { finds } = endOf(stdout) as { finds: { kind: string; report: string }[] };
  expect(finds.filter(({ kind }) => kind === 'aside').length).toBeGreaterThan(0);
  expect(finds.find(({ kind }) => kind === 'aside')?.report).toMatch(
    /^runs \d+ to \d+ by portfolio, seed 1, end the process that makes them \(SIGABRT; SIGABRT\)/,
  );
  expect(finds.filter(({ kind }) => kind === 'failure')).toHaveLength(1);
});
