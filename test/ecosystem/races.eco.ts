import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostsScenario } from '../../src/node/hosts.ts';
import { exitLaw } from '../../src/node/laws.ts';
import { nodeProgram } from '../../src/node/program.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { recordRun } from '../../src/sim/explore/record.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { tellStory } from '../../src/sim/trace/story.ts';

const FOLDER = join(import.meta.dirname, 'races');
/** Runs in which the version with the race has to show it, and the fixed one must not. */
const RUNS = 30;

type Version = 'affected' | 'repaired';

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
const RACES: readonly [where: string, make: (version: Version) => Scenario, message: RegExp][] = [
  ['node-modules/agentkeepalive#57', polling('agentkeepalive'), /ECONNRESET|socket hang up/],
  ['nodejs/undici#3141', polling('undici', 'told'), /ECONNRESET|other side closed/],
  ['brianc/node-pg-pool#109', alone('pg-pool'), /a client of the pool has waited/],
  ['coopernurse/node-pool#159', alone('generic-pool'), /connections of a pool that was cleared/],
  ['redis/ioredis#1718', alone('ioredis'), /a command has waited for a minute/],
];

describe.each(RACES)('%s', (_, make, message) => {
  it('is found without a hint in the version that has it, at a moment that the report names', async () => {
    const made = make('affected');
    const { found } = await inMacrotask(() => fuzz(made, { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toMatch(message);
    const { run, recorder } = await inMacrotask(() => recordRun(made, found?.decisions ?? []));
    expect(run.failure?.signature).toBe(found?.failure.signature);
    const story = tellStory(run.failure as never, run.world, recorder);
    expect(story.rows.length).toBeGreaterThan(3);
  });

  it('is not found in the version that is fixed', async () => {
    const { found } = await inMacrotask(() => fuzz(make('repaired'), { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toBeUndefined();
  });
});
