/** Redis, as campaigns use it: where it is, whether it will do, and what goes wrong with it. */
import type { Queue, Worker } from 'bullmq';
import type { Redis, RedisOptions } from 'ioredis';
import { UsageError } from '../sys/errors.ts';

/** The packages that speak to it, which only those have who want it. */
export interface RedisPackages {
  readonly Redis: new (url: string, options: RedisOptions) => Redis;
  readonly Queue: typeof Queue;
  readonly Worker: typeof Worker;
}

/** @throws UsageError if they are not installed */
export async function redisPackages(): Promise<RedisPackages> {
  try {
    const [{ Queue, Worker }, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { Queue, Worker, Redis: ioredis.Redis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      '--redis needs two packages that are not installed: npm install -D bullmq ioredis',
    );
  }
}

/** BullMQ asks for it. */
const VERSION_MIN = 6;
/** Clocks that differ by less are told apart by nobody who looks at them. */
const SKEW_MS_MAX = 60_000;
/** A server that answers at all answers sooner. */
const CONNECT_MS_MAX = 5_000;

/** An address without its password. */
export function shownUrl(url: string): string {
  return url.replace(/(\/\/[^/@]*?:)[^/@]*@/, '$1…@');
}

/**
 * A connection to a Redis that will do.
 *
 * @param note told of what does no harm
 * @throws UsageError that says what is wrong with it, and what to do
 */
export async function connectRedis(
  url: string,
  { Redis: Client }: RedisPackages,
  note: (text: string) => void,
): Promise<Redis> {
  await probe(url, Client, note);
  const redis = new Client(url, { maxRetriesPerRequest: null, retryStrategy });
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway)
      note(`${shownUrl(url)} is away (${error.message}); waiting for it, nothing is lost`);
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) note(`${shownUrl(url)} is back`);
    isAway = false;
  });
  return redis;
}

/** Between two attempts to get to a Redis that was there before. */
const retryStrategy = (times: number): number => Math.min(1_000, 50 * times);

async function probe(
  url: string,
  Client: RedisPackages['Redis'],
  note: (text: string) => void,
): Promise<void> {
  if (!/^rediss?:\/\/[^/\s]/.test(url)) {
    throw new UsageError(
      `${shownUrl(url)} is no address of a Redis: it looks like redis://user:password@host:6379`,
    );
  }
  const client = new Client(url, {
    ...{ lazyConnect: true, maxRetriesPerRequest: 0, connectTimeout: CONNECT_MS_MAX },
    ...{ retryStrategy: () => null, enableReadyCheck: false },
  });
  let cause: Error | undefined;
  client.on('error', (error) => {
    cause ??= error;
  });
  try {
    await client.connect();
    const info = await client.info();
    judge(url, info);
    const [seconds = 0] = (await client.time()).map(Number);
    const skewMs = Date.now() - seconds * 1_000;
    if (Math.abs(skewMs) > SKEW_MS_MAX) note(skewText(skewMs));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(troubleText(url, (cause ?? (error as Error)).message));
  } finally {
    client.disconnect();
  }
}

function skewText(skewMs: number): string {
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const how = skewMs > 0 ? 'ahead of' : 'behind';
  return `the clock of this machine is ${minutes} min ${how} that of Redis; nothing hangs on it, as all times of a campaign are those of Redis; set it right (timedatectl set-ntp true) all the same`;
}

function judge(url: string, info: string): void {
  const field = (name: string): string =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = field('redis_version');
  if (version !== '' && Number.parseInt(version, 10) < VERSION_MIN) {
    throw new UsageError(
      `${shownUrl(url)} is Redis ${version}; campaigns need ${VERSION_MIN}.2 or newer, or Valkey`,
    );
  }
  const policy = field('maxmemory_policy');
  if (Number(field('maxmemory')) > 0 && policy !== 'noeviction' && policy !== '') {
    throw new UsageError(
      `${shownUrl(url)} throws keys away when it is full (maxmemory-policy ${policy}), and what it throws away is lost: redis-cli config set maxmemory-policy noeviction`,
    );
  }
}

function troubleText(url: string, message: string): string {
  const shown = shownUrl(url);
  if (/WRONGPASS|NOAUTH|invalid.*password|Authentication|AUTH .*called without/i.test(message)) {
    return `${shown} does not take this password (${message}); write it into the address: redis://:PASSWORD@host:6379`;
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) {
    return `there is no host as in ${shown} (${message}); see that its name is right`;
  }
  if (/ECONNREFUSED/.test(message)) {
    return `no Redis listens at ${shown} (${message}); start one (redis-server --appendonly yes), or give another address`;
  }
  return `${shown} cannot be used as a Redis: ${message}; see that it is one, and that this machine may reach it`;
}

/** Redis takes nothing more. */
export const isFullError = (error: unknown): boolean =>
  error instanceof Error && /\bOOM\b/.test(error.message);

export const FULL_TEXT =
  'Redis is full: it takes nothing more until it has room (redis-cli config set maxmemory 4gb, or delete campaigns that are over); waiting for that, nothing is lost';

/** Between two attempts to write into a Redis that is full. */
const FULL_WAIT_MS = 1_000;

/** Write into Redis, and wait where it is full. */
export async function insisting<T>(
  write: () => Promise<T>,
  note: (text: string) => void,
  isClosed: () => boolean = () => false,
): Promise<T> {
  let isTold = false;
  for (;;) {
    try {
      const done = await write();
      if (isTold) note('Redis has room again');
      return done;
    } catch (error) {
      if (!isFullError(error) || isClosed()) throw error;
      if (!isTold) note(FULL_TEXT);
      isTold = true;
      await new Promise((resolve) => setTimeout(resolve, FULL_WAIT_MS));
    }
  }
}

/** Of a campaign's keys; the braces keep them on one node of a cluster. */
export function keysOf(id: string): Readonly<Record<KeyName, string>> {
  const names = ['about', 'state', 'results', 'known', 'open', 'arrived', 'lease'] as const;
  const more = ['machines', 'failures'] as const;
  return Object.fromEntries(
    [...names, ...more].map((name) => [name, `heddle:{${id}}:${name}`]),
  ) as Record<KeyName, string>;
}

type KeyName =
  | 'about'
  | 'state'
  | 'results'
  | 'known'
  | 'open'
  | 'arrived'
  | 'lease'
  | 'machines'
  | 'failures';

/** Campaigns that have work for those who join. */
export const CAMPAIGNS_KEY = 'heddle:campaigns';

/** BullMQ's queue of a campaign. */
export const queueNameOf = (id: string): string => `heddle-${id}`;

/**
 * A result is kept if it is waited for, and is the first of its key: of several that come for one
 * job one counts.
 */
export const PUT_SCRIPT = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[1])
return 1`;

/** Lets one coordinator go on: that which holds the lease, or takes it where it has run out. */
export const LEASE_SCRIPT = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`;

/** What a coordinator knows, with what goes with it; nothing if it is none any more. */
export const SAVE_SCRIPT = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
local at = 4
for i = 1, tonumber(ARGV[3]) do
  redis.call('HDEL', KEYS[3], ARGV[at])
  redis.call('SREM', KEYS[4], ARGV[at])
  at = at + 1
end
local fresh = tonumber(ARGV[at])
at = at + 1
for i = 1, fresh do
  redis.call('HSET', KEYS[5], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for i = at, #ARGV do redis.call('HDEL', KEYS[5], ARGV[i]) end
return 1`;

/** A machine says that it is there; by the clock of Redis. */
export const BEAT_SCRIPT = `
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], now[1] .. ' ' .. ARGV[2])
return now[1]`;
