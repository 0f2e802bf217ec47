/**
 * Pages to be opened: written by the command line's own functions, into a folder that goes with the
 * tests.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { excerptsFor } from '../../src/cli/excerpts.ts';
import { write } from '../../src/cli/show.ts';
import { pageOf } from '../../src/cli/viewer-page.ts';
import { modelNamed } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { echoScenario } from '../../src/scenarios/echo.ts';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { replay } from '../../src/sim/explore/attempt.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import { traceRun } from '../../src/sim/explore/trace.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import type { TraceModel } from '../../src/sim/trace/model.ts';
import { packTrace } from '../../src/sim/trace/pack.ts';

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
): Promise<Page> {
  const { model } = traceRun(scenario, decisions, { roadStepsMax: ROAD_STEPS_MAX });
  const page = await pageOf({
    runs: [{ title: scenario.name, what: '', counted: [], messages: 0, trace: packTrace(model) }],
    sources: excerptsFor([model]),
    next: [['replay', `npx heddle replay ${name}`]],
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

const SEEDS_MAX = 100;
const STEPS = 5_000;
const CLIENTS = 8;

/**
 * A calm run of at least 5,000 steps: many clients that send many messages to one task over epoll.
 */
export async function longPage(): Promise<Page> {
  const encoder = new TextEncoder();
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
