// What databases do to their clients, where a scenario has them do it.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  check,
  type Found,
  fuzz,
  type HostService,
  inMacrotask,
  type PostgresFault,
  postgres,
  type Realm,
  type RedisFault,
  realm,
  redis,
  replay,
  type Scenario,
  shrink,
} from 'heddle';
import { describe, expect, it, test } from 'vitest';
import { type Commands, ioredis } from './clients.mjs';
import { type Client, connected } from './drivers.mjs';
import { fails, holds } from './races.ts';
import { codeOf } from './run.ts';

const db = (...faults: readonly PostgresFault[]): HostService =>
  postgres({ schema: './shop.sql', faults });
const beside = (name: string, service: () => HostService, body: (world: Realm) => Promise<void>) =>
  realm(name, async (world) => {
    world.host('db').service(service());
    world.host('cache').service(redis());
    await body(world);
  });

/** One that hears of its end. */
async function alive(more = {}): Promise<Client & { ends: string[] }> {
  const client = await connected(more);
  const ends: string[] = [];
  client.on('error', (error) => ends.push(error.code ?? String(error)));
  return Object.assign(client, { ends });
}

/** After a failover it may take a while. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code === '40001') throw error;
      await sleep(1_000);
    }
  }
}

const names = async (): Promise<string> => {
  const client = await again(() => alive());
  const { rows } = await client.query('SELECT name FROM items ORDER BY id');
  await client.end();
  return rows.map(({ name }) => name).join();
};

/** The names of both items, in one transaction. */
async function rename(client: Client, isolation = ''): Promise<void> {
  await client.query(`BEGIN ${isolation}`);
  await client.query("UPDATE items SET name = 'new' WHERE id = 1");
  await client.query("UPDATE items SET name = 'new' WHERE id = 2");
  await client.query('COMMIT');
}

/** It throws what went wrong, with what the database has then. */
const renamed = (fault: PostgresFault, isolation = '', more = {}): Scenario =>
  realm(`items are renamed: ${fault}`, async (world) => {
    const service = db(fault);
    world.host('db').service(service);
    const client = await alive(more).catch(() => undefined);
    if (client === undefined) return;
    const code = await codeOf(rename(client, isolation));
    if (code === 'none' && world.nowMs < 50) return;
    throw new Error(`${code} after ${world.nowMs >= 50 ? 'long' : 'no time'}`);
  });

const foundIn = async (of: Scenario, runs = 200): Promise<Found | undefined> =>
  (await inMacrotask(() => fuzz(of, { runs, seed: 1 }))).found;

describe('postgres', () => {
  test.each<[PostgresFault, RegExp, string, object]>([
    ['reset', /ECONNRESET after no time/, '', {}],
    ['slow', /none after long/, '', {}],
    ['slow', /57014 after long/, '', { statement_timeout: 60 }],
    ['failover', /57P01 after no time/, '', {}],
    ['serialization', /40001 after no time/, 'ISOLATION LEVEL SERIALIZABLE', {}],
    ['serialization', /40001 after no time/, 'ISOLATION LEVEL REPEATABLE READ', {}],
  ])('%s is met, in two decisions, and the calm run has none', async (fault, message, ...how) => {
    const of = renamed(fault, ...how);
    const calm = await inMacrotask(() => replay(of, [], 'clamp'));
    expect(calm.failure?.message).toBeUndefined();
    const found = await foundIn(of);
    expect(found?.failure.message).toMatch(message);
    const { decisions } = await inMacrotask(() => shrink(of, found as Found));
    const { failure } = await inMacrotask(() => replay(of, decisions, 'strict'));
    expect(failure?.message).toMatch(message);
    expect(decisions.filter((choice) => choice !== 0)).toHaveLength(2);
  });

  it('is told in the report', async () => {
    const options = { runs: 200, seed: 1, folder: false } as const;
    const text = await inMacrotask(() => check(renamed('reset'), options)).then(
      () => '',
      (error) => error.message,
    );
    expect(text).toMatch(/db may reset connections/);
    expect(text).toMatch(/its connection is reset/);
  });

  it('fails to serialize only where that can be', async () => {
    expect(await foundIn(renamed('serialization'))).toBeUndefined();
  });

  it('refuses a fault that there is not', () => {
    expect(() => postgres({ faults: ['frost' as PostgresFault] })).toThrow(
      /no fault frost of PostgreSQL: reset, slow, failover, serialization/,
    );
  });

  const all = ['reset', 'slow', 'failover', 'serialization'] as const;
  holds(
    beside(
      'whatever happens, a transaction is carried out as a whole, and leaves no lock',
      () => db(...all),
      async () => {
        const client = await again(() => alive());
        const code = await codeOf(rename(client, 'ISOLATION LEVEL SERIALIZABLE'));
        const found = await again(names);
        const isWhole = found === 'new,new' || (code !== 'none' && !found.includes('new'));
        expect([code, found, isWhole]).toEqual([code, found, true]);
        const other = await again(() => alive({ lock_timeout: 1 }));
        const free = await codeOf(other.query("UPDATE items SET name = 'x' WHERE id = 1"));
        expect(free).not.toBe('55P03');
      },
    ),
  );
});

/** Adds one, again until it is told that it has; `once` says by which name that is known. */
const adding = (name: string, add: (client: Commands) => Promise<unknown>): Scenario =>
  realm(name, async (world) => {
    world.host('cache').service(redis({ faults: ['reset', 'failover'] }));
    const client = ioredis({ maxRetriesPerRequest: null });
    client.on('error', () => {});
    await add(client);
    const found = await client.get('count');
    client.disconnect();
    if (found !== '1') throw new Error(`the count is ${found}`);
  });

const ONCE = `
  if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then redis.call('INCR', KEYS[1]) end
  return redis.call('GET', KEYS[1])`;

describe('redis', () => {
  // The client asks again what was not answered, whether it was carried out or not.
  fails(
    adding('a count is told again', (client) => client.incr('count')),
    /the count is [2-9]/,
  );
  holds(
    adding('a count is told again by its name', (client) =>
      client.eval(ONCE, 2, 'count', 'known', 'the first'),
    ),
  );

  const seen = (fault: RedisFault): Scenario =>
    realm(`redis with ${fault}`, async (world) => {
      world.host('cache').service(redis({ faults: [fault] }));
      const more = { retryStrategy: null, maxRetriesPerRequest: 0, enableReadyCheck: false };
      const [client, other] = [ioredis(more), ioredis(more)];
      const ends: string[] = [];
      for (const each of [client, other]) {
        each.on('error', () => {});
        each.on('end', () => ends.push(each === client ? 'own' : 'other'));
      }
      const said = await client.set('key', 'v').catch((error: Error) => error.message);
      const before = world.nowMs;
      const heard = await other.get('key').catch((error: Error) => error.message);
      await sleep(1);
      const isLate = world.nowMs >= 50;
      const isLateBefore = before >= 50;
      client.disconnect();
      other.disconnect();
      if (said === 'OK' && heard === 'v' && !isLate) return;
      throw new Error(`${ends.join('+')} ${isLateBefore ? 'late' : ''}`);
    });

  test.each<[RedisFault, RegExp]>([
    ['reset', /(?:own|other) $/],
    ['slow', /late/],
    ['failover', /own\+other|other\+own/],
  ])('%s is met, in two decisions, and the calm run has none', async (fault, message) => {
    const of = seen(fault);
    const calm = await inMacrotask(() => replay(of, [], 'clamp'));
    expect(calm.failure?.message).toBeUndefined();
    const found = await foundIn(of);
    expect(found?.failure.message).toMatch(message);
    const { decisions } = await inMacrotask(() => shrink(of, found as Found));
    const { failure } = await inMacrotask(() => replay(of, decisions, 'strict'));
    expect(failure?.message).toMatch(message);
    expect(decisions.filter((choice) => choice !== 0)).toHaveLength(2);
  });

  it('works on one command at a time, also for others', async () => {
    let slowRuns = 0;
    const of = realm('two clients', async (world) => {
      world.host('cache').service(redis({ faults: ['slow'] }));
      const [client, other] = [ioredis(), ioredis()];
      await Promise.all([client.ping(), other.ping()]);
      const from = world.nowMs;
      const setMs = client.set('key', 'v').then(() => world.nowMs - from);
      await sleep(20);
      await other.get('key');
      const gotMs = world.nowMs - from;
      await Promise.all([client.quit(), other.quit()]);
      if ((await setMs) < 100) return;
      slowRuns++;
      if (gotMs < 100) throw new Error('it overtakes');
    });
    expect((await foundIn(of))?.failure.message).toBeUndefined();
    expect(slowRuns).toBeGreaterThan(0);
  });
});
