/**
 * A run that is debugged: how far it has come, how far it is to go, and what stops it, in each
 * realm in which its code runs. Of those only one runs at a time, so that numbers in memory which
 * they share are enough.
 */

/** Each realm of the run is asked through this global object of its own. */
export const CONTROL = 'heddleDebug';

/** And answers by calling this global function, a binding of its inspector. */
export const TELL = 'heddleTell';

/** A breakpoint of the user's was passed. */
export interface Hit {
  readonly breakpoint: string;
  /** What the programs had asked for until then. */
  readonly asks: number;
  /** The how-manieth time since the last of that this breakpoint was passed, from 1. */
  readonly time: number;
  /** The id of the task whose code it was; null for the scenario's own. */
  readonly task: number | null;
}

/** How far a run is to go: to what is asked for, to a breakpoint, or else to its end. */
export interface Goal {
  /** Stop where this, counted from 1, is asked for; 0 for none. */
  readonly ask: number;
  /** Stop at every breakpoint, at none, or at the how-manieth that is passed, from 1. */
  readonly hit: 'every' | 'none' | number;
  /** The user has seen already what is printed on the way. */
  readonly isSilent: boolean;
}

/** What a realm tells of where it is. */
export type Passed =
  | { readonly what: 'asks'; readonly ask: number }
  | { readonly what: 'hit'; readonly hit: Hit; readonly stops: boolean };

/** The binding is there once the adapter is. */
export function tell(told: object): void {
  const binding = Reflect.get(globalThis, TELL) as (text: string) => void;
  binding(JSON.stringify(told));
}

const RUNS = 0;
const ASKS = 1;
const HITS = 2;
const GOAL_ASK = 3;
const GOAL_HIT = 4;
const SILENT = 5;
const ASIDE = 6;
const TASK = 7;
const FIELDS = 8;
const EVERY = -1;

export function makeBoard(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIELDS * Int32Array.BYTES_PER_ELEMENT);
}

/** In a realm: asked at whatever its code asks for, and at each breakpoint. */
export class DebugControl {
  readonly #board: Int32Array;
  /** How often each breakpoint has been passed since what was asked for last. */
  readonly #times = new Map<string, number>();
  #timesSince = 0;

  constructor(board: SharedArrayBuffer) {
    this.#board = new Int32Array(board);
  }

  /** A run begins. */
  begin(goal: Goal): void {
    this.#board.fill(0);
    this.#times.clear();
    this.#board[RUNS] = 1;
    this.aim(goal);
  }

  /** On to there. */
  aim({ ask, hit, isSilent }: Goal): void {
    this.#board[GOAL_ASK] = ask;
    this.#board[GOAL_HIT] = hit === 'every' ? EVERY : hit === 'none' ? 0 : hit;
    this.#board[SILENT] = Number(isSilent);
  }

  end(): void {
    this.#board[RUNS] = 0;
    this.#board[SILENT] = 0;
  }

  /** Nothing that is printed is told. */
  get isSilent(): boolean {
    return this.#board[SILENT] === 1;
  }

  set isSilent(silent: boolean) {
    this.#board[SILENT] = Number(silent);
  }

  /** What is evaluated in a stopped run is no part of it. */
  set isAside(aside: boolean) {
    this.#board[ASIDE] = Number(aside);
  }

  /** The id of the task whose code runs; null for the scenario's own. */
  get task(): number | null {
    return this.#board[TASK] || null;
  }

  set task(id: number | null) {
    this.#board[TASK] = id ?? 0;
  }

  /** How far it has come, and in whose code it is. */
  get standpoint(): Pick<Hit, 'asks' | 'task'> {
    return { asks: this.#board[ASKS] as number, task: this.task };
  }

  get #counts(): boolean {
    return this.#board[RUNS] === 1 && this.#board[ASIDE] === 0;
  }

  /**
   * The user's code, on the stack, asks for something. Gives its number, from 1; 0 where that is no
   * part of a run.
   */
  asks(): number {
    if (!this.#counts) return 0;
    const board = this.#board;
    const ask = (board[ASKS] as number) + 1;
    board[ASKS] = ask;
    if (ask === board[GOAL_ASK]) {
      tell({ what: 'asks', ask } satisfies Passed);
      // biome-ignore lint/suspicious/noDebugger: to stop here is what this is for
      debugger;
    }
    return ask;
  }

  /** The condition of a breakpoint: whether to stop. */
  passes(breakpoint: string): boolean {
    if (!this.#counts) return false;
    const { asks, task } = this.standpoint;
    if (this.#timesSince !== asks) this.#times.clear();
    this.#timesSince = asks;
    const time = (this.#times.get(breakpoint) ?? 0) + 1;
    this.#times.set(breakpoint, time);
    const board = this.#board;
    const count = (board[HITS] as number) + 1;
    board[HITS] = count;
    const stops = board[GOAL_HIT] === EVERY || board[GOAL_HIT] === count;
    tell({ what: 'hit', hit: { breakpoint, asks, time, task }, stops } satisfies Passed);
    return stops;
  }
}
