/** What a part of `npm run endure` is given, and what it gives back. */
import type { Random } from '../../src/sim/schedule/random.ts';

export interface Share {
  readonly random: Random;
  /** Ends the part; at least one round is made whatever it says. */
  readonly isOver: () => boolean;
  /** A folder of its own. */
  readonly folder: string;
}

/** One row of the table. */
export interface Figures {
  readonly what: string;
  readonly tried: number;
  /** What came of them, in words. */
  readonly came: string;
  /** What must never be: each with what it takes to see it again. */
  readonly wrong: readonly string[];
}

export interface Part {
  readonly name: string;
  /** Of the time, in hundredths. */
  readonly share: number;
  readonly run: (share: Share) => Promise<Figures>;
}

/** Counts by name, as text: `12 passed, 3 refused`. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  toString(): string {
    return [...this.#counts].map(([what, count]) => `${count} ${what}`).join(', ');
  }
}

/** An error in a line, for the list of what was wrong. */
export function line(error: unknown): string {
  const { name, message, stack } = error as Error;
  const at = /\n\s+at ([^\n]*)/.exec(stack ?? '')?.[1] ?? '';
  return `${name}: ${String(message).slice(0, 200)} ${at}`;
}
