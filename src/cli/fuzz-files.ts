import pc from 'picocolors';
import { scenariosIn } from '../load/scenarios.ts';
import { shardText } from '../sim/explore/amounts.ts';
import { type Checked, checkAsGiven } from '../sim/explore/check.ts';
import type { Reduction } from '../sim/explore/investigate.ts';
import { reachedText, UnreachedError } from '../sim/explore/reached.ts';
import { ScheduleFailure } from '../sim/explore/reporting.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { makeStrategy } from '../sim/schedule/strategies/index.ts';
import { nextCommands } from '../sim/trace/invocation.ts';
import { printable } from '../sim/trace/printable.ts';
import { countText, WIDTH_MAX, wrapText } from '../sim/trace/report.ts';
import { InternalError, UsageError } from '../sys/errors.ts';
import { stackOf, tellable, thrownText } from '../sys/thrown.ts';
import { printConfidence, printSentences } from './confidence.ts';
import { EXIT } from './exit-codes.ts';
import { type CandidateFile, candidateFiles } from './find-files.ts';
import type { FuzzCommand } from './fuzz.ts';
import { Interrupt } from './interrupt.ts';
import { liveText, shrinkingText } from './live.ts';
import { inOtherWorlds, type WorldOptions } from './options.ts';
import { Output, secondsText } from './output.ts';
import { failingRecording } from './replay-recording.ts';
import { CiReport, reporterOf, type Verdict } from './reporters.ts';
import { Crew } from './workers.ts';

export type FuzzScenarios = Pick<
  FuzzCommand,
  'runs' | 'timeMs' | 'seed' | 'strategy' | 'shard' | 'corpus' | 'workers' | 'json' | 'reporter'
>;

/** A scenario, and the file that defines it; undefined for one that is made of data. */
export type Placed = readonly [scenario: Scenario, file: string | undefined];

/** The scenarios of the user's own files, each until it fails or its runs are over. */
export async function fuzzFiles(words: readonly string[], command: FuzzCommand): Promise<number> {
  makeStrategy(command.strategy, { seed: command.seed });
  return fuzzScenarios(
    await placedScenarios(words, command, reporterOf(command) === 'json'),
    command,
  );
}

/** Which scenarios, and in which worlds. */
type Chosen = WorldOptions & Pick<FuzzCommand, 'named'>;

/**
 * The scenarios of the user's own files that are meant.
 *
 * @throws UsageError if there is none
 */
export async function placedScenarios(
  words: readonly string[],
  command: Chosen,
  json: boolean,
): Promise<Placed[]> {
  const out = new Output(json);
  const files = await candidateFiles(words);
  const placed: Placed[] = [];
  for (const file of files) {
    for (const scenario of await scenariosOf(file, out)) {
      if (command.named?.test(scenario.name) === false) continue;
      placed.push([inOtherWorlds(scenario, command), file.path]);
    }
  }
  if (placed.length === 0) throw new UsageError(nothingText(words, files.length, command.named));
  return placed;
}

/** What is wrong with one of many files is told, and is no reason to leave out the others. */
async function scenariosOf(
  { path, isNamed }: CandidateFile,
  out: Output,
): Promise<readonly Scenario[]> {
  try {
    const scenarios = await scenariosIn(path);
    if (scenarios.length === 0 && isNamed)
      out.warn(`${path} holds no scenario, and is passed over`);
    return scenarios;
  } catch (error) {
    if (isNamed || !(error instanceof UsageError)) throw error;
    out.warn(`${path} is passed over: ${error.message}`);
    return [];
  }
}

function nothingText(words: readonly string[], files: number, named: RegExp | undefined): string {
  const where = words.length === 0 ? 'this folder' : words.join(', ');
  const looked = `${files === 0 ? 'no file' : countText(files)} ${files > 1 ? 'files were' : 'was'} looked at`;
  if (named !== undefined) return `no scenario of ${where} has a name that matches ${named.source}`;
  return `${where} holds no scenario (${looked}): export one from a test file, as in \`export const echo = scenario('every client gets its own bytes back', …)\`; heddle demo runs heddle's own`;
}

/** How one scenario has ended. */
type Ending = 'survived' | 'failed' | 'broken' | 'internal' | 'stopped' | 'elsewhere';

/** Scenarios, one after the other; what ends one of them does not end the others. */
export async function fuzzScenarios(
  scenarios: readonly Placed[],
  command: FuzzScenarios,
): Promise<number> {
  const report = new CiReport(reporterOf(command));
  const { out } = report;
  const crew = new Crew(command.workers);
  const interrupt = new Interrupt();
  const endings: Ending[] = [];
  try {
    for (const placed of scenarios) {
      report.begins();
      const { as, verdict } = await fuzzOne(placed, command, { crew, out, interrupt });
      endings.push(as);
      report.ended(placed[0], verdict);
      if (interrupt.seen) break;
    }
  } finally {
    interrupt.release();
    crew.close();
  }
  report.end();
  return conclude(endings, { total: scenarios.length, workers: crew.size }, out);
}

function conclude(
  endings: readonly Ending[],
  { total, workers }: { readonly total: number; readonly workers: number },
  out: Output,
): number {
  const count = (...wanted: Ending[]): number =>
    endings.filter((ending) => wanted.includes(ending)).length;
  const failed = count('failed');
  const broken = count('broken', 'internal');
  const isStopped = count('stopped') > 0 || endings.length < total;
  const exitCode =
    count('internal') > 0
      ? EXIT.internal
      : isStopped
        ? EXIT.interrupted
        : failed > 0
          ? EXIT.failure
          : broken > 0
            ? EXIT.usage
            : EXIT.ok;
  out.object({ type: 'end', scenarios: total, failed, broken, workers, exitCode });
  out.line();
  const scenarios = `${countText(total)} scenario${total === 1 ? '' : 's'}`;
  const elsewhere = count('elsewhere');
  const parts = [
    ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ...(broken > 0 ? [`${countText(broken)} could not be run`] : []),
    ...(isStopped ? [`stopped, ${countText(count('survived', 'failed'))} done`] : []),
  ];
  if (parts.length === 0 && elsewhere > 0) {
    out.line(pc.green(`${scenarios}, ${countText(elsewhere)} of them left to other shards`));
  } else if (parts.length === 0) out.line(pc.green(`${scenarios} survived`));
  else out.line(pc.red(`${scenarios}, ${parts.join(', ')}`));
  return exitCode;
}

/** How a scenario has ended, and what is told of it. */
interface Told {
  readonly as: Ending;
  readonly verdict: Verdict;
}

interface Around {
  readonly crew: Crew;
  readonly out: Output;
  readonly interrupt: Interrupt;
}

/** Decisions of a failure whose reduction is worth another process. */
const LONG = 200;

async function fuzzOne(
  [scenario, file]: Placed,
  { runs, timeMs, seed, strategy, shard, corpus }: FuzzScenarios,
  { crew, out, interrupt }: Around,
): Promise<Told> {
  const { name } = scenario;
  const asked = { strategy, seed, ...(shard && { shard: shardText(shard) }) };
  const note = (text: string): void => out.warn(text);
  const took = new Took();
  try {
    const recorded = await failingRecording(scenario, note);
    if (recorded !== undefined) return tellRecording(scenario, out, recorded);
    const checked = await checkAsGiven(scenario, {
      ...(runs === undefined ? {} : { runs }),
      ...(timeMs === undefined ? {} : { timeMs }),
      seed,
      strategy,
      shard,
      corpus,
      batches: crew.batchesOf(file),
      note,
      isStopped: () => interrupt.seen,
      reduce: async (its, { decisions, decisionCount }) => {
        took.found();
        out.progress(`${name}  ${shrinkingText(decisions.filter(Boolean).length, 0)}`);
        if (scenario.recipe === undefined && decisionCount < LONG) return undefined;
        return Promise.race([
          crew.reduceElsewhere(its, file, decisions, ({ notCalm, replays }) => {
            out.progress(`${name}  ${shrinkingText(notCalm, replays)}`);
          }),
          interrupt.came.then((): Reduction | 'stopped' => 'stopped'),
        ]);
      },
      onProgress: (progress) => out.progress(`${name}  ${liveText(progress)}`),
    });
    out.object({ type: 'scenario', scenario: name, ...asked, ...checked, failure: null });
    return tellHeld(name, checked, { isStopped: interrupt.seen, shard }, out);
  } catch (error) {
    if (error instanceof UnreachedError) return tellUnreached(error, name, out);
    if (!(error instanceof ScheduleFailure)) return told(error, name, out);
    return tellFailure(error, name, { asked, took }, out);
  }
}

/** How long it takes; a report does not say it, which is the same on every machine. */
class Took {
  readonly #beganMs: number = performance.now();
  #found = '';

  found(): void {
    this.#found = `found after ${this.#text}, `;
  }

  /** What is found before the search is told at once. */
  told(): string {
    return `${this.#found}told after ${this.#text}`;
  }

  get #text(): string {
    return secondsText(performance.now() - this.#beganMs);
  }
}

/** No run of it has failed. */
function tellHeld(
  name: string,
  { runs, confidence, reached }: Checked,
  { isStopped, shard }: Pick<FuzzScenarios, 'shard'> & { readonly isStopped: boolean },
  out: Output,
): Told {
  if (shard !== undefined && runs === 0 && !isStopped) {
    const message = `none of its runs is of shard ${shardText(shard)}`;
    out.line(`${pc.dim(message)}  ${name}`);
    return { as: 'elsewhere', verdict: { ending: 'skipped', message } };
  }
  const of = shard === undefined ? '' : ` of shard ${shardText(shard)}`;
  const message = `${isStopped ? 'stopped after' : 'survived'} ${countText(runs)} runs${of}`;
  out.line(`${isStopped ? pc.yellow(message) : pc.green(message)}  ${name}`);
  if (confidence !== undefined) printConfidence(confidence, out);
  if (reached !== undefined) printSentences(reachedText(reached), out);
  if (isStopped) return { as: 'stopped', verdict: { ending: 'skipped', message } };
  return { as: 'survived', verdict: { ending: 'passed', message } };
}

function tellFailure(
  error: ScheduleFailure,
  name: string,
  { asked, took }: { readonly asked: Readonly<Record<string, unknown>>; readonly took: Took },
  out: Output,
): Told {
  const { kind, law, message, step } = error.failure;
  const { path, at } = error;
  out.object({
    type: 'scenario',
    scenario: name,
    ...asked,
    found: error.found ?? null,
    failure: { kind, law, message, step },
    schedule: error.schedule,
    path: path ?? null,
  });
  const report = `${error.name}: ${error.message}`;
  out.line(`${pc.red('failed')}  ${name}`);
  printSentences([took.told()], out);
  out.line(`\n${report}\n`);
  return failedTold({ type: error.name, message, report, at, again: nextCommands(path)[0]?.[1] });
}

const failedTold = (verdict: Omit<Verdict, 'ending'>): Told => ({
  as: 'failed',
  verdict: { ending: 'failed', ...verdict },
});

function tellUnreached(error: UnreachedError, scenario: string, out: Output): Told {
  const { laws, message } = error;
  out.object({ type: 'scenario', scenario, failure: { kind: 'unreached', laws, message } });
  const lines = wrapText(`${error.name}: ${printable(message)}`, WIDTH_MAX);
  out.line(`${pc.red('failed')}  ${scenario}\n\n${lines.join('\n')}\n`);
  return failedTold({ type: error.name, message });
}

/** A recording of a run on real sockets fails. */
function tellRecording(
  { name }: Scenario,
  out: Output,
  recorded: NonNullable<Awaited<ReturnType<typeof failingRecording>>>,
): Told {
  const { path, failure, report } = recorded;
  const { kind, law, message, step } = failure;
  out.object({
    type: 'scenario',
    scenario: name,
    failure: { kind, law, message, step },
    schedule: null,
    path,
  });
  out.line(`${pc.red('failed')}  ${name}, as ${path} has it\n\n${report}\n`);
  return failedTold({ type: 'RealFailure', message, report, again: nextCommands(path)[0]?.[1] });
}

/** A scenario that cannot be run, or a mistake of heddle's, ends this scenario and no other. */
function told(thrown: unknown, scenario: string, out: Output): Told {
  const error = tellable(thrown);
  const isUsage = error instanceof UsageError;
  const { name, message } = error instanceof Error ? error : new Error(thrownText(error));
  const stack = stackOf(error) ?? message;
  const text = isUsage
    ? message
    : `${error instanceof InternalError ? '' : 'InternalError: '}${stack}`;
  out.object({ type: 'error', scenario, name: isUsage ? name : 'InternalError', message });
  out.line(`${pc.red('could not be run')}  ${scenario}\n`);
  out.error(isUsage ? `heddle: ${text}` : text);
  const type = isUsage ? name : 'InternalError';
  return {
    as: isUsage ? 'broken' : 'internal',
    verdict: { ending: 'error', type, message: message.split('\n')[0] as string, report: text },
  };
}
