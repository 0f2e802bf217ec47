// few-decisions.ts — runs that differ from the calm one in few decisions, made from nothing.
//
// Context bounding (Musuvathi and Qadeer, PLDI 2007) with deviations from calm instead of
// preemptions: most failures need few. Departs from the paper: the bound is on all kinds of
// decision, and what is tried is what a failing run did — its inputs and faults by name, its other
// kinds of decision at any place — or what it might have done with one of its clients. Shrinking
// takes a failing run apart step by step, and may come to a rest where no single step helps; what
// is tried here is made from nothing, and does not depend on the way there.

import { KIND, KIND_NAMES, type Kind, type Labelled } from '../kernel/choices.ts';
import type { Scenario } from '../schedule/scenario.ts';
import { Replay } from '../schedule/strategies/replay.ts';
import type { KeyedChoice } from '../schedule/strategies/replay-loosely.ts';
import type { ChoicePoint, Strategy } from '../schedule/strategy.ts';
import { attempt } from './attempt.ts';

/** Where one has a number, so many of its kind are believed to be there. */
const KIN_MIN = 2;

/** Values to try for one decision: the first few, and the last. */
const VALUES_MAX = 4;
/**
 * An input of so few values is a list of kinds, such as manners and messages, and all of them are
 * tried.
 */
const KINDS_MAX = 16;

/** What a failing run did, to be tried again in part. */
export interface Vocabulary {
  /** Faults that were active, and inputs of the scenario, by what they are about. */
  readonly faults: readonly KeyedChoice[];
  readonly inputs: readonly KeyedChoice[];
  /** Kinds of the other decisions that were not calm. */
  readonly kinds: ReadonlySet<Kind>;
}

/** Whether a decision is about what the run is given, rather than what happens in it. */
const HEADERS: readonly Kind[] = [KIND.swarm, KIND.input, KIND.chance];
const isHeader = (kind: Kind): boolean => HEADERS.includes(kind);

/** Alternatives that were taken, of each choice by its name. */
export const isHeaderKey = (key: string): boolean =>
  HEADERS.some((kind) => key.startsWith(KIND_NAMES[kind] as string));

const headerKey = (kind: Kind, about: Labelled | undefined): string =>
  `${KIND_NAMES[kind]} ${about?.label() ?? ''}`;

interface Point {
  readonly kind: Kind;
  readonly arity: number;
}

/** Inputs and faults by name, a few other decisions by place, and calm everywhere else. */
class FewDecisions implements Strategy {
  readonly name = 'few decisions';
  /** The decisions by place, as they came. */
  readonly points: Point[] = [];
  readonly #header: ReadonlyMap<string, number>;
  readonly #places: ReadonlyMap<number, number>;

  constructor(header: readonly KeyedChoice[], places: ReadonlyMap<number, number>) {
    this.#header = new Map(header.map(({ key, choice }) => [key, choice]));
    this.#places = places;
  }

  begin(): boolean {
    return true;
  }

  choose(kind: Kind, arity: number, _point: ChoicePoint, about?: Labelled): number {
    if (isHeader(kind)) {
      return Math.min(this.#header.get(headerKey(kind, about)) ?? 0, arity - 1);
    }
    const choice = this.#places.get(this.points.length) ?? 0;
    this.points.push({ kind, arity });
    return Math.min(choice, arity - 1);
  }

  end(): void {}
}

/** Runs a candidate: true when it is what was looked for, undefined when no more may be tried. */
export type Try = (candidate: Strategy) => boolean | undefined;

/**
 * What a candidate is made of: how many inputs, how many faults (each active and fired once), how
 * many other decisions.
 */
interface Mixture {
  readonly inputs: number;
  readonly faults: number;
  readonly others: number;
}

/**
 * Guesses at the alternatives there are for a fault to fire, and for any other decision; only the
 * order that they make matters.
 */
const WAYS_OF_FAULT = 30;
const WAYS = 200;
/** Two that strike together are as many as real mistakes have needed; three are too many to try. */
const FAULTS_MAX = 2;
/** Likewise of what arrives in pieces, late, or in another order. */
const OTHERS_MAX = 2;
/**
 * A second decision of no fault is tried only so close behind the first: what goes wrong together
 * is close together.
 */
const WINDOW = 16;

/** All mixtures of up to `decisionsMax` decisions, those with the fewest runs first. */
function mixtures({ faults: known, inputs: given }: Vocabulary, decisionsMax: number): Mixture[] {
  const all: Mixture[] = [];
  for (let faults = 0; faults <= FAULTS_MAX; faults++) {
    for (let others = 0; others <= OTHERS_MAX; others++) {
      for (let inputs = 0; inputs + 2 * faults + others <= decisionsMax; inputs++) {
        all.push({ inputs, faults, others });
      }
    }
  }
  const runs = ({ faults, inputs, others }: Mixture): number =>
    ways(known.length, faults) *
    ways(given.length, inputs) *
    WAYS_OF_FAULT ** faults *
    WAYS ** others;
  return all.sort((a, b) => runs(a) - runs(b));
}

/** How many ways there are to take `size` of `count`. */
function ways(count: number, size: number): number {
  let product = 1;
  for (let i = 0; i < size; i++) product = (product * (count - i)) / (i + 1);
  return product;
}

/**
 * Try the runs with up to `decisionsMax` decisions that are not calm, mixture by mixture, until one
 * is what was looked for or no more may be tried.
 */
export function tryFew(vocabulary: Vocabulary, decisionsMax: number, tryIt: Try): boolean {
  for (const { inputs, faults, others } of mixtures(vocabulary, decisionsMax)) {
    for (const active of subsets(vocabulary.faults, faults)) {
      for (const given of subsets(vocabulary.inputs, inputs)) {
        if (new Set(given.map(({ key }) => key)).size < inputs) continue;
        const search = new Search([...active, ...given], vocabulary.kinds, tryIt);
        const found = search.explore(faults + others);
        if (found !== false) return found === true;
      }
    }
  }
  return false;
}

/** All ways to take `size` of the list, in its order. */
function* subsets<T>(list: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) yield [];
  else {
    for (let i = from; i <= list.length - size; i++) {
      for (const rest of subsets(list, size - 1, i + 1)) yield [list[i] as T, ...rest];
    }
  }
}

class Search {
  readonly #header: readonly KeyedChoice[];
  readonly #kinds: ReadonlySet<Kind>;
  readonly #try: Try;
  /** Faults that are active: one that never fires might as well not be. */
  readonly #faults: readonly string[];

  constructor(header: readonly KeyedChoice[], kinds: ReadonlySet<Kind>, tryIt: Try) {
    this.#header = header;
    this.#kinds = kinds;
    this.#try = tryIt;
    this.#faults = header.flatMap(({ key }) => (key.startsWith(SWARM) ? [faultOf(key)] : []));
  }

  /** All runs with so many decisions besides the header's. */
  explore(decisions: number): boolean | undefined {
    return this.#explore(new Map(), 0, decisions, this.#faults);
  }

  #explore(
    places: ReadonlyMap<number, number>,
    from: number,
    left: number,
    idle: readonly string[],
  ): boolean | undefined {
    if (idle.length > left) return false;
    const candidate = new FewDecisions(this.#header, places);
    const found = this.#try(candidate);
    if (found !== false || left === 0) return found;
    const { points } = candidate;
    const near = places.size > 0 && idle.length < left;
    const end = near ? Math.min(from + WINDOW, points.length) : points.length;
    for (let place = from; place < end; place++) {
      const { kind, arity } = points[place] as Point;
      const name = KIND_NAMES[kind] as string;
      if (!this.#kinds.has(kind) || (idle.length === left && !idle.includes(name))) continue;
      const stillIdle = idle.filter((fault) => fault !== name);
      for (const value of valuesBelow(arity)) {
        const deeper = new Map(places).set(place, value);
        const below = this.#explore(deeper, place + 1, left - 1, stillIdle);
        if (below !== false) return below;
      }
    }
    return false;
  }
}

const SWARM = `${KIND_NAMES[KIND.swarm]} fault `;

const faultOf = (key: string): string => key.slice(SWARM.length);

function valuesBelow(arity: number): number[] {
  const values: number[] = [];
  for (let value = 1; value < arity && value < VALUES_MAX; value++) values.push(value);
  if (arity > VALUES_MAX) values.push(arity - 1);
  return values;
}

/** What a failing run did, and what it was asked. */
export class Deeds {
  /** Faults and inputs that were not calm. */
  readonly #header: KeyedChoice[] = [];
  /** How many alternatives there were for each fault and input. */
  readonly #arities = new Map<string, number>();
  // Another order of events and another cut are always possible.
  readonly #kinds = new Set<Kind>([KIND.step, KIND.deliver]);

  constructor(scenario: Scenario, decisions: readonly number[]) {
    const replay = new Replay(decisions, 'clamp');
    attempt(scenario, {
      name: replay.name,
      begin: () => replay.begin(),
      choose: (kind, arity, point, about) => {
        const choice = replay.choose(kind, arity, point);
        if (!isHeader(kind)) {
          if (choice > 0) this.#kinds.add(kind);
          return choice;
        }
        const key = headerKey(kind, about);
        this.#arities.set(key, Math.max(arity, this.#arities.get(key) ?? 0));
        if (choice > 0) this.#header.push({ key, choice });
        return choice;
      },
      end: () => {},
    });
  }

  /**
   * What was not calm. What was done to one of several of a kind may as well be done to another.
   */
  done(): Vocabulary {
    const given = new Map<string, KeyedChoice>();
    for (const { key, choice } of this.#header) {
      for (const name of renumbered(key)) given.set(`${name} ${choice}`, { key: name, choice });
    }
    const all = [...given.values()];
    return {
      faults: all.filter(({ key }) => key.startsWith(SWARM)),
      inputs: all.filter(({ key }) => !key.startsWith(SWARM)),
      kinds: this.#kinds,
    };
  }

  /**
   * What was done, with any other inputs that are about nobody or about number `number` of several
   * of a kind: one client that behaves in a way that did not occur may stand for much that did.
   */
  possible(number: number): Vocabulary {
    const { faults, kinds } = this.done();
    return { faults, kinds, inputs: this.inputs([undefined, number]) };
  }

  /** What was done, with the least of what is less in place of every input that is a number. */
  lowerNumbers(): Vocabulary {
    const { faults, kinds } = this.done();
    const inputs = this.#header.flatMap(({ key, choice }) =>
      !key.startsWith(SWARM) && (this.#arities.get(key) ?? 0) > KINDS_MAX
        ? valuesBelow(Math.min(choice, VALUES_MAX)).map((value) => ({ key, choice: value }))
        : [],
    );
    return { faults, kinds, inputs };
  }

  /**
   * Every value of every input; of those only that are about one of these numbers, or, being
   * undefined, about nobody.
   */
  inputs(numbers?: readonly (number | undefined)[]): KeyedChoice[] {
    const given: KeyedChoice[] = [];
    for (const [key, arity] of this.#arities) {
      if (key.startsWith(SWARM) || numbers?.includes(numberOf(key)) === false) continue;
      const values = arity <= KINDS_MAX ? allBelow(arity) : valuesBelow(arity);
      for (const choice of values) given.push({ key, choice });
    }
    return given;
  }
}

const allBelow = (arity: number): number[] => Array.from({ length: arity - 1 }, (_, i) => i + 1);

/** The 2 of `manner of client#2`. */
function numberOf(key: string): number | undefined {
  const digits = /#(\d+)/.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A choice, known by being the first, the second, … of its kind. */
function renumbered(key: string): string[] {
  const number = numberOf(key);
  if (number === undefined) return [key];
  const size = Math.max(number, KIN_MIN);
  return Array.from({ length: size }, (_, i) => key.replace(/#\d+/, `#${i + 1}`));
}
