import { existsSync } from 'node:fs';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
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
  /** How long bytes travel between two sockets, in milliseconds. */
  readonly latencyMsMin: number;
  readonly latencyMsMax: number;
  /** What was written at once may be read in pieces. */
  readonly splits: boolean;
  /** Further events a run may have; `stepsMax` bounds a run. */
  readonly stepsMax: number;
}

const STEPS_MAX = 50_000;
/** A run starts threads, so a failure is reduced with fewer of them than a small model's. */
const REPLAYS_MAX = 30;
const PREFIX = 'hosts';

/** `server=./server.js,client=./load.js --fast`: names, programs and what follows them on their command lines. */
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
function nameOf({ hosts, latencyMsMin, latencyMsMax, splits, stepsMax }: HostsPlan): string {
  const programs = hosts.map(({ host, program, args }) =>
    [`${host}=${program}`, ...args].join(' '),
  );
  const more = [
    latencyMsMax === 0 ? '' : ` latency ${latencyMsMin}-${latencyMsMax}`,
    splits ? ' splits' : '',
    stepsMax === STEPS_MAX ? '' : ` steps ${stepsMax}`,
  ];
  return `${PREFIX} ${programs.join(',')}${more.join('')}`;
}

/** The plan behind a scenario's name, if that is one of {@link hostsScenario}: what is saved can be run again. */
export function hostsOfName(name: string): Scenario | undefined {
  const match = /^hosts (.*?)(?: latency (\d+)-(\d+))?( splits)?(?: steps (\d+))?$/.exec(name);
  if (match === null) return undefined;
  const [, hosts = '', min = '0', max = '0', splits, steps = String(STEPS_MAX)] = match;
  return hostsScenario({
    hosts: parseHosts(hosts),
    latencyMsMin: Number(min),
    latencyMsMax: Number(max),
    splits: splits !== undefined,
    stepsMax: Number(steps),
  });
}

/**
 * Programs on hosts of one network. The first is started at once, the others as soon as somebody listens. The laws: no program dies
 * of an error or a rejection that nobody handles, none waits for ever, and all exit with code 0.
 */
export function hostsScenario(plan: Pick<HostsPlan, 'hosts'> & Partial<HostsPlan>): Scenario {
  const full: HostsPlan = {
    latencyMsMin: 0,
    latencyMsMax: 0,
    splits: false,
    stepsMax: STEPS_MAX,
    ...plan,
  };
  for (const { program } of full.hosts) {
    if (!existsSync(program)) throw new UsageError(`there is no program ${program}`);
  }
  const { latencyMsMin, latencyMsMax, splits, stepsMax } = full;
  const made = scenario(
    nameOf(full),
    (world) => {
      full.hosts.forEach(({ host, program, args }, index) => {
        world
          .host(host)
          .process(host)
          .spawn(host, nodeProgram(program, { args }), index === 0 ? {} : { afterListen: 'any' });
      });
      exitLaw(world);
    },
    { network: { splits, latencyMsMin, latencyMsMax }, stepsMax, replaysMax: REPLAYS_MAX },
  );
  // It is defined by its name, not by a line of this file.
  return { ...made, where: '' };
}
