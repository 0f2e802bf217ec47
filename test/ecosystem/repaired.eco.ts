// Programs whose race is repaired, with all that a run is free to do to a correct program: none may
// be blamed.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type HostsFault, hostsScenario } from '../../src/node/hosts.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { FaultName } from '../../src/sim/kernel/choices.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { RACES as BETWEEN_HOSTS, made } from './hosts/list.ts';
import { RACES as WITHIN_ONE } from './races/list.ts';

/** HEDDLE_ECOSYSTEM_RUNS asks for a share of 100, here as elsewhere. */
const RUNS = 5 * Number(process.env['HEDDLE_ECOSYSTEM_RUNS'] ?? 100);
const RUN_TIME_MS = 600_000;
const EXAMPLES = join(import.meta.dirname, '../../examples');

/**
 * What the kernel may do to whoever calls it. Not what takes time (byteAtATime) or room
 * (tinyBuffers, shortWrite): some of these go by the clock, and none writes a file in pieces.
 */
const FREEDOMS: readonly FaultName[] = ['shortRead', 'join', 'eintr', 'spurious'];

const example = (
  folder: string,
  server: string,
  client: string,
  faults: readonly HostsFault[] = FREEDOMS,
): [string, Scenario] => [
  `examples/${folder}`,
  hostsScenario({
    hosts: [
      { host: 'server', program: join(EXAMPLES, folder, server), args: [] },
      { host: 'client', program: join(EXAMPLES, folder, client), args: [] },
    ],
    splits: true,
    faults,
    runTimeMs: RUN_TIME_MS,
  }),
];

const REPAIRED: readonly [name: string, made: Scenario][] = [
  ...BETWEEN_HOSTS.map((race): [string, Scenario] => [
    race.name,
    made(race, 'repaired', { splits: true, faults: FREEDOMS }),
  ]),
  ...WITHIN_ONE.map(([where, make]): [string, Scenario] => [where, make('repaired')]),
  example('seats', 'server-fixed.mjs', 'client.mjs'),
  example('shop', 'server-fixed.mjs', 'client.mjs'),
  example('ws-chat', 'server-fixed.mjs', 'client.mjs'),
  example('polling', 'server.mjs', 'client-fixed.mjs'),
  example('file-queue', 'server-fixed.mjs', 'client.mjs', [...FREEDOMS, 'power']),
];

it.each(REPAIRED)(`%s holds in ${RUNS} runs`, async (_, scenario) => {
  const { found } = await inMacrotask(() => fuzz(scenario, { runs: RUNS, seed: 1 }));
  expect(found?.failure.message).toBeUndefined();
});
