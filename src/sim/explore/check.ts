import { InternalError, UsageError } from '../../sys/errors.ts';
import type { FaultName } from '../kernel/choices.ts';
import { Departure } from '../schedule/departure.ts';
import { inMacrotask } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { isLearning, makeStrategy, STRATEGY_DEFAULT } from '../schedule/strategies/index.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { formatSchedule, parseSchedule, ScheduleError, scenarioHash } from '../schedule/text.ts';
import { nextCommands } from '../trace/invocation.ts';
import { printable } from '../trace/printable.ts';
import { countText } from '../trace/report.ts';
import { type Shard, shardText } from './amounts.ts';
import { fitOf, replay, replayKept } from './attempt.ts';
import {
  type Batch,
  type BatchFailure,
  type BatchSource,
  dealOf,
  type FuzzPlan,
  foundAgain,
  runsDealt,
} from './batch.ts';
import type { Confidence } from './confidence.ts';
import { Corpus, growing } from './corpus.ts';
import { findDataRace } from './data-races.ts';
import { deepened } from './deepen.ts';
import { differenceFrom, NondeterminismError } from './determinism.ts';
import { FAILURES_FOLDER, passesNowText, type SavedFailure, savedFailures } from './failures.ts';
import type { Found } from './fuzz.ts';
import { type Finding, investigate, lookAt, type Reduction } from './investigate.ts';
import { investigateRace } from './race-report.ts';
import { missedOf, mustReach, type Reached } from './reached.ts';
import { recordRun } from './record.ts';
import { replaySaved } from './replay-file.ts';
import { asError, type Discovery, keepFailure, type ScheduleFailure } from './reporting.ts';
import { type SearchBounds, type SearchProgress, searchBatches } from './search-batches.ts';
import { withWorld } from './with-world.ts';

/** How {@link check} searches, and what it does with what it finds. @since 0.1.0 */
export interface CheckOptions {
  /** Runs at most. Default: 1,000, or as many as `timeMs` allows if that is given. */
  readonly runs?: number;
  /** Stop after this time. Default: no bound but `runs`. */
  readonly timeMs?: number;
  /** Default: 1, so that a test does the same each time. */
  readonly seed?: number;
  /**
   * Who makes the decisions: `random`, `pct:3`, `pos`, `surw`, … (`STRATEGY_NAMES`). Default: the
   * `portfolio`, which shares the runs among several of them.
   */
  readonly strategy?: string;
  /** Faults that may be drawn for a run. Default: the scenario's own. */
  readonly faults?: readonly FaultName[];
  /**
   * Look for data races too: accesses to a `world.cell` by two tasks that nothing puts in order,
   * whether or not they did harm. Takes as many runs again. Default: false.
   */
  readonly races?: boolean;
  /**
   * A schedule as text: only this one is run. Rejects with a {@link ScheduleError} if it passes and
   * no longer fits the scenario. Default: none, many are run.
   */
  readonly replay?: string;
  /**
   * The folder in which a failure is saved, and from which those saved before are run first; false:
   * none. Default: `.heddle`, in the current folder.
   */
  readonly folder?: string | false;
  /**
   * Told what is worth knowing although it is no failure: a saved one that passes now. Default: a
   * line on stderr.
   */
  readonly note?: (text: string) => void;
  /**
   * Make only this part of the runs, `{ index: 3, of: 10 }`; together the parts make exactly the
   * runs of a search that is not shared. Default: all of them.
   */
  readonly shard?: Shard | undefined;
  /**
   * A folder of runs that have shown something new: strategies that learn (`portfolio`, `feedback`)
   * begin with them, and leave theirs there. Default: none, so that a test does the same each time.
   */
  readonly corpus?: string | undefined;
  /** Where the runs are made. Default: all of them in this process. */
  readonly batches?: BatchSource;
  /** What its caller is called, for the line that pins a schedule. Default: `check`. */
  readonly calledAs?: 'check' | 'fuzz';
  /**
   * Asked between batches: whether somebody wants it to end; what was made by then is all. Default:
   * nobody does.
   */
  readonly isStopped?: () => boolean;
  /**
   * Reduces a failure somewhere else, or says that there is no time for that. Undefined where it
   * could not be done there. Default: in this process.
   */
  readonly reduce?: (scenario: Scenario, found: Met) => Promise<Reduction | 'stopped' | undefined>;
  /** Told now and then how far it has come. Default: nobody is. */
  readonly onProgress?: (progress: SearchProgress) => void;
}

/** A failure as it was met. */
type Met = Pick<BatchFailure, 'decisions' | 'decisionCount'>;
type CalledAs = NonNullable<CheckOptions['calledAs']>;

/** What {@link check} says of a scenario that held. @since 0.1.0 */
export interface Checked {
  /** 0 where all of them are of other shards. */
  readonly runs: number;
  /** Steps of all runs together. */
  readonly steps: number;
  /** What it means that they passed; undefined for a single schedule. */
  readonly confidence: Confidence | undefined;
  /** What the runs have come to; undefined for a single schedule. */
  readonly reached: Reached | undefined;
}

const RUNS_DEFAULT = 1_000;

/**
 * Run a scenario under many schedules; for tests of any runner. Failures of it that were saved
 * before are run first. Resolves when every run held, and rejects with a {@link ScheduleFailure}
 * whose message is the report of the shrunk failure, which is saved. Where all held, and a
 * `world.sometimes` came true in none of them, rejects with an {@link UnreachedError}. The
 * environment may ask for more than the test does: see {@link deepened}.
 *
 * ```ts
 * test('every client gets its bytes back', () => check(echo, { runs: 2000 }));
 * ```
 *
 * @since 0.1.0
 */
export async function check(scenario: Scenario, options: CheckOptions = {}): Promise<Checked> {
  const deep = deepened(options);
  const checked = await checkAsGiven(scenario, deep);
  if (checked.runs === 0 && deep.shard !== undefined) {
    const { note = toStderr } = options;
    note(`none of the runs of ${scenario.name} is of shard ${shardText(deep.shard)}`);
  }
  return checked;
}

/** As {@link check}, whatever the environment says. */
export async function checkAsGiven(scenario: Scenario, options: CheckOptions): Promise<Checked> {
  const { faults, note: tell = toStderr, folder = FAILURES_FOLDER } = options;
  const note = (text: string): void => tell(printable(text));
  const { timeMs = Number.POSITIVE_INFINITY, seed = 1, calledAs = 'check', shard } = options;
  const deal = shard && dealOf(scenario, shard);
  const asked = { strategy: options.strategy ?? STRATEGY_DEFAULT, seed, endsAtFailure: true, deal };
  // A strategy that is unknown is refused before anything is run.
  const strategy = makeStrategy(asked.strategy, asked).name;
  const its = faults === undefined ? scenario : withWorld(scenario, { faults });
  if (options.replay !== undefined) return checkOne(its, options.replay, options);
  if (folder !== false) await checkSaved(scenario, folder, note, calledAs);
  const runsMax =
    options.runs ?? (Number.isFinite(timeMs) ? Number.POSITIVE_INFINITY : RUNS_DEFAULT);
  const how = { runsMax, seed, strategy, folder, note, calledAs };
  await inMacrotask(() => lookAtCalm(its, how));
  const { onProgress, isStopped } = options;
  const corpus = await corpusOf(its, asked.strategy, options.corpus, note);
  const plan = { ...asked, known: corpus?.known };
  const batches = corpus === undefined ? options.batches : growing(corpus, options.batches);
  let checked: Checked = { runs: 0, steps: 0, confidence: undefined, reached: undefined };
  const bounds = { runsMax, timeMs, batches, onProgress, isStopped };
  const races = options.races === true ? new RaceChecks(its, plan, calledAs) : undefined;
  for await (const searched of searchBatches(its, plan, bounds)) {
    const { batch, runsBefore, stepsBefore, confidence, reached } = searched;
    const [met] = batch.failures;
    if (met !== undefined) {
      const reduction = await options.reduce?.(its, met);
      throw await inMacrotask(() => keptFailure(its, foundAgain(its, met), { ...how, reduction }));
    }
    if (races !== undefined) await inMacrotask(() => races.look(batch));
    const [runs, steps] = [runsBefore + batch.runs, stepsBefore + batch.steps];
    checked = { runs, steps, confidence, reached };
  }
  if (isStopped?.() !== true) await judgeReached(its, plan, bounds, checked);
  return checked;
}

/** What a search by this strategy begins with; undefined where it learns nothing. */
async function corpusOf(
  scenario: Scenario,
  strategy: string,
  folder: string | undefined,
  note: (text: string) => void,
): Promise<Corpus | undefined> {
  if (folder === undefined) return undefined;
  if (isLearning(strategy)) return inMacrotask(() => new Corpus(folder, scenario, note));
  note(`${strategy} does not learn, so ${folder} is left alone; portfolio and feedback do`);
  return undefined;
}

/**
 * Whether all was reached that should be. What a shard has not come to the others may have: then it
 * makes their runs too, as a search that is not shared would, until it knows.
 *
 * @throws UnreachedError
 */
async function judgeReached(
  scenario: Scenario,
  plan: FuzzPlan,
  bounds: SearchBounds,
  { runs, reached }: Checked,
): Promise<void> {
  if (reached === undefined) return;
  const isOver = runs < runsDealt(plan, bounds.runsMax);
  if (plan.deal === undefined || isOver || missedOf(reached).length === 0) {
    mustReach(reached);
    return;
  }
  const whole = { ...bounds, timeMs: Number.POSITIVE_INFINITY };
  let all = reached;
  for await (const searched of searchBatches(scenario, { ...plan, deal: undefined }, whole)) {
    all = searched.reached;
    // Whose runs they are finds that, and tells it.
    if (searched.batch.failures.length > 0 || missedOf(all).length === 0) return;
  }
  if (bounds.isStopped?.() !== true) mustReach(all);
}

type Kept = Discovery & { readonly calledAs: CalledAs };

/** A failure that a search has met: reduced, saved, and as an error that tells all of it. */
export function keptFailure(scenario: Scenario, found: Found, how: Kept): ScheduleFailure {
  const finding = keepFailure(scenario, found, how);
  return pinned(finding, how.calledAs, finding.found, finding.path);
}

/**
 * Whether two calm runs are the same; one that does not end by itself is waited for once.
 *
 * @throws ScheduleFailure if it fails, NondeterminismError if they are not
 */
export function lookAtCalm(scenario: Scenario, how: Kept): void {
  // What a module keeps from its first run on shows in that run alone.
  const told = scenario.isRealm === true ? recordRun(scenario, []) : undefined;
  const calm = told?.result ?? replay(scenario, [], 'clamp');
  const { digest, failure, schedule, decisions } = calm;
  if (failure !== undefined) {
    const found = { failure, run: 0, decisions: schedule, decisionCount: decisions };
    throw keptFailure(scenario, found, how);
  }
  const words = told === undefined ? {} : { words: told.recorder.words };
  const unsteady = differenceFrom({ digest, ...words }, scenario, []);
  if (unsteady !== undefined) throw new NondeterminismError(unsteady);
}

function toStderr(text: string): void {
  process.stderr.write(`heddle: ${text}\n`);
}

/**
 * Failures of this scenario that were saved come first; what cannot be replayed stops nothing.
 *
 * @throws ScheduleFailure
 */
export async function checkSaved(
  scenario: Scenario,
  folder: string,
  note: (text: string) => void,
  calledAs: CalledAs,
): Promise<void> {
  for (const one of savedFailures(folder, note)) {
    if (one.file.scenario.name !== scenario.name) continue;
    const shown = await inMacrotask(() => {
      const finding = findingOfSaved(scenario, one, note);
      return (
        finding && pinned(finding, calledAs, `saved in ${one.path}, which is run first`, one.path)
      );
    });
    if (shown !== undefined) throw shown;
  }
}

/** What a saved failure shows; undefined where it passes now, or cannot be replayed. */
function findingOfSaved(
  scenario: Scenario,
  saved: SavedFailure,
  note: (text: string) => void,
): Finding | undefined {
  try {
    const again = replaySaved(scenario, saved);
    if (again.recorded.run.failure !== undefined) {
      return lookAt(again.scenario, again.decisions, again.recorded, again.digest);
    }
    note(passesNowText(saved.path));
  } catch (error) {
    const isOfFile =
      error instanceof Departure || error instanceof UsageError || error instanceof InternalError;
    if (!isOfFile) throw error;
    note(`${saved.path} was left alone: ${error.message}`);
  }
  return undefined;
}

/**
 * Looks for data races in as many runs as each batch had. It begins again with every batch, so that
 * what it finds beside one does not depend on which others were made.
 */
class RaceChecks {
  readonly #scenario: Scenario;
  readonly #plan: FuzzPlan;
  readonly #calledAs: CalledAs;
  #strategy: Strategy | undefined;

  constructor(scenario: Scenario, plan: FuzzPlan, calledAs: CalledAs) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#calledAs = calledAs;
  }

  /** @throws ScheduleFailure */
  look({ firstRun, runs, last }: Pick<Batch, 'firstRun' | 'runs' | 'last'>): void {
    const { strategy, seed } = this.#plan;
    this.#strategy ??= makeStrategy(strategy, { seed, firstRun: firstRun - 1 });
    const how = { runs, firstRun, seed, calledAs: this.#calledAs };
    checkRaces(this.#scenario, this.#strategy, how);
    if (last) this.#strategy = undefined;
  }
}

interface RaceRuns {
  readonly runs: number;
  readonly firstRun: number;
  readonly seed: number;
  readonly calledAs: CalledAs;
}

function checkRaces(
  scenario: Scenario,
  strategy: Strategy,
  { runs, firstRun, seed, calledAs }: RaceRuns,
): void {
  const found = findDataRace(scenario, { runs, seed, strategy });
  if (found === undefined) return;
  const text = `run ${countText(firstRun + found.run - 1)} by ${strategy.name}, seed ${seed}`;
  throw pinned(investigateRace(scenario, found), calledAs, text, undefined);
}

/** A finding as an error that says how to pin its schedule in a test. */
function pinned(
  finding: Finding,
  calledAs: CalledAs,
  found: string | undefined,
  path: string | undefined,
): ScheduleFailure {
  const { scenario, decisions } = finding;
  const races = finding.failure.kind === 'race' ? 'races: true, ' : '';
  const pin: [string, string][] = [];
  // What is made of data stands in no test that could be given a schedule.
  if (scenario.recipe === undefined) {
    const schedule = formatSchedule(scenario.name, decisions, fitOf(scenario, decisions));
    pin.push(['pin', `${calledAs}(…, { ${races}replay: '${schedule}' })`]);
  }
  return asError(finding, {
    found,
    path,
    next: [...nextCommands(path, stepToDebug(finding)), ...pin],
  });
}

/** Where it showed, if that was a syscall of the user's. */
function stepToDebug({ story }: Finding): number | undefined {
  // A program's syscalls are its loop's, which stands in no line of the program's.
  const own = story.rows.filter(({ call, where, isProgram }) => call && where && !isProgram);
  // What is broken at the end is looked at where the story ends.
  return (story.brokenAtEnd ? own.at(-1) : own.find(({ broke }) => broke))?.step;
}

/** A schedule that was pinned. */
function checkOne(
  scenario: Scenario,
  text: string,
  { races = false, calledAs = 'check' }: CheckOptions,
): Promise<Checked> {
  const parsed = parseSchedule(text);
  const { scenario: hash, decisions } = parsed;
  if (hash !== scenarioHash(scenario.name)) {
    throw new ScheduleError(
      `this schedule belongs to another scenario than ${JSON.stringify(scenario.name)} (a scenario is known by its name)`,
    );
  }
  return inMacrotask(() => {
    const { failure, steps, digest } = replayKept(scenario, parsed);
    if (failure === undefined && races) {
      const how = { runs: 1, firstRun: 1, seed: 0, calledAs };
      checkRaces(scenario, new Replay(decisions), how);
    }
    if (failure === undefined) return { runs: 1, steps, confidence: undefined, reached: undefined };
    if (failure.cutAfter !== undefined) {
      const found = { failure, run: 1, decisions, decisionCount: decisions.length };
      throw pinned(investigate(scenario, found), calledAs, undefined, undefined);
    }
    const recorded = recordRun(scenario, decisions);
    throw pinned(lookAt(scenario, decisions, recorded, digest), calledAs, undefined, undefined);
  });
}
