import pc from 'picocolors';
import { loadScenarios } from '../load/scenarios.ts';
import { MODELS } from '../models/catalogue.ts';
import { type ExploredSize, exploredScenario } from '../scenarios/explored.ts';
import type { Variant } from '../scenarios/index.ts';
import { CLIENTS_MAX, MESSAGES_MAX } from '../scenarios/sizes.ts';
import { type Shard, shardText } from '../sim/explore/amounts.ts';
import { replay } from '../sim/explore/attempt.ts';
import { Exploration, type ExplorePlan } from '../sim/explore/exploration.ts';
import { openShare } from '../sim/explore/explore-share.ts';
import { type KeptFinding, keepFailure } from '../sim/explore/reporting.ts';
import { GrowingStateGraph, type StateGraph } from '../sim/explore/state-graph.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { nextCommands } from '../sim/trace/invocation.ts';
import { countText, ERROR_NAME } from '../sim/trace/report.ts';
import { UsageError } from '../sys/errors.ts';
import { isScenarioFile, parseBound, parseCount, parseCountUpTo, parseTime } from './arguments.ts';
import {
  type AnyCommand,
  argument,
  choice,
  defineCommand,
  flag,
  option,
  optionWith,
} from './command.ts';
import { EXIT } from './exit-codes.ts';
import { exploreWith } from './explore-crew.ts';
import { Interrupt } from './interrupt.ts';
import { forgetSearch, keepSearch, keptSearch } from './kept-search.ts';
import { checkModel } from './model-ids.ts';
import {
  inOtherWorlds,
  shard,
  VARIANT,
  WORKERS,
  type WorldOptions,
  worldOptions,
} from './options.ts';
import { type Output, secondsText } from './output.ts';
import { reportToReplay } from './report-to-replay.ts';
import { CiReport, REPORTING, type Reporting, reporterOf, type Verdict } from './reporters.ts';
import { sharingProcesses } from './sharing.ts';
import { Crew } from './workers.ts';

export interface ExploreCommand extends WorldOptions, Reporting {
  /** Models, or files of scenarios; all models when none is named. */
  readonly what: readonly string[];
  readonly variant: Variant;
  /** Of a model: clients, and messages of each. */
  readonly clients: number;
  readonly messages: number;
  readonly network: 'loopback' | 'adversarial';
  /** Preemptions in a run at most; undefined is no bound. */
  readonly preemptionsMax: number | undefined;
  /** Faults that may fire in a run; undefined: one where faults are named, else none. */
  readonly faultsMax: number | undefined;
  /** Runs a scenario at most. */
  readonly runs: number;
  readonly timeMs: number | undefined;
  /**
   * Look at the full graph of states as well: count the plain interleavings, and compare the
   * outcomes.
   */
  readonly interleavings: boolean;
  /** What threads of a process share: what says so, or every variable, touched by each step. */
  readonly memory: 'cells' | 'process';
  readonly workers: number;
  /** Only this part of the scenarios. */
  readonly shard: Shard | undefined;
  /** Go on where the same search was stopped. */
  readonly resume: boolean;
}

/** Two clients with a message each take fewer, but for a few models (`npm run exhaustive`). */
const RUNS_MAX = 100_000;

export const command: AnyCommand = defineCommand<ExploreCommand>({
  name: 'explore',
  about:
    'run every class of interleavings of small worlds, once each, and say when there is no other',
  given: {
    what: argument(
      '[what...]',
      'models, or files with scenarios of your own; all models when none is named',
    ),
    variant: VARIANT,
    clients: optionWith('--clients <n>', 'clients of a model', parseCountUpTo(CLIENTS_MAX), 2),
    messages: optionWith(
      '--messages <n>',
      'messages of each client',
      parseCountUpTo(MESSAGES_MAX),
      1,
    ),
    network: choice(
      '--network <mode>',
      'between a model and its clients: what is sent arrives at once, or as a step of its own',
      { loopback: 'loopback', adversarial: 'adversarial' },
      'loopback',
    ),
    ...worldOptions(),
    preemptionsMax: option(
      '--preemptions <n>',
      'only runs with at most so many preemptions',
      parseBound,
    ),
    faultsMax: option(
      '--faults-max <n>',
      'faults that may fire in a run (default: 1 with --faults, else 0)',
      parseBound,
    ),
    memory: choice(
      '--memory <what>',
      'what threads of a process share: what says so (cells, mutexes, locks), or every variable',
      { cells: 'cells', process: 'process' },
      'cells',
    ),
    runs: optionWith('--runs <n>', 'runs per scenario, at most', parseCount, RUNS_MAX),
    workers: WORKERS,
    shard: shard(
      'explore only this part of each search, as 3/10, and leave the others to other machines',
    ),
    resume: flag('--resume', 'go on where the same search has stopped'),
    timeMs: option('--time <t>', 'time per scenario, at most, as 30s or 2m', parseTime),
    interleavings: flag(
      '--interleavings',
      'count the plain interleavings too, over the full graph of states, and compare the outcomes',
    ),
    ...REPORTING,
  },
  notes: `Steps that touch different things may swap without any effect. Runs that differ only by such swaps are one class, and one run of each class is made.
A bound on faults or preemptions leaves the search complete within that bound; one on preemptions makes it slower.
A search that stops before its end, by Ctrl-C too, is kept under .heddle/, and --resume goes on with it.
The first failure ends the search of a scenario; it is shrunk, saved and reported as by heddle fuzz.
The parts of --shard 1/N to N/N make together one run of each class, as one search without it: each search is cut at its first decisions, where everything is tried. A search that is over before it could be cut is made by one of them.`,
  examples: [
    'explore threaded select-queues epoll-level --messages 2 --interleavings',
    'explore sequential --variant as-written',
    'explore epoll-level --network adversarial --preemptions 1',
    'explore test/server.test.ts --time 30s --faults reset',
    'explore --shard 3/10',
    'explore signal-driven --runs 1000000 --resume',
  ],
  run: exploreCommand,
});

/** States between two looks at the clock and the keyboard. */
const SLICE_STATES = 100;

interface Outcome {
  readonly scenario: Scenario;
  readonly label: string;
  readonly search: Exploration;
  elapsedMs: number;
  kept: KeptFinding | undefined;
  /** Where the search is kept that has not come to its end. */
  path: string | undefined;
  graph: StateGraph | undefined;
  graphMs: number;
}

/** `heddle explore`: every class of interleavings of small worlds, one run of each. */
export async function exploreCommand(command: ExploreCommand): Promise<number> {
  if (command.interleavings && (faultsMaxOf(command) > 0 || command.preemptionsMax !== undefined)) {
    throw new UsageError(
      '--interleavings looks at all runs without faults: leave out --faults, --faults-max and --preemptions',
    );
  }
  const report = new CiReport(reporterOf(command));
  const { out } = report;
  const all = await scenariosOf(command);
  const interrupt = new Interrupt();
  const crew = new Crew(command.workers);
  const outcomes: Outcome[] = [];
  try {
    for (const [place, listed] of all.entries()) {
      if (interrupt.seen) break;
      report.begins();
      const outcome = await exploreOne(listed, place, command, crew, interrupt, out);
      if (outcome === undefined) continue;
      outcomes.push(outcome);
      print(outcome, outcomes.length === 1, out);
      report.ended(outcome.scenario, verdictOf(outcome));
    }
  } finally {
    crew.close();
    interrupt.release();
  }
  report.end();
  if (outcomes.length < all.length && !interrupt.seen) {
    out.warn(shareText(outcomes.length, all.length, command.shard));
  }
  return conclude(outcomes, command, interrupt.seen, out);
}

const faultsMaxOf = ({ faults, faultsMax }: ExploreCommand): number =>
  faultsMax ?? (faults === undefined ? 0 : 1);

interface Listed {
  readonly label: string;
  readonly scenario: Scenario;
  /** Undefined for a model. */
  readonly file: string | undefined;
}

async function scenariosOf(command: ExploreCommand): Promise<Listed[]> {
  const { what, variant, clients, messages, network } = command;
  const size: ExploredSize = { clients, messages, network };
  const files = what.filter(isScenarioFile);
  const ids = what.filter((argument) => !files.includes(argument));
  for (const id of ids) checkModel(id);
  const all = what.length === 0;
  const found: Listed[] = MODELS.filter(({ id }) => all || ids.includes(id)).map((model) => ({
    label: model.id,
    scenario: exploredScenario(model, variant, size),
    file: undefined,
  }));
  for (const file of files) {
    for (const scenario of await loadScenarios(file)) {
      found.push({ label: scenario.name, scenario, file });
    }
  }
  return found.map((one) => ({ ...one, scenario: inOtherWorlds(one.scenario, command) }));
}

function shareText(mine: number, total: number, its: Shard = { index: 1, of: 1 }): string {
  const count = mine === 0 ? 'none' : countText(mine);
  return `${count} of ${countText(total)} scenarios ${mine > 1 ? 'are' : 'is'} of shard ${shardText(its)}: the others are too small to be cut`;
}

/** Which part of it was searched, where that is not all. */
function partText({ plan: { share } }: Exploration): string {
  return share === undefined || share.depth === 0 ? '' : ` for shard ${shardText(share)}`;
}

const planOf = (command: ExploreCommand): ExplorePlan => ({
  ...(command.shard === undefined ? {} : { share: { ...command.shard, depth: 0 } }),
  faultsMax: faultsMaxOf(command),
  preemptionsMax: command.preemptionsMax ?? null,
  processMemory: command.memory === 'process',
  outcomes: command.interleavings,
});

/** Undefined where nothing of it is of this shard. */
async function exploreOne(
  { label, scenario, file }: Listed,
  place: number,
  command: ExploreCommand,
  crew: Crew,
  interrupt: Interrupt,
  out: Output,
): Promise<Outcome | undefined> {
  const { shard: its } = command;
  const plan = planOf(command);
  const kept = command.resume ? await inMacrotask(() => keptSearch(scenario, plan)) : undefined;
  if (command.resume && kept === undefined) {
    out.warn(`${label}: nothing was kept of this search, it begins again`);
  }
  const search =
    its === undefined || kept !== undefined
      ? new Exploration(plan, kept)
      : await inMacrotask(() => openShare(scenario, plan, its, place));
  if (search.pieces === 0) return undefined;
  const outcome: Outcome = {
    scenario,
    label,
    search,
    elapsedMs: 0,
    kept: undefined,
    path: undefined,
    graph: undefined,
    graphMs: 0,
  };
  const began = performance.now();
  const goesOn = (): boolean =>
    !interrupt.seen && performance.now() - began <= (command.timeMs ?? Number.POSITIVE_INFINITY);
  const onProgress = (): void => {
    outcome.elapsedMs = performance.now() - began;
    out.progress(`${label}  ${progressText(outcome)}`);
  };
  await exploreWith(crew, scenario, file, search, { runs: command.runs, goesOn, onProgress });
  await inMacrotask(() => settle(outcome, out));
  if (command.interleavings && search.isExhausted) await lookAtStates(outcome, goesOn, out);
  return outcome;
}

/** What was found is reported; what has not come to its end is kept. */
function settle(outcome: Outcome, out: Output): void {
  const { scenario, search } = outcome;
  const { failed, plan } = search;
  const { faultsMax } = plan;
  if (failed !== undefined) {
    const decisions = [...failed.decisions];
    // A worker's failure has come as text.
    const failure = replay(scenario, decisions, 'clamp').failure as Failure;
    const found = { failure, run: search.runs, decisions, decisionCount: decisions.length };
    outcome.kept = keepFailure(scenario, found, {
      strategy: faultsMax === 0 ? 'dpor' : `dpor:${faultsMax}`,
      seed: undefined,
      note: (text: string) => out.warn(text),
    });
  }
  if (failed !== undefined || search.isExhausted) forgetSearch(scenario, plan);
  else outcome.path = keepSearch(scenario, search);
}

/** The full graph of states. */
async function lookAtStates(outcome: Outcome, goesOn: () => boolean, out: Output): Promise<void> {
  const began = performance.now();
  const growing = new GrowingStateGraph(outcome.scenario);
  let isMore = true;
  while (isMore && goesOn()) {
    isMore = await inMacrotask(() => growing.more(SLICE_STATES));
    outcome.graphMs = performance.now() - began;
    out.progress(
      `${outcome.label}  ${progressText(outcome)}  ${countText(growing.states)} states  ${secondsText(outcome.graphMs)}`,
    );
  }
  outcome.graph = growing.graph;
}

/** How far it is: what there was, and what there may be yet. */
function progressText({ search, elapsedMs }: Outcome): string {
  const { classes, runs, cutShort, progress, isExhausted } = search;
  const all =
    progress === 0 || isExhausted
      ? ''
      : `  about ${countText(Math.round(runs / progress))} runs in all`;
  return `${countText(classes)} classes  ${countText(runs)} runs, ${countText(cutShort)} cut short${all}  ${secondsText(elapsedMs)}`;
}

// ---- what is printed ----

const COLUMNS = [24, 12, 12, 12] as const;

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padEnd(COLUMNS[i] ?? 0)).join('');
}

function print(outcome: Outcome, first: boolean, out: Output): void {
  const { scenario, search, kept, graph } = outcome;
  out.object({
    type: 'scenario',
    scenario: scenario.name,
    complete: isComplete(outcome),
    classes: search.classes,
    runs: search.runs,
    cutShort: search.cutShort,
    tooLong: search.tooLong,
    progress: search.isExhausted ? 1 : Number(search.progress.toFixed(6)),
    interleavings: graph?.complete === true ? String(graph.interleavings) : null,
    states: graph?.states ?? null,
    outcomes: search.plan.outcomes ? search.outcomes.size : null,
    outcomesOfGraph: graph?.complete === true ? graph.outcomes.size : null,
    sameOutcomes: graph?.complete === true ? differingOutcomes(outcome) === 0 : null,
    kept: outcome.path ?? null,
    seconds: Number((outcome.elapsedMs / 1000).toFixed(1)),
    failure:
      kept === undefined
        ? null
        : { path: kept.path ?? null, law: kept.failure.law, message: kept.failure.message },
  });
  if (first) out.line(pc.bold(row(['scenario', 'classes', 'runs', 'time', 'outcome'])));
  out.line(
    row([
      outcome.label,
      countText(search.classes),
      countText(search.runs),
      secondsText(outcome.elapsedMs),
      verdictText(outcome),
    ]),
  );
  if (graph !== undefined) out.line(graphText(outcome, graph));
}

/** Nothing is left to try, and where all states were looked at they know no other outcome. */
const isComplete = (outcome: Outcome): boolean =>
  outcome.search.isExhausted && outcome.kept === undefined && differingOutcomes(outcome) === 0;

/** Outcomes that only the search has, or only the graph of states. */
function differingOutcomes({ search: { outcomes }, graph }: Outcome): number {
  if (graph === undefined) return 0;
  const both = [...outcomes].filter((end) => graph.outcomes.has(end)).length;
  return outcomes.size + graph.outcomes.size - 2 * both;
}

function graphText(outcome: Outcome, graph: StateGraph): string {
  const states = countText(graph.states);
  if (!graph.complete) return pc.dim(`  more than ${states} states: interleavings not counted`);
  const count = graph.interleavings.toLocaleString('en');
  const counted = `  of ${count} interleavings, counted over ${states} states in ${secondsText(outcome.graphMs)}`;
  const ends = countText(graph.outcomes.size);
  const differing = differingOutcomes(outcome);
  if (differing === 0) {
    return pc.dim(`${counted}; ${ends} final outcomes, the same as the search found`);
  }
  return `${pc.dim(`${counted}; ${ends} final outcomes`)}\n${pc.red(
    `  ${countText(differing)} outcomes are known to only one of the two: ${differenceText(outcome)}`,
  )}`;
}

/** What may have kept the search from seeing that steps concern each other. */
function differenceText({ scenario, search }: Outcome): string {
  const sharing = search.plan.processMemory ? [] : sharingProcesses(scenario);
  if (sharing.length === 0) return 'a mistake in heddle; please report it with the scenario';
  const text = sharing.map(({ process, tasks }) => `${tasks.join(', ')} of ${process}`).join('; ');
  return `tasks share variables that are no cells, mutexes or locks (${text}); --memory process takes them into account`;
}

function verdictText(outcome: Outcome): string {
  const { ending, message } = verdictOf(outcome);
  if (ending !== 'passed') return pc.red(`✗ ${message}`);
  return isComplete(outcome) ? pc.green(message) : pc.yellow(message);
}

function verdictOf(outcome: Outcome): Verdict {
  const { kept, search } = outcome;
  if (kept !== undefined) {
    const { story, path, failure } = kept;
    const again = nextCommands(path)[0]?.[1];
    const report = `${ERROR_NAME}: ${reportToReplay(kept)}`;
    const { message } = failure;
    return { ending: 'failed', type: ERROR_NAME, message, report, at: story.at, again };
  }
  if (isComplete(outcome)) return { ending: 'passed', message: `complete${partText(search)}` };
  if (differingOutcomes(outcome) > 0) {
    const message = 'not complete: outcomes were missed';
    return { ending: 'error', type: 'Error', message, report: differenceText(outcome) };
  }
  if (search.tooLong > 0) {
    return { ending: 'passed', message: 'not complete: some runs are too long' };
  }
  const share = search.progress;
  const percent = share < 0.0001 ? 'less than 0.01' : (share * 100).toFixed(2);
  return { ending: 'passed', message: `not complete, about ${percent} %` };
}

function conclude(
  outcomes: readonly Outcome[],
  command: ExploreCommand,
  interrupted: boolean,
  out: Output,
): number {
  for (const { kept } of outcomes) if (kept !== undefined) out.line(`\n${reportToReplay(kept)}`);
  const failed = outcomes.some(({ kept }) => kept !== undefined);
  const complete = outcomes.filter(isComplete).length;
  const missed = outcomes.filter((outcome) => differingOutcomes(outcome) > 0);
  const code = interrupted ? EXIT.interrupted : failed ? EXIT.failure : codeOf(missed);
  out.object({ type: 'end', scenarios: outcomes.length, complete, exitCode: code });
  out.line();
  if (complete > 0) {
    out.line(
      `There is no other interleaving of what is complete, ${boundsText(command)}: every order of steps that touch the same thing was run.`,
    );
    out.line(
      'The same in all of them: the random numbers of programs, and time, which passes only when no task can move.',
    );
    out.line(
      pc.dim(
        command.memory === 'process'
          ? 'Not kept apart: the order of what is printed, and of steps of different processes that share variables.'
          : 'Not kept apart: the order of what is printed, and of steps that share variables which are no cells, mutexes or locks (--memory process).',
      ),
    );
  }
  if (interrupted) out.line('stopped: this is what was known by then');
  if (outcomes.some(({ path }) => path !== undefined)) {
    out.line(
      pc.dim('What is not complete was kept: the same command with --resume goes on with it.'),
    );
  }
  return code;
}

/** Outcomes were missed: by what tasks do not say, or by a mistake of ours. */
function codeOf(missed: readonly Outcome[]): number {
  if (missed.length === 0) return EXIT.ok;
  const isExplained = ({ scenario, search }: Outcome): boolean =>
    !search.plan.processMemory && sharingProcesses(scenario).length > 0;
  return missed.every(isExplained) ? EXIT.failure : EXIT.internal;
}

function boundsText(command: ExploreCommand): string {
  const { preemptionsMax } = command;
  const faultsMax = faultsMaxOf(command);
  const faults = faultsMax === 0 ? 'without faults' : `with at most ${countText(faultsMax)} faults`;
  return preemptionsMax === undefined
    ? faults
    : `${faults} and with at most ${countText(preemptionsMax)} preemptions`;
}
