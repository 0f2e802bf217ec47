/**
 * The rounds of a campaign by strategies. In a round many searches go on, a unit each, which know
 * nothing of each other; two rounds are open at a time, of searches of even and of odd number, so
 * that there is work while the last batches of a round are made. What is merged, and in which
 * order, hangs on the plan alone.
 */
import type { Batch } from '../sim/explore/batch.ts';
import { ROUNDS_KNOWN } from '../sim/explore/batch.ts';
import { addCounts, joinReached } from '../sim/explore/reached.ts';
import { isLearning } from '../sim/schedule/strategies/index.ts';
import { type Knowledge, withKnowledge } from '../sim/schedule/strategies/knowledge.ts';
import { type Claim, sharesOf } from './budget.ts';
import type { BatchJob, Job, JobResult } from './job.ts';
import { type Bundle, hashOfText, unitsOf } from './plan.ts';
import type { RoundMaker } from './round-maker.ts';
import { DistinctSample } from './sample.ts';
import type { CampaignState, Find, Pair, Round, RoundTally, Stream, Tally } from './state.ts';

/** Different failures of a scenario that are looked into; more say that everything is broken. */
const FINDS_MAX = 64;
/** Rounds of which the numbers are kept, for those who look how it goes: a screen is as wide. */
const ROUNDS_MAX = 240;

export class Rounds implements RoundMaker {
  readonly #state: CampaignState;
  readonly #classes: DistinctSample[];
  /** What searches have learned, by its hash. */
  readonly #knowledge = new Map<string, Knowledge>();
  readonly #cursors = new Map<string, UnitCursor>();
  /** Told of what runs have shown that is worth keeping. */
  readonly #onLearned: (scenario: number, learned: Knowledge) => void;

  constructor(
    state: CampaignState,
    onLearned: (scenario: number, learned: Knowledge) => void = () => {},
  ) {
    this.#state = state;
    this.#classes = state.tallies.map(({ classes }) => new DistinctSample(classes));
    this.#onLearned = onLearned;
  }

  /** What open rounds begin with: told again when a campaign goes on. */
  remember(hash: string, knowledge: Knowledge): void {
    this.#knowledge.set(hash, knowledge);
  }

  /** What is needed still; the rest is forgotten. */
  needed(): ReadonlyMap<string, Knowledge> {
    const { plan, pairs } = this.#state;
    const live = new Set<string | null>(plan.known);
    for (const { streams } of pairs) {
      for (const { known, isOver } of streams) if (!isOver) live.add(known);
    }
    for (const hash of this.#knowledge.keys()) if (!live.has(hash)) this.#knowledge.delete(hash);
    return this.#knowledge;
  }

  /** The next round: which searches go on in it. It may be one without any. */
  open(number: number): Round {
    const { pairs, plan } = this.#state;
    const parity = number % 2;
    const claims: Claim[] = pairs.map((pair) => ({ ...pair, able: this.#able(pair, parity) }));
    const shares = sharesOf(claims, Math.ceil(plan.width / 2));
    const units: (readonly [number, number])[] = [];
    for (const [at, pair] of pairs.entries()) {
      const going = streamsOf(pair, parity).filter(({ isOver }) => !isOver);
      for (let i = 0; i < (shares[at] as number); i++) {
        const stream = going[i] ?? this.#begin(pair, parity);
        units.push([at, stream.index]);
      }
    }
    return { number, units };
  }

  /** How many searches of a pair can go on. */
  #able({ scenario, streams }: Pair, parity: number): number {
    if (this.#tally(scenario).over !== null) return 0;
    const { seedsMax } = this.#state.plan;
    const begun = streams.filter(({ index }) => index % 2 === parity);
    const going = begun.filter(({ isOver }) => !isOver).length;
    if (seedsMax === null) return Number.POSITIVE_INFINITY;
    const all = Math.ceil((seedsMax - parity) / 2);
    return going + Math.max(0, all - begun.length);
  }

  #cursor(pair: number, strategy: string, index: number): UnitCursor {
    const key = `${pair}-${index}`;
    const cursor = this.#cursors.get(key) ?? new UnitCursor(strategy, this.#state.plan.runsMax);
    this.#cursors.set(key, cursor);
    return cursor;
  }

  #begin(pair: Pair, parity: number): Stream {
    const index = 2 * streamsOf(pair, parity).length + parity;
    const known = this.#state.plan.known[pair.scenario] ?? null;
    const stream = { index, units: 0, known, isOver: false };
    pair.streams.push(stream);
    pair.streams.sort((a, b) => a.index - b.index);
    return stream;
  }

  /** The jobs of a round, in the order in which they are merged. */
  jobsOf(round: Round): BatchJob[] {
    return round.units.flatMap(([pair, stream]) => this.#jobsOf(pair, stream));
  }

  #jobsOf(at: number, index: number): BatchJob[] {
    const { pairs, plan } = this.#state;
    const { scenario, strategy, streams } = pairs[at] as Pair;
    const stream = streams.find((one) => one.index === index) as Stream;
    const { seed: first, endsAtFailure } = plan;
    return this.#cursor(at, strategy, index)
      .unit(stream.units)
      .map((ranges) => ({
        kind: 'batches',
        key: `b-${at}-${index}-${ranges[0]?.firstRun}`,
        scenario,
        strategy,
        seed: first + index,
        endsAtFailure,
        ranges,
        known: isLearning(strategy) ? stream.known : null,
      }));
  }

  /**
   * Add a round to what is known, once all of its results are there.
   *
   * @returns failures that nobody has met before
   */
  merge(round: Round, resultOf: (job: Job) => JobResult): Find[] {
    const found: Find[] = [];
    const numbers = { runs: 0, looked: 0, fresh: 0 };
    const seen = new Set<number>();
    for (const [at, index] of round.units) {
      const pair = this.#state.pairs[at] as Pair;
      if (!seen.has(at)) Object.assign(pair, { looked: 0, fresh: 0 });
      seen.add(at);
      const before = { ...pair };
      found.push(...this.#mergeUnit([at, index], resultOf));
      numbers.runs += pair.runs - before.runs;
      numbers.looked += pair.looked - before.looked;
      numbers.fresh += pair.fresh - before.fresh;
    }
    this.#count({ number: round.number, ...numbers });
    for (const [at, tally] of this.#state.tallies.entries()) {
      tally.classes = (this.#classes[at] as DistinctSample).data;
    }
    return found;
  }

  #count(tally: RoundTally): void {
    if (tally.runs > 0) this.#state.rounds = [...this.#state.rounds, tally].slice(-ROUNDS_MAX);
  }

  #mergeUnit(
    [at, index]: readonly [pair: number, stream: number],
    resultOf: (job: Job) => JobResult,
  ): Find[] {
    const pair = this.#state.pairs[at] as Pair;
    const jobs = this.#jobsOf(at, index);
    const stream = pair.streams.find((one) => one.index === index) as Stream;
    const { strategy, scenario } = pair;
    const found: Find[] = [];
    let known = stream.known === null ? undefined : this.#knowledge.get(stream.known);
    for (const job of jobs) {
      const result = resultOf(job);
      // Whatever came after its end, of others that did not know of it, is not looked at.
      if (this.#tally(scenario).over !== null) return found;
      if (result.kind === 'broken') this.#breaks(scenario, result.message);
      if (result.kind === 'aside') found.push(this.#asideOf(job, result.deaths));
      for (const batch of result.kind === 'batches' ? result.batches : []) {
        found.push(...this.#mergeBatch(pair, job, batch));
        known = withKnowledge(known, batch.learned);
        if (batch.learned !== undefined) this.#onLearned(scenario, batch.learned);
        if (batch.exhausted) stream.isOver = true;
        if (this.#tally(scenario).over !== null) return found;
      }
    }
    stream.units++;
    if (this.#cursor(at, strategy, index).isLast) stream.isOver = true;
    if (isLearning(strategy)) this.#learn(stream, scenario, known);
    return found;
  }

  /** After some rounds it begins again, as {@link ROUNDS_KNOWN} says why. */
  #learn(stream: Stream, scenario: number, known: Knowledge | undefined): void {
    const first = this.#state.plan.known[scenario] ?? null;
    if (stream.units % ROUNDS_KNOWN === 0 || known === undefined) {
      stream.known = first;
      return;
    }
    stream.known = hashOfText(JSON.stringify(known));
    this.#knowledge.set(stream.known, known);
  }

  #mergeBatch(pair: Pair, job: BatchJob, batch: Batch): Find[] {
    const { scenario } = pair;
    const tally = this.#tally(scenario);
    const classes = this.#classes[scenario] as DistinctSample;
    pair.runs += batch.runs;
    tally.runs += batch.runs;
    tally.steps += batch.steps;
    tally.passed += batch.passed;
    tally.alike = addCounts(tally.alike, batch.alike);
    tally.reached = joinReached(tally.reached, batch.reached);
    for (const seen of batch.classes) {
      const isNew = classes.add(seen);
      if (isNew === undefined) continue;
      tally.looked++;
      pair.looked++;
      if (isNew) pair.fresh++;
    }
    const found: Find[] = [];
    for (const met of batch.failures) {
      const { signature } = met.failure;
      const before = this.#findOf(scenario, signature);
      if (before !== undefined) before.times++;
      else if (this.#findsOf(scenario) < FINDS_MAX) {
        const { strategy, seed } = job;
        const find = { kind: 'failure', scenario, strategy, seed, signature, met } as const;
        found.push(this.#add({ ...find, times: 1, isOpen: true, path: null, report: '' }));
      }
      if (job.endsAtFailure) tally.over = 'failed';
    }
    return found;
  }

  #asideOf({ scenario, strategy, seed, ranges }: BatchJob, deaths: readonly string[]): Find {
    const [first, last] = [ranges[0], ranges.at(-1)];
    const runs = `${first?.firstRun} to ${(last?.firstRun ?? 0) + (last?.runs ?? 0) - 1}`;
    const report = `runs ${runs} by ${strategy}, seed ${seed}, end the process that makes them (${deaths.join('; ')}): they were set aside`;
    const signature = `aside ${strategy} ${seed} ${runs}`;
    return this.#add({
      ...{ kind: 'aside', scenario, strategy, seed, signature, met: null },
      ...{ times: deaths.length, isOpen: false, path: null, report },
    });
  }

  #add(find: Find): Find {
    this.#state.finds.push(find);
    return find;
  }

  #findOf(scenario: number, signature: string): Find | undefined {
    return this.#state.finds.find(
      (find) => find.scenario === scenario && find.signature === signature,
    );
  }

  #findsOf(scenario: number): number {
    return this.#state.finds.filter((find) => find.scenario === scenario).length;
  }

  #breaks(scenario: number, message: string): void {
    Object.assign(this.#tally(scenario), { over: 'broken', broken: message });
  }

  #tally(scenario: number): Tally {
    return this.#state.tallies[scenario] as Tally;
  }
}

const streamsOf = ({ streams }: Pair, parity: number): Stream[] =>
  streams.filter(({ index }) => index % 2 === parity);

/** Goes through the units of one search, forwards. */
class UnitCursor {
  readonly #units: Generator<readonly Bundle[]>;
  #at = -1;
  #current: readonly Bundle[] = [];
  #next: IteratorResult<readonly Bundle[]>;

  constructor(strategy: string, runsMax: number | null) {
    this.#units = unitsOf(strategy, runsMax ?? Number.POSITIVE_INFINITY);
    this.#next = this.#units.next();
  }

  /** Unit `at`, from 0; none before the one that was asked for last. */
  unit(at: number): readonly Bundle[] {
    for (; this.#at < at; this.#at++) {
      this.#current = this.#next.value ?? [];
      this.#next = this.#units.next();
    }
    return this.#current;
  }

  /** No other comes after it. */
  get isLast(): boolean {
    return this.#next.done === true;
  }
}
