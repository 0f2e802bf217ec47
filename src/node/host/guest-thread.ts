import { Worker } from 'node:worker_threads';
import type { FromGuest } from '../wire.ts';
import { makeWire, NAP_MS, type ThreadData, Wire } from '../wire.ts';
import { requireRoomForAThread } from './address-space.ts';
import { debuggingNow } from './debugging.ts';
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
    const wire = makeWire();
    const board = debuggingNow()?.board;
    this.wire = new Wire(wire, 'kernel', board === undefined ? undefined : NAP_MS);
    this.#worker = new Worker(source, {
      ...options,
      workerData: { wire, board } satisfies ThreadData,
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

  /** The number that Linux gives it, as it has said; null where it gives none. */
  number: number | null = null;
  /** How many programs it has run. */
  uses = 0;
  #isReady = false;

  /**
   * Whether it waits for a program now; undefined if it has not said so in time. From then on it is
   * the kernel's turn.
   */
  awaitReady(timeoutMs: number): FromGuest | undefined {
    const said = this.wire.receive(timeoutMs) as FromGuest | undefined;
    if (said?.next.is === 'ready') {
      this.number = said.next.thread;
      this.#isReady = true;
    }
    return said;
  }

  /** It has said that it is ready, and has not run anything since. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Its program's run is over, and it is the kernel's turn: it makes itself as new meanwhile. */
  renew(): void {
    this.#isReady = false;
    this.uses++;
    this.wire.send({ nowNs: 0, command: { do: 'renew' } });
  }

  /** Whether it has become as new in that time. */
  isRenewed(timeoutMs: number): boolean {
    return this.awaitReady(timeoutMs)?.next.is === 'ready';
  }

  get threadId(): number {
    return this.#worker.threadId;
  }

  stop(): void {
    if (debuggingNow()?.keepsThreads) return;
    void this.#worker.terminate();
  }
}
