import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endOf, Heddle, newProject, type Project, SCENARIOS, savedIn } from '../projects.ts';
import { hasRedis, RedisServer } from './server.ts';

const PLAN = ['a.sim.ts', '--runs', '1000', '--json'];
const projects: Project[] = [];
const running: Heddle[] = [];
let redis: RedisServer;

function project(text?: string): Project {
  const its = newProject(text);
  projects.push(its);
  return its;
}

function heddle(its: Project, ...args: readonly string[]): Heddle {
  const one = new Heddle(its.folder, args);
  running.push(one);
  return one;
}

const worker = (its: Project, processes: number, ...more: readonly string[]): Heddle =>
  heddle(its, 'worker', '--redis', redis.url, '--workers', `${processes}`, ...more);

const campaign = (its: Project, ...more: readonly string[]): Heddle =>
  heddle(its, 'campaign', ...PLAN, '--redis', redis.url, ...more);

describe.skipIf(!hasRedis())('a campaign over Redis', () => {
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.remove());
  afterEach(async () => {
    for (const one of running.splice(0)) await one.kill();
    for (const { folder } of projects.splice(0)) rmSync(folder, { recursive: true, force: true });
    redis.ask('flushall');
  });

  it('finds what heddle fuzz finds, byte for byte, with 1, 2 and 4 processes of machines', async () => {
    const alone = project();
    expect(await heddle(alone, 'fuzz', ...PLAN).ended()).toBe(1);
    const fuzzed = savedIn(alone);
    expect(Object.keys(fuzzed)).toHaveLength(2);
    const ends: object[] = [];
    for (const machines of [[1], [2], [2, 2]]) {
      const its = project();
      const workers = machines.map((processes) => worker(its, processes, '--once'));
      const coordinator = campaign(its);
      expect(await coordinator.ended()).toBe(1);
      expect(coordinator.err).toBe('');
      for (const one of workers) expect(await one.ended(), one.err).toBe(0);
      expect(savedIn(its)).toEqual(fuzzed);
      ends.push(endOf(coordinator.out));
    }
    expect(ends[0]).toMatchObject({ runs: 3_000, isOver: true });
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
  });

  it('is refused by a worker of other code, which says what differs and loads nothing of it', async () => {
    const its = project();
    const coordinator = campaign(its);
    await coordinator.says(/"type":"campaign"/);
    const other = project(`console.log('LOADED');${SCENARIOS}`);
    const refusing = worker(other, 1);
    expect(await refusing.ended()).toBe(2);
    expect(refusing.err).toMatch(
      /not for campaign \S+, which is of other code than this: file a\.sim\.ts differs/,
    );
    expect(refusing.out).not.toContain('LOADED');
    worker(its, 1);
    expect(await coordinator.ended()).toBe(1);
  });

  it('has those who join later run first what was found', async () => {
    const its = project();
    const first = worker(its, 1);
    const coordinator = campaign(its, '--runs', '200000');
    await coordinator.says(/"type":"find"/);
    const id = /"id":"([\w-]+)"/.exec(coordinator.out)?.[1] as string;
    // And what is none of this scenario's.
    const [path, file] = Object.entries(savedIn(its))[0] as [string, string];
    const forged = file.replace(/"name":"\w+ of them"/, '"name":"six of them"');
    redis.ask('hset', `heddle:{${id}}:failures`, 'forged.json', forged);
    const second = worker(its, 1);
    await second.says(/works for campaign/);
    expect(second.err).not.toContain(`the failure .heddle/${path} of`);
    expect(second.err).toMatch(
      /the failure forged\.json of campaign \S+ does not show on this machine: .*damaged/,
    );
    await first.kill();
  });

  it('takes nothing out of Redis that is not as it should be, and does that again', async () => {
    const its = project();
    const coordinator = campaign(its);
    await coordinator.says(/"type":"campaign"/);
    const id = /"id":"([\w-]+)"/.exec(coordinator.out)?.[1] as string;
    const keyOf = (name: string): string => `heddle:{${id}}:${name}`;
    while (redis.ask('scard', keyOf('open')) === '0') await new Promise((go) => setTimeout(go, 50));
    const keys = redis.ask('smembers', keyOf('open')).split('\n');
    expect(keys).toHaveLength(3);
    const bad = ['{', '{"by":"x","result":{"kind":"batches","batches":[]}}', '{"by":"x"}'];
    for (const [at, key] of keys.entries()) {
      redis.ask('hset', keyOf('results'), key, bad[at] as string);
      redis.ask('rpush', keyOf('arrived'), key);
    }
    await coordinator.says(/the result of \S+ in Redis is damaged/);
    worker(its, 2);
    expect(await coordinator.ended()).toBe(1);
    expect(endOf(coordinator.out)).toMatchObject({ runs: 3_000, isOver: true });
    expect(coordinator.err).toMatch(/x has answered \S+ with something else; it is done again/);
  });
});
