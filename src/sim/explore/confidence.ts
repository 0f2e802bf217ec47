import { FAULT_NAMES } from '../kernel/choices.ts';
import { faultsOf, type Scenario } from '../schedule/scenario.ts';
import { InterleavingClass } from '../schedule/strategies/interleaving-class.ts';
import { Pct, type PctMeasure } from '../schedule/strategies/pct.ts';
import type { Strategy } from '../schedule/strategy.ts';
import { countText } from '../trace/report.ts';

/**
 * The classes of these first runs are all looked at, later only every so many-th: looking at one
 * doubles what its steps cost.
 */
const LOOKED_FIRST = 1_000;
const LOOKED_EVERY = 16;

/** A bound on what is missed says nothing above this. */
const MISSED_SHARE_TELLING = 0.9;

/** What follows from runs that all passed, and no more. @since 0.1.0 */
export interface Confidence {
  /** Runs that passed. */
  readonly runs: number;
  /** Name of the strategy that made the runs. */
  readonly strategy: string;
  /**
   * A further run of the same kind fails with a probability below this, with 95 % confidence: the
   * rule of three (Hanley and Lippman-Hand, JAMA 1983). Undefined where runs are not drawn alike.
   */
  readonly failureRateMax: number | undefined;
  /**
   * Where runs are not all drawn alike: the same of those among them that one strategy has drawn
   * alike, the most first.
   */
  readonly alike: readonly AlikeRuns[];
  /** What PCT promises; undefined for other strategies. */
  readonly pct: PctBound | undefined;
  /** How many interleavings were really different. */
  readonly classes: ClassesSeen;
  /** In what the runs differed; undefined where it is not known whose runs they are. */
  readonly varied: Varied | undefined;
}

/** Runs that passed, of one strategy that draws them alike, among those of others. */
export interface AlikeRuns {
  readonly strategy: string;
  readonly runs: number;
  /** As {@link Confidence.failureRateMax}, of a further run by this strategy. */
  readonly failureRateMax: number;
}

/** What differs in the schedules that a search draws, and what is the same in all of them. */
export interface Varied {
  readonly varied: readonly string[];
  readonly fixed: readonly string[];
}

function variedIn(scenario: Scenario): Varied {
  const { network = {} } = scenario.options;
  const faults = faultsOf(scenario);
  const all = { varied: ['who moves', 'random numbers and inputs'], fixed: [] as string[] };
  const sort = (varies: boolean, what: string): unknown =>
    (varies ? all.varied : all.fixed).push(what);
  sort(network.mode !== 'loopback', 'when and in what pieces bytes arrive');
  sort((network.latencyMsMax ?? 0) > (network.latencyMsMin ?? 0), 'latencies');
  const without = FAULT_NAMES.filter((name) => !faults.includes(name));
  if (faults.length > 0) sort(true, `faults: ${faults.join(', ')}`);
  if (without.length > 0) sort(false, `no fault of: ${without.join(', ')}`);
  return all;
}

/**
 * The guarantee of PCT: a mistake of this depth that an order of events alone brings out shows in a
 * run at least this often.
 *
 * @since 0.1.0
 */
export interface PctBound extends PctMeasure {
  /** 1 / (n · k^(d - 1)). */
  readonly probabilityMin: number;
  /** How likely all runs were to miss such a mistake, at most. */
  readonly missedMax: number;
}

/**
 * Classes of interleavings (see InterleavingClass) among the runs that were looked at.
 *
 * @since 0.1.0
 */
export interface ClassesSeen {
  /** Runs whose class was looked at. */
  readonly looked: number;
  /** Different classes among them. */
  readonly distinct: number;
  /**
   * Of the last tenth of the runs looked at: how many there are, and how many showed a class that
   * none before had.
   */
  readonly lastTenth: number;
  /** Of {@link lastTenth}, the runs with a new class. */
  readonly newInLastTenth: number;
}

/** Whether the class of a run is looked at; runs are numbered from 1. */
export function isLookedAt(run: number): boolean {
  return run <= LOOKED_FIRST || run % LOOKED_EVERY === 0;
}

/** What has to be known of the strategy whose runs are surveyed. */
type SurveyedStrategy = Pick<Strategy, 'name' | 'drawsAlike'>;

/** Gathers what runs say, in the order of their numbers. @since 0.1.0 */
export class Survey {
  readonly #strategy: SurveyedStrategy;
  readonly #varied: Varied | undefined;
  #runs = 0;
  readonly #classes = new Set<number>();

  #looked = 0;
  /** At which of the runs looked at a new class showed. */
  readonly #newAt: number[] = [];
  #pct: PctMeasure | undefined;
  #failed = false;
  /** Runs that passed, by the strategy that has drawn them alike. */
  readonly #alike = new Map<string, number>();

  /**
   * @param strategy whose runs they are
   * @param scenario of what; default: nothing is said of what was varied
   */
  constructor(strategy: SurveyedStrategy, scenario?: Scenario) {
    this.#strategy = strategy;
    // Systematic search keeps more of it fixed, and says itself what.
    const isKnown = scenario !== undefined && strategy.drawsAlike !== undefined;
    this.#varied = isKnown ? variedIn(scenario) : undefined;
  }

  /** Classes of interleavings that were met so far. */
  get classes(): number {
    return this.#classes.size;
  }

  /** `runs` more runs have passed. */
  passed(runs: number): void {
    this.#runs += runs;
  }

  /** So many of them were drawn alike, by these strategies. */
  passedAlike(alike: Readonly<Record<string, number>>): void {
    for (const [strategy, runs] of Object.entries(alike)) {
      this.#alike.set(strategy, (this.#alike.get(strategy) ?? 0) + runs);
    }
  }

  /** A run has failed: from now on nothing follows from those that passed. */
  failed(): void {
    this.#failed = true;
  }

  /** The class of a run; undefined if it was not looked at. */
  saw(fingerprint: number | undefined): void {
    if (fingerprint === undefined) return;
    const before = this.#classes.size;
    if (this.#classes.add(fingerprint).size > before) this.#newAt.push(this.#looked);
    this.#looked++;
  }

  /** What PCT has measured in runs that are counted here. */
  measured(measure: PctMeasure | undefined): void {
    if (measure === undefined) return;
    const { movers, steps } = this.#pct ?? measure;
    this.#pct = {
      depth: measure.depth,
      movers: Math.max(movers, measure.movers),
      steps: Math.max(steps, measure.steps),
    };
  }

  /** Undefined if a run has failed, or none was made. */
  get confidence(): Confidence | undefined {
    if (this.#failed || this.#runs === 0) return undefined;
    const lastTenth = Math.ceil(this.#looked / 10);
    const from = this.#looked - lastTenth;
    const { name, drawsAlike = false } = this.#strategy;
    return {
      runs: this.#runs,
      strategy: name,
      failureRateMax: drawsAlike ? failureRateMaxOf(this.#runs) : undefined,
      alike: [...this.#alike]
        .map(([strategy, runs]) => ({ strategy, runs, failureRateMax: failureRateMaxOf(runs) }))
        .sort((a, b) => b.runs - a.runs),
      pct: this.#pct === undefined ? undefined : boundOf(this.#pct, this.#runs),
      classes: {
        looked: this.#looked,
        distinct: this.#classes.size,
        lastTenth,
        newInLastTenth: this.#newAt.filter((at) => at >= from).length,
      },
      varied: this.#varied,
    };
  }
}

/** The rule of three. */
const failureRateMaxOf = (runs: number): number => Math.min(1, 3 / runs);

function boundOf(measure: PctMeasure, runs: number): PctBound {
  const { depth, movers, steps } = measure;
  const probabilityMin = 1 / (movers * steps ** (depth - 1));
  return { ...measure, probabilityMin, missedMax: (1 - probabilityMin) ** runs };
}

/** A strategy whose runs are looked at as a survey wants it. */
export class Looker {
  readonly #strategy: Strategy;
  readonly #watched: InterleavingClass;

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
    this.#watched = new InterleavingClass(strategy);
  }

  /** Who makes the decisions of run `run`. */
  strategyOf(run: number): Strategy {
    return isLookedAt(run) ? this.#watched : this.#strategy;
  }

  /** The class of the run that was made last, if it was looked at. */
  classOf(run: number): number | undefined {
    return isLookedAt(run) ? this.#watched.fingerprint : undefined;
  }

  get measure(): PctMeasure | undefined {
    return this.#strategy instanceof Pct ? this.#strategy.measure : undefined;
  }
}

/** What passing runs mean, a sentence each. @since 0.1.0 */
export function confidenceText(confidence: Confidence): string[] {
  const { runs, strategy, failureRateMax, alike, pct, classes, varied } = confidence;
  const count = countText(runs);
  const lines: string[] = [];
  if (failureRateMax !== undefined) {
    lines.push(
      `${count} runs by ${strategy} passed: a further one fails with a probability below ${percentText(failureRateMax)} (95 % confidence)`,
    );
  } else {
    lines.push(`${count} runs by ${strategy} passed; ${alikeText(alike)}`);
  }
  if (pct !== undefined) {
    const { depth, movers, steps, probabilityMin, missedMax } = pct;
    const missed =
      missedMax > MISSED_SHARE_TELLING
        ? `${count} runs say little about it`
        : `${count} runs miss it in at most ${percentText(missedMax)} of all cases`;
    lines.push(
      `a mistake of depth ${depth} that only an order of events brings out shows in a run with a probability of at least 1/(${movers}·${steps}^${depth - 1}) = 1/${countText(1 / probabilityMin)}: ${missed}`,
    );
  }
  if (varied !== undefined) {
    const fixed =
      varied.fixed.length === 0 ? '' : `; the same in all of them: ${varied.fixed.join('; ')}`;
    const isBounded = failureRateMax !== undefined || isTelling(alike);
    const head = isBounded
      ? 'it holds for the schedules that this search draws, in which vary'
      : 'what varied in them';
    lines.push(`${head}: ${varied.varied.join('; ')}${fixed}`);
  }
  if (classes.looked > 0) lines.push(classesText(classes));
  return lines;
}

/** Fewer than four runs bound nothing. */
const isTelling = ([most]: readonly AlikeRuns[]): boolean =>
  most !== undefined && most.failureRateMax < 1;

/**
 * What follows where runs were made by several strategies, or learned from each other. However many
 * of them one strategy has come to make: the first of its runs are drawn alike, and the rule of
 * three holds for each number of them.
 */
function alikeText(alike: readonly AlikeRuns[]): string {
  const [most] = alike;
  if (most === undefined || !isTelling(alike)) {
    return 'they are not drawn alike, so nothing follows for the next one';
  }
  return `nothing follows for the next one, but ${countText(most.runs)} of them were drawn alike, by ${most.strategy}: a further one of those fails with a probability below ${percentText(most.failureRateMax)} (95 % confidence)`;
}

function classesText({ looked, distinct, lastTenth, newInLastTenth }: ClassesSeen): string {
  const of = `${countText(distinct)} class${distinct === 1 ? '' : 'es'} of interleavings in ${countText(looked)} runs`;
  const last = `${countText(newInLastTenth)} of the last ${countText(lastTenth)} showed a new one`;
  return `${of}; ${last}`;
}

/** Rounded up to two digits: what is said holds. */
function percentText(share: number): string {
  const percent = share * 100;
  if (percent >= 99) return `${Math.min(100, Math.ceil(percent * 10) / 10)} %`;
  const unit = 10 ** (Math.floor(Math.log10(percent)) - 1);
  return `${Number((Math.ceil(percent / unit) * unit).toPrecision(2))} %`;
}
