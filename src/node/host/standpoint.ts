import { Worker } from 'node:worker_threads';
import { threadSource } from './guest-source.ts';
import {
  STOPPED,
  type Standpoint,
  type StandpointData,
  type StandpointEnd,
} from './standpoint-data.ts';

/** A few calls with their paths. */
const BYTES = 1 << 16;
/**
 * Between two looks. The inspector of the main thread answers between two statements, not while
 * it sleeps.
 */
const LOOK_MS = 5;

let asked = 0;
let watcher: Worker | undefined;

/**
 * The thread that looks, one for all questions. It stays: Node aborts the process where a thread
 * ends whose session with the main thread's inspector that thread is just taking down.
 */
function lookingThread(): Worker {
  if (watcher !== undefined) return watcher;
  const { source, options } = threadSource('node/host/standpoint-thread');
  const thread = new Worker(source, { ...options, stdout: true, stderr: true });
  thread.on('error', () => {
    watcher = undefined;
  });
  thread.unref();
  watcher = thread;
  return thread;
}

/** Asks another thread to stop in the next line of its program's own. */
export class StandpointWatch {
  readonly #id = ++asked;
  readonly #shared = new SharedArrayBuffer(BYTES);
  readonly #state = new Int32Array(this.#shared, 0, 2);
  readonly #thread = lookingThread();

  constructor(threadId: number) {
    const question: StandpointData = { id: this.#id, shared: this.#shared, threadId };
    this.#thread.postMessage(question);
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

  /** The other thread is let go of. */
  stop(): void {
    const end: StandpointEnd = { end: this.#id };
    if (this.#state[0] !== STOPPED) this.#thread.postMessage(end);
  }
}
