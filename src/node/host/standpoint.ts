import { Worker } from 'node:worker_threads';
import { threadSource } from './guest-source.ts';
import { STOPPED, type Standpoint, type StandpointData } from './standpoint-data.ts';

/** A few calls with their paths. */
const BYTES = 1 << 16;
/**
 * Between two looks. The inspector of the main thread answers between two statements, not while
 * it sleeps.
 */
const LOOK_MS = 5;

/** Asks another thread to stop in the next line of its program's own. */
export class StandpointWatch {
  readonly #shared = new SharedArrayBuffer(BYTES);
  readonly #state = new Int32Array(this.#shared, 0, 2);
  readonly #thread: Worker;

  constructor(threadId: number) {
    const { source, options } = threadSource('host/standpoint-thread');
    const workerData: StandpointData = { shared: this.#shared, threadId };
    this.#thread = new Worker(source, { ...options, workerData, stdout: true, stderr: true });
    this.#thread.on('error', () => {});
    this.#thread.unref();
  }

  /** A moment, in which the inspector may answer. */
  sleep(): void {
    Atomics.wait(this.#state, 0, this.#state[0] as number, LOOK_MS);
  }

  /** Where it has stopped; undefined as long as it has not. */
  get found(): Standpoint | undefined {
    if (this.#state[0] !== STOPPED) return undefined;
    const text = Buffer.from(this.#shared, this.#state.byteLength, this.#state[1]);
    return JSON.parse(text.toString()) as Standpoint;
  }

  /** It goes by itself, when it has let go of the other thread. */
  stop(): void {
    if (this.#state[0] !== STOPPED) this.#thread.postMessage('');
  }
}
