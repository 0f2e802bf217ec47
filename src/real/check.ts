import { resolve } from 'node:path';
import { replay } from '../sim/explore/attempt.ts';
import { FAILURES_FOLDER } from '../sim/explore/failures.ts';
import { guide } from '../sim/explore/guide.ts';
import { keepFailure } from '../sim/explore/reporting.ts';
import { withWorld } from '../sim/explore/with-world.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { type Observation, Onlooker } from '../sim/schedule/observation.ts';
import type { RunResult } from '../sim/schedule/run.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { batchRunsOf, makeStrategy } from '../sim/schedule/strategies/index.ts';
import { RandomWalk } from '../sim/schedule/strategies/random-walk.ts';
import type { Strategy } from '../sim/schedule/strategy.ts';
import { asCause } from '../sim/schedule/user-frame.ts';
import { HEDDLE, shellWord } from '../sim/trace/invocation.ts';
import { countText } from '../sim/trace/report.ts';
import { UsageError } from '../sys/errors.ts';
import { Arrival } from './arrival.ts';
import { runOnLinux } from './linux/index.ts';
import { runOnNode } from './node/index.ts';
import type { Recording } from './recording.ts';
import { saveRecording } from './recording-file.ts';
import { reportOfWatched, type WatchedRun, watched } from './watched.ts';

/** Whose sockets: Node's, under heddle's kernel, or Linux's own through libc. @since 0.2.0 */
export type RealSockets = 'node' | 'linux';

/** In words, for names of tests. */
export const REAL_SOCKETS: Readonly<Record<RealSockets, string>> = {
  node: "on Node's sockets",
  linux: "on Linux's sockets",
};

/** How a scenario is run on real sockets, and how often. @since 0.2.0 */
export interface RealRuns {
  /** Whose sockets: Node's or Linux's own. */
  readonly sockets: RealSockets;
  /** Default: 1. */
  readonly runs?: number;
  /**
   * Who moves next among those that real time lets move, and which inputs are drawn: `random`,
   * `pct:3`, `pos`, … Default: things are done as they arrive; the inputs are the simplest in a
   * single run and drawn at random in several.
   */
  readonly strategy?: string;
  /** Default: 1. Real time is not drawn from it: two runs may differ all the same. */
  readonly seed?: number;
}

/** Options of {@link checkOnReal}. @since 0.2.0 */
export interface RealCheckOptions extends RealRuns {
  /** The folder in which a failure is saved; false: none. Default: `.heddle`. */
  readonly folder?: string | false;
  /** Told what is worth knowing besides. Default: a line on stderr. */
  readonly note?: (text: string) => void;
}

/**
 * A scenario failed on real sockets; the message is the report. Real time has decided, so the run
 * is kept as a recording, which `heddle replay` runs again in the simulated kernel.
 *
 * @since 0.2.0
 */
export class RealFailure extends Error {
  override readonly name = 'RealFailure';
  /** What went wrong, in parts. */
  declare readonly failure: Failure;
  /** The file with the run's recording; undefined if none was saved. */
  declare readonly recording: string | undefined;
  /**
   * The failure file of a run of the simulator in which every task saw the same; undefined if the
   * search found none.
   */
  declare readonly simulated: string | undefined;

  /** @internal */
  constructor(report: string, failure: Failure, at: string | undefined, kept: Kept) {
    super(report, asCause(failure.error));
    Object.defineProperty(this, 'failure', { value: failure });
    Object.defineProperty(this, 'recording', { value: kept.recording });
    Object.defineProperty(this, 'simulated', { value: kept.simulated });
    this.stack = `${this.name}: ${report}${at === undefined ? '' : `\n    at ${resolve(at)}`}`;
  }
}

/** Where a failure is kept. */
interface Kept {
  readonly recording: string | undefined;
  readonly simulated: string | undefined;
}

/** Tests run on machines that do other things besides. */
const IDLE_MS_MAX = 3_000;

/** Runs of the simulator to look for one like the real one: a second or two. */
const GUIDED_RUNS_MAX = 2_000;

type RealRun = RunResult & { readonly recording?: Recording | undefined };

/**
 * Run a scenario on real sockets. Rejects with a {@link RealFailure} at the first run that fails,
 * and with a UsageError where there are no such sockets.
 *
 * ```ts
 * await checkOnReal(echo, 'node');
 * await checkOnReal(echo, { sockets: 'node', runs: 50, strategy: 'random' });
 * ```
 *
 * @since 0.2.0
 */
export async function checkOnReal(
  scenario: Scenario,
  given: RealSockets | RealCheckOptions,
): Promise<void> {
  const options = typeof given === 'string' ? { sockets: given } : given;
  const { sockets, runs = 1 } = options;
  const strategy = strategyOf(options);
  for (let run = 1; run <= runs; run++) {
    const onlooker = new Onlooker();
    const how = { strategy, idleMsMax: IDLE_MS_MAX };
    const seen = await watched<RealRun>(
      (observe) =>
        sockets === 'node'
          ? runOnNode(scenario, { ...how, observe, record: true })
          : runOnLinux(scenario, { ...how, observe, record: true }),
      onlooker,
    );
    const { failure } = seen.result;
    if (failure === undefined) continue;
    const kept = await keep(scenario, failure, seen.result.recording, onlooker, options);
    const found = `${REAL_SOCKETS[sockets]}, in real time${runText(run, options)}`;
    throw asRealFailure(scenario, failure, seen, kept, found);
  }
}

function strategyOf({ runs = 1, strategy, seed = 1 }: RealRuns): Strategy {
  if (strategy === undefined) return new Arrival(runs === 1 ? undefined : new RandomWalk(seed));
  if (batchRunsOf(strategy, 0) === Number.POSITIVE_INFINITY) {
    throw new UsageError(
      `the strategy ${strategy} goes through all schedules, and on real sockets real time has a say; take random, pct:3, pos or sticky`,
    );
  }
  // The members of the portfolio that search systematically make its first runs.
  return makeStrategy(strategy, { seed, firstRun: 2 });
}

function runText(run: number, { runs = 1, strategy, seed = 1 }: RealRuns): string {
  if (runs === 1) return '';
  const by = strategy === undefined ? '' : ` by ${strategy}`;
  return `, run ${countText(run)} of ${countText(runs)}${by}, seed ${seed}`;
}

function toStderr(text: string): void {
  process.stderr.write(`heddle: ${text}\n`);
}

/** Save what can be saved; what cannot be saved is told. */
async function keep(
  scenario: Scenario,
  failure: Failure,
  recording: Recording | undefined,
  onlooker: Onlooker,
  { folder = FAILURES_FOLDER, note = toStderr }: RealCheckOptions,
): Promise<Kept> {
  const tried = <Value>(what: string, work: () => Value): Value | undefined => {
    try {
      return work();
    } catch (error) {
      note(`${what}: ${(error as Error).message}`);
      return undefined;
    }
  };
  if (folder === false) return { recording: undefined, simulated: undefined };
  return {
    recording: recording && tried('not kept', () => saveRecording(recording, failure, folder)),
    simulated: await inMacrotask(() =>
      tried('the simulator was not searched for such a run', () =>
        simulated(scenario, failure, onlooker.observation, { folder, note }),
      ),
    ),
  };
}

/**
 * Look for a run of the simulator in which every task sees what it saw here, and which fails in the
 * same way; save it, shrunk, as any other failure.
 */
function simulated(
  scenario: Scenario,
  { law }: Failure,
  observation: Observation,
  how: { readonly folder: string; readonly note: (text: string) => void },
): string | undefined {
  const calm = withWorld(scenario, { faults: [] });
  const { schedule, runs } = guide(calm, observation, { runsMax: GUIDED_RUNS_MAX });
  if (schedule === undefined) return undefined;
  const { failure, decisions } = replay(calm, schedule);
  if (failure?.law !== law) return undefined;
  const found = { failure, run: runs, decisions: [...schedule], decisionCount: decisions };
  return keepFailure(calm, found, { ...how, strategy: 'guided', seed: undefined }).path;
}

function asRealFailure(
  scenario: Scenario,
  failure: Failure,
  seen: WatchedRun<unknown>,
  kept: Kept,
  found: string,
): RealFailure {
  const command = (path: string): string => `${HEDDLE} replay ${shellWord(path)}`;
  const next: [string, string][] = [];
  if (kept.recording !== undefined) next.push(['replay', command(kept.recording)]);
  if (kept.simulated !== undefined) next.push(['simulated', command(kept.simulated)]);
  const { report, story } = reportOfWatched(scenario, failure, seen, {
    untitled: true,
    found,
    next,
  });
  return new RealFailure(report, failure, story.at, kept);
}
