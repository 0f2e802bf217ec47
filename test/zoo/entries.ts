/**
 * Which strategies are tried on which programs, with which seeds: what there is to be measured,
 * cell by cell of the table.
 */
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { DemotesToLowest } from './demotes-to-lowest.ts';
import type { FirstRuns } from './measure.ts';
import { SPECIMENS, type Specimen } from './programs.ts';
import { RACES } from './races.ts';

const ALL: readonly Specimen[] = [...SPECIMENS, ...RACES];
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

/** The strategy of a cell. */
export function strategyOf(spec: string, seed: number): Strategy {
  return spec === TO_LOWEST ? new DemotesToLowest(seed, 3) : makeStrategy(spec, { seed });
}

/**
 * Seeds after which a strategy is given up that has found nothing with any of them: its mean is far
 * from the best by then, and the time of a whole measurement would go to finding nothing again.
 */
const SEEDS_MIN = 5;

/** One strategy on one program. */
export class Cell {
  readonly program: string;
  readonly strategy: string;
  readonly #seeds: readonly number[];
  readonly #patient: boolean;
  readonly #firsts: (number | null | undefined)[] = [];
  #given = 0;

  /** @param patient the strategy is tried with all seeds, whatever comes of them */
  constructor(program: string, strategy: string, seeds: readonly number[], patient: boolean) {
    this.program = program;
    this.strategy = strategy;
    this.#seeds = seeds;
    this.#patient = patient || seeds.length <= SEEDS_MIN;
  }

  /** The next seed to try, as its place; undefined if there is none now, and perhaps never. */
  next(): { readonly place: number; readonly seed: number } | undefined {
    if (this.#given === this.#end) return undefined;
    const place = this.#given++;
    return { place, seed: this.#seeds[place] as number };
  }

  /** Places before this one may be tried. */
  get #end(): number {
    if (this.#patient) return this.#seeds.length;
    const early = this.#firsts.slice(0, SEEDS_MIN);
    return early.some((first) => typeof first === 'number') ? this.#seeds.length : SEEDS_MIN;
  }

  set(place: number, first: number | null): void {
    this.#firsts[place] = first;
  }

  /** Nothing is left to be tried, and everything is known. */
  get isDone(): boolean {
    return this.#given === this.#end && this.firsts.length === this.#given;
  }

  /** Of the seeds that are known, in their order. */
  get firsts(): FirstRuns {
    return this.#firsts.filter((first) => first !== undefined);
  }
}

/**
 * Whether the strategy is tried on the program at all: where there are many threads, one run of
 * `dpor` takes up to a second.
 */
export function isTried(program: Specimen, strategy: string): boolean {
  return !(strategy === 'dpor' && program.large === true);
}
