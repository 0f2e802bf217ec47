import { guestSource } from './guest-source.ts';
import { GuestThread } from './guest-thread.ts';

/** Spare threads that nobody has taken for so long are stopped, before twice that time. */
const IDLE_MS = 1_000;
const realSetTimeout = setTimeout;

type Thread = Pick<GuestThread, 'stop'>;

/**
 * Threads for programs. To start one takes longer than many a run, so once a program is run again,
 * those for the next run are started during this one. A spare thread is one that waits for its
 * program longer than others do: it is told everything about it when it is taken, and until then it
 * runs nothing. So no run can tell whether its threads were spare.
 */
export class SpareThreads<T extends Thread = GuestThread> {
  readonly #start: () => T;
  readonly #idleMs: number;
  readonly #spares: T[] = [];
  readonly #programs = new Set<string>();
  #taken = 0;
  #takenMax = 0;
  /** Somebody has taken one since it was last looked at. */
  #inUse = false;
  #watched = false;

  constructor(start: () => T, idleMs: number = IDLE_MS) {
    this.#start = start;
    this.#idleMs = idleMs;
  }

  take(program: string): T {
    const thread = this.#spares.shift() ?? this.#start();
    this.#takenMax = Math.max(this.#takenMax, ++this.#taken);
    this.#inUse = true;
    if (this.#programs.has(program)) {
      while (this.#spares.length < this.#takenMax) this.#spares.push(this.#start());
      if (!this.#watched) this.#watch();
    }
    this.#programs.add(program);
    return thread;
  }

  giveBack(thread: T): void {
    this.#taken--;
    thread.stop();
  }

  /** No timer comes while runs follow each other without a pause. */
  #watch(): void {
    this.#watched = true;
    realSetTimeout(() => {
      if (this.#inUse) {
        this.#inUse = false;
        this.#watch();
        return;
      }
      this.#watched = false;
      for (const spare of this.#spares.splice(0)) spare.stop();
    }, this.#idleMs).unref();
  }
}

/** By what a thread is started with. */
const kinds = new Map<string, SpareThreads>();

/** Those that may be given to `program` in this environment. */
export function threadsFor(env: Readonly<Record<string, string>>): SpareThreads {
  const source = guestSource();
  const key = JSON.stringify(env);
  let threads = kinds.get(key);
  if (threads === undefined) {
    const own = { ...env };
    threads = new SpareThreads(() => new GuestThread(source, own));
    kinds.set(key, threads);
  }
  return threads;
}
