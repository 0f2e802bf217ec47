/** `heddle campaign` on this machine, as it is called. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endOf, Heddle, newProject, type Project, SCENARIOS, savedIn } from './projects.ts';

const PLAN = ['a.sim.ts', '--runs', '1000', '--json'];
const projects: Project[] = [];
let fuzzed: Record<string, string>;

function project(scenarios?: string): Project {
  const its = newProject(scenarios);
  projects.push(its);
  return its;
}

async function heddle({ folder }: Project, ...args: readonly string[]): Promise<Heddle> {
  const one = new Heddle(folder, args);
  await one.ended();
  return one;
}

beforeAll(async () => {
  const its = project();
  expect((await heddle(its, 'fuzz', ...PLAN)).child.exitCode).toBe(1);
  fuzzed = savedIn(its);
  expect(Object.keys(fuzzed)).toHaveLength(2);
});
afterAll(() => {
  for (const { folder } of projects) rmSync(folder, { recursive: true, force: true });
});

it('saves what heddle fuzz saves, byte for byte, with one worker and with three', async () => {
  const ends: object[] = [];
  for (const workers of ['1', '3']) {
    const its = project();
    const { child, out, err } = await heddle(its, 'campaign', ...PLAN, '--workers', workers);
    expect(err).toBe('');
    expect(child.exitCode).toBe(1);
    expect(savedIn(its)).toEqual(fuzzed);
    ends.push(endOf(out));
  }
  expect(ends[0]).toMatchObject({ type: 'end', runs: 3_000, isOver: true, end: 'over' });
  expect(ends[1]).toEqual(ends[0]);
});

it('goes on where kill -9 has ended it, and refuses to where a file has changed', async () => {
  const plan = [
    'a.sim.ts',
    '--runs',
    '5000',
    '--strategy',
    'random,pos',
    '--json',
    '-t',
    'four|six',
  ];
  const alone = project();
  const whole = await heddle(alone, 'campaign', ...plan);
  const its = project();
  const campaigns = join(its.folder, '.heddle/campaigns');
  let id = '';
  for (let kills = 0; kills < 2; kills++) {
    const one = new Heddle(its.folder, [
      'campaign',
      ...(id === '' ? plan : ['--resume', id, '--json']),
    ]);
    const hasClosed = (): boolean => {
      id = existsSync(campaigns) ? (readdirSync(campaigns)[0] ?? '') : '';
      const path = join(campaigns, id, 'state.json');
      if (id === '' || !existsSync(path)) return false;
      return (JSON.parse(readFileSync(path, 'utf8')) as { closed: number }).closed >= 2 * kills;
    };
    while (!hasClosed()) await sleep(20);
    await one.kill();
  }
  its.write(`${SCENARIOS}//`);
  const refused = await heddle(its, 'campaign', '--resume', id);
  expect(refused.err).toMatch(/is of other code than this: file a\.sim\.ts differs; begin/);
  expect(refused.child.exitCode).toBe(2);
  its.write(SCENARIOS);
  const { out } = await heddle(its, 'campaign', '--resume', id, '--json');
  expect(endOf(out)).toEqual(endOf(whole.out));
  expect(savedIn(its)).toEqual(savedIn(alone));
});

it('sets aside what ends the processes that make it', async () => {
  const its = project(`${SCENARIOS}
export const crash = adders('a crash', 2, (sum) => {
  if (sum === 1 && process.send !== undefined) process.abort();
});`);
  const { child, out } = await heddle(
    its,
    'campaign',
    ...PLAN,
    '-t',
    'a crash|two',
    '--runs',
    '400',
  );
  expect(child.exitCode).toBe(1);
  const { finds } = endOf(out) as { finds: { kind: string; report: string }[] };
  const aside = finds.filter(({ kind }) => kind === 'aside');
  expect(aside.length).toBeGreaterThan(0);
  expect(aside[0]?.report).toMatch(
    /^runs \d+ to \d+ by portfolio, seed 1, end the process that makes them \(SIGABRT; SIGABRT\)/,
  );
  expect(finds.filter(({ kind }) => kind === 'failure')).toHaveLength(1);
});
