// Published races of packages, between programs on hosts, and what is reported of each, word for
// word. `npm run ecosystem -- -u` writes the reports again; read what it wrote.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostsScenario } from '../../src/node/hosts.ts';
import { parseHosts } from '../../src/node/hosts-text.ts';
import { check } from '../../src/sim/explore/check.ts';
import type { ScheduleFailure } from '../../src/sim/explore/reporting.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';

const golden = (name: string): string => join(import.meta.dirname, 'golden', `${name}.txt`);

/** Runs in which a race is found, and in which the version without it has to hold. */
const RUNS = 60;
/** Fewer, where there is less time. */
const HOLD_RUNS = Math.min(RUNS, 4 * Number(process.env['HEDDLE_ECOSYSTEM_RUNS'] ?? RUNS));
/** On whatever machine. */
const RUN_TIME_MS = 600_000;

/** By the file names of its programs, which are also the names of its hosts. */
interface Race {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly message: RegExp;
  readonly splits?: boolean;
}

const RACES: readonly Race[] = [
  { name: 'brute', hosts: ['store', 'server', 'client'], message: /5 came through/ },
  { name: 'websocket', hosts: ['server', 'client'], message: /no echo within two seconds/ },
  { name: 'pubsub', hosts: ['server', 'client'], message: /published once, and heard 0 times/ },
  { name: 'graphql', hosts: ['server', 'client'], message: /closed: 4401 Unauthorized/ },
  { name: 'chunks', hosts: ['server', 'client'], message: /Premature close/, splits: true },
  { name: 'deadline', hosts: ['server', 'client'], message: /double callback bug/ },
];

function made({ name, hosts, splits = false }: Race, version: string): Scenario {
  const text = hosts.map((host) => {
    const waits = host === 'client' ? ' after server:8080' : '';
    return `${host}${waits}=test/ecosystem/hosts/${name}-${host}.mjs ${version}`;
  });
  return hostsScenario({ hosts: parseHosts(text.join()), runTimeMs: RUN_TIME_MS, splits });
}

describe.each(RACES)('$name', (race) => {
  it('is found by default, and told by what collided', async () => {
    const options = { runs: RUNS, folder: false } as const;
    const failure: ScheduleFailure = await check(made(race, 'affected'), options).catch((e) => e);
    expect(failure.failure?.message).toMatch(race.message);
    await expect(`${failure.message}\n`).toMatchFileSnapshot(golden(race.name));
  });

  it('is not found in the version without it', async () => {
    await check(made(race, 'repaired'), { runs: HOLD_RUNS, folder: false });
  });
});
