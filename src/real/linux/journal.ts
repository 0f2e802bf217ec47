import { Departure } from '../../sim/schedule/departure.ts';

/**
 * All that a run on Linux hears from outside goes through here, in order: answers of libc, readings
 * of the clock, names and numbers that were drawn. Who is told the same again does the same again,
 * so a journal is a recording of the run, and its replay needs neither Linux nor a socket.
 */
export interface Journal {
  /**
   * @param what its name, by which a replay notices that something else is asked
   * @param ask what gives it; plain JSON
   * @param given a hash of what it is asked with
   */
  told<Told>(what: string, ask: () => Told, given?: number): Told;
  /**
   * What somebody wants to know who only watches: it has no place in the order, and a replay that
   * is watched by others, or by nobody, is the same run.
   */
  aside<Told>(about: string, ask: () => Told, otherwise: Told): Told;
}

/** Nothing is kept. */
export const NO_JOURNAL: Journal = { told: (_, ask) => ask(), aside: (_, ask) => ask() };

/** What was told. */
export interface JournalPages {
  /** Names of what was asked, each once. */
  readonly names: readonly string[];
  /** Each time: the name's index, a hash of what was given, and what was told. */
  readonly told: readonly (readonly [name: number, given: number, told: unknown])[];
  /** What watchers were told, and behind how many of the others it was so. */
  readonly asides: Readonly<Record<string, readonly (readonly [behind: number, told: unknown])[]>>;
}

/** Keeps what is told. */
export class JournalWriter implements Journal {
  readonly #names = new Map<string, number>();
  readonly #told: [number, number, unknown][] = [];
  readonly #asides = new Map<string, [number, unknown][]>();
  #isAside = false;

  told<Told>(what: string, ask: () => Told, given = 0): Told {
    const told = ask();
    if (this.#isAside) return told;
    let name = this.#names.get(what);
    if (name === undefined) {
      name = this.#names.size;
      this.#names.set(what, name);
    }
    this.#told.push([name, given, told]);
    return told;
  }

  aside<Told>(about: string, ask: () => Told): Told {
    this.#isAside = true;
    let told: Told;
    try {
      told = ask();
    } finally {
      this.#isAside = false;
    }
    const known = this.#asides.get(about) ?? [];
    this.#asides.set(about, known);
    if (JSON.stringify(known.at(-1)?.[1]) !== JSON.stringify(told)) {
      known.push([this.#told.length, told]);
    }
    return told;
  }

  get pages(): JournalPages {
    const [names, told] = [[...this.#names.keys()], [...this.#told]];
    return { names, told, asides: Object.fromEntries(this.#asides) };
  }
}

const ENDS = 'the run ends';

/** Tells the same again, and asks nobody. */
export class JournalReader implements Journal {
  readonly #pages: JournalPages;
  readonly #step: () => number;
  #at = 0;
  /** Where the run has asked for something else; whatever becomes of it then is not its doing. */
  departure: Departure | undefined;

  /** @param step which step of the run it is now */
  constructor(pages: JournalPages, step: () => number) {
    this.#pages = pages;
    this.#step = step;
  }

  told<Told>(what: string, _: () => Told, given = 0): Told {
    const next = this.#next;
    const [, wasGiven, told] = this.#pages.told[this.#at] ?? [];
    if (this.departure === undefined && next === what && given === wasGiven) {
      this.#at++;
      return told as Told;
    }
    this.depart(next ?? ENDS, next === what ? `${what}, with something else` : what);
  }

  /** The run is over: everything has to have been asked for by now. */
  end(): void {
    if (this.departure !== undefined) throw this.departure;
    if (this.#next !== undefined) this.depart(this.#next, ENDS);
  }

  /** The first departure is the one that counts. */
  depart(expected: string, found: string): never {
    this.departure ??= new Departure({ step: this.#step() + 1, expected, found });
    throw this.departure;
  }

  /** As it was at this time; else as it was first; else as if there were nothing to say. */
  aside<Told>(about: string, _: () => Told, otherwise: Told): Told {
    const known = Object.hasOwn(this.#pages.asides, about) ? this.#pages.asides[about] : undefined;
    const told = known?.findLast(([behind]) => behind <= this.#at) ?? known?.[0];
    return told === undefined ? otherwise : (told[1] as Told);
  }

  /** What has to be asked next; undefined: nothing more. */
  get #next(): string | undefined {
    const entry = this.#pages.told[this.#at];
    return entry && this.#pages.names[entry[0]];
  }
}
