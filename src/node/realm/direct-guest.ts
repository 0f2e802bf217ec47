import { type Guest, Hop } from '../host/guest.ts';
import type { FromGuest, LoopEvent, ToGuest } from '../wire.ts';

const NO_BYTES = new Uint8Array(0);
const DELIVERED = { is: 'delivered' } as const;
const HOP = new Hop();

/** What a program of this very thread is called by. */
export interface Callee {
  /** Call back, and run what that queues. Gives what it has said meanwhile. */
  deliver(nowNs: number, event: LoopEvent, bytes: Uint8Array): Omit<FromGuest, 'next'>;
}

/**
 * The program lives in this very thread. It is called back at once; only for the rest of a turn it
 * needs the real event loop.
 */
export class DirectGuest implements Guest {
  readonly bytes: Uint8Array = NO_BYTES;
  readonly #callee: Callee;

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  enter({ nowNs, command }: ToGuest, bytes: Uint8Array): FromGuest | Hop {
    if (command.do !== 'deliver') return HOP;
    return { ...this.#callee.deliver(nowNs, command.event, bytes), next: DELIVERED };
  }
}
