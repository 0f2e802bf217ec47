import { join } from 'node:path';
import { hostsScenario } from '../../../src/node/hosts.ts';
import { exitLaw } from '../../../src/node/laws.ts';
import { nodeProgram } from '../../../src/node/program.ts';
import { type Scenario, scenario } from '../../../src/sim/schedule/scenario.ts';

const FOLDER = import.meta.dirname;
export type Version = 'affected' | 'repaired';

/** One program with both ends in it. */
const alone =
  (name: string) =>
  (version: Version): Scenario =>
    scenario(
      `${name}, ${version}`,
      (world) => {
        const body = nodeProgram(join(FOLDER, `${name}.mjs`), { args: [version] });
        world.process('program').spawn('program', body, { daemon: false });
        exitLaw(world);
      },
      { network: { splits: false }, stepsMax: 50_000 },
    );

/** A client that polls a server on another host. */
const polling =
  (name: string, ...serverArgs: string[]) =>
  (version: Version): Scenario =>
    hostsScenario({
      hosts: [
        { host: 'server', program: join(FOLDER, 'polled-server.mjs'), args: serverArgs },
        { host: 'client', program: join(FOLDER, `${name}.mjs`), args: [version] },
      ],
      latencyMsMin: 1,
      latencyMsMax: 5,
    });

/**
 * Races from the issue trackers of packages, and what a run that meets one says. Where it is told
 * is in each program.
 */
export const RACES: readonly [
  where: string,
  make: (version: Version) => Scenario,
  message: RegExp,
][] = [
  ['node-modules/agentkeepalive#57', polling('agentkeepalive'), /ECONNRESET|socket hang up/],
  ['nodejs/undici#3141', polling('undici', 'told'), /ECONNRESET|other side closed/],
  ['brianc/node-pg-pool#109', alone('pg-pool'), /a client of the pool has waited/],
  ['coopernurse/node-pool#159', alone('generic-pool'), /connections of a pool that was cleared/],
  ['redis/ioredis#1718', alone('ioredis'), /a command has waited for a minute/],
];
