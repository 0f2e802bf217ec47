/**
 * Which strategies are tried on which programs, with which seeds: what there is to be measured,
 * cell by cell of the table.
 */
import { DemotesToLowest } from './demotes-to-lowest.ts';
import { KNOWN_SPECIMENS } from './known/index.ts';
import { type FirstRuns, runsToFirst, schedulesToFirst } from './measure.ts';
import { SPECIMENS, type Specimen } from './programs.ts';
import { RACES } from './races.ts';
import type { Order } from './worker.ts';

const ALL: readonly Specimen[] = [...SPECIMENS, ...RACES, ...KNOWN_SPECIMENS];
/** The large ones last: most of the time goes on them. */
export const PROGRAMS: readonly Specimen[] = [
  ...ALL.filter(({ large }) => large !== true),
  ...ALL.filter(({ large }) => large === true),
];

export const PORTFOLIO = 'portfolio';
export const DRAWING: readonly string[] = [
  'random',
  'sticky',
  'pct:3',
  'pos',
  'urw',
  'surw',
  'feedback',
  PORTFOLIO,
];
/** They make the same runs for every seed, and so have but one. */
export const SYSTEMATIC: readonly string[] = ['dfs', 'icb', 'delay', 'dpor'];

/**
 * PCT as in the paper, and what Shuttle, Coyote and Fray make of it; they are compared on one
 * program.
 */
export const PCT = 'pct:3';
export const TO_LOWEST = 'pct:3, demoting to the lowest';
export const isNested = (program: string): boolean => program.startsWith('nested order');

/** The first run of a cell's strategy that fails. */
export function firstOf(
  { scenario }: Specimen,
  { strategy, seed, runsMax }: Pick<Order, 'strategy' | 'seed' | 'runsMax'>,
): number | undefined {
  return strategy === TO_LOWEST
    ? schedulesToFirst(scenario, new DemotesToLowest(seed, 3), runsMax)
    : runsToFirst(scenario, { strategy, seed }, runsMax);
}

/** How much is tried of a cell. */
export interface Effort {
  readonly seeds: readonly number[];
  /** Schedules of one seed; who has found nothing by then counts as if it had at the next. */
  readonly runsMax: number;
  /**
   * Schedules of all seeds together, after which no other seed is tried: the time of a whole
   * measurement would go to those that find nothing. Infinity: all seeds are tried.
   */
  readonly budget: number;
}

/** One strategy on one program. */
export class Cell {
  readonly program: string;
  readonly strategy: string;
  readonly effort: Effort;
  readonly #firsts: (number | null | undefined)[] = [];
  #given = 0;

  constructor(program: string, strategy: string, effort: Effort) {
    this.program = program;
    this.strategy = strategy;
    this.effort = effort;
  }

  /** The next seed to try, as its place; undefined if there is none now, and perhaps never. */
  next(): { readonly place: number; readonly seed: number } | undefined {
    if (this.#given >= this.#end) return undefined;
    const place = this.#given++;
    return { place, seed: this.effort.seeds[place] as number };
  }

  /**
   * Places before this one are tried: as many as those before leave the budget for, so that it does
   * not depend on who was faster.
   */
  get #end(): number {
    const { seeds, runsMax, budget } = this.effort;
    let spent = 0;
    for (let place = 0; place < seeds.length; place++) {
      const first = this.#firsts[place];
      spent += first ?? (first === null ? runsMax : 0);
      if (spent >= budget) return place + 1;
    }
    return seeds.length;
  }

  set(place: number, first: number | null): void {
    this.#firsts[place] = first;
  }

  /** Nothing is left to be tried, and everything is known. */
  get isDone(): boolean {
    return this.firsts.length === this.#end;
  }

  /** Of the seeds that are known, in their order. */
  get firsts(): FirstRuns {
    return this.#firsts.slice(0, this.#end).filter((first) => first !== undefined);
  }
}

/**
 * Whether the strategy is tried on the program at all: where there are many threads, one run of
 * `dpor` takes up to a second.
 */
export function isTried(program: Specimen, strategy: string): boolean {
  return !(strategy === 'dpor' && program.large === true);
}
