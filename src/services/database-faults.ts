import { Faults, type FaultWords, type Strike } from './faults.ts';

/** What may happen to the clients of any database. */
type AnyFault = 'reset' | 'slow' | 'failover';

export const ANY_WORDS: FaultWords<AnyFault> = {
  reset: 'reset connections',
  slow: 'be slow',
  failover: 'fail over',
};

/** What becomes of a statement, or of a command. */
export interface DatabaseStrike<F extends string = string> extends Strike<F> {
  /** It is carried out, and its answer is lost. */
  readonly isDone?: true;
}

export const ANY_STRIKES: readonly DatabaseStrike<AnyFault>[] = [
  { fault: 'reset', text: 'its connection is reset before it' },
  { fault: 'reset', text: 'its connection is reset behind it', isDone: true },
  { fault: 'slow', text: 'it is slow' },
  { fault: 'failover', text: 'a failover comes before it' },
  { fault: 'failover', text: 'a failover comes behind it', isDone: true },
];

/** How long it takes then, in milliseconds: below and above the time-outs that there are. */
const SLOW_MS = [100, 5_000, 60_000] as const;
/** For so long a failover lets nobody in, in milliseconds. */
const DOWN_MS = [0, 1_000, 30_000] as const;

/** What goes wrong at a database. */
export class DatabaseFaults<F extends string> extends Faults<F> {
  #downUntilMs = 0;

  slowMs(): number {
    return this.world.drawFrom(`${this.host} is slow by ms`, SLOW_MS);
  }

  /** From now on, and for as long as is drawn, nobody is let in. */
  goDown(): void {
    const label = `after its failover ${this.host} lets nobody in for ms`;
    this.#downUntilMs = this.world.nowMs + this.world.drawFrom(label, DOWN_MS);
  }

  get isDown(): boolean {
    return this.world.nowMs < this.#downUntilMs;
  }
}
