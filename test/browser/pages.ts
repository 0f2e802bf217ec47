/**
 * Pages to be opened: written by the command line's own functions, into a folder that goes with the
 * tests.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { excerptsFor } from '../../src/cli/excerpts.ts';
import { write } from '../../src/cli/show.ts';
import { viewCommand } from '../../src/cli/view.ts';
import { pageOf } from '../../src/cli/viewer-page.ts';
import { modelNamed } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { type HostsConfig, hostsScenario } from '../../src/node/hosts.ts';
import { echoScenario } from '../../src/scenarios/echo.ts';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { replay } from '../../src/sim/explore/attempt.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import { traceRun } from '../../src/sim/explore/trace.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { formatSchedule } from '../../src/sim/schedule/text.ts';
import type { TraceModel } from '../../src/sim/trace/model.ts';
import { packTrace } from '../../src/sim/trace/pack.ts';

/** Pages say that they were made here, so that links to files are the same everywhere. */
export const PROJECT = '/home/me/my shop';

export const folder: string = mkdtempSync(join(tmpdir(), 'heddle-viewer-'));

export interface Page {
  readonly path: string;
  readonly model: TraceModel;
}

/** Enough to see some of the roads not taken. */
const ROAD_STEPS_MAX = 60_000;

/** A page of one run. */
export async function pageFor(
  scenario: Scenario,
  decisions: readonly number[],
  name: string,
  roadStepsMax: number = ROAD_STEPS_MAX,
): Promise<Page> {
  const { model } = await inMacrotask(() => traceRun(scenario, decisions, { roadStepsMax }));
  const page = await pageOf({
    runs: [
      {
        ...{ title: scenario.name, what: '', counted: [], messages: 0 },
        branch: `npx heddle view ${name} --take `,
        trace: packTrace(model),
      },
    ],
    sources: excerptsFor([model]),
    folder: PROJECT,
    next: [['replay', `npx heddle replay ${name}`]],
    live: false,
  });
  const path = join(folder, `${name}.html`);
  write(path, page);
  return { path, model };
}

/** A failure with decisions that matter, and a client that reads: found, reduced, and drawn. */
export async function failingPage(): Promise<Page> {
  const entry = SCENARIOS.find(
    ({ model, variant, expects }) =>
      model.id === 'sequential' && variant === 'asWritten' && expects.length > 0,
  );
  if (entry === undefined) throw new Error('sequential is not in the catalogue');
  const { scenario } = entry;
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { found } = fuzz(scenario, { runs: 200, seed });
    if (found === undefined) continue;
    const { decisions } = shrink(scenario, found);
    const { model } = traceRun(scenario, decisions, { roadStepsMax: 0 });
    const decided = model.decisions.some(
      ({ choice, kind }) => choice !== 0 && kind !== 'input' && kind !== 'swarm',
    );
    const read = model.steps.some(
      ({ call, lane }) => call === 'recv' && model.lanes[lane ?? -1]?.name.startsWith('client'),
    );
    if (decided && read) return pageFor(scenario, decisions, 'failing');
  }
  throw new Error(`no failure of ${scenario.name} has a decision that matters`);
}

/** A calm run of a server with a thread for each connection. */
export function threadsPage(): Promise<Page> {
  const model = modelNamed('threaded') as Model;
  const one = { manner: 'in-turn', pieces: ['a', 'b', 'c'].map((text) => encoder.encode(text)) };
  const clients = [one, one, one] as const;
  return pageFor(echoScenario(model, 'corrected', { faults: [], clients }), [], 'threads', 0);
}

const encoder = new TextEncoder();

/** Two servers side by side, as `heddle view --compare` has them. */
export function comparePage(): Promise<string> {
  return sideBySide('servers', ['threaded', 'epoll-level'], true);
}

/** Two calm runs of scenarios side by side, as `heddle view ONE OTHER` has them. */
export function twoRunsPage(): Promise<string> {
  const runs = SCENARIOS.slice(0, 2).map(({ scenario }) => formatSchedule(scenario.name, []));
  return sideBySide('runs', runs, false);
}

async function sideBySide(
  name: string,
  what: readonly string[],
  compare: boolean,
): Promise<string> {
  const path = join(folder, `${name}.html`);
  const command = {
    ...{ what, compare, variant: 'corrected', out: path },
    ...{ file: undefined, trust: false, take: undefined, live: false, open: false, json: true },
  } as const;
  await viewCommand(command);
  return path;
}

const SEEDS_MAX = 100;
const STEPS = 5_000;
const CLIENTS = 8;

/**
 * A calm run of at least 5,000 steps: many clients that send many messages to one task over epoll.
 */
export async function longPage(): Promise<Page> {
  for (let pieces = 48; ; pieces += 4) {
    const scenario = echoScenario(modelNamed('epoll-level') as Model, 'corrected', {
      faults: [],
      clients: Array.from({ length: CLIENTS }, (_, client) => ({
        manner: 'in-turn' as const,
        pieces: Array.from({ length: pieces }, (_, piece) =>
          encoder.encode(`message ${piece} of ${client}`),
        ),
      })),
      network: { latencyMsMin: 1, latencyMsMax: 3 },
    });
    if (replay(scenario, []).steps >= STEPS) return pageFor(scenario, [], 'long');
  }
}

/** Only against hanging: a machine that is busy takes its time for thousands of requests. */
const RUN_TIME_MS = 600_000;

/** Two programs of Node on hosts of their own, with nothing else to be drawn. */
function programs(server: string, client: string, ...args: string[]): Scenario {
  const hosts: HostsConfig['hosts'] = [
    { host: 'server', program: server },
    { host: 'client', program: client, args },
  ];
  return hostsScenario({ hosts, latencyMsMin: 0, latencyMsMax: 0, runTimeMs: RUN_TIME_MS });
}

/** Node programs that fail: a shop that sells one thing twice. */
export async function nodePage(): Promise<Page> {
  const scenario = programs('examples/shop/server.mjs', 'examples/shop/client.mjs');
  const found = await inMacrotask(() => fuzz(scenario, { runs: NODE_RUNS, seed: 1 }).found);
  if (found === undefined) throw new Error('the shop sells one thing once');
  return pageFor(scenario, found.decisions, 'node', 0);
}

const NODE_RUNS = 20;

/** A run of Node programs with at least 5,000 steps: as many requests as that takes. */
export async function longNodePage(): Promise<Page> {
  const folder = 'test/browser/node';
  const scenario = programs(`${folder}/many-server.mjs`, `${folder}/many-client.mjs`, REQUESTS);
  const page = await pageFor(scenario, [], 'long-node', 0);
  if (page.model.steps.length < STEPS) throw new Error(`${page.model.steps.length} steps`);
  return page;
}

/** Each is some eight steps of two event loops. */
const REQUESTS = '680';
