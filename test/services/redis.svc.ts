import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostService, inMacrotask, realm, recordRun, redis } from 'heddle';
import { expect, it } from 'vitest';
import { waitsOf } from '../../src/sim/trace/deadlock-reasons.ts';
import { type Commands, ioredis, nodeRedis } from './clients.mjs';
import { runBeside, valueBeside } from './run.ts';

const CACHE = { cache: (): HostService => redis() };
const valuesOf = <T>(work: () => Promise<T>): Promise<T> => valueBeside(CACHE, work);

const EPOCH_MS = Date.UTC(2024, 0, 1);
const quit = (...clients: { quit: () => unknown }[]) =>
  Promise.all(clients.map((each) => each.quit()));

/** Clients, and messages of a megabyte. */
const MANY = 16;

/** Has the next run begin with another server. */
async function spoil(client: Commands) {
  await client.config('SET', 'maxmemory', '123mb');
}

it('begins each run with an empty database, whatever the run before has done', async () => {
  const script = "return redis.call('GET', 'left')";
  const hash = createHash('sha1').update(script).digest('hex');
  const look = async () => {
    const client = ioredis();
    const found = [
      await client.dbsize(),
      await client.config('GET', 'maxmemory'),
      await client.script('EXISTS', hash),
      await client.get('left'),
      (await client.script('LOAD', script)) === hash,
      await client.script('EXISTS', hash),
    ];
    await client.set('left', 'over');
    found.push(await client.evalsha(hash, 0));
    await client.select(3);
    await client.set('left', 'over');
    await spoil(client);
    await quit(client);
    return found;
  };
  const first = await valuesOf(look);
  expect(first).toEqual([0, ['maxmemory', '0'], [0], null, true, [1], 'over']);
  expect(await valuesOf(look)).toEqual(first);
});

it('says the time of the run, wherever it is asked for', async () => {
  const ask = async () => {
    const client = ioredis();
    const inScript = "local t = redis.call('TIME') return { t[1], t[2] }";
    const hash = await client.script('LOAD', inScript);
    await sleep(1500.25);
    const found = [
      await client.time(),
      await client.eval(inScript, 0),
      await client.evalsha(hash, 0),
      (await client.multi().time().exec())[0][1],
    ];
    const id = await client.xadd('stream', '*', 'name', 'value');
    await quit(client);
    return { found, id };
  };
  const { found, id } = await valuesOf(ask);
  const now = [String(EPOCH_MS / 1000 + 1), '500000'];
  for (const each of found) expect(each.map(Number)[0]).toBe(Number(now[0]));
  expect(new Set(found.map(String)).size).toBe(1);
  expect(id).toBe(`${EPOCH_MS + Math.floor(Number(found[0][1]) / 1000) + 1000}-0`);
});

/** Each sets a deadline, one second and a half after it, on a key of its own. */
const DEADLINES: Readonly<Record<string, (c: Commands, key: string) => unknown>> = {
  px: (c, key) => c.set(key, 'v', 'PX', 1500),
  pxat: (c, key) => c.set(key, 'v', 'PXAT', Date.now() + 1500),
  psetex: (c, key) => c.psetex(key, 1500, 'v'),
  pexpire: async (c, key) => [await c.set(key, 'v'), await c.pexpire(key, 1500)],
  pexpireat: async (c, key) => [await c.set(key, 'v'), await c.pexpireat(key, Date.now() + 1500)],
  getex: async (c, key) => [await c.set(key, 'v'), await c.getex(key, 'PX', 1500)],
  multi: (c, key) => c.multi().set(key, 'v').pexpire(key, 1500).exec(),
  script: (c, key) => c.eval("return redis.call('set', KEYS[1], 'v', 'px', ARGV[1])", 1, key, 1500),
  pcall: (c, key) =>
    c.eval("redis.call('set', KEYS[1], 'v') return redis.pcall('pexpire', KEYS[1], 1500)", 1, key),
  renamed: async (c, key) => [
    await c.set(`old ${key}`, 'v', 'PX', 1500),
    await c.rename(`old ${key}`, key),
  ],
  restored: async (c, key) => {
    await c.set('whole', 'v');
    return c.restore(key, 1500, await c.dumpBuffer('whole'));
  },
};

it.each(Object.keys(DEADLINES))('expires by the clock of the run: %s', async (how) => {
  const [before, left, after] = await valuesOf(async () => {
    const client = ioredis();
    await DEADLINES[how]?.(client, 'key');
    await sleep(1400);
    const early = await client.get('key');
    const times = [
      await client.pttl('key'),
      await client.ttl('key'),
      (await client.pexpiretime('key')) - EPOCH_MS,
      (await client.expiretime('key')) - EPOCH_MS / 1000,
      await client.eval("return redis.call('PTTL', KEYS[1])", 1, 'key'),
    ];
    await sleep(100);
    const late = [await client.exists('key'), await client.get('key'), await client.ttl('key')];
    await quit(client);
    return [early, times, late];
  });
  expect(before).toBe('v');
  expect(left).toEqual([100, 0, 1500, 2, 100]);
  expect(after).toEqual([0, null, -2]);
});

it('refuses and forgets what Redis would: times that are over, and that are none', async () => {
  const [codes, gone] = await valuesOf(async () => {
    const client = ioredis();
    const said = async (work: Promise<unknown>) => work.catch((error: Error) => error.message);
    const texts = [
      await said(client.set('key', 'v', 'PX', 0)),
      await said(client.setex('key', -1, 'v')),
      await said(client.set('key', 'v', 'EX', 'soon')),
      await said(client.eval("return redis.call('SET', 'key', 'v', 'EX', 0)", 0)),
    ];
    const left: unknown[] = [];
    for (const over of [
      ['EXPIRE', -1],
      ['PEXPIRE', 0],
      ['EXPIREAT', EPOCH_MS / 1000 - 1],
      ['PEXPIREAT', EPOCH_MS],
    ] as const) {
      await client.set('key', 'v');
      const [[, set], [, found]] = await client
        .multi()
        .call(over[0], 'key', over[1])
        .exists('key')
        .exec();
      left.push([set, found]);
    }
    await quit(client);
    return [texts, left];
  });
  expect(codes.slice(0, 3)).toEqual([
    "ERR invalid expire time in 'set' command",
    "ERR invalid expire time in 'setex' command",
    'ERR value is not an integer or out of range',
  ]);
  expect(codes[3]).toMatch(/^ERR invalid expire time in 'set' command/);
  expect(gone).toEqual(Array(4).fill([1, 0]));
});

it('counts a deadline in a transaction from its EXEC', async () => {
  const left = await valuesOf(async () => {
    const client = ioredis();
    await client.multi({ pipeline: false });
    await client.set('key', 'v', 'PX', 1000);
    await sleep(700);
    await client.exec();
    await sleep(900);
    const found = await client.get('key');
    await quit(client);
    return found;
  });
  expect(left).toBe('v');
});

it('draws and orders alike in each run, also by another server', async () => {
  const draw = async () => {
    const client = ioredis();
    const names = Array.from({ length: 40 }, (_, at) => `name ${at}`);
    await client.sadd('set', ...names);
    await client.hset('hash', Object.fromEntries(names.map((name) => [name, 'x'.repeat(99)])));
    for (const name of names) await client.set(name, name);
    const found = [
      await client.smembers('set'),
      await client.hkeys('hash'),
      await client.keys('*'),
      await client.scan(0, 'MATCH', 'name*', 'COUNT', 3),
      await client.sscan('set', 0),
      await client.hscan('hash', 0),
      await client.randomkey(),
      await client.srandmember('set', -5),
      await client.spop('set'),
      await client.spop('set', 3),
      await client.eval("return { math.random(1000), redis.call('SPOP', 'set') }", 0),
      await client.eval("return { math.random(1000), redis.call('SMEMBERS', 'set') }", 0),
      await client.client('ID'),
      await client.info(),
    ];
    await spoil(client);
    await quit(client);
    return found;
  };
  const first = await valuesOf(draw);
  expect(await valuesOf(draw)).toEqual(first);
  const [members, , keys, scanned] = first;
  expect(scanned).toEqual(['0', keys.filter((key: string) => key.startsWith('name'))]);
  expect(members.length).toBe(40);
  expect(new Set(first[9]).size).toBe(3);
});

it('serves who waits in the order of arrival, and lets waits end in virtual time', async () => {
  let served: unknown[] = [];
  const { failure, timeMs } = await runBeside(CACHE, async () => {
    const [one, other, reader, writer] = [ioredis(), ioredis(), ioredis(), ioredis()];
    const first = one.blpop('jobs', 0);
    await sleep(10);
    const second = other.blpop('jobs', 5);
    const read = reader.xread('BLOCK', 60_000, 'STREAMS', 'news', '$');
    await sleep(3_000);
    await writer.multi().rpush('jobs', 'a', 'b').xadd('news', '1-1', 'k', 'v').exec();
    served = [await first, await second, await read];
    served.push(
      await other.blpop('jobs', 2.5),
      await reader.xread('BLOCK', 2_500, 'STREAMS', 'news', '$'),
    );
    served.push(await writer.wait(1, 2_000));
    await quit(one, other, reader, writer);
  });
  expect(failure?.message).toBeUndefined();
  expect(served).toEqual([
    ['jobs', 'a'],
    ['jobs', 'b'],
    [['news', [['1-1', ['k', 'v']]]]],
    null,
    null,
    0,
  ]);
  expect(Math.floor(timeMs / 1000)).toBe(10);
});

it('gives nothing to a client that has left while it waited', async () => {
  const found = await valuesOf(async () => {
    const writer = ioredis();
    const gone = Array.from({ length: MANY }, () => ioredis({ retryStrategy: null }));
    const waits = gone.map((each) => each.blpop('jobs', 0).catch(() => 'left'));
    await sleep(10);
    for (const each of gone) each.disconnect();
    await sleep(10);
    await writer.rpush('jobs', ...gone.map(String));
    const length = await writer.llen('jobs');
    await quit(writer);
    return [new Set(await Promise.all(waits)), length];
  });
  expect(found).toEqual([new Set(['left']), MANY]);
});

it.each([2, 3])('tells subscribers in order, in version %d of the protocol', async (RESP) => {
  const hear = async () => {
    const listener = await nodeRedis({ RESP });
    const [one, other] = [ioredis(), ioredis()];
    const heard: string[] = [];
    await listener.subscribe(['news', 'more'], (text: string) => heard.push(text));
    await listener.pSubscribe('n*', (text: string) => heard.push(`${text}!`));
    await one.publish('news', 'first');
    await other.multi().publish('more', 'second').publish('news', 'third').exec();
    await one.eval("return redis.call('PUBLISH', 'more', 'fourth')", 0);
    await sleep(1);
    await listener.unsubscribe();
    await one.publish('more', 'unheard');
    await sleep(1);
    await listener.close();
    await quit(one, other);
    return heard;
  };
  expect(await valuesOf(hear)).toEqual(['first', 'first!', 'second', 'third', 'third!', 'fourth']);
});

it('sends a subscriber all of what there is no room for at once', async () => {
  const [before, texts, bytes] = await valuesOf(async () => {
    const [listener, writer] = [ioredis(), ioredis()];
    const heard: string[] = [];
    listener.on('message', (_: string, text: string) => heard.push(text));
    await listener.subscribe('news');
    // More than the buffers of a connection hold.
    listener.stream.pause();
    const long = 'x'.repeat(1 << 20);
    for (let i = 0; i < MANY; i++) await writer.publish('news', long);
    const before = heard.length;
    listener.stream.resume();
    await sleep(100);
    // What it asks for itself would bring the rest along.
    const found = [before, heard.length, heard.join('').length];
    await quit(listener, writer);
    return found;
  });
  expect(before).toBeLessThan(MANY);
  expect([texts, bytes]).toEqual([MANY, MANY << 20]);
});

it('refuses a transaction whose key has changed, or expired', async () => {
  const found = await valuesOf(async () => {
    const [one, other] = [ioredis(), ioredis()];
    const results: unknown[] = [];
    for (const change of [
      () => other.set('key', 'x'),
      () => sleep(2_000),
      () => other.get('key'),
    ]) {
      await one.set('key', 'v', 'EX', 1);
      await one.watch('key');
      await change();
      results.push(await one.multi().set('done', 1).exec());
    }
    await quit(one, other);
    return results;
  });
  expect(found).toEqual([null, null, [[null, 'OK']]]);
});

it('names in a deadlock what is waited for', async () => {
  const scenario = realm('nobody writes', async (world) => {
    world.host('cache').service(redis());
    await ioredis().blpop('jobs', 0);
  });
  const { run, recorder } = await inMacrotask(() => recordRun(scenario, []));
  const waits = waitsOf(run.world, recorder).map((wait) => JSON.stringify(wait));
  expect(waits.join()).toMatch(/BLPOP jobs waits for what another client writes/);
});

it('gives each host a database of its own', async () => {
  const two = {
    cache: (): HostService => redis(),
    queue: (): HostService => redis({ port: 7777 }),
  };
  const found = await valueBeside(two, async () => {
    const [cache, queue] = [ioredis(), ioredis({ host: 'queue', port: 7777 })];
    await cache.set('key', 'cached');
    const seen = await queue.get('key');
    await quit(cache, queue);
    return seen;
  });
  expect(found).toBeNull();
});

it('does not let itself be ended or shown', async () => {
  const said = await valuesOf(async () => {
    const client = ioredis();
    const ask = (...words: [string, ...string[]]) =>
      client.call(...words).catch((error: Error) => error.message.split(' ')[0]);
    const answers = [await ask('SHUTDOWN'), await ask('MONITOR'), await ask('SAVE')];
    await quit(client);
    return answers;
  });
  expect(said).toEqual(['NOPERM', 'NOPERM', 'NOPERM']);
});

it('listens on no port of this machine', () => {
  const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':18EB ') && line.includes(' 0A ')),
  );
  expect(listening).toEqual([]);
});

it('ends with the process that has started it, and takes away what a killed one has left', async () => {
  const folder = mkdtempSync('/dev/shm/heddle-redis-');
  // A process that there cannot be.
  writeFileSync(join(folder, 'owner'), `${2 ** 22 + 1} 1`);
  const left = spawn('redis-server', [
    '--port',
    '0',
    '--save',
    '',
    '--unixsocket',
    join(folder, 'socket'),
  ]);
  const ended = new Promise((done) => left.once('exit', (_, signal) => done(signal)));
  await new Promise((done) => left.stdout.once('data', done));
  // More than there have been so far: one of them starts a server.
  const many = ['a', 'b', 'c', 'd'].map((name) => [name, (): HostService => redis()] as const);
  await valueBeside(Object.fromEntries(many), () => sleep(1));
  expect(await ended).toBe('SIGKILL');
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync('/dev/shm').some((name) => name.startsWith('heddle-redis-'))).toBe(true);
});
