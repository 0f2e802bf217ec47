import { hostsScenario } from '../../../src/node/hosts.ts';
import { parseHosts } from '../../../src/node/hosts-text.ts';
import type { FaultName } from '../../../src/sim/kernel/choices.ts';
import type { Scenario } from '../../../src/sim/schedule/scenario.ts';

/** On whatever machine. */
const RUN_TIME_MS = 600_000;

/** By the file names of its programs, which are also the names of its hosts. */
export interface Race {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly message: RegExp;
  readonly splits?: boolean;
}

/** Races between programs on hosts. */
export const RACES: readonly Race[] = [
  { name: 'brute', hosts: ['store', 'server', 'client'], message: /5 came through/ },
  { name: 'websocket', hosts: ['server', 'client'], message: /no echo within two seconds/ },
  { name: 'pubsub', hosts: ['server', 'client'], message: /published once, and heard 0 times/ },
  { name: 'graphql', hosts: ['server', 'client'], message: /closed: 4401 Unauthorized/ },
  { name: 'chunks', hosts: ['server', 'client'], message: /Premature close/, splits: true },
  { name: 'deadline', hosts: ['server', 'client'], message: /double callback bug/ },
  { name: 'webhook', hosts: ['server', 'client'], message: /10 were paid once/ },
  { name: 'session', hosts: ['server', 'client'], message: /cart and theme were kept/ },
  { name: 'lines', hosts: ['server', 'client'], message: /JSON|prices came as/ },
  { name: 'rollout', hosts: ['server', 'client'], message: /the report did not come/ },
  { name: 'autosave', hosts: ['server', 'client'], message: /"hed" was typed/ },
];

/** What else a run is free to do. */
export interface Freedoms {
  readonly splits?: boolean;
  readonly faults?: readonly FaultName[];
}

/** One of them, with its race or without. */
export function made(
  { name, hosts, splits: shows = false }: Race,
  version: string,
  { splits = shows, faults = [] }: Freedoms = {},
): Scenario {
  const text = hosts.map((host) => {
    const waits = host === 'client' ? ' after server:8080' : '';
    return `${host}${waits}=test/ecosystem/hosts/${name}-${host}.mjs ${version}`;
  });
  return hostsScenario({ hosts: parseHosts(text.join()), runTimeMs: RUN_TIME_MS, splits, faults });
}
