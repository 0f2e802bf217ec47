/**
 * Goes through a campaign round by round. What it knows is kept with the last round that was
 * merged; what was handed out since is handed out again by whoever goes on with it, and whatever is
 * done twice counts once.
 */
import type { Scenario } from '../sim/schedule/scenario.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import { printable } from '../sim/trace/printable.ts';
import { InternalError } from '../sys/errors.ts';
import type { Backend } from './backend.ts';
import { ExploreRounds } from './explore-rounds.ts';
import { isReducible, keepFind } from './finds.ts';
import type { Answer, Job, JobResult } from './job.ts';
import type { RoundMaker } from './round-maker.ts';
import { Rounds } from './rounds.ts';
import type { CampaignState, Find, Round } from './state.ts';

/** Why a coordinator has ended. */
export type CampaignEnd = 'over' | 'time' | 'stopped';

export interface CoordinatorOptions {
  readonly backend: Backend;
  /** Those of the plan, as this checkout has them. */
  readonly scenarios: readonly Scenario[];
  /** What searches begin with, where the backend does not have it yet. */
  readonly knowledge: ReadonlyMap<string, Knowledge>;
  /** Where failures are saved. */
  readonly folder: string;
  /** The text of a failure that was saved. */
  readonly read: (path: string) => string;
  readonly timeMs: number;
  readonly isStopped: () => boolean;
  readonly note: (text: string) => void;
  /** Something has been merged, or told. */
  readonly onChange?: (() => void) | undefined;
  readonly onFind?: ((find: Find) => void) | undefined;
  readonly onLearned?: ((scenario: number, learned: Knowledge) => void) | undefined;
}

export class Coordinator {
  readonly state: CampaignState;
  readonly #options: CoordinatorOptions;
  readonly #rounds: RoundMaker;
  /** What is handed out and has no result yet. */
  readonly #awaited = new Map<string, Job>();
  readonly #results = new Map<string, JobResult>();
  /** Reductions, by their key: of which find. */
  readonly #reductions = new Map<string, Find>();
  #beganMs: number = performance.now();

  constructor(state: CampaignState, options: CoordinatorOptions) {
    this.state = state;
    this.#options = options;
    this.#rounds =
      state.plan.explore === null ? new Rounds(state, options.onLearned) : new ExploreRounds(state);
  }

  /** Until it is over, or has been going on for long enough at the end of a round. */
  async run(): Promise<CampaignEnd> {
    const { backend, isStopped, onChange } = this.#options;
    await this.#begin();
    while (!this.#isOver()) {
      if (isStopped()) return this.#leave('stopped');
      for (const answer of await backend.take()) await this.#accept(answer);
      if (await this.#closeRounds()) {
        await this.#finishReductions();
        return this.#leave('time');
      }
      onChange?.();
    }
    this.state.isOver = true;
    return this.#leave('over');
  }

  /** Time is up, and what was found is to be told. */
  async #finishReductions(): Promise<void> {
    const { backend, isStopped, onChange } = this.#options;
    while (this.state.finds.some(isWaiting) && !isStopped()) {
      for (const answer of await backend.take()) await this.#accept(answer);
      onChange?.();
    }
  }

  /** Hand out what is open, but for what has been done meanwhile. */
  async #begin(): Promise<void> {
    const { state } = this;
    const { backend, knowledge } = this.#options;
    for (const hash of neededKnowledge(state)) {
      this.#rounds.remember(hash, knowledge.get(hash) ?? (await backend.knowledge(hash)));
    }
    if (state.open.length === 0 && state.closed < 0) {
      state.open = [0, 1].map((number) => this.#rounds.open(number));
    }
    await this.#save([]);
    await backend.announce(state);
    for (const find of state.finds.filter(isWaiting)) await this.#follow(find);
    const jobs = state.open.flatMap((round) => this.#rounds.jobsOf(round));
    await this.#handOut([...jobs, ...this.#openReductions()]);
    // Of those there may be nothing to wait for.
    await this.#closeRounds();
  }

  async #handOut(jobs: readonly Job[]): Promise<void> {
    const { backend } = this.#options;
    for (const job of jobs) this.#awaited.set(job.key, job);
    for (const answer of await backend.known(jobs.map(({ key }) => key))) {
      await this.#accept(answer);
    }
    await backend.offer(jobs.filter(({ key }) => this.#awaited.has(key)));
  }

  #openReductions(): Job[] {
    const jobs: Job[] = [];
    for (const [at, find] of this.state.finds.entries()) {
      if (!find.isOpen || find.met === null || !isReducible(find)) continue;
      const key = `r-${at}`;
      if (this.#reductions.has(key)) continue;
      this.#reductions.set(key, find);
      const { scenario, met } = find;
      jobs.push({ kind: 'reduction', key, scenario, decisions: met.decisions });
    }
    return jobs;
  }

  /** A result that was waited for; others are late, or nobody has asked for them. */
  async #accept({ key, by, result }: Answer): Promise<void> {
    const job = this.#awaited.get(key);
    if (job === undefined) return;
    if (!answers(job, result)) {
      const { backend, note } = this.#options;
      note(printable(`${by} has answered ${key} with something else; it is done again`));
      await backend.discard([key]);
      await backend.offer([job]);
      return;
    }
    this.#awaited.delete(key);
    const find = this.#reductions.get(key);
    if (find === undefined) this.#results.set(key, result);
    else await this.#settle(find, result, key);
  }

  async #settle(find: Find, result: JobResult, key?: string): Promise<void> {
    const { scenarios, folder, note, onFind } = this.#options;
    const reduction = result.kind === 'reduction' ? result.reduction : 'stopped';
    const scenario = scenarios[find.scenario] as Scenario;
    const { plan } = this.state;
    await keepFind(scenario, find, isReducible(find) ? reduction : undefined, {
      plan,
      folder,
      note,
    });
    await this.#share(find);
    await this.#save(key === undefined ? [] : [key]);
    onFind?.(find);
  }

  /** Whoever joins runs it first. */
  async #share({ path }: Find): Promise<void> {
    if (path === null) return;
    await this.#options.backend.share(path, this.#options.read(path));
  }

  /**
   * Merge rounds that are complete, in order.
   *
   * @returns whether time was up at the end of one
   */
  async #closeRounds(): Promise<boolean> {
    const { state } = this;
    for (;;) {
      const [round] = state.open;
      // Nothing is left to hand out, though reductions may be on their way.
      if (round === undefined || this.#isIdle()) return false;
      const jobs = this.#rounds.jobsOf(round);
      if (jobs.some(({ key }) => this.#awaited.has(key))) return false;
      await this.#close(round, jobs);
      if (this.#elapsedMs >= this.#options.timeMs && !this.#isOver()) return true;
    }
  }

  async #close(round: Round, jobs: readonly Job[]): Promise<void> {
    const { state } = this;
    const found = this.#rounds.merge(round, (job) => {
      const result = this.#results.get(job.key);
      if (result === undefined) throw new InternalError(`there is no result of ${job.key}`);
      return result;
    });
    state.open = state.open.filter((one) => one !== round);
    state.closed = round.number;
    const next = this.#rounds.open(round.number + 2);
    state.open = [...state.open, next];
    const keys = jobs.map(({ key }) => key);
    for (const key of keys) this.#results.delete(key);
    await this.#save(keys);
    for (const find of found) await this.#follow(find);
    await this.#handOut([...this.#openReductions(), ...this.#rounds.jobsOf(next)]);
  }

  /** What needs no reduction is told at once. */
  async #follow(find: Find): Promise<void> {
    if (isReducible(find)) return;
    if (find.met === null) this.#options.onFind?.(find);
    else await this.#settle(find, { kind: 'aside', deaths: [] });
  }

  /** Nothing is handed out, and nothing is left to hand out. */
  #isOver(): boolean {
    return this.#isIdle() && !this.state.finds.some(isWaiting);
  }

  /** No search goes on. */
  #isIdle(): boolean {
    return this.state.open.every(({ units }) => units.length === 0);
  }

  get #elapsedMs(): number {
    return performance.now() - this.#beganMs;
  }

  async #save(retired: readonly string[]): Promise<void> {
    const nowMs = performance.now();
    this.state.workedMs += nowMs - this.#savedMs;
    this.#savedMs = nowMs;
    await this.#options.backend.save(this.state, { retired, knowledge: this.#rounds.needed() });
  }

  #savedMs: number = performance.now();

  async #leave(end: CampaignEnd): Promise<CampaignEnd> {
    await this.#save([]);
    if (end === 'over') await this.#options.backend.retire();
    return end;
  }
}

const isWaiting = ({ isOpen }: Find): boolean => isOpen;

/** Hashes of what open and coming rounds begin with. */
function neededKnowledge({ plan, pairs }: CampaignState): Set<string> {
  const live = pairs.flatMap(({ streams }) =>
    streams.filter(({ isOver }) => !isOver).map(({ known }) => known),
  );
  return new Set([...plan.known, ...live].filter((hash) => hash !== null));
}

/** Whether a result is one of this job: of its runs, in order. */
function answers(job: Job, result: JobResult): boolean {
  if (result.kind === 'broken' || result.kind === 'aside') return true;
  if (job.kind === 'batches' && result.kind === 'batches') {
    const { batches } = result;
    const isCut = batches.at(-1)?.exhausted === true || job.endsAtFailure;
    return (
      batches.length > 0 &&
      (isCut ? batches.length <= job.ranges.length : batches.length === job.ranges.length) &&
      batches.every(({ firstRun, runs }, at) => {
        const range = job.ranges[at];
        const isWhole = runs === range?.runs || (isCut && at === batches.length - 1);
        return firstRun === range?.firstRun && runs <= range.runs && isWhole;
      })
    );
  }
  return job.kind === result.kind;
}
