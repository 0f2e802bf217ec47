import { statSync } from 'node:fs';
import * as z from 'zod';
import { unpolluted } from '../sim/explore/unpolluted.ts';
import { FAULT_NAMES, type FaultName } from '../sim/kernel/choices.ts';
import { type Recipe, type Scenario, scenario } from '../sim/schedule/scenario.ts';
import type { World } from '../sim/schedule/world.ts';
import { UsageError } from '../sys/errors.ts';
import { exitLaw } from './laws.ts';
import { nodeProgram } from './program.ts';

/** One program on one host. */
export interface HostPlan {
  /** What others call it, as in `http://server:8080`. */
  readonly host: string;
  /** A path, from the current folder. */
  readonly program: string;
  readonly args: readonly string[];
}

/** What {@link hostsScenario} runs, and how. */
export interface HostsPlan {
  readonly hosts: readonly HostPlan[];
  /**
   * How long bytes travel between two sockets, in milliseconds. Default: each run draws whether
   * there is a slow link.
   */
  readonly latencyMsMin?: number | undefined;
  readonly latencyMsMax?: number | undefined;
  /** What was written at once may be read in pieces, the last of them late. */
  readonly splits: boolean;
  /** What may go wrong in a run: faults of the kernel and its network, and those of hosts. */
  readonly faults: readonly HostsFault[];
  /** Further events a run may have; `stepsMax` bounds a run. */
  readonly stepsMax: number;
}

/**
 * `crash`: the first program is killed once, somewhere in its first events, and started anew.
 * `partition`: for a while nothing comes through between the first host and one of the others.
 */
const HOST_FAULTS = ['crash', 'partition'] as const;
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
const REPLAYS_MAX = 30;
/** Who makes such a scenario, in its recipe and as the first word of its name. */
const MAKER = 'hosts';

/**
 * `server=./server.js,client=./load.js --fast`: names, programs and what follows them on their
 * command lines.
 */
export function parseHosts(text: string): HostPlan[] {
  const hosts = text.split(',').map((part) => {
    const match = /^\s*([A-Za-z0-9][A-Za-z0-9.-]*)=(\S+)((?:\s+\S+)*)\s*$/.exec(part);
    if (match === null) {
      throw new UsageError(
        `${JSON.stringify(part)} is not a host and its program; write them as in server=./server.js,client=./load.js`,
      );
    }
    const [, host = '', program = '', rest = ''] = match;
    return { host, program, args: rest.split(/\s+/).filter((word) => word !== '') };
  });
  const twice = hosts.find(({ host }, at) => hosts.findIndex((each) => each.host === host) !== at);
  if (twice !== undefined) throw new UsageError(`the host ${twice.host} is named twice`);
  return hosts;
}

/** What a run of programs is known by: all that makes it another one. */
function nameOf(plan: HostsPlan): string {
  const { hosts, latencyMsMin, latencyMsMax, splits, faults, stepsMax } = plan;
  const programs = hosts.map(({ host, program, args }) =>
    [`${host}=${program}`, ...args].join(' '),
  );
  const more = [
    latencyMsMax === undefined ? '' : ` latency ${latencyMsMin}-${latencyMsMax}`,
    splits ? ' splits' : '',
    faults.length === 0 ? '' : ` faults ${faults.join('+')}`,
    stepsMax === STEPS_MAX ? '' : ` steps ${stepsMax}`,
  ];
  return `${MAKER} ${programs.join(',')}${more.join('')}`;
}

const count = unpolluted(() => z.number().int().nonnegative());

const makeRecipe = (): z.ZodType<HostsPlan> =>
  z.object({
    hosts: z
      .array(z.object({ host: z.string(), program: z.string(), args: z.array(z.string()) }))
      .min(1),
    latencyMsMin: count.optional(),
    latencyMsMax: count.optional(),
    splits: z.boolean(),
    faults: z.array(z.enum(HOSTS_FAULTS)),
    stepsMax: count,
  });

/**
 * The plan that a scenario is made of, if it is one of {@link hostsScenario}: what is saved can be
 * run again.
 *
 * @throws UsageError if it cannot be read
 */
export function hostsPlanOf(given: Recipe | undefined): HostsPlan | undefined {
  if (given?.by !== MAKER) return undefined;
  const parsed = unpolluted(() => makeRecipe().safeParse(given));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(
    `the hosts that are to be run cannot be read: field ${JSON.stringify(issue?.path.join('.'))}: ${issue?.message}`,
  );
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
 * Programs on hosts of one network. The first is started at once, the others as soon as somebody
 * listens. The laws: no program dies of an error or a rejection that nobody handles, none waits for
 * ever, and all exit with code 0.
 */
export function hostsScenario(plan: Pick<HostsPlan, 'hosts'> & Partial<HostsPlan>): Scenario {
  const full: HostsPlan = {
    splits: false,
    faults: [],
    stepsMax: STEPS_MAX,
    ...plan,
  };
  for (const { program } of full.hosts) {
    if (statSync(program, { throwIfNoEntry: false })?.isFile() !== true) {
      throw new UsageError(`there is no program ${program}`);
    }
  }
  const { latencyMsMin = 0, latencyMsMax = latencyMsMin, splits, stepsMax } = full;
  const names = full.hosts.map(({ host }) => host);
  const faults = full.faults.filter((name): name is FaultName => !isHostFault(name));
  const crashes = full.faults.includes('crash')
    ? { crashesWithin: CRASHES_WITHIN, restartAfterMs: RESTART_AFTER_MS }
    : {};
  const made = scenario(
    nameOf(full),
    (world) => {
      full.hosts.forEach(({ host, program, args }, index) => {
        const isFirst = index === 0;
        const body = nodeProgram(program, { args, ...(isFirst ? crashes : {}) });
        world
          .host(host)
          .process(host)
          .spawn(host, body, isFirst ? {} : { afterListen: 'any' });
      });
      if (full.latencyMsMax === undefined) drawLatencies(world, names);
      if (splits) world.network.part?.();
      if (full.faults.includes('partition')) drawPartition(world, names);
      exitLaw(world);
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
