import type { Failure } from '../schedule/failure.ts';
import { inMacrotask } from '../schedule/runtime/execute.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { batchRunsOf, isLearning, makeStrategy } from '../schedule/strategies/index.ts';
import { type Knowledge, withKnowledge } from '../schedule/strategies/knowledge.ts';
import type { PctMeasure } from '../schedule/strategies/pct.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { scenarioHash } from '../schedule/text.ts';
import type { Shard } from './amounts.ts';
import { attempt, replay } from './attempt.ts';
import { Looker, type Survey } from './confidence.ts';
import type { Found } from './fuzz.ts';
import { addCounts, joinReached, type Reached, Reaching } from './reached.ts';

/** Fuzzing as it is given to workers: everything but the scenario is data. */
export interface FuzzPlan {
  /** As `random` or `pct:3`. */
  readonly strategy: string;
  readonly seed: number;
  /** A batch ends with its first failure: whoever asked wants no other. Default: false. */
  readonly endsAtFailure?: boolean;
  /** What a search by a strategy that learns begins with, and begins again with. */
  readonly known?: Knowledge | undefined;
  /** Only this part of the batches is made; default: all of them. */
  readonly deal?: Deal | undefined;
}

/**
 * Which groups of batches are made, counted from 0: this one and every `of`-th after it. The
 * batches of a group know nothing of those of another: see {@link Rounds}.
 */
export interface Deal {
  readonly first: number;
  readonly of: number;
}

/**
 * What a shard has of the search of this scenario. Shard 1 of one scenario begins where shard 2 of
 * another does, so that short searches of many scenarios are spread too.
 */
export function dealOf(scenario: Scenario, { index, of }: Shard): Deal {
  return { first: (index - 1 + scenarioHash(scenario.name)) % of, of };
}

/** A failure as a batch met it; whoever wants more replays its decisions. */
export interface BatchFailure {
  /** The run that met it, from 1. */
  readonly run: number;
  readonly decisions: number[];
  /** Decisions taken, calm ones included. */
  readonly decisionCount: number;
  /** Without what was thrown, which cannot be sent from one process to another. */
  readonly failure: Omit<Failure, 'error'>;
  /** Steps of this batch up to the end of that run. */
  readonly steps: number;
}

/** What came of the runs of one batch. */
export interface Batch {
  readonly firstRun: number;
  readonly runs: number;
  readonly steps: number;
  readonly passed: number;
  /** How many of those that passed were drawn alike, by strategy, where not all are. */
  readonly alike: Readonly<Record<string, number>>;
  readonly reached: Reached;
  /** The first of each signature and message, in order. */
  readonly failures: readonly BatchFailure[];
  /** Classes of those runs that are looked at, in order. */
  readonly classes: readonly number[];
  readonly pct: PctMeasure | undefined;
  /** The strategy had nothing left to try. */
  readonly exhausted: boolean;
  /** These runs are the last of their batch. */
  readonly last: boolean;
  /** What the strategy has learned in them. */
  readonly learned: Knowledge | undefined;
}

/** Which runs a batch is to make. */
export interface BatchRange {
  readonly firstRun: number;
  readonly runs: number;
  /** What the rounds before its own have learned, for strategies that learn. */
  readonly known?: Knowledge | undefined;
}

/**
 * How `runs` runs are cut into batches. Every batch begins with a strategy that knows nothing but
 * the seed, the number of its first run, and what the rounds before its own have learned
 * ({@link Rounds}). So what a batch finds is a function of those, whoever runs it, and the result
 * of them all does not depend on how many workers there are.
 */
export function* batchesOf(plan: FuzzPlan, runs: number): Generator<BatchRange> {
  let firstRun = 1;
  for (let index = 0; firstRun <= runs; index++) {
    const size = batchRunsOf(plan.strategy, index);
    yield { firstRun, runs: Math.min(size, runs + 1 - firstRun) };
    firstRun += size;
    // A search from run to run is a single batch, even where only time ends it.
    if (size === Number.POSITIVE_INFINITY) return;
  }
}

/** Batches of a learning strategy that are made side by side, knowing nothing of each other. */
export const ROUND_BATCHES = 4;
/**
 * After so many rounds a search begins to learn again: what it has learned first may have led it to
 * where there is nothing. Measured on SafeStack by feedback alone, 100,000 runs: found with 8 of 8
 * seeds instead of 3 of 5.
 */
export const ROUNDS_KNOWN = 5;

/**
 * The batches of a search, round by round. Those of a round begin with what all batches of the
 * rounds before have learned, put together in the order of their runs; the first round is a single
 * batch, because it has nothing to begin with. Of strategies that do not learn all batches are one
 * round.
 *
 * What is dealt to several searches are groups that know nothing of each other: of strategies that
 * learn all rounds up to where they begin again, of others each batch. So what comes of a batch is
 * the same as in a search that is not shared.
 */
export class Rounds {
  readonly #ranges: Iterator<BatchRange>;
  readonly #learns: boolean;
  readonly #deal: Deal | undefined;
  readonly #knownBefore: Knowledge | undefined;
  #known: Knowledge | undefined;
  #isFirst = true;
  #count = 0;
  #next: IteratorResult<BatchRange>;

  constructor(plan: FuzzPlan, runs: number) {
    this.#ranges = batchesOf(plan, runs);
    this.#learns = isLearning(plan.strategy);
    this.#deal = plan.deal;
    this.#knownBefore = plan.known;
    this.#next = this.#ranges.next();
  }

  /** The next round, once the batches of the one before have been learned from; undefined: none. */
  next(): Generator<BatchRange> | undefined {
    while (this.#learns && this.#next.done !== true && !this.#isDealt(this.#count / ROUNDS_KNOWN)) {
      for (const _left of this.#round());
    }
    return this.#next.done === true ? undefined : this.#round();
  }

  #isDealt(group: number): boolean {
    return this.#deal === undefined || Math.floor(group) % this.#deal.of === this.#deal.first;
  }

  *#round(): Generator<BatchRange> {
    if (this.#count++ % ROUNDS_KNOWN === 0) this.#known = this.#knownBefore;
    const known = this.#known;
    const size = this.#isFirst ? 1 : ROUND_BATCHES;
    this.#isFirst = false;
    for (let i = 0; this.#next.done !== true && (i < size || !this.#learns); i++) {
      if (this.#learns || this.#isDealt(i)) yield { ...this.#next.value, known };
      this.#next = this.#ranges.next();
    }
  }

  /** What a batch has learned; in the order of their runs. */
  learn(learned: Knowledge | undefined): void {
    this.#known = withKnowledge(this.#known, learned);
  }
}

/** How many of so many runs a plan makes: all, unless only a part is dealt to it. */
export function runsDealt(plan: FuzzPlan, runs: number): number {
  if (plan.deal === undefined) return runs;
  const rounds = new Rounds(plan, runs);
  let dealt = 0;
  for (let round = rounds.next(); round !== undefined; round = rounds.next()) {
    for (const range of round) {
      dealt += range.runs;
      // There is no end to them.
      if (runs === Number.POSITIVE_INFINITY) return runs;
    }
  }
  return dealt;
}

/** Makes the runs of one batch, all at once or in slices. */
export class BatchRunner {
  readonly #scenario: Scenario;
  readonly #strategy: Strategy;
  readonly #looker: Looker;
  readonly #end: number;
  readonly #endsAtFailure: boolean;
  #next: number;

  constructor(
    scenario: Scenario,
    { strategy, seed, endsAtFailure = false }: FuzzPlan,
    range: BatchRange,
  ) {
    const { firstRun, known } = range;
    this.#scenario = scenario;
    this.#strategy = makeStrategy(strategy, { seed, firstRun, known });
    this.#looker = new Looker(this.#strategy);
    this.#endsAtFailure = endsAtFailure;
    this.#next = firstRun;
    this.#end = firstRun + range.runs;
  }

  /** The next `runs` runs. Synchronous. */
  more(runs: number): Batch {
    const firstRun = this.#next;
    const failures = new Map<string, BatchFailure>();
    const classes: number[] = [];
    let steps = 0;
    let passed = 0;
    const alike: Record<string, number> = {};
    const reaching = new Reaching();
    for (; this.#next < firstRun + runs; this.#next++) {
      const run = this.#next;
      const result = attempt(this.#scenario, this.#looker.strategyOf(run));
      if (result === undefined) break;
      steps += result.steps;
      reaching.saw(result);
      const seen = this.#looker.classOf(run);
      if (seen !== undefined) classes.push(seen);
      if (result.failure === undefined) {
        passed++;
        const { alikeBy } = this.#strategy;
        if (alikeBy !== undefined) alike[alikeBy] = (alike[alikeBy] ?? 0) + 1;
        continue;
      }
      const { error: _, ...failure } = result.failure;
      const key = keyOf({ failure });
      if (failures.has(key)) continue;
      const { schedule: decisions, decisions: decisionCount } = result;
      failures.set(key, { run, decisions, decisionCount, failure, steps });
      if (!this.#endsAtFailure) continue;
      this.#next++;
      break;
    }
    return {
      firstRun,
      runs: this.#next - firstRun,
      steps,
      passed,
      alike,
      reached: reaching.reached,
      failures: [...failures.values()],
      classes,
      pct: this.#looker.measure,
      exhausted: this.#next < firstRun + runs,
      last: this.#next < firstRun + runs || this.#next >= this.#end,
      learned: this.#strategy.learned?.(),
    };
  }
}

/**
 * The batches of a fuzzing in the order of their runs, some of them in slices. Whoever has seen
 * enough stops asking.
 */
export type BatchSource = (
  scenario: Scenario,
  plan: FuzzPlan,
  runs: number,
) => AsyncIterable<Batch>;

/** Runs between two turns of the event loop. */
const SLICE_RUNS = 50;

/** All batches made in this process. */
export async function* batchesHere(
  scenario: Scenario,
  plan: FuzzPlan,
  runs: number,
): AsyncGenerator<Batch> {
  const rounds = new Rounds(plan, runs);
  for (let round = rounds.next(); round !== undefined; round = rounds.next()) {
    for (const range of round) {
      for await (const batch of batchHere(scenario, plan, range)) {
        rounds.learn(batch.learned);
        yield batch;
      }
    }
  }
}

/** One batch made in this process, in slices. */
export async function* batchHere(
  scenario: Scenario,
  plan: FuzzPlan,
  range: BatchRange,
): AsyncGenerator<Batch> {
  const runner = new BatchRunner(scenario, plan, range);
  for (let left = range.runs; left > 0; left -= SLICE_RUNS) {
    const slice = await inMacrotask(() => runner.more(Math.min(SLICE_RUNS, left)));
    yield slice;
    if (slice.exhausted) return;
  }
}

/** Slices put together, so that it cannot be told in what pieces a batch was made. */
export async function* wholeBatches(slices: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  let open: Batch | undefined;
  for await (const slice of slices) {
    open = open === undefined ? slice : joined(open, slice);
    if (!slice.last) continue;
    yield open;
    open = undefined;
  }
}

function joined(one: Batch, next: Batch): Batch {
  const known = new Set(one.failures.map(keyOf));
  const later = next.failures
    .filter((met) => !known.has(keyOf(met)))
    .map((met) => ({ ...met, steps: one.steps + met.steps }));
  return {
    ...next,
    firstRun: one.firstRun,
    runs: one.runs + next.runs,
    steps: one.steps + next.steps,
    passed: one.passed + next.passed,
    alike: addCounts(one.alike, next.alike),
    reached: joinReached(one.reached, next.reached),
    failures: [...one.failures, ...later],
    classes: [...one.classes, ...next.classes],
    learned: withKnowledge(one.learned, next.learned),
  };
}

const keyOf = ({ failure }: Pick<BatchFailure, 'failure'>): string =>
  `${failure.signature}\n${failure.message}`;

/** A failure that a batch has met, met again: with what was thrown. */
export function foundAgain(scenario: Scenario, met: BatchFailure): Found {
  const { decisions, decisionCount, run } = met;
  if (met.failure.cutAfter !== undefined) return met;
  const { failure = met.failure } = replay(scenario, decisions, 'clamp');
  return { failure, run, decisions, decisionCount };
}

/** Count a batch for a survey; batches come in the order of their runs. */
export function surveyBatch(survey: Survey, batch: Batch): void {
  survey.passed(batch.passed);
  survey.passedAlike(batch.alike);
  if (batch.passed < batch.runs) survey.failed();
  for (const seen of batch.classes) survey.saw(seen);
  survey.measured(batch.pct);
}
