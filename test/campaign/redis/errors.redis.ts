/** What is wrong with a Redis is said, with what to do, and nothing is lost. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endOf, Heddle, newProject, type Project, savedIn } from '../projects.ts';
import { hasRedis, RedisServer } from './server.ts';

const PLAN = ['a.sim.ts', '--runs', '1000', '--json'];
const projects: Project[] = [];
const running: Heddle[] = [];
let redis: RedisServer;

function project(): Project {
  const its = newProject();
  projects.push(its);
  return its;
}

function heddle(its: Project, args: readonly string[], node: readonly string[] = []): Heddle {
  const one = new Heddle(its.folder, args, {}, node);
  running.push(one);
  return one;
}

describe.skipIf(!hasRedis())('a Redis that will not do', () => {
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.remove());
  afterEach(async () => {
    for (const one of running.splice(0)) await one.kill();
    for (const { folder } of projects.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['nonsense', /nonsense is no address of a Redis: it looks like redis:/],
    [
      'redis://127.0.0.1:1',
      /no Redis listens at redis:\/\/127\.0\.0\.1:1 .*start one \(redis-server/,
    ],
    [
      'redis://no-such-host.invalid:6379',
      /there is no host as in redis:\/\/no-such-host.*see that/,
    ],
  ])('%s: a clear message, of coordinator and worker', async (url, message) => {
    const its = project();
    for (const words of [['campaign', ...PLAN], ['worker']]) {
      const one = heddle(its, [...words, '--redis', url]);
      expect(await one.ended()).toBe(2);
      expect(one.err).toMatch(message);
    }
  });

  it('a wrong password is told without telling it', async () => {
    const its = project();
    const guarded = await RedisServer.start('--requirepass', 'secret');
    try {
      const { port } = guarded;
      for (const password of ['', ':wrong@']) {
        const url = `redis://${password}127.0.0.1:${port}`;
        const one = heddle(its, ['worker', '--redis', url]);
        expect(await one.ended()).toBe(2);
        expect(one.err).toMatch(/does not take this password .*redis:\/\/:PASSWORD@host/);
        expect(one.err).not.toContain(':wrong@');
      }
    } finally {
      await guarded.remove();
    }
  });

  it('one that throws keys away is refused', async () => {
    const careless = await RedisServer.start(
      ...['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
    );
    try {
      const one = heddle(project(), ['campaign', ...PLAN, '--redis', careless.url]);
      expect(await one.ended()).toBe(2);
      expect(one.err).toMatch(
        /maxmemory-policy allkeys-lru.*config set maxmemory-policy noeviction/,
      );
    } finally {
      await careless.remove();
    }
  });

  it('one that is full is waited for, and nothing is lost', async () => {
    const alone = project();
    const undisturbed = heddle(alone, ['campaign', ...PLAN]);
    await undisturbed.ended();
    const its = project();
    const coordinator = heddle(its, ['campaign', ...PLAN, '--redis', redis.url]);
    await coordinator.says(/"type":"campaign"/);
    const worker = heddle(its, ['worker', '--redis', redis.url, '--workers', '2']);
    await worker.says(/works for campaign/);
    redis.ask('config', 'set', 'maxmemory', '1mb');
    await Promise.race([worker.says(/Redis is full/), coordinator.says(/Redis is full/)]);
    await sleep(1_000);
    expect(coordinator.hasEnded).toBe(false);
    redis.ask('config', 'set', 'maxmemory', '0');
    expect(await coordinator.ended()).toBe(1);
    expect(endOf(coordinator.out)).toEqual(endOf(undisturbed.out));
    expect(savedIn(its)).toEqual(savedIn(alone));
  });

  it('clocks that are an hour apart do no harm, and it is said', async () => {
    const its = project();
    const clock = 'const now = Date.now; Date.now = () => now() + 3_600_000;';
    const ahead = ['--import', `data:text/javascript,${encodeURIComponent(clock)}`];
    const worker = heddle(its, ['worker', '--redis', redis.url, '--once'], ahead);
    await worker.says(
      /clock of this machine is 60 min ahead of that of Redis; nothing hangs on it/,
    );
    const coordinator = heddle(its, ['campaign', ...PLAN, '--redis', redis.url]);
    expect(await coordinator.ended()).toBe(1);
    expect(coordinator.err).toBe('');
    expect(endOf(coordinator.out)).toMatchObject({ runs: 3_000, isOver: true });
    expect(await worker.ended()).toBe(0);
  });
});
