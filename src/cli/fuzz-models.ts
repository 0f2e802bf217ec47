import { setImmediate } from 'node:timers/promises';
import pc from 'picocolors';
import {
  type CatalogueScenario,
  identify,
  isNews,
  SCENARIOS,
  variantText,
} from '../scenarios/index.ts';
import { type BatchFailure, foundAgain, wholeBatches } from '../sim/explore/batch.ts';
import type { Confidence } from '../sim/explore/confidence.ts';
import { passesNowText, savedFailures } from '../sim/explore/failures.ts';
import type { Found } from '../sim/explore/fuzz.ts';
import { replaySaved } from '../sim/explore/replay-file.ts';
import { keepFailure } from '../sim/explore/reporting.ts';
import { type SearchBounds, searchBatches } from '../sim/explore/search-batches.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import { makeStrategy } from '../sim/schedule/strategies/index.ts';
import type { Explanation } from '../sim/trace/explanation.ts';
import { HEDDLE } from '../sim/trace/invocation.ts';
import { countText, WIDTH_MAX, wrapText } from '../sim/trace/report.ts';
import { printConfidence } from './confidence.ts';
import { EXIT } from './exit-codes.ts';
import type { FuzzCommand } from './fuzz.ts';
import { Interrupt } from './interrupt.ts';
import { liveText } from './live.ts';
import { checkModel } from './model-ids.ts';
import { barText, Output, secondsText } from './output.ts';
import { reportToReplay } from './report-to-replay.ts';
import { Crew } from './workers.ts';

/** What is asked of models: which, and how long. */
export type FuzzModels = Omit<
  FuzzCommand,
  'models' | 'named' | 'shard' | 'corpus' | 'reporter' | 'faults' | 'latency' | 'splits'
>;

/** Runs for a variant that should survive, so that all models take minutes. */
const RUNS_DEFAULT = 300;
/** Of scenarios that are about one fault: their runs are longer, and there are many of them. */
const SPECIAL_RUNS = 30;
/** For one whose faults are looked for: it stops as soon as all of them have shown. */
const SEARCH_RUNS_MAX = 20_000;

interface Shown {
  readonly fault: number | undefined;
  readonly run: number;
  /** The file it was saved to; undefined when that was not possible. */
  readonly path: string | undefined;
  readonly report: string;
  readonly message: string;
  /** Undefined for one that was saved before. */
  readonly explanation: Explanation | undefined;
  readonly saved: boolean;
}

interface Outcome {
  readonly entry: CatalogueScenario;
  /** Failures that are still being reduced. */
  readonly pending: Promise<void>[];
  runs: number;
  steps: number;
  readonly shown: Shown[];
  readonly signatures: Set<string>;
  /** What the runs mean that passed, if all did. */
  confidence: Confidence | undefined;
}

/**
 * `heddle fuzz`: run the scenarios of the models under random schedules, and hold what is found
 * against what is known.
 */
export async function fuzzModels(command: FuzzModels): Promise<number> {
  for (const id of command.what) checkModel(id);
  makeStrategy(command.strategy, { seed: command.seed });
  const out = new Output(command.json);
  const entries = SCENARIOS.filter(
    ({ model, variant }) =>
      (command.what.length === 0 || command.what.includes(model.id)) &&
      (command.variant === undefined || command.variant === variant),
  );
  const saved = savedFailures(undefined, (message) => out.warn(message));
  const began = performance.now();
  const interrupt = new Interrupt();
  const crew = new Crew(command.workers);
  const progress = new Progress(out, entries.length);
  const outcomes: Outcome[] = [];
  // Rows come in order, each when its failures have been reduced; meanwhile the search goes on.
  let rows = Promise.resolve();
  for (const entry of entries) {
    if (interrupt.seen) break;
    const outcome: Outcome = {
      entry,
      pending: [],
      runs: 0,
      steps: 0,
      shown: [],
      signatures: new Set(),
      confidence: undefined,
    };
    outcomes.push(outcome);
    replayAllSaved(outcome, saved, out);
    await fuzzOne(outcome, command, { began, interrupt, crew, out, progress });
    progress.searched(outcomes.length);
    const first = outcomes.length === 1;
    rows = rows.then(async () => {
      await Promise.all(outcome.pending);
      printRow(outcome, out, first);
    });
    if (command.workers === 1) await rows;
  }
  await rows;
  interrupt.release();
  crew.close();
  const how = { ...command, interrupted: interrupt.seen, began, workersStarted: crew.size };
  return conclude(outcomes, how, out);
}

/** Failures that were saved for this scenario come first. */
function replayAllSaved(
  outcome: Outcome,
  saved: ReturnType<typeof savedFailures>,
  out: Output,
): void {
  const { scenario } = outcome.entry;
  for (const one of saved) {
    const { path, file } = one;
    if (file.scenario.name !== scenario.name) continue;
    try {
      const { failure } = replaySaved(scenario, one).recorded.run;
      if (failure === undefined) {
        out.warn(passesNowText(path));
        continue;
      }
      outcome.signatures.add(failure.signature);
      outcome.shown.push({
        fault: identify(outcome.entry.model, failure)[0],
        run: 0,
        path,
        report: '',
        message: failure.message,
        explanation: undefined,
        saved: true,
      });
    } catch (error) {
      out.warn(`${path} was left alone: ${(error as Error).message}`);
    }
  }
}

interface Surroundings {
  readonly began: number;
  readonly interrupt: Interrupt;
  readonly crew: Crew;
  readonly out: Output;
  readonly progress: Progress;
}

async function fuzzOne(outcome: Outcome, command: FuzzModels, around: Surroundings): Promise<void> {
  const { expects, isUsual } = outcome.entry;
  const runsDefault = isUsual ? RUNS_DEFAULT : SPECIAL_RUNS;
  const runsMax = command.runs ?? (expects.length > 0 ? SEARCH_RUNS_MAX : runsDefault);
  // Where a single fault is looked for, it shows in a few runs, and each of them may be long.
  if (expects.length > 0 && !isUsual) await searchOne(outcome, SPECIAL_RUNS, command, around);
  await searchOne(outcome, runsMax, command, around);
}

async function searchOne(
  outcome: Outcome,
  runsMax: number,
  command: FuzzModels,
  around: Surroundings,
): Promise<void> {
  const { entry } = outcome;
  if (isDone(outcome)) return;
  const { name } = makeStrategy(command.strategy, { seed: command.seed });
  const { scenario } = entry;
  const left = around.began + (command.timeMs ?? Number.POSITIVE_INFINITY) - performance.now();
  const bounds: SearchBounds = {
    runsMax,
    timeMs: Math.max(0, left),
    // The simplest failure of a batch is told first, so it counts what is in one.
    batches: (its, plan, runs) => wholeBatches(around.crew.batchesOf(undefined)(its, plan, runs)),
    onProgress: (progress) => {
      const failures = `${countText(outcome.shown.length)} failures`;
      around.progress.show(
        `${scenario.name.split(':')[0]}  ${liveText(progress)}  ${failures}`,
        progress.runs / runsMax,
      );
    },
    isStopped: () => around.interrupt.seen,
  };
  for await (const searched of searchBatches(scenario, command, bounds)) {
    const { batch, runsBefore, stepsBefore } = searched;
    outcome.confidence = searched.confidence;
    for (const met of shortestFirst(batch.failures)) {
      const found = await inMacrotask(() => newsOf(outcome, met));
      if (found === undefined) continue;
      outcome.pending.push(tell(outcome, found, command, name, around));
      if (!isDone(outcome)) continue;
      const last = batch.failures.find(({ run }) => run === lastShown(outcome)) ?? met;
      outcome.runs = last.run;
      outcome.steps = stepsBefore + last.steps;
      return;
    }
    outcome.runs = runsBefore + batch.runs;
    outcome.steps = stepsBefore + batch.steps;
    await setImmediate();
  }
}

/** Of several failures the one of fewer decisions is the simpler to reduce and to read. */
function shortestFirst(failures: readonly BatchFailure[]): BatchFailure[] {
  return [...failures].sort((a, b) => a.decisionCount - b.decisionCount || a.run - b.run);
}

/** The latest of the runs that are shown. */
function lastShown({ shown }: Outcome): number {
  return Math.max(...shown.map(({ run }) => run));
}

/** What was looked for has been found; where nothing should be found, anything. */
function isDone(outcome: Outcome): boolean {
  if (outcome.entry.expects.length === 0) return outcome.shown.length > 0;
  return missing(outcome).length === 0;
}

/**
 * A failure is told once: a fault of the table by its number, any other by its signature. Undefined
 * if it has been.
 */
function newsOf(outcome: Outcome, met: BatchFailure): Found | undefined {
  const isKnown = outcome.signatures.has(met.failure.signature);
  const lost = missing(outcome);
  if (isKnown && lost.length === 0) return undefined;
  const { scenario, model, expects } = outcome.entry;
  const found = foundAgain(scenario, met);
  const faults = identify(model, found.failure);
  return isNews(faults, { expects, lost, isKnown }) ? found : undefined;
}

function missing(outcome: Outcome): number[] {
  const seen = new Set(outcome.shown.map(({ fault }) => fault));
  return outcome.entry.expects.filter((fault) => !seen.has(fault));
}

/**
 * Have a failure reduced, check that it is deterministic, save it, and write its report. It counts
 * as shown at once.
 */
async function tell(
  outcome: Outcome,
  found: Found,
  { seed }: FuzzModels,
  strategy: string,
  { crew, out }: Surroundings,
): Promise<void> {
  const { entry, shown, signatures } = outcome;
  const { failure, run } = found;
  signatures.add(failure.signature);
  const fault = identify(entry.model, failure)[0];
  const { message } = failure;
  const index = shown.length;
  const met = { fault, run, message, path: undefined, report: '', saved: false };
  shown.push({ ...met, explanation: undefined });
  const reduction = await crew.reduce(entry, found);
  // Two faults of a model may break the same law.
  const knownAs = fault === undefined ? undefined : `fault ${fault}`;
  const by = { strategy, seed, reduction, knownAs, note: (text: string) => out.warn(text) };
  const kept = await inMacrotask(() => keepFailure(entry.scenario, found, by));
  const { path, explanation } = kept;
  const report = reportToReplay(kept);
  shown[index] = { ...met, message: kept.failure.message, path, report, explanation };
}

// ---- what is printed ----

/** A bar that shows how far the search has come, and what is left of it at this pace. */
class Progress {
  readonly #out: Output;
  readonly #scenarios: number;
  readonly #began: number = performance.now();
  #searched = 0;

  constructor(out: Output, scenarios: number) {
    this.#out = out;
    this.#scenarios = scenarios;
  }

  /** So many scenarios are through. */
  searched(count: number): void {
    this.#searched = count;
  }

  /** The next one has come so far, from 0 to 1. */
  show(what: string, part: number): void {
    const done = (this.#searched + Math.min(1, part)) / this.#scenarios;
    const elapsed = performance.now() - this.#began;
    const left = done > 0 ? `  ${secondsText(elapsed / done - elapsed)} left in all` : '';
    this.#out.progress(`${barText(done)}${left}  ${what}`);
  }
}

const COLUMNS = [34, 12] as const;
const INDENT = COLUMNS[0] + COLUMNS[1];

function printRow(outcome: Outcome, out: Output, first: boolean): void {
  const { entry, runs, shown } = outcome;
  out.object({
    type: 'scenario',
    scenario: entry.scenario.name,
    model: entry.model.id,
    variant: entry.variant,
    runs,
    steps: outcome.steps,
    expects: entry.expects,
    missing: missing(outcome),
    confidence: outcome.confidence ?? null,
    failures: shown.map(({ report: _, ...failure }) => failure),
  });
  if (first)
    out.line(pc.bold(`${'model'.padEnd(COLUMNS[0])}${'variant'.padEnd(COLUMNS[1])}outcome`));
  const lines = verdict(outcome);
  const label = labelOf(entry);
  const variant = variantText(entry.variant).padEnd(COLUMNS[1]);
  out.line(`${label.padEnd(COLUMNS[0])}${variant}${lines[0]}`);
  for (const line of lines.slice(1)) out.line(`${' '.repeat(INDENT)}${line}`);
}

const LAW_USUAL = 'every client gets its own bytes back';

/** The model, or for its further scenarios what they are about. */
function labelOf({ model, scenario }: CatalogueScenario): string {
  const law = scenario.name.slice(scenario.name.indexOf(': ') + 2);
  if (law === LAW_USUAL) return model.id;
  const text = `${model.id}, ${law}`;
  return text.length < COLUMNS[0] ? text : `${text.slice(0, COLUMNS[0] - 2)}…`;
}

/** How a scenario came out, in lines that fit beside the other columns. */
function verdict(outcome: Outcome): string[] {
  const { entry, shown } = outcome;
  const room = WIDTH_MAX - INDENT;
  if (entry.expects.length === 0) {
    if (shown.length === 0) return survivedLines(outcome);
    return wrapText(`✗ ${shown[0]?.message}`, room).map(pc.red);
  }
  const when = ({ run, saved }: Shown): string => (saved ? 'saved' : `run ${countText(run)}`);
  const known = shown.filter(({ fault }) => fault !== undefined && entry.expects.includes(fault));
  const parts = known.map((one) => `fault ${one.fault} (${when(one)})`);
  const other = shown.length - known.length;
  if (other > 0) parts.push(`${other} more`);
  const lost = missing(outcome);
  if (lost.length === 0) return wrapText(`broke as known: ${parts.join(', ')}`, room);
  const found = parts.length > 0 ? `; found: ${parts.join(', ')}` : '';
  return wrapText(`✗ not found: fault ${lost.join(', ')}${found}`, room).map(pc.red);
}

/** What a scenario survived, and how much was new in it to the end. */
function survivedLines({ runs, confidence }: Outcome): string[] {
  const text = pc.green(`survived ${countText(runs)} runs`);
  if (confidence === undefined) return [text];
  const { looked, distinct, lastTenth, newInLastTenth } = confidence.classes;
  const some = looked < runs ? `; ${countText(looked)} looked at:` : '';
  return [
    text + some,
    `${countText(distinct)} classes, ${countText(newInLastTenth)} new in the last ${countText(lastTenth)}`,
  ];
}

function conclude(
  outcomes: readonly Outcome[],
  how: FuzzModels & { interrupted: boolean; began: number; workersStarted: number },
  out: Output,
): number {
  const reports = outcomes.flatMap(({ shown }) => shown.filter(({ report }) => report !== ''));
  const told = how.verbose || how.what.length > 0 ? reports : reports.slice(0, 1);
  for (const { report } of told) out.line(`\n${report}`);
  if (reports.length > told.length) {
    out.line(
      `\n${reports.length - told.length} more failures are under .heddle/; show one with: ${HEDDLE} replay .heddle/FILE`,
    );
  }
  if (how.verbose || how.what.length > 0) {
    for (const { entry, confidence } of outcomes) {
      if (confidence === undefined) continue;
      out.line(`\n${entry.scenario.name}`);
      printConfidence(confidence, out);
    }
  }
  const broken = outcomes.filter((o) => o.entry.expects.length === 0 && o.shown.length > 0);
  const unseen = outcomes.filter((o) => missing(o).length > 0);
  const runs = outcomes.reduce((sum, o) => sum + o.runs, 0);
  const steps = outcomes.reduce((sum, o) => sum + o.steps, 0);
  const elapsed = performance.now() - how.began;
  const unsaved = reports.some(({ path }) => path === undefined);
  const code = how.interrupted
    ? EXIT.interrupted
    : broken.length > 0 || unseen.length > 0
      ? EXIT.failure
      : unsaved
        ? EXIT.usage
        : EXIT.ok;
  out.object({
    type: 'end',
    runs,
    steps,
    workers: how.workersStarted,
    seconds: Number((elapsed / 1000).toFixed(1)),
    exitCode: code,
  });
  out.line();
  out.line(
    `${countText(runs)} runs, ${countText(steps)} steps in ${secondsText(elapsed)}${how.interrupted ? ', stopped' : ''}`,
  );
  if (code === EXIT.ok && how.variant === undefined)
    out.line(
      pc.green('every corrected model survived, every model as written showed its known faults'),
    );
  for (const { entry } of broken)
    out.line(pc.red(`${entry.scenario.name}: a corrected model broke`));
  for (const outcome of unseen) {
    out.line(
      pc.red(
        `${outcome.entry.scenario.name}: fault ${missing(outcome).join(', ')} was not found; try more --runs or another --seed`,
      ),
    );
  }
  return code;
}
