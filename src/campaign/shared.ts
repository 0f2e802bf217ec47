/** A campaign that is shared through Redis: BullMQ hands out work, Redis keeps what came of it. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import { UsageError } from '../sys/errors.ts';
import { isAlive } from './alive.ts';
import type { Backend, Kept, Machine } from './backend.ts';
import type { Answer, Job } from './job.ts';
import { answer, knowledge, machineNote, parsedAs } from './messages.ts';
import {
  CAMPAIGNS_KEY,
  connectRedis,
  insisting,
  keysOf,
  LEASE_SCRIPT,
  queueNameOf,
  redisPackages,
  SAVE_SCRIPT,
} from './redis.ts';
import { type CampaignState, campaignState } from './state.ts';

/** A coordinator that is silent for so long is gone. */
const LEASE_MS = 10_000;
/** Results taken at once: they are held in memory. */
const TAKEN_MAX = 500;
/** Silence after which it is seen to that nothing was forgotten. */
const SILENCE_MS = 3_000;
/** A machine that is silent for so long is gone. */
export const MACHINE_SECONDS_MAX = 15;
/** A state of some thousand scenarios with all their classes; Redis takes half of that. */
const STATE_CHARS_MAX = 1 << 29;

export interface SharedOptions {
  readonly url: string;
  readonly id: string;
  readonly note: (text: string) => void;
}

export class SharedBackend implements Backend {
  readonly #redis: Redis;
  readonly #blocking: Redis;
  readonly #queue: Queue;
  readonly #keys: ReturnType<typeof keysOf>;
  readonly #id: string;
  readonly #token: string;
  readonly #note: (text: string) => void;
  /** Handed out, and not retired. */
  readonly #offered = new Map<string, Job>();
  /** Told to the coordinator; what is told again is no news. */
  readonly #told = new Set<string>();
  readonly #kept = new Set<string>();
  readonly #renewing: NodeJS.Timeout;
  #silentMs: number = performance.now();
  #isClosed = false;

  private constructor(redis: Redis, queue: Queue, { id, note }: SharedOptions, token: string) {
    this.#redis = redis;
    this.#blocking = redis.duplicate();
    this.#blocking.on('error', () => {});
    this.#queue = queue;
    this.#queue.on('error', () => {});
    this.#keys = keysOf(id);
    this.#id = id;
    this.#token = token;
    this.#note = note;
    this.#renewing = setInterval(() => void this.#lease().catch(() => {}), LEASE_MS / 3);
  }

  /** @throws UsageError if Redis will not do, or another coordinator is about this campaign */
  static async open(options: SharedOptions): Promise<SharedBackend> {
    const { url, id, note } = options;
    const packages = await redisPackages();
    const redis = await connectRedis(url, packages, note);
    const token = `${hostname()} process ${process.pid} ${randomBytes(4).toString('hex')}`;
    const queue = new packages.Queue(queueNameOf(id), {
      connection: redis,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    const backend = new SharedBackend(redis, queue, options, token);
    await backend.#takeLease();
    return backend;
  }

  /** One that was killed holds it for some seconds still. */
  async #takeLease(): Promise<void> {
    const { lease } = this.#keys;
    const began = performance.now();
    for (let isTold = false; ; isTold = true) {
      const holder = await this.#lease();
      if (holder === this.#token) return;
      if (isGone(holder) && (await this.#redis.eval(RELEASE_SCRIPT, 1, lease, holder)) !== null) {
        continue;
      }
      const who = holder.split(' ').slice(0, 3).join(' ');
      if (performance.now() - began > 2 * LEASE_MS) {
        await this.close();
        throw new UsageError(`${who} is about this campaign; end it first, or begin another`);
      }
      if (!isTold) this.#note(`waiting whether ${who}, which was about this campaign, is gone`);
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS / 20));
    }
  }

  async #lease(): Promise<string> {
    const { lease } = this.#keys;
    return `${await this.#redis.eval(LEASE_SCRIPT, 1, lease, this.#token, LEASE_MS)}`;
  }

  /** What those who join have to know. */
  async announce(state: CampaignState): Promise<void> {
    const about = JSON.stringify({ plan: state.plan, code: state.code });
    await insisting(() => this.#redis.set(this.#keys.about, about), this.#note);
    await insisting(() => this.#redis.sadd(CAMPAIGNS_KEY, this.#id), this.#note);
  }

  async offer(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    for (const job of jobs) this.#offered.set(job.key, job);
    const keys = jobs.map(({ key }) => key);
    await insisting(() => this.#redis.sadd(this.#keys.open, ...keys), this.#note);
    await this.#enqueue(jobs);
  }

  /** What is in the queue already stays as it is: a job's key is its number there. */
  async #enqueue(jobs: readonly Job[]): Promise<void> {
    const all = jobs.map((job) => ({
      name: job.kind,
      data: { job: JSON.stringify(job) },
      // Who waits for a reduction waits for a report.
      opts: { jobId: job.key, ...(job.kind === 'reduction' ? { lifo: true } : {}) },
    }));
    await insisting(() => this.#queue.addBulk(all), this.#note);
  }

  async known(keys: readonly string[]): Promise<readonly Answer[]> {
    if (keys.length === 0) return [];
    const texts = await this.#redis.hmget(this.#keys.results, ...keys);
    const bad: string[] = [];
    const answers = texts.flatMap((text, at) => {
      const key = keys[at] as string;
      if (text === null) return [];
      try {
        return [{ key, ...parsedAs(answer(), text, `the result of ${key} in Redis`) }];
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        this.#note(`${error.message}; it is done again`);
        bad.push(key);
        return [];
      }
    });
    for (const { key } of answers) this.#told.add(key);
    if (bad.length > 0) await this.#again(bad);
    return answers;
  }

  async #again(keys: readonly string[]): Promise<void> {
    await this.discard(keys);
    await this.#enqueue(keys.flatMap((key) => this.#offered.get(key) ?? []));
  }

  async take(): Promise<readonly Answer[]> {
    const keys = await this.#arrivals();
    const fresh = [...new Set(keys)].filter(
      (key) => this.#offered.has(key) && !this.#told.has(key),
    );
    if (fresh.length > 0) {
      this.#silentMs = performance.now();
      return this.known(fresh);
    }
    if (performance.now() - this.#silentMs < SILENCE_MS) return [];
    this.#silentMs = performance.now();
    return this.#seeToAll();
  }

  async #arrivals(): Promise<string[]> {
    const { arrived } = this.#keys;
    const there = await this.#redis.lpop(arrived, TAKEN_MAX);
    if (there !== null && there.length > 0) return there;
    const next = await this.#blocking.blpop(arrived, WAIT_SECONDS).catch(() => null);
    return next === null ? [] : [next[1]];
  }

  /** Whoever was killed may have taken a message, or left a job, that nobody else has. */
  async #seeToAll(): Promise<readonly Answer[]> {
    const left = [...this.#offered.keys()].filter((key) => !this.#told.has(key));
    const answers = await this.known(left);
    const jobs = left.flatMap((key) => (this.#told.has(key) ? [] : (this.#offered.get(key) ?? [])));
    if (jobs.length > 0) await this.offer(jobs);
    return answers;
  }

  async discard(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const key of keys) this.#told.delete(key);
    await this.#redis.hdel(this.#keys.results, ...keys);
  }

  async save(state: CampaignState, { retired, knowledge: needed }: Kept): Promise<void> {
    const fresh = [...needed].filter(([hash]) => !this.#kept.has(hash));
    const gone = [...this.#kept].filter((hash) => !needed.has(hash));
    const { lease, state: its, results, open, known } = this.#keys;
    const values = [
      ...[this.#token, JSON.stringify(state), retired.length, ...retired, fresh.length],
      ...fresh.flatMap(([hash, learned]) => [hash, JSON.stringify(learned)]),
      ...gone,
    ];
    const done = await insisting(
      () => this.#redis.eval(SAVE_SCRIPT, 5, lease, its, results, open, known, ...values),
      this.#note,
    );
    if (done === 0) await this.#isLost(state, { retired, knowledge: needed });
    for (const [hash] of fresh) this.#kept.add(hash);
    for (const hash of gone) this.#kept.delete(hash);
    for (const key of retired) {
      this.#offered.delete(key);
      this.#told.delete(key);
    }
  }

  /** Redis was away for longer than the lease: unless somebody else has taken it, it goes on. */
  async #isLost(state: CampaignState, kept: Kept): Promise<void> {
    const holder = await this.#lease();
    if (holder !== this.#token) {
      throw new UsageError(`${holder} has taken over this campaign; this process ends`);
    }
    await this.save(state, kept);
  }

  async knowledge(hash: string): Promise<Knowledge> {
    const text = await this.#redis.hget(this.#keys.known, hash);
    if (text === null) throw new UsageError(`Redis has lost what campaign ${this.#id} has learned`);
    this.#kept.add(hash);
    return parsedAs(knowledge(), text, `what campaign ${this.#id} has learned`);
  }

  async share(path: string, file: string): Promise<void> {
    await insisting(() => this.#redis.hset(this.#keys.failures, path, file), this.#note);
  }

  async machines(): Promise<readonly Machine[]> {
    return machinesIn(this.#redis, this.#id);
  }

  /** Those who join find it no more. */
  async retire(): Promise<void> {
    await this.#redis.srem(CAMPAIGNS_KEY, this.#id);
    await this.#queue.obliterate({ force: true });
    for (const key of Object.values(this.#keys)) await this.#redis.expire(key, KEPT_SECONDS);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#renewing);
    const { lease } = this.#keys;
    await this.#redis.eval(RELEASE_SCRIPT, 1, lease, this.#token).catch(() => {});
    await this.#queue.close().catch(() => {});
    this.#blocking.disconnect();
    this.#redis.disconnect();
  }
}

/** What came of a campaign that is over can be asked for so long: thirty days. */
const KEPT_SECONDS = 30 * 24 * 3_600;

/** Between two looks at the clock and the keyboard. */
const WAIT_SECONDS = 0.2;

const RELEASE_SCRIPT = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end`;

/** Whether the coordinator of this token was a process of this machine, and is no more. */
function isGone(token: string): boolean {
  const [host, , pid] = token.split(' ');
  return host === hostname() && !isAlive(Number(pid));
}

/** Who works for a campaign, and who does not and why. */
export async function machinesIn(redis: Redis, id: string): Promise<Machine[]> {
  const [all, [seconds = '0']] = await Promise.all([
    redis.hgetall(keysOf(id).machines),
    redis.time().then((time) => time.map(String)),
  ]);
  return Object.entries(all)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, text]) => {
      const at = text.indexOf(' ');
      if (Number(seconds) - Number(text.slice(0, at)) > MACHINE_SECONDS_MAX) return [];
      try {
        return [{ name, ...parsedAs(machineNote(), text.slice(at), `the note of ${name}`) }];
      } catch (error) {
        if (error instanceof UsageError) return [];
        throw error;
      }
    });
}

/**
 * The state of a campaign in Redis; undefined if there is none.
 *
 * @throws UsageError if Redis will not do, or the state is damaged
 */
export async function sharedState({
  url,
  id,
  note,
}: SharedOptions): Promise<CampaignState | undefined> {
  const redis = await connectRedis(url, await redisPackages(), note);
  try {
    const text = await redis.get(keysOf(id).state);
    if (text === null) return undefined;
    return parsedAs(campaignState(), text, `campaign ${id} in Redis`, STATE_CHARS_MAX);
  } finally {
    redis.disconnect();
  }
}
