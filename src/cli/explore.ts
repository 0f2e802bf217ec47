import pc from 'picocolors';
import { loadScenarios } from '../load/scenarios.ts';
import { MODELS } from '../models/catalogue.ts';
import { type ExploredSize, exploredScenario } from '../scenarios/explored.ts';
import type { Variant } from '../scenarios/index.ts';
import { CLIENTS_MAX, MESSAGES_MAX } from '../scenarios/sizes.ts';
import { explore } from '../sim/explore/explore.ts';
import { type KeptFinding, keepFailure } from '../sim/explore/reporting.ts';
import { GrowingStateGraph, type StateGraph } from '../sim/explore/state-graph.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { Dpor } from '../sim/schedule/strategies/dpor.ts';
import { countText } from '../sim/trace/report.ts';
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
import { Interrupt } from './interrupt.ts';
import { checkModel } from './model-ids.ts';
import { inOtherWorlds, JSON_LINES, VARIANT, type WorldOptions, worldOptions } from './options.ts';
import { Output, secondsText } from './output.ts';
import { reportToReplay } from './report-to-replay.ts';

export interface ExploreCommand extends WorldOptions {
  /** Models, or files of scenarios; all models when none is named. */
  readonly what: readonly string[];
  readonly variant: Variant;
  /** Of a model: clients, and messages of each. */
  readonly clients: number;
  readonly messages: number;
  readonly network: 'loopback' | 'adversarial';
  /** Preemptions in a run at the most; undefined is no bound. */
  readonly preemptionsMax: number | undefined;
  /** Faults that may fire in a run; undefined: one where faults are named, else none. */
  readonly faultsMax: number | undefined;
  /** Runs a scenario at the most. */
  readonly runs: number;
  readonly timeMs: number | undefined;
  /**
   * Look at the full graph of states as well: count the plain interleavings, and compare the
   * outcomes.
   */
  readonly interleavings: boolean;
  /** What threads of a process share: what says so, or every variable, touched by each step. */
  readonly memory: 'cells' | 'process';
  readonly json: boolean;
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
    runs: optionWith('--runs <n>', 'runs a scenario, at the most', parseCount, RUNS_MAX),
    timeMs: option('--time <t>', 'time a scenario, at the most, as 30s or 2m', parseTime),
    interleavings: flag(
      '--interleavings',
      'count the plain interleavings too, over the full graph of states, and compare the outcomes',
    ),
    json: JSON_LINES,
  },
  notes: `Runs that differ only in the order of steps that do not touch the same thing are of one class: one of them is run.
A bound on faults leaves the search complete within it; so does one on preemptions, at the price of less reduction.
The first failure ends the search of a scenario; it is shrunk, saved and reported as by heddle fuzz.`,
  examples: [
    'explore threaded select-queues epoll-level --messages 2 --interleavings',
    'explore sequential --variant as-written',
    'explore epoll-level --network adversarial --preemptions 1',
    'explore test/server.test.ts --time 30s --faults reset',
  ],
  run: exploreCommand,
});

/** Runs between two looks at the clock and the keyboard. */
const SLICE_RUNS = 100;

interface Outcome {
  readonly scenario: Scenario;
  readonly label: string;
  readonly search: Dpor;
  exhausted: boolean;
  elapsedMs: number;
  kept: KeptFinding | undefined;
  /**
   * What the tasks of a run were kept in the end, of all runs; undefined where nobody wants to
   * compare them.
   */
  readonly ends: Set<string> | undefined;
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
  const out = new Output(command.json);
  const scenarios = await scenariosOf(command);
  const interrupt = new Interrupt();
  const outcomes: Outcome[] = [];
  for (const [label, scenario] of scenarios) {
    if (interrupt.seen) break;
    const outcome = await exploreOne(label, scenario, command, interrupt, out);
    outcomes.push(outcome);
    print(outcome, outcomes.length === 1, out);
  }
  interrupt.release();
  return conclude(outcomes, command, interrupt.seen, out);
}

const faultsMaxOf = ({ faults, faultsMax }: ExploreCommand): number =>
  faultsMax ?? (faults === undefined ? 0 : 1);

async function scenariosOf(command: ExploreCommand): Promise<[string, Scenario][]> {
  const { what, variant, clients, messages, network } = command;
  const size: ExploredSize = { clients, messages, network };
  const files = what.filter(isScenarioFile);
  const ids = what.filter((argument) => !files.includes(argument));
  for (const id of ids) checkModel(id);
  const all = what.length === 0;
  const found = MODELS.filter(({ id }) => all || ids.includes(id)).map(
    (model): [string, Scenario] => [model.id, exploredScenario(model, variant, size)],
  );
  for (const file of files) {
    for (const scenario of await loadScenarios(file)) found.push([scenario.name, scenario]);
  }
  return found.map(([label, scenario]) => [label, inOtherWorlds(scenario, command)]);
}

async function exploreOne(
  label: string,
  scenario: Scenario,
  command: ExploreCommand,
  interrupt: Interrupt,
  out: Output,
): Promise<Outcome> {
  const search = new Dpor({
    faultsMax: faultsMaxOf(command),
    processMemory: command.memory === 'process',
    givesUp: true,
    ...(command.preemptionsMax === undefined ? {} : { preemptionsMax: command.preemptionsMax }),
  });
  const outcome: Outcome = {
    scenario,
    label,
    search,
    exhausted: false,
    elapsedMs: 0,
    kept: undefined,
    ends: command.interleavings ? new Set() : undefined,
    graph: undefined,
    graphMs: 0,
  };
  const began = performance.now();
  const timeIsUp = (): boolean =>
    performance.now() - began > (command.timeMs ?? Number.POSITIVE_INFINITY);
  while (!outcome.exhausted && outcome.kept === undefined && !interrupt.seen && !timeIsUp()) {
    const left = command.runs - search.complete - search.cutShort;
    if (left <= 0) break;
    await inMacrotask(() => slice(outcome, Math.min(SLICE_RUNS, left), out));
    outcome.elapsedMs = performance.now() - began;
    out.progress(`${label}  ${progressText(outcome)}`);
  }
  if (command.interleavings && outcome.exhausted) {
    const growing = new GrowingStateGraph(scenario);
    let goesOn = true;
    while (goesOn && !interrupt.seen && !timeIsUp()) {
      goesOn = await inMacrotask(() => growing.more(SLICE_RUNS));
      outcome.graphMs = performance.now() - began - outcome.elapsedMs;
      out.progress(
        `${label}  ${progressText(outcome)}  ${countText(growing.states)} states  ${secondsText(outcome.graphMs)}`,
      );
    }
    outcome.graph = growing.graph;
  }
  return outcome;
}

function slice(outcome: Outcome, runs: number, out: Output): void {
  const { scenario, search, ends } = outcome;
  const { exhausted } = explore(scenario, search, {
    runs,
    ...(ends === undefined ? {} : { outcomes: ends }),
    onFailure: (found) => {
      const how = {
        strategy: search.name,
        seed: undefined,
        note: (text: string) => out.warn(text),
      };
      outcome.kept = keepFailure(scenario, found, how);
      return false;
    },
  });
  outcome.exhausted = exhausted && search.tooLong === 0;
}

/** How far it is: what there was, and what there may be yet. */
function progressText({ search, elapsedMs, exhausted }: Outcome): string {
  const runs = search.complete + search.cutShort;
  const { progress } = search;
  const all =
    progress === 0 || exhausted
      ? ''
      : `  about ${countText(Math.round(runs / progress))} runs in all`;
  return `${countText(search.classes)} classes  ${countText(runs)} runs, ${countText(search.cutShort)} cut short${all}  ${secondsText(elapsedMs)}`;
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
    runs: search.complete + search.cutShort,
    cutShort: search.cutShort,
    tooLong: search.tooLong,
    progress: outcome.exhausted ? 1 : Number(search.progress.toFixed(6)),
    interleavings: graph?.complete === true ? String(graph.interleavings) : null,
    states: graph?.states ?? null,
    outcomes: outcome.ends?.size ?? null,
    outcomesOfGraph: graph?.complete === true ? graph.outcomes.size : null,
    sameOutcomes: graph?.complete === true ? differingOutcomes(outcome) === 0 : null,
    seconds: Number((outcome.elapsedMs / 1000).toFixed(1)),
    failure:
      kept === undefined
        ? null
        : { path: kept.path ?? null, law: kept.failure.law, message: kept.failure.message },
  });
  if (first) out.line(pc.bold(row(['scenario', 'classes', 'runs', 'time', 'outcome'])));
  const runs = search.complete + search.cutShort;
  out.line(
    row([
      outcome.label,
      countText(search.classes),
      countText(runs),
      secondsText(outcome.elapsedMs),
      verdict(outcome),
    ]),
  );
  if (graph !== undefined) out.line(graphText(outcome, graph));
}

/** Nothing is left to try, and where all states were looked at they know no other outcome. */
const isComplete = (outcome: Outcome): boolean =>
  outcome.exhausted && differingOutcomes(outcome) === 0;

/** Outcomes that only the search has, or only the graph of states. */
function differingOutcomes({ ends, graph }: Outcome): number {
  if (ends === undefined || graph === undefined) return 0;
  const both = [...ends].filter((end) => graph.outcomes.has(end)).length;
  return ends.size + graph.outcomes.size - 2 * both;
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
  return `${pc.dim(`${counted}; ${ends} final outcomes`)}\n${pc.yellow(
    `  ${countText(differing)} outcomes are known to only one of the two: a mistake in heddle, unless tasks share what they do not say (--memory process takes that into account)`,
  )}`;
}

function verdict(outcome: Outcome): string {
  const { kept, search } = outcome;
  if (kept !== undefined) return pc.red(`✗ ${kept.failure.message}`);
  if (isComplete(outcome)) return pc.green('complete');
  if (outcome.exhausted) return pc.yellow('not complete');
  const share = search.progress;
  const percent = share < 0.0001 ? 'less than 0.01' : (share * 100).toFixed(2);
  return pc.yellow(`not complete, about ${percent} %`);
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
  const code = interrupted ? EXIT.interrupted : failed ? EXIT.failure : EXIT.ok;
  out.object({ type: 'end', scenarios: outcomes.length, complete, exitCode: code });
  out.line();
  if (complete > 0) {
    out.line(
      `There is no other interleaving of what is complete, ${boundsText(command)}: every order of steps that touch the same thing was run.`,
    );
    out.line(
      'The same in all of them: the random numbers of programs, and time, which passes only when nobody can move.',
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
  return code;
}

function boundsText(command: ExploreCommand): string {
  const { preemptionsMax } = command;
  const faultsMax = faultsMaxOf(command);
  const faults = faultsMax === 0 ? 'without faults' : `with at most ${countText(faultsMax)} faults`;
  return preemptionsMax === undefined
    ? faults
    : `${faults} and with at most ${countText(preemptionsMax)} preemptions`;
}
