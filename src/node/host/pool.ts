import type { Surroundings } from '../../sim/kernel/surroundings.ts';

/** UV_THREADPOOL_SIZE's default. */
const THREADS = 4;
/**
 * libuv lets slow work (look-ups of names) have at most half of the threads, rounded up
 * (threadpool.c, slow_work_thread_threshold).
 */
const SLOW_THREADS = 2;

export interface Work {
  readonly what: string;
  readonly slow: boolean;
  readonly done: () => void;
}

/**
 * libuv's thread pool. What it does has been done already; when it is finished is a step of its
 * own, and which of those under way is finished first is a choice. Work is begun in the order in
 * which it was asked for, so the fifth is never finished before one of the first four
 * (uv_queue_work).
 */
export class Pool {
  readonly #surroundings: Surroundings;
  readonly #owner: string;
  readonly #waiting: Work[] = [];
  #busy = 0;
  #busySlow = 0;

  constructor(surroundings: Surroundings, owner: string) {
    this.#surroundings = surroundings;
    this.#owner = owner;
  }

  add(work: Work): void {
    this.#waiting.push(work);
    this.#beginNext();
  }

  #beginNext(): void {
    while (this.#busy < THREADS) {
      const place = this.#waiting.findIndex(({ slow }) => !slow || this.#busySlow < SLOW_THREADS);
      if (place < 0) return;
      const [work] = this.#waiting.splice(place, 1);
      this.#begin(work as Work);
    }
  }

  #begin(work: Work): void {
    this.#busy++;
    if (work.slow) this.#busySlow++;
    this.#surroundings.later({
      happening: () => ({ kind: 'other', text: `${this.#owner}: ${work.what} is done` }),
      fire: () => {
        this.#busy--;
        if (work.slow) this.#busySlow--;
        this.#beginNext();
        work.done();
      },
    });
  }
}
