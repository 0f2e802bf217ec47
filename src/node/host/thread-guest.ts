import { Worker } from 'node:worker_threads';
import { InternalError, UsageError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import { type FromGuest, makeWire, type ToGuest, Wire } from '../wire.ts';
import type { Guest } from './guest.ts';
import { guestSource } from './guest-source.ts';

/** A program that has not given way for so long never will. */
const PATIENCE_MS = 20_000;

/** A program in a thread of its own: own globals, own modules, own end. */
export class ThreadGuest implements Guest {
  readonly #wire: Wire;
  readonly #worker: Worker;
  readonly #program: string;
  #ready = false;

  /** Starts the thread, which gets itself ready while others run. */
  constructor(program: string, env: Readonly<Record<string, string>>) {
    const shared = makeWire();
    this.#program = program;
    this.#wire = new Wire(shared, 'kernel');
    const { source, options } = guestSource(program);
    this.#worker = new Worker(source, {
      ...options,
      workerData: shared,
      env,
      stdin: false,
      stdout: true,
      stderr: true,
    });
    // Nothing of the thread goes through this thread's event loop; it must not keep it alive either.
    this.#worker.on('error', () => {});
    this.#worker.unref();
  }

  get bytes(): Uint8Array {
    return this.#wire.bytes;
  }

  *enter(message: ToGuest, bytes: Uint8Array): Program<FromGuest> {
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
    void this.#worker.terminate();
  }
}
