import { InternalError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { Syscall } from '../../sys/syscall.ts';
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

/** Drive `program` to its end at once; each of its syscalls is answered by `perform`. */
export function driveNow<T>(program: Program<T>, perform: (call: Syscall<unknown>) => unknown): T {
  let answer: unknown;
  for (;;) {
    const { done, value } = program.next(answer);
    if (done) return value;
    if (!(value instanceof Syscall)) throw new InternalError('a hop in the middle of a call');
    answer = perform(value);
  }
}
