import { Worker } from 'node:worker_threads';
import { makeWire, Wire } from '../wire.ts';
import type { GuestSource } from './guest-source.ts';

/**
 * A thread with the code of a guest, which gets itself ready while others run, and then waits for
 * its program.
 */
export class GuestThread {
  readonly wire: Wire;
  readonly #worker: Worker;

  constructor({ source, options }: GuestSource, env: Readonly<Record<string, string>>) {
    const shared = makeWire();
    this.wire = new Wire(shared, 'kernel');
    this.#worker = new Worker(source, {
      ...options,
      workerData: shared,
      env,
      stdin: false,
      stdout: true,
      stderr: true,
    });
    // Nothing of the thread goes through this thread's event loop; it must not keep it alive
    // either.
    this.#worker.on('error', () => {});
    this.#worker.unref();
  }

  stop(): void {
    void this.#worker.terminate();
  }
}
