import type { Kind, Labelled } from '../kernel/choices.ts';
import type { Failure } from '../schedule/failure.ts';
import type { Observer } from '../schedule/observer.ts';
import type { RunResult } from '../schedule/run.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { MostlyCalm } from '../schedule/strategies/mostly-calm.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import {
  type KeyedChoice,
  type LooseSchedule,
  ReplayLoosely,
  type ScheduleSegment,
} from '../schedule/strategies/replay-loosely.ts';
import type { ChoicePoint, Strategy } from '../schedule/strategy.ts';
import { attempt } from './attempt.ts';
import { Counting, type Effort } from './effort.ts';
import { Deeds, isHeaderKey, tryFew, type Vocabulary } from './few-decisions.ts';
import { tryFewest } from './fewest.ts';

/** How much {@link shrink} may spend. @since 0.1.0 */
export interface ShrinkOptions {
  /**
   * Replays spent at most; more than the default raises all other bounds as well. Default:
   * 30,000.
   */
  readonly replaysMax?: number;
  /** Whether a simpler run fails in the same way. Default: its failure has the same signature. */
  readonly isSame?: (failure: Failure) => boolean;
  /**
   * Told before each replay how many there were, and of how many decisions that are not calm the
   * simplest run consists. Default: nobody is.
   */
  readonly onReplay?: (replays: number, notCalm: number) => void;
}

/** A failure as small as {@link shrink} could make it. @since 0.1.0 */
export interface Shrunk {
  /** The smallest schedule found that fails in the same way. */
  readonly decisions: number[];
  /** How its run ended. */
  readonly result: RunResult;
  /** Replays spent on it. */
  readonly replays: number;
}

interface Failing {
  readonly decisions: readonly number[];
  readonly failure: Failure;
}

/** Of short runs; long ones end by their steps, below. */
export const REPLAYS_MAX = 30_000;
/** Of them at most by taking apart what there is: those are long where the run is. */
const TAKEN_APART_MAX = 1_000;
/**
 * And so many steps of those: a bound on time, which itself would make the search depend on the
 * machine.
 */
const TAKEN_APART_STEPS_MAX = 150_000;
/** A failure that needs no more decisions than this is understood at a glance. */
const FEW = 3;
/** Steps of the replays of all runs that have fewer decisions than those: a bound on time. */
const FEWEST_STEPS_MAX = 100_000;
/** Where many decisions are left, which is rare, much is to be gained by more of them. */
const FEWEST_OF_MANY_STEPS_MAX = 1_000_000;
/** Steps of the runs among which others are looked for that fail likewise: likewise rare. */
const OTHERS_STEPS_MAX = 300_000;
/** A run of more decisions than this is long, and others that fail are. */
const OTHERS_DECISIONS_MAX = 500;
/** Of them so many are shrunk: most come to few decisions, and each costs as the first one did. */
const OTHERS_MAX = 8;
/** Runs of more decisions than this are too many to be tried. */
const FEW_MAX = 6;
/**
 * Steps of the replays of few decisions, made from one vocabulary; they are many and short: a bound
 * on time.
 */
const FEW_STEPS_MAX = 250_000;

/**
 * Of a run of more steps than this there are so many runs of few decisions, and so few of those can
 * be tried, that to find one that fails would be luck.
 */
const LONG_STEPS = 1_000;
/** What is spent on that luck. */
const LONG_SHARE = 0.1;

/**
 * Reduce a failing schedule to the few decisions that matter. 0 is the calm alternative of every
 * decision, of the scenario's inputs and the faults too, so going towards 0 is simplification, as
 * in Hypothesis' shrinker (MacIver and Donaldson, ECOOP 2020). It works on two levels: segments of
 * moves and choices by name, of which any may be left out without the others losing their meaning,
 * and then single decisions by place. The order of schedules is {@link costOf}. A candidate counts
 * only if it fails in the same way. Where that ends with more than a few decisions, runs of few are
 * made from nothing (few-decisions.ts), and the last resort is another run that fails likewise.
 *
 * ```ts
 * const { found } = fuzz(echo, { runs: 1000, seed: 1 });
 * if (found !== undefined) console.log(shrink(echo, found).decisions);
 * ```
 *
 * @since 0.1.0
 */
export function shrink(
  scenario: Scenario,
  failing: { readonly decisions: readonly number[]; readonly failure: Failure },
  options: ShrinkOptions = {},
): Shrunk {
  const search = new Search(scenario, failing, options);
  // Nothing is simpler than the calm run.
  if (search.tryDecisions([]) || search.notCalm === 0) return search.best;
  // Where there are few replays, what may gain most for the fewest comes first.
  if (search.hasFew) truncate(search);
  shrinkHeader(search);
  shrinkToRest(search);
  if (shrinkToFew(search, scenario)) shrinkToRest(search);
  shrinkOthers(search, scenario, options);
  if (shrinkToFewest(search)) shrinkToRest(search);
  if (shrinkNumbers(search, scenario)) shrinkToRest(search);
  return search.best;
}

/** Until nothing makes it simpler any more. */
function shrinkToRest(search: Search): void {
  for (let before = -1; before !== search.improvements && search.mayGoOn; ) {
    before = search.improvements;
    shrinkLoosely(search);
    shrinkDecisions(search);
    if (before === search.improvements) dropPairs(search);
  }
}

/**
 * Without a fault, or with a simpler input, there is a whole class of decisions less: only where
 * there is much to lose.
 */
function shrinkHeader(search: Search): void {
  if (search.notCalm <= FEW_MAX || !search.nameIt()) return;
  for (let i = 0; i < search.loose.choices.length; i++) {
    const { key, choice } = search.loose.choices[i] as KeyedChoice;
    if (isHeaderKey(key) && lowered(search, i, choice) && search.loose.choices[i]?.key !== key) i--;
  }
}

/** Whether the choice at that place could be made simpler. */
function lowered(search: Search, i: number, choice: number): boolean {
  const { segments, choices } = search.loose;
  const { key } = choices[i] as KeyedChoice;
  return lowerThan(choice).some((smaller) =>
    search.tryLoosely({ segments, choices: choices.with(i, { key, choice: smaller }) }),
  );
}

/** Until it has few enough decisions, or no run of fewer can be found. Whether one was. */
function shrinkToFew(search: Search, scenario: Scenario): boolean {
  for (let found = false; ; found = true) {
    const { notCalm } = search;
    if (notCalm <= FEW) return found;
    const deeds = new Deeds(scenario, search.decisions);
    const trying = (vocabulary: Vocabulary, decisionsMax: number): boolean => {
      search.spend(FEW_STEPS_MAX);
      return tryFew(vocabulary, decisionsMax, (candidate) => search.tryOther(candidate));
    };
    const fewer =
      exchange(search, deeds) ||
      trying(deeds.done(), FEW) ||
      trying(deeds.possible(1), FEW) ||
      trying(deeds.possible(2), FEW) ||
      trying(deeds.done(), Math.min(notCalm - 1, FEW_MAX));
    if (!fewer) return found;
  }
}

/**
 * Where few decisions are left, all runs of fewer are tried, as far as they are not too many:
 * each step that takes a run apart may make it worse, and yet there is a simpler one. Whether one
 * was found.
 */
function shrinkToFewest(search: Search): boolean {
  const { notCalm } = search;
  if (notCalm <= 1) return false;
  search.grant();
  search.spend(notCalm > FEW ? FEWEST_OF_MANY_STEPS_MAX : FEWEST_STEPS_MAX);
  return tryFewest(Math.min(notCalm - 1, FEW), (candidate) => search.tryOther(candidate));
}

/**
 * Where many decisions are left, other runs that fail likewise are looked for among those that are
 * calm for the most part, and the simplest few of them shrunk: the way from this one to few
 * decisions may lead over runs that do not fail, and the way from another need not.
 */
function shrinkOthers(search: Search, scenario: Scenario, options: ShrinkOptions): void {
  if (search.notCalm <= FEW || search.decisions.length > OTHERS_DECISIONS_MAX) return;
  for (const other of search.simplestOf(new MostlyCalm(), OTHERS_STEPS_MAX, OTHERS_MAX)) {
    const its = new Search(scenario, other, { ...options, replaysMax: search.replaysLeft });
    shrinkToRest(its);
    search.takeOver(its);
    if (search.notCalm <= FEW || search.replaysLeft <= 0) return;
  }
}

/**
 * Where an input is a number that may be large, as of clients or messages, and few decisions are
 * left: what happens to the last two of many clients happens to two alone, but at other moments
 * than in the run that was taken apart, and no single step leads there. Whether a run with lower
 * numbers was found.
 */
function shrinkNumbers(search: Search, scenario: Scenario): boolean {
  const { notCalm } = search;
  if (notCalm === 0 || notCalm > FEW) return false;
  const lower = new Deeds(scenario, search.decisions).lowerNumbers();
  if (lower.inputs.length === 0) return false;
  search.grant();
  search.spend(FEW_STEPS_MAX);
  return tryFew(lower, notCalm, (candidate) => search.tryOther(candidate));
}

/** Choices of which all pairs are exchanged. */
const EXCHANGED_OF_MAX = 6;

/**
 * Another input in place of two other choices, or of all moves: one client's manner may stand for
 * the order of many events.
 */
function exchange(search: Search, deeds: Deeds): boolean {
  search.grant();
  if (!search.nameIt()) return false;
  const { segments, choices } = search.loose;
  const others = deeds.inputs().map(({ key, choice }) => {
    // The first draw of its name, and the only one.
    return { key: `${key} 1`, choice };
  });
  const withOther = (kept: readonly KeyedChoice[], moves: readonly ScheduleSegment[]): boolean =>
    others.some((other) =>
      search.tryLoosely({
        segments: moves,
        choices: [...kept.filter(({ key }) => key !== other.key), other],
      }),
    );
  if (withOther(choices, [])) return true;
  if (choices.length > EXCHANGED_OF_MAX) return false;
  const pairs = choices.flatMap((_, i) => choices.slice(i).map((_, j) => [i, i + j]));
  return pairs.some((pair) => {
    const kept = choices.filter((_, i) => !pair.includes(i));
    return withOther(kept, segments) || withOther(kept, []);
  });
}

/** The state of a search: the simplest failing run so far, and what has been spent on it. */
class Search {
  readonly #scenario: Scenario;
  readonly #isSame: (failure: Failure) => boolean;
  readonly #replaysMax: number;
  /** 1, or how many times the usual replays there are. */
  readonly #patience: number;
  readonly #onReplay: ShrinkOptions['onReplay'];
  readonly #tried = new Set<string>();
  #replays = 0;
  #loose: LooseSchedule;
  #result: RunResult;
  #decisions: number[];
  #cost: Cost;
  /** The run tried last fails in the same way, with fewer preemptions. */
  #promises = false;
  improvements = 0;
  /** Replays that take the simplest run apart, and their steps. */
  #apart = 0;
  #apartSteps = 0;
  /** Steps that may still be spent on runs that are not made from the simplest one. */
  #otherStepsLeft = 0;

  constructor(scenario: Scenario, failing: Failing, options: ShrinkOptions) {
    const { signature } = failing.failure;
    this.#scenario = scenario;
    this.#isSame = options.isSame ?? ((failure) => failure.signature === signature);
    this.#replaysMax = options.replaysMax ?? scenario.options.replaysMax ?? REPLAYS_MAX;
    this.#patience = Math.max(1, this.#replaysMax / REPLAYS_MAX);
    this.#decisions = [...failing.decisions];
    this.#replays++;
    const { result, cost } = this.#run(new Replay(this.#decisions, 'clamp'));
    this.#result = result;
    this.#cost = cost;
    this.#decisions = result.schedule;
    this.#loose = { segments: [], choices: [] };
    this.#onReplay = options.onReplay;
  }

  get mayGoOn(): boolean {
    return (
      this.#apart < TAKEN_APART_MAX * this.#patience &&
      this.#apartSteps < TAKEN_APART_STEPS_MAX * this.#patience &&
      this.#replays < this.#replaysMax
    );
  }

  /** Replays are too few for all that could be tried. */
  get hasFew(): boolean {
    return this.#replaysMax < TAKEN_APART_MAX;
  }

  get decisions(): readonly number[] {
    return this.#decisions;
  }

  /** The simplest run so far as a loose schedule. */
  get loose(): LooseSchedule {
    return this.#loose;
  }

  get best(): Shrunk {
    return { decisions: this.#decisions, result: this.#result, replays: this.#replays };
  }

  /** Decisions that are not calm. */
  get notCalm(): number {
    return this.#cost[0] as number;
  }

  /** Begin to take apart again, with all that may be spent on it. */
  grant(): void {
    this.#apart = 0;
    this.#apartSteps = 0;
  }

  /**
   * So many more steps may be spent on runs that are not made from the simplest one; fewer where
   * that is long.
   */
  spend(steps: number): void {
    const share = this.#result.steps > LONG_STEPS ? LONG_SHARE : 1;
    this.#otherStepsLeft = steps * this.#patience * share;
  }

  /**
   * Try a run that is not made from the simplest one; undefined when there have been enough of
   * those.
   */
  tryOther(strategy: Strategy): boolean | undefined {
    if (this.#otherStepsLeft <= 0 || this.#replays >= this.#replaysMax) return undefined;
    this.#replays++;
    const tried = this.#run(strategy);
    this.#otherStepsLeft -= tried.result.steps;
    return this.#accept(tried);
  }

  get replaysLeft(): number {
    return this.#replaysMax - this.#replays;
  }

  /** The simplest of the runs that fail in the same way, of as many steps as there may be. */
  simplestOf(strategy: Strategy, stepsMax: number, count: number): Failing[] {
    let simplest: Tried[] = [];
    for (let steps = 0; steps < stepsMax * this.#patience && this.replaysLeft > 0; ) {
      this.#replays++;
      const tried = this.#run(strategy);
      steps += tried.result.steps;
      if (!this.#fails(tried)) continue;
      const sorted = [...simplest, tried].sort((a, b) => (isLess(a.cost, b.cost) ? -1 : 1));
      simplest = sorted.slice(0, count);
    }
    return simplest.map(({ result }) => {
      return { decisions: result.schedule, failure: result.failure as Failure };
    });
  }

  /** What another search has spent, and what it has come to if that is simpler. */
  takeOver(other: Search): void {
    this.#replays += other.#replays;
    this.#accept({ result: other.#result, cost: other.#cost });
  }

  /** Try single decisions by place. */
  tryDecisions(candidate: readonly number[]): boolean {
    if (!this.mayGoOn || !this.#isNew(candidate.join())) return false;
    return this.#accept(this.#takenApart(new Replay(candidate, 'clamp')));
  }

  tryLoosely(candidate: LooseSchedule): boolean {
    if (!this.mayGoOn || !this.#isNew(JSON.stringify(candidate))) return false;
    const strategy = new ReplayLoosely(candidate);
    const tried = this.#takenApart(strategy, strategy);
    this.#promises = this.#fails(tried) && hasFewerPreemptions(tried.cost, this.#cost);
    if (!this.#accept(tried)) return false;
    this.#loose = strategy.happened();
    return true;
  }

  /**
   * Try it; and where the failure is still there and has fewer preemptions, but more decisions
   * that are not calm, leave out one more segment: what had to be said of the order before may
   * follow by itself now.
   */
  tryReordered(candidate: LooseSchedule): boolean {
    this.#promises = false;
    if (this.tryLoosely(candidate)) return true;
    if (!this.#promises) return false;
    const { segments, choices } = candidate;
    for (let i = segments.length - 1; i >= 0; i--) {
      if (this.tryLoosely({ segments: joined(cutOut(segments, i, 1)), choices })) return true;
    }
    return false;
  }

  /** The names of the simplest run; for the beginning of a loose pass. */
  nameIt(): boolean {
    if (!this.mayGoOn) return false;
    this.#replays++;
    const watcher = new ReplayLoosely({ segments: [], choices: [] });
    const strategy = new Replay(this.#decisions, 'clamp');
    // Choices are keyed where they are made, so the watcher has to see them although it does not
    // make them.
    const chooser = {
      name: strategy.name,
      begin: () => strategy.begin(),
      choose: (kind: Kind, arity: number, point: ChoicePoint, about?: Labelled): number =>
        watcher.follow(strategy.choose(kind, arity, point), kind, about),
      end: () => {},
    };
    attempt(this.#scenario, chooser, { observer: watcher });
    this.#loose = watcher.happened();
    return true;
  }

  /** A run made from the simplest one. */
  #takenApart(strategy: Strategy, observer?: Observer): Tried {
    const tried = this.#run(strategy, observer);
    this.#apart++;
    this.#apartSteps += tried.result.steps;
    return tried;
  }

  #run(strategy: Strategy, observer?: Observer): Tried {
    this.#onReplay?.(this.#replays, this.notCalm);
    const counting = new Counting(strategy);
    const options = { digest: true, ...(observer === undefined ? {} : { observer }) };
    const result = attempt(this.#scenario, counting, options) as RunResult;
    return { result, cost: costOf(result.schedule, counting.effort) };
  }

  #isNew(key: string): boolean {
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    this.#replays++;
    return true;
  }

  #fails({ result }: Tried): boolean {
    return result.failure !== undefined && this.#isSame(result.failure);
  }

  #accept(tried: Tried): boolean {
    const { result, cost } = tried;
    if (!this.#fails(tried) || !isLess(cost, this.#cost)) return false;
    this.#decisions = result.schedule;
    this.#result = result;
    this.#cost = cost;
    this.improvements++;
    return true;
  }
}

// ---- by name ----

/**
 * Leave out choices and segments, from large blocks to single ones; join, swap and shorten
 * segments; lower choices.
 */
function shrinkLoosely(search: Search): void {
  if (!search.nameIt()) return;
  const segments = (): readonly ScheduleSegment[] => search.loose.segments;
  const choices = (): readonly KeyedChoice[] => search.loose.choices;
  const withSegments = (changed: readonly ScheduleSegment[]): boolean =>
    search.tryLoosely({ segments: joined(changed), choices: choices() });
  const withChoices = (changed: readonly KeyedChoice[]): boolean =>
    search.tryLoosely({ segments: segments(), choices: changed });

  // Nothing but the choices, nothing but the moves: often one of them is all that matters.
  withSegments([]);
  withChoices([]);
  eachBlock(
    search,
    () => choices().length,
    (from, size) => withChoices(cutOut(choices(), from, size)),
  );
  for (let i = choices().length - 1; i >= 0 && search.mayGoOn; i--) {
    const choice = choices()[i];
    if (choice !== undefined) lowered(search, i, choice.choice);
  }
  renumber(search);
  for (let keep = 0; keep < segments().length; ) {
    // Truncate: the calm run takes over after `keep` segments.
    if (withSegments(segments().slice(0, keep))) break;
    keep = keep === 0 ? 1 : keep * 2;
  }
  eachBlock(
    search,
    () => segments().length,
    (from, size) => withSegments(cutOut(segments(), from, size)),
  );
  for (let i = segments().length - 1; i >= 0 && search.mayGoOn; i--) reshape(search, i);
}

/**
 * What happened to client#2 may as well happen to client#1, and then fewer of them are needed: give
 * all that bears one number to a lower one, and lower one of the other choices at the same time.
 */
function renumber(search: Search): void {
  const numbers = new Set<number>();
  for (const { key } of search.loose.choices) {
    for (const [, digits] of key.matchAll(/#(\d+)/g)) numbers.add(Number(digits));
  }
  for (const from of [...numbers].sort((a, b) => b - a)) {
    for (let to = 1; to < from; to++) if (renumberTo(search, from, to)) break;
  }
}

function renumberTo(search: Search, from: number, to: number): boolean {
  const pattern = new RegExp(`#${from}(?!\\d)`, 'g');
  const rename = (text: string): string => text.replace(pattern, `#${to}`);
  const { segments, choices } = search.loose;
  const renamed = new Map(choices.map(({ key, choice }) => [rename(key), choice]));
  const moved = joined(segments.map(({ who, steps }) => ({ who: rename(who), steps })));
  for (const [key, choice] of renamed) {
    for (const smaller of lowerThan(choice)) {
      const lowered = new Map(renamed).set(key, smaller);
      const candidate = [...lowered].map(([k, value]) => ({ key: k, choice: value }));
      if (search.tryLoosely({ segments: moved, choices: candidate })) return true;
    }
  }
  return false;
}

/** Segments of which all pairs are tried. */
const PAIRS_OF_MAX = 12;

/**
 * Neither of two segments can be left out alone, but both may: one undid what the other had done.
 */
function dropPairs(search: Search): void {
  if (!search.nameIt()) return;
  const { segments, choices } = search.loose;
  if (segments.length > PAIRS_OF_MAX) return;
  for (let j = segments.length - 1; j > 0; j--) {
    for (let i = j - 1; i >= 0; i--) {
      const rest = joined(segments.filter((_, at) => at !== i && at !== j));
      if (search.tryLoosely({ segments: rest, choices })) return;
    }
  }
}

/** More steps than a segment can have: its mover goes on until it cannot. */
const UNTIL_BLOCKED = 1_000_000;

/**
 * Let a segment's mover go on until it cannot, pull the segment back to the one before it of the
 * same mover, push it forward to the next, swap it, shorten it.
 */
function reshape(search: Search, i: number): void {
  const all = search.loose.segments;
  const withSegments = (changed: readonly ScheduleSegment[]): boolean =>
    search.tryReordered({ segments: joined(changed), choices: search.loose.choices });
  const segment = all[i];
  if (segment === undefined) return;
  if (withSegments(all.with(i, { who: segment.who, steps: UNTIL_BLOCKED }))) return;
  const rest = cutOut(all, i, 1);
  const isSame = (other: ScheduleSegment): boolean => other.who === segment.who;
  const earlier = all.slice(0, i).findLastIndex(isSame);
  if (earlier >= 0 && withSegments(rest.toSpliced(earlier + 1, 0, segment))) return;
  const later = all.findIndex((other, at) => at > i && isSame(other));
  if (later >= 0 && withSegments(rest.toSpliced(later - 1, 0, segment))) return;
  if (i > 0 && withSegments(rest.toSpliced(i - 1, 0, segment))) return;
  if (segment.steps > 1) {
    withSegments(all.with(i, { who: segment.who, steps: segment.steps >> 1 })) ||
      withSegments(all.with(i, { who: segment.who, steps: segment.steps - 1 }));
  }
}

/** Neighbours of the same mover are one segment. */
function joined(segments: readonly ScheduleSegment[]): ScheduleSegment[] {
  const out: ScheduleSegment[] = [];
  for (const segment of segments) {
    const last = out.at(-1);
    if (last?.who === segment.who) {
      out[out.length - 1] = { who: last.who, steps: last.steps + segment.steps };
    } else out.push(segment);
  }
  return out;
}

// ---- by place ----

/** Truncate, make calm, leave out, lower: single decisions, whatever they mean. */
function shrinkDecisions(search: Search): void {
  const now = (): readonly number[] => search.decisions;
  truncate(search);
  eachBlock(
    search,
    () => now().length,
    (from, size) => {
      const zeroed = [...now()].fill(0, from, from + size);
      return search.tryDecisions(zeroed) || search.tryDecisions(cutOut(now(), from, size));
    },
  );
  for (let i = now().length - 1; i >= 0 && search.mayGoOn; i--) {
    for (const smaller of lowerThan(now()[i] ?? 0)) {
      if (search.tryDecisions(now().with(i, smaller))) break;
    }
  }
}

/** The calm run takes over as early as can be. */
function truncate(search: Search): void {
  const now = (): readonly number[] => search.decisions;
  let low = 0;
  while (low < now().length && search.mayGoOn) {
    const middle = (low + now().length) >> 1;
    if (!search.tryDecisions(now().slice(0, middle))) low = middle + 1;
  }
}

// ---- what both use ----

/**
 * Blocks from large to small, from the end to the beginning, while there are replays left: to go
 * through many decisions takes minutes by itself.
 */
function eachBlock(
  search: Search,
  length: () => number,
  attempt: (from: number, size: number) => boolean,
): void {
  for (let size = length() >> 1 || 1; size >= 1; size >>= 1) {
    for (let from = length() - size; from >= 0 && search.mayGoOn; ) {
      from = attempt(from, size) ? Math.min(from, length() - size) : from - size;
    }
  }
}

function cutOut<T>(list: readonly T[], from: number, size: number): T[] {
  return [...list.slice(0, from), ...list.slice(from + size)];
}

/** Simpler values to try for a decision, the simplest first. */
function lowerThan(value: number): number[] {
  return [...new Set([0, 1, 2, value >> 1, value - 1])].filter((n) => n >= 0 && n < value);
}

/** In the order in which they count. */
type Cost = readonly number[];

interface Tried {
  readonly result: RunResult;
  readonly cost: Cost;
}

/**
 * What makes a schedule simpler: fewer decisions that are not calm; of as many, fewer preemptions,
 * faults and other disturbances; fewer switches, a shorter schedule, smaller decisions.
 */
function costOf(decisions: readonly number[], effort: Effort): Cost {
  const { preemptions, disturbances, notCalm, switches } = effort;
  const sum = decisions.reduce((total, decision) => total + decision, 0);
  return [notCalm, preemptions + disturbances, switches, decisions.length, sum];
}

function hasFewerPreemptions([, a = 0]: Cost, [, b = 0]: Cost): boolean {
  return a < b;
}

function isLess(a: Cost, b: Cost): boolean {
  const i = a.findIndex((cost, at) => cost !== b[at]);
  return i >= 0 && (a[i] as number) < (b[i] as number);
}
