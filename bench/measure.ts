/**
 * How the benchmarks measure: everything is a ratio to something else that ran in the same process
 * at the same time.
 */

/** One line of the table. */
export interface Line {
  /** What was measured, in what it is compared with: `a step / the bare resume of a generator`. */
  readonly what: string;
  readonly ratio: number;
  /** The bound; without one the line is there to be looked at. */
  readonly goal?: { readonly most: number } | { readonly least: number };
  /** Printed behind the ratio, as `MB`; default `x`. */
  readonly unit?: string;
  readonly note?: string;
}

/** One benchmark: a file of this folder, run in a process of its own. */
export interface Benchmark {
  /** One or two sentences for those who do not know heddle. */
  readonly about: string;
  run(): Line[] | Promise<Line[]>;
}

export interface Cost {
  /** Nanoseconds a unit: the quietest slice, and the median of all. */
  readonly min: number;
  readonly median: number;
}

/** Does some work and gives how many units it was. */
export type Slice = () => number;

/**
 * Run the arms in turn, slice by slice, so that noise from elsewhere meets all of them alike. The
 * quietest slice of an arm is its cost: other work on the machine only ever adds to it.
 */
export function race<Name extends string>(
  arms: Readonly<Record<Name, Slice>>,
  slices: number,
  warmups: number = slices >> 1,
): Record<Name, Cost> {
  const entries = Object.entries(arms) as [Name, Slice][];
  const times = new Map<Name, number[]>(entries.map(([name]) => [name, []]));
  for (let i = -warmups; i < slices; i++) {
    for (const [name, slice] of entries) {
      const began = process.hrtime.bigint();
      const units = slice();
      const ns = Number(process.hrtime.bigint() - began) / units;
      if (i >= 0) times.get(name)?.push(ns);
    }
  }
  const costs = {} as Record<Name, Cost>;
  for (const [name, all] of times) {
    all.sort((a, b) => a - b);
    costs[name] = { min: all[0] as number, median: all[all.length >> 1] as number };
  }
  return costs;
}

/** A line that compares two costs. */
export function compare(
  what: string,
  cost: Cost,
  against: Cost,
  goal: Line['goal'] | undefined,
): Line {
  const bound = goal === undefined ? {} : { goal };
  const note = `median ${(cost.median / against.median).toFixed(2)}; ${text(cost.min)} / ${text(against.min)}`;
  return { what, ratio: cost.min / against.min, note, ...bound };
}

/** A time in nanoseconds, readable. */
export function text(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(1)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

/** Bytes in use after a full collection, buffers included. */
export function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('start node with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
