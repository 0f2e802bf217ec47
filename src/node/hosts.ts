import type * as z from 'zod';
import { unpolluted } from '../sim/explore/unpolluted.ts';
import { kindOfPath } from '../sim/explore/whole-file.ts';
import { zod } from '../sim/explore/zod.ts';
import { type CrashModelName, FAULT_NAMES, type FaultName } from '../sim/kernel/choices.ts';
import { type Recipe, type Scenario, scenario } from '../sim/schedule/scenario.ts';
import type { TaskOptions, World } from '../sim/schedule/world.ts';
import { UsageError } from '../sys/errors.ts';
import { isService, serviceOf } from './hosts-services.ts';
import { checkHosts, hostText } from './hosts-text.ts';
import { type NodeProgramOptions, nodeProgram } from './program.ts';

/** One program on one host. @since 0.1.0 */
export interface HostPlan {
  /** What others call it, as in `http://server:8080`. */
  readonly host: string;
  /**
   * A path, from the current folder. Or a real service, as by {@link postgres} and {@link redis}:
   * `postgres`, `postgres:./schema.sql`, `redis`; or a third party, `http:./stripe.mjs`, whose
   * module exports by default a function that gives what answers, and `faults` and `tls` by name.
   */
  readonly program: string;
  /** What follows it on its command line. Default: nothing. */
  readonly args?: readonly string[] | undefined;
  /**
   * It starts once all of these listen: `server:8080`, or `server` for any port; at once if there
   * are none. Default: the first program starts at once, the others when one of them listens.
   */
  readonly after?: readonly string[] | undefined;
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The folder that it runs in, from the current one. Default: the current one. */
  readonly cwd?: string | undefined;
}

/** What {@link hostsScenario} runs, and how. @since 0.1.0 */
export interface HostsPlan {
  /** The machines, in the order in which they start. */
  readonly hosts: readonly HostPlan[];
  /**
   * How long bytes travel between two sockets, in milliseconds. Default: each run draws whether
   * there is a slow link.
   */
  readonly latencyMsMin?: number | undefined;
  /** The longest latency, in milliseconds of virtual time. Default: drawn. */
  readonly latencyMsMax?: number | undefined;
  /** What was written at once may be read in pieces, the last of them late. */
  readonly splits: boolean;
  /** What may go wrong in a run: faults of the kernel and its network, and those of hosts. */
  readonly faults: readonly HostsFault[];
  /** Further events a run may have; `stepsMax` bounds a run. */
  readonly stepsMax: number;
  /**
   * A run ends after so much virtual time, whoever still runs. Default: when all have ended but
   * those that listen.
   */
  readonly untilMs?: number | undefined;
  /** What a disk may lose with the fault `power`: `ext4` or `harsh`. Default: ext4. */
  readonly crashModel?: CrashModelName | undefined;
  /** Wall time that a run may take, see {@link NodeProgramOptions.runTimeMs}. */
  readonly runTimeMs?: number | undefined;
}

/**
 * What a configuration file exports: {@link HostsPlan}, of which only the hosts must be said.
 *
 * @since 0.2.0
 */
export type HostsConfig = Pick<HostsPlan, 'hosts'> & Partial<HostsPlan>;

/**
 * `crash`: the first program is killed once, somewhere in its first events, and started again.
 * `power`: so does its host, whose disk keeps what was synced.
 * `partition`: for a while nothing comes through between the first host and one of the others.
 */
const HOST_FAULTS = ['crash', 'partition', 'power'] as const;
/** What `crashModel` may be. */
export const CRASH_MODELS: readonly CrashModelName[] = ['ext4', 'harsh'];
export type HostsFault = FaultName | (typeof HOST_FAULTS)[number];
/** All that may be asked for. */
export const HOSTS_FAULTS: readonly HostsFault[] = [...HOST_FAULTS, ...FAULT_NAMES];

const CRASHES_WITHIN = 40;
const RESTART_AFTER_MS = 100;
/** When a partition begins, in milliseconds, and how long it lasts. */
const PARTITION_AT = ['never', 0, 1, 2, 5, 10, 100, 1_000, 5_000] as const;
const PARTITION_MS = [100, 1_000, 10_000, 60_000] as const;

/** More than a model's: an exchange of HTTP is some dozens of syscalls of an event loop. */
const STEPS_MAX = 50_000;
/** A run starts threads, so a failure is reduced with fewer of them than a small model's. */
const REPLAYS_MAX = 60;
/** Who makes such a scenario, in its recipe and as the first word of its name. */
const MAKER = 'hosts';

/** What a run of programs is known by: all that makes it another one. */
function nameOf(plan: HostsPlan): string {
  const { hosts, latencyMsMin, latencyMsMax, splits, faults, stepsMax, untilMs } = plan;
  const { crashModel } = plan;
  const programs = hosts.map(hostText);
  const more = [
    latencyMsMax === undefined ? '' : ` latency ${latencyMsMin}-${latencyMsMax}`,
    splits ? ' splits' : '',
    faults.length === 0 ? '' : ` faults ${faults.join('+')}`,
    stepsMax === STEPS_MAX ? '' : ` steps ${stepsMax}`,
    untilMs === undefined ? '' : ` until ${untilMs} ms`,
    crashModel === undefined ? '' : ` crash model ${crashModel}`,
  ];
  return `${MAKER} ${programs.join(',')}${more.join('')}`;
}

const hostRecipe = (): z.ZodType<HostPlan> => {
  const z = zod();
  return z.strictObject({
    host: z.string(),
    program: z.string(),
    args: z.array(z.string()).optional(),
    after: z.array(z.string()).optional(),
    env: z.record(z.string(), z.string()).optional(),
    cwd: z.string().optional(),
  });
};

const makeRecipe = (): z.ZodType<HostsPlan & Recipe> =>
  zod().object({ by: zod().literal(MAKER), ...fields() });

const fields = () => {
  const z = zod();
  const count = z.number().int().nonnegative();
  return {
    hosts: z.array(hostRecipe()).min(1),
    latencyMsMin: count.optional(),
    latencyMsMax: count.optional(),
    splits: z.boolean(),
    faults: z.array(z.enum(HOSTS_FAULTS)),
    stepsMax: count,
    untilMs: z.number().positive().optional(),
    crashModel: z.enum(CRASH_MODELS).optional(),
    runTimeMs: z.number().positive().optional(),
  };
};

const makeConfig = (): z.ZodType<HostsConfig> => {
  const { splits, faults, stepsMax, ...rest } = fields();
  return zod().strictObject({
    ...rest,
    splits: splits.optional(),
    faults: faults.optional(),
    stepsMax: stepsMax.optional(),
  }) as z.ZodType<HostsConfig>;
};

/**
 * The plan that a scenario is made of, if it is one of {@link hostsScenario}: what is saved can be
 * run again.
 *
 * @throws UsageError if it cannot be read
 */
export function hostsPlanOf(given: Recipe | undefined): HostsPlan | undefined {
  if (given?.by !== MAKER) return undefined;
  const { by: _, ...plan } = read(makeRecipe, given, 'the hosts that are to be run cannot be read');
  return plan;
}

/**
 * What a configuration file says.
 *
 * @param path of the file, for what is thrown
 * @throws UsageError if it says anything else
 */
export function readHostsConfig(content: unknown, path: string): HostsConfig {
  const config = read(makeConfig, content, `${path} does not say which hosts are to be run`);
  checkHosts(config.hosts);
  return config;
}

function read<T>(make: () => z.ZodType<T>, given: unknown, failing: string): T {
  const parsed = unpolluted(() => make().safeParse(given));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const where = field === '' ? '' : `field ${JSON.stringify(field)}: `;
  throw new UsageError(`${failing}: ${where}${issue?.message}`);
}

const isHostFault = (name: HostsFault): name is (typeof HOST_FAULTS)[number] =>
  (HOST_FAULTS as readonly string[]).includes(name);

/**
 * How long bytes travel in this run, the calm one first. Without latency whoever comes a
 * millisecond later finds the first one served to its end; with the same for all, two that set out
 * together arrive together.
 */
const LATENCIES = ['none', 'small', 'one slow link', 'one slow direction'] as const;
const SMALL_MS = [0, 4] as const;
const SLOW_MS = [5, 25] as const;

function drawLatencies(world: World, hosts: readonly string[]): void {
  const ways = hosts.flatMap((from) =>
    hosts.filter((to) => to !== from).map((to) => [from, to] as const),
  );
  if (ways.length === 0) return;
  const drawn = world.drawFrom('latencies', LATENCIES);
  if (drawn === 'none') return;
  for (const [from, to] of ways) world.delay(from, to, ...SMALL_MS);
  if (drawn === 'small') return;
  const names = ways.map(([from, to]) => `${from} to ${to}`);
  const [from, to] = ways[names.indexOf(world.drawFrom('the slow one', names))] as (typeof ways)[0];
  world.delay(from, to, ...SLOW_MS);
  if (drawn === 'one slow link') world.delay(to, from, ...SLOW_MS);
}

function spawn(
  world: World,
  { host, program, args = [], env, cwd }: HostPlan,
  more: NodeProgramOptions,
  task: TaskOptions,
): void {
  // A failure file says what to set, and is to run nothing but the programs that it names.
  if (env?.['NODE_OPTIONS'] !== undefined) {
    throw new UsageError(`${host} cannot have NODE_OPTIONS of its own`);
  }
  const all = env === undefined ? {} : { env: { ...(process.env as typeof env), ...env } };
  world
    .host(host)
    .process(host)
    .spawn(
      host,
      nodeProgram(program, { args, ...all, ...(cwd === undefined ? {} : { cwd }), ...more }),
      task,
    );
}

/** Whether the first program crashes, and its host with it. */
function crashesOf({ faults, crashModel = 'ext4' }: HostsPlan): NodeProgramOptions {
  const losesPower = faults.includes('power');
  if (!losesPower && !faults.includes('crash')) return {};
  const crashes = { crashesWithin: CRASHES_WITHIN, restartAfterMs: RESTART_AFTER_MS };
  return losesPower ? { ...crashes, powerLoss: crashModel } : crashes;
}

/** Whom a program waits for. */
function startOf({ after }: HostPlan, index: number): Pick<TaskOptions, 'afterListen'> {
  if (after === undefined) return index === 0 ? {} : { afterListen: 'any' };
  return after.length === 0 ? {} : { afterListen: after };
}

function endAfter(world: World, ms: number): void {
  world.process('clock').spawn('end', function* (sys) {
    yield* sys.nanosleep({ ms });
  });
}

/** Draws whether, when and for how long one of the hosts is parted from the first. */
function drawPartition(world: World, [first, ...others]: readonly string[]): void {
  const at = world.drawFrom('a partition begins after ms', PARTITION_AT);
  if (at === 'never' || first === undefined || others.length === 0) return;
  const other = world.drawFrom(`who is parted from ${first}`, others);
  const lastsMs = world.drawFrom('the partition lasts ms', PARTITION_MS);
  world.process('network').spawn(
    'partition',
    function* (sys) {
      yield* sys.nanosleep({ ms: at });
      world.partition(first, other, lastsMs);
    },
    { daemon: true },
  );
}

/**
 * Programs on hosts of one network. The first is started at once, the others as soon as one of them
 * listens, or those whom they name. The laws: no program dies of an error or a rejection that
 * nobody handles, none waits for ever, and all exit with code 0.
 *
 * ```ts
 * const shop = hostsScenario({
 *   hosts: [
 *     { host: 'server', program: 'server.mjs' },
 *     { host: 'client', program: 'client.mjs', after: ['server'] },
 *   ],
 *   latencyMsMin: 1,
 *   latencyMsMax: 20,
 * });
 * ```
 *
 * @since 0.1.0
 */
export function hostsScenario(plan: Pick<HostsPlan, 'hosts'> & Partial<HostsPlan>): Scenario {
  const full: HostsPlan = {
    splits: false,
    faults: [],
    stepsMax: STEPS_MAX,
    ...plan,
  };
  const programs = full.hosts.filter((plan) => !isService(plan));
  if (programs.length === 0) throw new UsageError('no host has a program');
  const services = full.hosts
    .filter(isService)
    .map((plan) => ({ host: plan.host, put: serviceOf(plan) }));
  for (const { host, program, cwd = '.' } of programs) {
    if (kindOfPath(program) !== 'file') {
      throw new UsageError(`there is no program ${program}`);
    }
    if (kindOfPath(cwd) !== 'folder') {
      throw new UsageError(`there is no folder ${cwd} for ${host} to run in`);
    }
  }
  const { latencyMsMin = 0, latencyMsMax = latencyMsMin, splits, stepsMax } = full;
  const names = [...programs, ...services].map(({ host }) => host);
  const faults = full.faults.filter((name): name is FaultName => !isHostFault(name));
  const crashes = crashesOf(full);
  const runTime = full.runTimeMs === undefined ? {} : { runTimeMs: full.runTimeMs };
  const made = scenario(
    nameOf(full),
    (world) => {
      for (const { host, put } of services) put(world.host(host));
      programs.forEach((plan, index) => {
        spawn(
          world,
          plan,
          { ...(index === 0 ? crashes : {}), ...runTime },
          {
            ...startOf(plan, index),
            ...(full.untilMs === undefined ? {} : { daemon: true }),
          },
        );
      });
      if (full.untilMs !== undefined) endAfter(world, full.untilMs);
      if (full.latencyMsMax === undefined) drawLatencies(world, names);
      if (splits) world.network.part?.();
      if (full.faults.includes('partition')) drawPartition(world, names);
    },
    {
      network: { splits: false, latencyMsMin, latencyMsMax },
      faults,
      stepsMax,
      replaysMax: REPLAYS_MAX,
    },
  );
  // It is made of data, not by a line of this file.
  return { ...made, where: '', recipe: { by: MAKER, ...full } };
}
