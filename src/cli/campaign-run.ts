import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import type { Backend } from '../campaign/backend.ts';
import { lookBefore, newCampaign } from '../campaign/begin.ts';
import { type CampaignEnd, Coordinator } from '../campaign/coordinator.ts';
import { Dashboard } from '../campaign/dashboard.ts';
import { codeOf, differencesOf } from '../campaign/fingerprint.ts';
import { LocalBackend } from '../campaign/local.ts';
import { type CampaignPlan, hashOfText } from '../campaign/plan.ts';
import { type CampaignReport, reportOfCampaign } from '../campaign/report.ts';
import type { CampaignState, Find } from '../campaign/state.ts';
import { referenceTo, referredScenario } from '../load/scenario-reference.ts';
import { MODELS } from '../models/catalogue.ts';
import type { Model } from '../models/model.ts';
import { exploredScenario } from '../scenarios/explored.ts';
import { Corpus } from '../sim/explore/corpus.ts';
import type { ExplorePlan } from '../sim/explore/exploration.ts';
import { FAILURES_FOLDER } from '../sim/explore/failures.ts';
import { writeWhole } from '../sim/explore/whole-file.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { batchRunsOf, makeStrategy } from '../sim/schedule/strategies/index.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import { printable } from '../sim/trace/printable.ts';
import { UsageError } from '../sys/errors.ts';
import type { CampaignCommand } from './campaign.ts';
import { printCampaign } from './campaign-text.ts';
import { EXIT } from './exit-codes.ts';
import { isPath } from './find-files.ts';
import { type Placed, placedScenarios } from './fuzz-files.ts';
import { Interrupt } from './interrupt.ts';
import { CAMPAIGNS_FOLDER, folderOf, stateOf } from './kept-campaigns.ts';
import { checkModel } from './model-ids.ts';
import { inOtherWorlds } from './options.ts';
import { Output, secondsText } from './output.ts';
import { reporterOf } from './reporters.ts';
import { viewPage } from './view.ts';

/** Without a time somebody waits for its end. */
const RUNS_DEFAULT = 10_000;

/** A campaign as it is to be worked on here. */
interface Opened {
  readonly state: CampaignState;
  readonly scenarios: readonly Scenario[];
  /** What its searches begin with, where that is not kept yet. */
  readonly knowledge: ReadonlyMap<string, Knowledge>;
}

/** `heddle campaign`: a search of many scenarios, round by round. */
export async function campaignCommand(command: CampaignCommand): Promise<number> {
  const out = new Output(reporterOf(command) === 'json');
  const note = (text: string): void => out.warn(text);
  if (command.what[0] === 'report') {
    const { reportCommand } = await import('./campaign-report.ts');
    return reportCommand(command, out);
  }
  const opened = await (command.resume === undefined
    ? begin(command, note)
    : goOn(command.resume, command, note));
  const { state } = opened;
  out.object({ type: 'campaign', id: state.id, plan: state.plan });
  out.line(
    `campaign ${pc.bold(state.id)}  ${pc.dim(`heddle campaign --resume ${state.id} goes on with it`)}`,
  );
  return work(opened, await backendOf(state, command, note), command, out);
}

async function backendOf(
  state: CampaignState,
  { redis: url, workers }: CampaignCommand,
  note: (text: string) => void,
): Promise<Backend> {
  if (url === undefined) return new LocalBackend(folderOf(state.id), state.plan, workers);
  const { SharedBackend } = await import('../campaign/shared.ts');
  return SharedBackend.open({ url, id: state.id, note });
}

async function begin(command: CampaignCommand, note: (text: string) => void): Promise<Opened> {
  const strategies = command.explore ? [] : strategiesOf(command);
  const placed = await placedIn(command);
  const scenarios = placed.map(([scenario]) => scenario);
  const knowledge = new Map<string, Knowledge>();
  const known: (string | null)[] = [];
  const { corpus: folder } = command;
  for (const scenario of scenarios) {
    const its = folder && (await inMacrotask(() => new Corpus(folder, scenario, note).known));
    const hash = its ? hashOfText(JSON.stringify(its)) : null;
    if (its && hash !== null) knowledge.set(hash, its);
    known.push(hash);
  }
  const { runs, timeMs, seeds } = command;
  const plan: CampaignPlan = {
    scenarios: placed.map(([scenario, file]) => referenceTo(scenario, file)),
    strategies,
    seed: command.seed,
    seedsMax: seeds ?? (runs === undefined && timeMs !== undefined ? null : 1),
    runsMax: runs ?? (timeMs === undefined && !command.explore ? RUNS_DEFAULT : null),
    endsAtFailure: command.untilFailure,
    width: command.width,
    known,
    explore: command.explore ? explorePlanOf(command) : null,
  };
  const code = await codeOf(plan.scenarios, scenarios);
  const state = newCampaign(newId(), plan, code);
  await lookBefore(state, scenarios, { folder: FAILURES_FOLDER, note });
  return { state, scenarios, knowledge };
}

/** Files as they are named; of what is explored models as well. */
async function placedIn(command: CampaignCommand): Promise<Placed[]> {
  const models = command.what.filter((word) => !isPath(word));
  if (models.length === 0) {
    return placedScenarios(command.what, command, reporterOf(command) === 'json');
  }
  if (!command.explore || models.length < command.what.length) {
    throw new UsageError(
      `${models.join(', ')}: a campaign is for files of scenarios, or with --explore for models; heddle fuzz runs models`,
    );
  }
  return models.map((id) => {
    checkModel(id);
    const model = MODELS.find((one) => one.id === id) as Model;
    const size = { clients: 2, messages: 1, network: 'loopback' } as const;
    return [inOtherWorlds(exploredScenario(model, 'corrected', size), command), undefined];
  });
}

function explorePlanOf({ faults, faultsMax, memory }: CampaignCommand): ExplorePlan {
  return {
    faultsMax: faultsMax ?? (faults === undefined ? 0 : 1),
    preemptionsMax: null,
    processMemory: memory === 'process',
    outcomes: false,
  };
}

/** @throws UsageError if one is unknown, or goes from each run to the next */
function strategiesOf({ strategy }: CampaignCommand): string[] {
  const names = [...new Set(strategy.split(',').map((name) => name.trim()))];
  return names.map((name) => {
    const made = makeStrategy(name, { seed: 0 }).name;
    if (batchRunsOf(name, 0) !== Number.POSITIVE_INFINITY) return made;
    throw new UsageError(
      `${name} goes from each run to the next, so its runs cannot be shared among workers; heddle fuzz --strategy ${name} makes them`,
    );
  });
}

/** `20261130-0315-7f3a`: by its beginning, so that the last one stands last. */
function newId(): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  const clock = time.replaceAll(':', '').slice(0, 4);
  return `${date.replaceAll('-', '')}-${clock}-${randomBytes(2).toString('hex')}`;
}

/** @throws UsageError if there is no such campaign, or it is of other code */
async function goOn(
  id: string,
  command: CampaignCommand,
  note: (text: string) => void,
): Promise<Opened> {
  const { redis: url } = command;
  const state = await stateOf(id, url, note);
  if (state === undefined) {
    const where = url === undefined ? `under ${CAMPAIGNS_FOLDER}` : 'in this Redis';
    throw new UsageError(
      `there is no campaign ${printable(id)} ${where}; heddle campaign begins one`,
    );
  }
  if (command.what.length > 0) {
    throw new UsageError('--resume goes on with the plan of its campaign: leave out the files');
  }
  const { plan, code } = state;
  const scenarios: Scenario[] = [];
  for (const reference of plan.scenarios) scenarios.push(await referredScenario(reference));
  const differences = differencesOf(code, await codeOf(plan.scenarios, scenarios));
  if (differences.length > 0) {
    throw new UsageError(
      `campaign ${id} is of other code than this: ${differences.join('; ')}; begin another, or go back to its code`,
    );
  }
  return { state, scenarios, knowledge: new Map() };
}

async function work(
  { state, scenarios, knowledge }: Opened,
  backend: Backend,
  command: CampaignCommand,
  out: Output,
): Promise<number> {
  const interrupt = new Interrupt();
  const { timeMs = Number.POSITIVE_INFINITY } = command;
  const began = performance.now();
  const leftMs = (): number | null =>
    timeMs === Number.POSITIVE_INFINITY ? null : Math.max(0, timeMs - (performance.now() - began));
  const corpora = new CorpusKeeper(command.corpus, scenarios, (text) => out.warn(text));
  const report = async (): Promise<CampaignReport> =>
    reportOfCampaign(state, await backend.machines(), leftMs());
  const coordinator = new Coordinator(state, {
    ...{ backend, scenarios, timeMs, knowledge, folder: FAILURES_FOLDER },
    read: (path) => readFileSync(path, 'utf8'),
    isStopped: () => interrupt.seen,
    note: (text) => out.warn(text),
    onFind: (find) => tell(find, state, out),
    onChange: () => out.progress(progressText(state, performance.now() - began)),
    onLearned: (scenario, learned) => corpora.learned(scenario, learned),
  });
  const dashboard =
    command.dashboard &&
    (await Dashboard.open({
      ...{ ...command.dashboard, report },
      viewOf: (path) => viewPage(path, out),
    }));
  if (dashboard !== undefined) {
    out.object({ type: 'dashboard', url: dashboard.url });
    out.line(`dashboard ${dashboard.url}`);
  }
  try {
    // Those that were known before.
    for (const find of state.finds.filter(({ isOpen }) => !isOpen)) tell(find, state, out);
    const end = await coordinator.run();
    await corpora.grow();
    const last = await report();
    const folder = folderOf(state.id);
    writeWhole(join(folder, 'report.json'), `${JSON.stringify(last, null, 1)}\n`);
    // Of one in Redis, for those who ask for a report.
    writeWhole(join(folder, 'state.json'), JSON.stringify(state));
    return conclude(last, end, out);
  } finally {
    interrupt.release();
    await dashboard?.close();
    await backend.close();
  }
}

/** Puts what searches have learned into a corpus, a scenario each. */
class CorpusKeeper {
  readonly #corpora: readonly Corpus[];
  readonly #held = new Map<number, (readonly number[])[]>();

  constructor(
    folder: string | undefined,
    scenarios: readonly Scenario[],
    note: (text: string) => void,
  ) {
    this.#corpora =
      folder === undefined ? [] : scenarios.map((one) => new Corpus(folder, one, note));
  }

  learned(scenario: number, { parents }: Knowledge): void {
    if (this.#corpora.length === 0) return;
    const held = this.#held.get(scenario) ?? [];
    held.push(...parents);
    this.#held.set(scenario, held);
  }

  async grow(): Promise<void> {
    for (const [scenario, parents] of this.#held) {
      await inMacrotask(() => this.#corpora[scenario]?.grow(parents.splice(0)));
    }
  }
}

function progressText({ tallies, closed, finds }: CampaignState, ms: number): string {
  const sum = tallies.reduce((all, { runs }) => all + runs, 0);
  const found = finds.length === 0 ? '' : `  ${finds.length} found`;
  return `round ${closed + 1}  ${sum.toLocaleString('en')} runs${found}  ${secondsText(ms)}`;
}

function tell(find: Find, { plan }: CampaignState, out: Output): void {
  const { kind, report, path, strategy, seed, signature } = find;
  const scenario = plan.scenarios[find.scenario]?.name ?? '';
  const run = find.met?.run ?? null;
  out.object({ type: 'find', kind, scenario, strategy, seed, run, signature, path });
  const word = kind === 'aside' ? 'set aside' : 'failed';
  out.line(`${pc.red(word)}  ${scenario}\n\n${report}\n`);
}

function conclude(report: CampaignReport, end: CampaignEnd, out: Output): number {
  const { scenarios, finds } = report;
  const broken = scenarios.filter(({ ending }) => ending === 'broken');
  const isBad = finds.length > 0 || scenarios.some(({ ending }) => ending === 'unreached');
  const code =
    end === 'stopped'
      ? EXIT.interrupted
      : isBad
        ? EXIT.failure
        : broken.length > 0
          ? EXIT.usage
          : EXIT.ok;
  printCampaign(report, end, out);
  out.object({ type: 'end', ...report, end, exitCode: code });
  return code;
}
