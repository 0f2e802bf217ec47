import { InternalError, UsageError } from '../../sys/errors.ts';
import type { FromGuest, ToGuest, Wire } from '../wire.ts';
import type { Guest } from './guest.ts';
import type { GuestThread } from './guest-thread.ts';
import { type SpareThreads, threadsFor } from './spare-threads.ts';

/** A program that has not given way for so long never will. */
const PATIENCE_MS = 20_000;

/** A program in a thread of its own: own globals, own modules, own end. */
export class ThreadGuest implements Guest {
  readonly #program: string;
  readonly #threads: SpareThreads;
  readonly #thread: GuestThread;
  #ready = false;
  #stopped = false;

  constructor(program: string, env: Readonly<Record<string, string>>) {
    this.#program = program;
    this.#threads = threadsFor(env);
    this.#thread = this.#threads.take(program);
  }

  get bytes(): Uint8Array {
    return this.#wire.bytes;
  }

  get #wire(): Wire {
    return this.#thread.wire;
  }

  enter(message: ToGuest, bytes: Uint8Array): FromGuest {
    if (!this.#ready) {
      const first = this.#receive();
      if (first.next.is !== 'ready') throw new InternalError(`a guest began with ${first.next.is}`);
      this.#ready = true;
    }
    this.#wire.send(message, bytes);
    return this.#receive();
  }

  #receive(): FromGuest {
    const said = this.#wire.receive(PATIENCE_MS);
    if (said === undefined) {
      throw new UsageError(
        `${this.#program} has not given way for ${PATIENCE_MS / 1000} seconds: it runs in circles, or its thread could not start`,
      );
    }
    const { next } = said as FromGuest;
    if (next.is === 'refused') throw new UsageError(`${this.#program}: ${next.why}`);
    return said as FromGuest;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#threads.giveBack(this.#thread);
  }
}
