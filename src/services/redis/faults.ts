import type { World } from '../../sim/schedule/world.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import { ANY_STRIKES, ANY_WORDS, DatabaseFaults, type DatabaseStrike } from '../database-faults.ts';
import type { FaultWords } from '../faults.ts';

/**
 * What Redis may do to its clients: `reset`: a connection is reset; `slow`: a command takes so much
 * longer, and all others wait; `failover`: all connections are cut, and for a while there is no
 * other.
 *
 * @since 0.2.0
 */
export type RedisFault = 'reset' | 'slow' | 'failover';

export const WORDS: FaultWords<RedisFault> = ANY_WORDS;

/** What goes wrong at Redis. */
export class RedisFaults extends DatabaseFaults<RedisFault> {
  #busyUntilMs = 0;

  constructor(world: World, host: string, asked: readonly RedisFault[]) {
    super(world, host, asked, WORDS);
  }

  /** What becomes of a command; undefined: it is carried out. */
  of(label: () => string): DatabaseStrike<RedisFault> | undefined {
    return this.drawn(ANY_STRIKES, label, 'it is carried out');
  }

  /** One command at a time: for as long as one works, the others wait. */
  *turn(sys: Sys, isSlow: boolean): Program {
    if (isSlow) this.#busyUntilMs = Math.max(this.#busyUntilMs, this.world.nowMs) + this.slowMs();
    while (this.world.nowMs < this.#busyUntilMs) {
      yield* sys.nanosleep({ ms: this.#busyUntilMs - this.world.nowMs });
    }
  }
}
