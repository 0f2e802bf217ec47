/** What a part of `npm run endure` is given, and what it gives back. */
import type { Random } from '../../src/sim/schedule/random.ts';

export interface Share {
  readonly random: Random;
  /** Ends the part; at least one round is made whatever it says. */
  readonly isOver: (tried: number) => boolean;
  /** A folder of its own. */
  readonly folder: string;
  /** What is tried now, so that it is known if nothing is heard of it again. */
  readonly trying: (what: string) => void;
}

/** What must never be, by kind: each kind has a count in the last line. */
export const KINDS = [
  'mismatch',
  'abort',
  'hang',
  'lost failure',
  'leaked descriptor',
  'escape',
  'memory',
  'error of heddle',
] as const;

/** One thing that must never be, with what it takes to see it again. */
export interface Wrong {
  readonly kind: (typeof KINDS)[number];
  readonly what: string;
}

/** One row of the table. */
export interface Figures {
  readonly tried: number;
  /** What came of them: a count for each outcome. */
  readonly came: Readonly<Record<string, number>>;
  readonly wrong: readonly Wrong[];
}

export interface Part {
  readonly name: string;
  /** Of the time, in hundredths, where there is a limit. */
  readonly share: number;
  /** So many are tried where there is none. */
  readonly goal: number;
  /** Processes among which the goal is divided. */
  readonly pieces: number;
  /**
   * How many MiB more than after its first tries the process may take at its peak. Default: 200,
   * which is what no file, argument or schedule may cost by itself.
   */
  readonly memoryMiBMax?: number;
  readonly run: (share: Share) => Promise<Figures>;
}

/** Collects what comes of the tries. */
export class Tally {
  readonly came: Record<string, number> = {};
  readonly wrong: Wrong[] = [];
  tried = 0;

  add(what: string, count = 1): void {
    this.came[what] = (this.came[what] ?? 0) + count;
  }

  bad(kind: Wrong['kind'], what: string): void {
    this.wrong.push({ kind, what });
  }

  get figures(): Figures {
    return { tried: this.tried, came: this.came, wrong: this.wrong };
  }
}

/** An error in a line, for the list of what was wrong. */
export function line(error: unknown): string {
  const { name, message, stack } = error as Error;
  const at = /\n\s+at ([^\n]*)/.exec(stack ?? '')?.[1] ?? '';
  return `${name}: ${String(message).slice(0, 200)} ${at}`;
}
