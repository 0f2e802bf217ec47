/**
 * A machine that works for the campaigns of a Redis: it joins those of its own code, and says of
 * others what differs. It runs nothing but what is in its own checkout.
 */
import { hostname } from 'node:os';
import type { Job as QueueJob, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { referredScenario, type ScenarioReference } from '../load/scenario-reference.ts';
import type { FailureFile } from '../sim/explore/failures.ts';
import { isOfProject } from '../sim/explore/project.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import { printable } from '../sim/trace/printable.ts';
import { UsageError } from '../sys/errors.ts';
import { codeOf, differencesOf } from './fingerprint.ts';
import type { Job, JobResult } from './job.ts';
import { campaignAbout, job as jobSchema, knowledge, parsedAs } from './messages.ts';
import type { CampaignPlan } from './plan.ts';
import { Pool } from './pool.ts';
import { Rate } from './rate.ts';
import {
  BEAT_SCRIPT,
  CAMPAIGNS_KEY,
  insisting,
  keysOf,
  PUT_SCRIPT,
  queueNameOf,
  type RedisPackages,
} from './redis.ts';

/** A machine that is silent for so long has died: its jobs are given to others. */
const LOCK_MS = 10_000;
const STALLED_MS = 5_000;
/** Machines that died while they did a job, after which it is set aside. */
const MACHINES_MAX = 20;
const BEAT_MS = 2_000;
/** What searches have learned, held for the next job: rounds have four jobs from one. */
const KNOWN_MAX = 64;

export interface MachineOptions {
  readonly redis: Redis;
  readonly packages: RedisPackages;
  readonly processes: number;
  readonly note: (text: string) => void;
}

/** One campaign as a machine works for it. */
interface Joined {
  readonly plan: CampaignPlan;
  readonly worker: Worker;
}

export class CampaignMachine {
  readonly name: string = `${hostname()}-${process.pid}`;
  readonly #options: MachineOptions;
  readonly #pool: Pool;
  readonly #rate = new Rate();
  readonly #joined = new Map<string, Joined>();
  /** Campaigns of other code, and what differs. */
  readonly #refused = new Map<string, string>();
  readonly #known = new Map<string, Knowledge>();
  readonly #beating: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#pool = new Pool(options.processes);
    this.#beating = setInterval(() => void this.#beat().catch(() => {}), BEAT_MS);
  }

  /** Campaigns it works for. */
  get joined(): readonly string[] {
    return [...this.#joined.keys()];
  }

  /** Why it does not work for others, by campaign. */
  get refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }

  /** Look which campaigns there are: join new ones, and leave those that are over. */
  async look(only?: string): Promise<void> {
    const { redis } = this.#options;
    const all = (await redis.smembers(CAMPAIGNS_KEY)).filter((id) => /^[\w-]{1,100}$/.test(id));
    const wanted = only === undefined ? all : all.filter((id) => id === only);
    for (const id of [...this.#joined.keys()]) if (!wanted.includes(id)) await this.#leave(id);
    for (const id of wanted) {
      if (!this.#joined.has(id) && !this.#refused.has(id)) await this.#join(id);
    }
  }

  async #join(id: string): Promise<void> {
    const { redis, packages, note } = this.#options;
    const text = await redis.get(keysOf(id).about);
    if (text === null) return;
    const why = await this.#mismatch(id, text);
    if (why !== undefined) {
      this.#refused.set(id, why);
      note(printable(`not for campaign ${id}, which is of other code than this: ${why}`));
      await this.#beat();
      return;
    }
    const { plan } = parsedAs(campaignAbout(), text, `campaign ${id}`);
    await this.#confirm(id, plan);
    const worker = new packages.Worker(queueNameOf(id), (job) => this.#do(id, plan, job), {
      connection: redis,
      // One more than there are processes, so that none waits for the next.
      concurrency: this.#pool.size + 1,
      ...{ lockDuration: LOCK_MS, stalledInterval: STALLED_MS, maxStalledCount: MACHINES_MAX * 2 },
      ...{ removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
    });
    worker.on('error', () => {});
    this.#joined.set(id, { plan, worker });
    note(`works for campaign ${id}`);
    await this.#beat();
  }

  /** What differs from the campaign's code, or keeps this machine from it; undefined: nothing. */
  async #mismatch(id: string, text: string): Promise<string | undefined> {
    try {
      const { plan, code } = parsedAs(campaignAbout(), text, `campaign ${id}`);
      for (const reference of plan.scenarios) refuseForeign(reference);
      const scenarios: Scenario[] = [];
      // Before a file is loaded it is known to be the same.
      const files = differencesOf(withoutRuns(code), await codeOf(plan.scenarios, []));
      if (files.length > 0) return files.join('; ');
      for (const reference of plan.scenarios) scenarios.push(await referredScenario(reference));
      const all = differencesOf(code, await codeOf(plan.scenarios, scenarios));
      return all.length > 0 ? all.join('; ') : undefined;
    } catch (error) {
      if (error instanceof UsageError) return error.message;
      throw error;
    }
  }

  /** Failures that others have found are run here first: they have to be the same here. */
  async #confirm(id: string, plan: CampaignPlan): Promise<void> {
    const { redis, note } = this.#options;
    const files = await redis.hgetall(keysOf(id).failures);
    for (const [path, text] of Object.entries(files)) {
      const scenario = plan.scenarios.findIndex(({ name }) => name === nameIn(text));
      if (scenario < 0) continue;
      const key = `confirm ${path}`;
      const result = await this.#insist(plan, { kind: 'confirm', key, scenario, file: text }, id);
      if (result.kind === 'confirm' && result.fails) continue;
      const why = result.kind === 'broken' ? `: ${result.message}` : '';
      note(printable(`the failure ${path} of campaign ${id} does not show on this machine${why}`));
    }
  }

  async #insist(plan: CampaignPlan, job: Job, id: string): Promise<JobResult> {
    const scenario = plan.scenarios[job.scenario];
    if (scenario === undefined) {
      return {
        kind: 'broken',
        name: 'UsageError',
        message: `there is no scenario ${job.scenario}`,
      };
    }
    const hash = job.kind === 'batches' ? job.known : null;
    const known = hash === null ? undefined : await this.#knowledge(id, hash);
    return this.#pool.insist({ job, scenario, known });
  }

  async #do(id: string, plan: CampaignPlan, queued: QueueJob): Promise<void> {
    const { redis, note } = this.#options;
    const text = (queued.data as { job?: unknown } | null)?.job;
    const job = parsedAs(jobSchema(), typeof text === 'string' ? text : '', `a job of ${id}`);
    const { stalledCounter: died = 0 } = queued;
    const result: JobResult =
      died >= MACHINES_MAX
        ? { kind: 'aside', deaths: [`${died} machines died`] }
        : await this.#insist(plan, job, id);
    if (this.#isClosed) return;
    if (result.kind === 'batches') {
      this.#rate.add(result.batches.reduce((sum, { runs }) => sum + runs, 0));
    }
    const { open, results, arrived } = keysOf(id);
    const answer = JSON.stringify({ by: this.name, result });
    await insisting(
      () => redis.eval(PUT_SCRIPT, 3, open, results, arrived, job.key, answer),
      note,
      () => this.#isClosed,
    );
  }

  async #knowledge(id: string, hash: string): Promise<Knowledge> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const text = await this.#options.redis.hget(keysOf(id).known, hash);
    if (text === null) throw new UsageError(`campaign ${id} knows no more of ${hash}`);
    const learned = parsedAs(knowledge(), text, `what campaign ${id} has learned`);
    this.#known.set(hash, learned);
    for (const old of this.#known.keys()) {
      if (this.#known.size > KNOWN_MAX) this.#known.delete(old);
    }
    return learned;
  }

  async #beat(): Promise<void> {
    const { redis } = this.#options;
    const { total: runs, perSecond: runsPerSecond } = this.#rate;
    const { size: processes } = this.#pool;
    const say = (id: string, refused: string | null): Promise<unknown> =>
      redis.eval(
        ...([BEAT_SCRIPT, 1, keysOf(id).machines, this.name] as const),
        JSON.stringify({ processes, runs, runsPerSecond, refused }),
      );
    for (const id of this.#joined.keys()) await say(id, null);
    for (const [id, why] of this.#refused) await say(id, why);
  }

  async #leave(id: string): Promise<void> {
    const joined = this.#joined.get(id);
    this.#joined.delete(id);
    await joined?.worker.close(true);
    this.#options.note(`campaign ${id} is over`);
  }

  /** What is being done is left to others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#beating);
    this.#pool.close();
    for (const { worker } of this.#joined.values()) await worker.close(true).catch(() => {});
  }
}

/**
 * A campaign can name only what is in this project already.
 *
 * @throws UsageError
 */
function refuseForeign({ name, file, recipe }: ScenarioReference): void {
  if (recipe !== undefined) {
    throw new UsageError(`${JSON.stringify(name)} is made of data, which is not taken from others`);
  }
  if (file === undefined || isOfProject(file)) return;
  throw new UsageError(`${file} is no file of this project`);
}

const withoutRuns = (code: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(code).filter(([name]) => !name.startsWith('calm run of ')));

/** The scenario that a failure file names; what else is in it is looked at by those who run it. */
function nameIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as FailureFile).scenario.name;
  } catch {
    return undefined;
  }
}
