import { Worker } from 'node:worker_threads';
import { makeWire, Wire } from '../wire.ts';
import { requireRoomForAThread } from './address-space.ts';
import type { GuestSource } from './guest-source.ts';

/**
 * A thread with the code of a guest, which gets itself ready while others run, and then waits for
 * its program.
 */
export class GuestThread {
  readonly wire: Wire;
  readonly #worker: Worker;

  /** @throws UsageError where the address space is limited and has no room for it. */
  constructor({ source, options }: GuestSource, env: Readonly<Record<string, string>>) {
    requireRoomForAThread();
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

  get threadId(): number {
    return this.#worker.threadId;
  }

  stop(): void {
    void this.#worker.terminate();
  }
}
