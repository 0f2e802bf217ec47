import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Backend } from '../src/campaign/backend.ts';
import { newCampaign } from '../src/campaign/begin.ts';
import { Coordinator } from '../src/campaign/coordinator.ts';
import { codeOf } from '../src/campaign/fingerprint.ts';
import type { BatchJob, Job, JobResult } from '../src/campaign/job.ts';
import { LocalBackend } from '../src/campaign/local.ts';
import { CampaignMachine } from '../src/campaign/machine.ts';
import type { CampaignPlan } from '../src/campaign/plan.ts';
import { connectRedis, keysOf, PUT_SCRIPT, redisPackages } from '../src/campaign/redis.ts';
import { SharedBackend } from '../src/campaign/shared.ts';
import { referenceTo } from '../src/load/scenario-reference.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import type { Batch } from '../src/sim/explore/batch.ts';
import { NOTHING_REACHED } from '../src/sim/explore/reached.ts';
import type { Scenario } from '../src/sim/schedule/scenario.ts';
import { type Benchmark, type Line, text } from './measure.ts';

const TIMES = 4;
const RUNS = 4_000;
const EMPTY_BATCHES = 10_000;
const SMALL_JOBS = 2_000;
const scenario = SCENARIOS.find(
  ({ model, variant }) => model.id === 'epoll-level' && variant === 'corrected',
)?.scenario as Scenario;

/** A redis-server of its own. */
async function startRedis(folder: string): Promise<{ url: string; stop: () => void }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  const kept = ['--appendonly', 'yes', '--save', '', '--dir', folder];
  const server = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', ...kept]);
  for await (const line of server.stdout as AsyncIterable<Buffer>) {
    if (line.includes('Ready to accept connections')) break;
  }
  server.stdout?.resume();
  return { url: `redis://127.0.0.1:${port}`, stop: () => void server.kill('SIGKILL') };
}

const planOf = (more: Partial<CampaignPlan>): CampaignPlan => ({
  scenarios: [referenceTo(scenario, undefined)],
  ...{ strategies: ['random'], seed: 1, seedsMax: 4, runsMax: RUNS / 4, endsAtFailure: false },
  ...{ width: 16, known: [null], explore: null },
  ...more,
});

let campaigns = 0;
const newId = (): string => `bench-${process.pid}-${++campaigns}`;

/** Nanoseconds from its beginning to its end. */
async function timed(id: string, plan: CampaignPlan, backend: Backend): Promise<number> {
  const code = await codeOf(plan.scenarios, [scenario]);
  const coordinator = new Coordinator(newCampaign(id, plan, code), {
    ...{ backend, scenarios: [scenario], folder: tmpdir(), knowledge: new Map() },
    ...{ timeMs: Number.POSITIVE_INFINITY, isStopped: () => false, note: () => {} },
    read: () => '',
  });
  const began = process.hrtime.bigint();
  await coordinator.run();
  return Number(process.hrtime.bigint() - began);
}

/** A campaign of this machine's two processes, which have made runs before. */
async function local(folder: string): Promise<number> {
  const plan = planOf({});
  const backend = new LocalBackend(join(folder, newId()), plan, 2);
  // They are started with their first job.
  await warm(backend, plan);
  const ns = await timed('local', plan, backend);
  await backend.close();
  return ns;
}

async function warm(
  backend: Backend,
  { strategies: [strategy = ''] }: CampaignPlan,
): Promise<void> {
  const jobs = [1, 2].map(
    (at): BatchJob => ({
      ...{ kind: 'batches', key: `warm-${at}`, scenario: 0, strategy, seed: 9, known: null },
      ...{ endsAtFailure: false, ranges: [{ firstRun: 1, runs: 1_000 }] },
    }),
  );
  await done(backend, jobs);
}

/** Hand these out, and wait for all results. */
async function done(backend: Backend, jobs: readonly BatchJob[]): Promise<void> {
  await backend.offer(jobs);
  for (let answers = 0; answers < jobs.length; ) answers += (await backend.take()).length;
}

/** A campaign over Redis, with a machine of two processes that have made runs already. */
interface AtWork {
  readonly id: string;
  readonly plan: CampaignPlan;
  readonly backend: SharedBackend;
  readonly redis: Redis;
}

async function atWork<T>(url: string, measure: (campaign: AtWork) => Promise<T>): Promise<T> {
  const packages = await redisPackages();
  const id = newId();
  const plan = planOf({});
  const backend = await SharedBackend.open({ url, id, note: () => {} });
  const redis = await connectRedis(url, packages, () => {});
  const machine = new CampaignMachine({ redis, packages, processes: 2, note: () => {} });
  await backend.announce(newCampaign(id, plan, await codeOf(plan.scenarios, [scenario])));
  await machine.look();
  await warm(backend, plan);
  const measured = await measure({ id, plan, backend, redis });
  await machine.close();
  await backend.close();
  redis.disconnect();
  return measured;
}

/** The same one over Redis. */
const shared = (url: string): Promise<number> =>
  atWork(url, ({ id, plan, backend }) => timed(id, plan, backend));

/** Redis's own time so far, in nanoseconds. */
async function redisNs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const [system = 0, user = 0] = ['sys', 'user'].map((part) =>
    Number(new RegExp(`used_cpu_${part}:([\\d.]+)`).exec(info)?.[1]),
  );
  return 1e9 * (system + user);
}

/** Nanoseconds of a job with a single run, from queue to result; and of Redis for it. */
function through(url: string): Promise<{ readonly ns: number; readonly redis: number }> {
  const jobs = Array.from(
    { length: SMALL_JOBS },
    (_, at): BatchJob => ({
      ...{ kind: 'batches', key: `small-${at}`, scenario: 0, strategy: 'random', seed: 9 },
      ...{ endsAtFailure: false, known: null, ranges: [{ firstRun: at + 1, runs: 1 }] },
    }),
  );
  return atWork(url, async ({ backend, redis }) => {
    const before = await redisNs(redis);
    const began = process.hrtime.bigint();
    await done(backend, jobs);
    const ns = Number(process.hrtime.bigint() - began);
    const spent = (await redisNs(redis)) - before;
    return { ns: ns / SMALL_JOBS, redis: spent / SMALL_JOBS };
  });
}

const emptyOf = ({ firstRun, runs }: BatchJob['ranges'][number]): Batch => ({
  ...{ firstRun, runs, steps: 0, passed: runs, alike: {}, reached: NOTHING_REACHED },
  ...{
    failures: [],
    classes: [],
    pct: undefined,
    exhausted: false,
    last: true,
    learned: undefined,
  },
});

/**
 * What it costs a coordinator to hand out batches of which nothing comes, and to merge them: all
 * that happens on its side, with results put into Redis as workers put them.
 */
async function empty(url: string): Promise<{ readonly ns: number; readonly batches: number }> {
  const packages = await redisPackages();
  const id = newId();
  // A learning strategy has a job a batch: no more of it can be bundled.
  const runsMax = (EMPTY_BATCHES / 64) * 1_000;
  const plan = planOf({ strategies: ['feedback'], seedsMax: 64, runsMax, width: 128 });
  const backend = await SharedBackend.open({ url, id, note: () => {} });
  const redis = await connectRedis(url, packages, () => {});
  const { open, results, arrived } = keysOf(id);
  let batches = 0;
  const offer = async (jobs: readonly Job[]): Promise<void> => {
    await backend.offer(jobs);
    const puts = redis.pipeline();
    for (const job of jobs as readonly BatchJob[]) {
      const result: JobResult = { kind: 'batches', batches: job.ranges.map(emptyOf) };
      batches += job.ranges.length;
      const answer = JSON.stringify({ by: 'bench', result });
      puts.eval(PUT_SCRIPT, 3, open, results, arrived, job.key, answer);
    }
    await puts.exec();
  };
  const putting: Backend = {
    offer,
    announce: (state) => backend.announce(state),
    retire: () => backend.retire(),
    known: (keys) => backend.known(keys),
    take: () => backend.take(),
    discard: (keys) => backend.discard(keys),
    save: (state, kept) => backend.save(state, kept),
    knowledge: (hash) => backend.knowledge(hash),
    share: (path, file) => backend.share(path, file),
    machines: () => backend.machines(),
    close: () => backend.close(),
  };
  const ns = await timed(id, plan, putting);
  await backend.close();
  redis.disconnect();
  return { ns, batches };
}

const benchmark: Benchmark = {
  about:
    'Campaigns: two worker processes over BullMQ and Redis (append-only file on) against two of this machine alone, on a server with faults; and how many batches a second one coordinator hands out and merges.',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
    writeFileSync(join(folder, 'package.json'), '{}');
    const { url, stop } = await startRedis(folder);
    const best = { local: Infinity, shared: Infinity, empty: Infinity, through: Infinity };
    let redis = Infinity;
    try {
      for (let time = 0; time < TIMES; time++) {
        best.local = Math.min(best.local, await local(folder));
        best.shared = Math.min(best.shared, await shared(url));
        const { ns, batches } = await empty(url);
        best.empty = Math.min(best.empty, ns / batches);
        const small = await through(url);
        best.through = Math.min(best.through, small.ns);
        redis = Math.min(redis, small.redis);
      }
    } finally {
      stop();
      rmSync(folder, { recursive: true, force: true });
    }
    const lines: Line[] = [
      {
        what: 'runs a second, two workers over Redis / two of this machine',
        ratio: best.local / best.shared,
        goal: { least: 0.95 },
        note: `${text(best.shared / RUNS)} / ${text(best.local / RUNS)} a run`,
      },
      {
        what: 'empty batches a second that one coordinator hands out and merges',
        ratio: 1e9 / best.empty,
        unit: '/s',
        goal: { least: 2_000 },
        note: `${text(best.empty)} a batch, with the commands that put its result`,
      },
      {
        what: 'jobs of one run a second, from the queue through two processes to their result',
        ratio: 1e9 / best.through,
        unit: '/s',
        note: `${text(best.through)} a job, ${text(redis)} of it Redis's own`,
      },
    ];
    return lines;
  },
};
export default benchmark;
