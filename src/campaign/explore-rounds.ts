/**
 * The rounds of a systematic search: in each so many pieces of every scenario's search go on, some
 * runs each. How many, and how a search is divided between rounds, hangs on the plan alone: so a
 * campaign is the same whatever machines there are, and says that a search is complete only when
 * nothing is left of it.
 */
import { Exploration, type TakenPiece } from '../sim/explore/exploration.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import { InternalError } from '../sys/errors.ts';
import type { Job, JobResult, SliceJob } from './job.ts';
import type { RoundMaker } from './round-maker.ts';
import type { CampaignState, Find, Round, Tally } from './state.ts';

/** Runs of a piece in a round: a small search is to be divided soon, … */
const SLICE_RUNS_MIN = 20;
/** … and of a large one much is made, as each round keeps all of its classes. */
const SLICE_RUNS_MAX = 2_000;

export class ExploreRounds implements RoundMaker {
  readonly #state: CampaignState;
  readonly #searches: Exploration[];
  /** Pieces that are handed out, by their jobs. */
  readonly #taken = new Map<string, TakenPiece>();

  constructor(state: CampaignState) {
    this.#state = state;
    const { explore } = state.plan;
    if (explore === null) throw new InternalError('this campaign explores nothing');
    this.#searches = state.tallies.map(
      (_, scenario) => new Exploration(explore, state.exploring[scenario]?.saved ?? undefined),
    );
  }

  remember(): void {}

  needed(): ReadonlyMap<string, Knowledge> {
    return new Map();
  }

  /** Rounds of odd number are empty: a search goes on from what was merged last. */
  open(number: number): Round {
    if (number % 2 === 1) return { number, units: [] };
    const { tallies, plan } = this.#state;
    const units: (readonly [number, number])[] = [];
    for (const [scenario, tally] of tallies.entries()) {
      if (tally.over !== null || tally.runs >= (plan.runsMax ?? Number.POSITIVE_INFINITY)) continue;
      const pieces = this.#takePieces(number, scenario);
      for (let piece = 0; piece < pieces; piece++) units.push([scenario, piece]);
    }
    return { number, units };
  }

  #takePieces(number: number, scenario: number): number {
    const search = this.#searches[scenario] as Exploration;
    const { width } = this.#state.plan;
    const runs = Math.round(search.runs / width);
    const slice = Math.min(SLICE_RUNS_MAX, Math.max(SLICE_RUNS_MIN, runs));
    for (let piece = 0; piece < width; piece++) {
      const taken = search.take(slice);
      if (taken === undefined) return piece;
      this.#taken.set(keyOf(number, scenario, piece), taken);
    }
    return width;
  }

  jobsOf({ number, units }: Round): SliceJob[] {
    return units.map(([scenario, piece]) => {
      const key = keyOf(number, scenario, piece);
      // Whoever goes on with a campaign takes the same pieces again, in order.
      if (!this.#taken.has(key)) this.#takePieces(number, scenario);
      const { order } = this.#taken.get(key) as TakenPiece;
      return { kind: 'slice', key, scenario, order };
    });
  }

  merge(round: Round, resultOf: (job: Job) => JobResult): Find[] {
    const found: Find[] = [];
    const { tallies, rounds } = this.#state;
    const before = this.#searches.map((search) => search.runs);
    for (const job of this.jobsOf(round)) {
      const result = resultOf(job);
      const taken = this.#taken.get(job.key) as TakenPiece;
      this.#taken.delete(job.key);
      const tally = tallies[job.scenario] as Tally;
      if (tally.over !== null) continue;
      if (result.kind === 'slice') this.#settle(job, taken, result, found);
      else Object.assign(tally, { over: 'broken', broken: whyOf(result) });
    }
    const merged = [...new Set(round.units.map(([scenario]) => scenario))];
    for (const scenario of merged) this.#note(scenario);
    const runs = this.#searches.reduce(
      (sum, { runs: its }, at) => sum + its - (before[at] ?? 0),
      0,
    );
    if (runs > 0) rounds.push({ number: round.number, runs, looked: 0, fresh: 0 });
    return found;
  }

  #settle(
    { scenario }: SliceJob,
    taken: TakenPiece,
    { slice }: Extract<JobResult, { kind: 'slice' }>,
    found: Find[],
  ): void {
    const search = this.#searches[scenario] as Exploration;
    search.settle(taken, slice, this.#state.plan.width);
    const { failed } = search;
    if (failed === undefined) return;
    const { faultsMax } = search.plan;
    const { error: _, ...failure } = failed.failure;
    const find: Find = {
      ...{ kind: 'failure', scenario, seed: 0, signature: failure.signature },
      ...{ times: 1, isOpen: true, path: null, report: '' },
      strategy: faultsMax === 0 ? 'dpor' : `dpor:${faultsMax}`,
      met: {
        ...{ run: search.runs, decisions: [...failed.decisions], failure, steps: 0 },
        decisionCount: failed.decisions.length,
      },
    };
    this.#state.finds.push(find);
    found.push(find);
    (this.#state.tallies[scenario] as Tally).over = 'failed';
  }

  /** What is known of a search, and all that is needed to go on with it. */
  #note(scenario: number): void {
    const search = this.#searches[scenario] as Exploration;
    const tally = this.#state.tallies[scenario] as Tally;
    const { runs, classes, cutShort, tooLong, progress, isExhausted, failed } = search;
    tally.runs = runs;
    tally.passed = failed === undefined ? runs : runs - 1;
    tally.explored = { classes, cutShort, tooLong, share: isExhausted ? 1 : progress };
    if (isExhausted && tally.over === null) tally.over = 'complete';
    this.#state.exploring[scenario] = {
      scenario,
      // Of one that is over nothing is needed.
      saved: tally.over === null ? search.save() : null,
    };
  }
}

const keyOf = (number: number, scenario: number, piece: number): string =>
  `x-${scenario}-${number}-${piece}`;

function whyOf(result: JobResult): string {
  if (result.kind === 'broken') return result.message;
  const deaths = result.kind === 'aside' ? ` (${result.deaths.join('; ')})` : '';
  return `some of its runs end the process that makes them${deaths}, so the search cannot be complete`;
}
