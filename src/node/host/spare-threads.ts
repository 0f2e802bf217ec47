import { debuggingNow } from './debugging.ts';
import { guestSource } from './guest-source.ts';
import { GuestThread } from './guest-thread.ts';

/** Threads that nobody has taken for so long are stopped, before twice that time. */
const IDLE_MS = 1_000;
/**
 * A thread serves so many runs at most: Node keeps a little of every module that it has evaluated.
 */
const USES_MAX = 200;
/**
 * Making one as new takes a millisecond or two: one that takes so long hangs, however busy the
 * machine is.
 */
const RENEWAL_MS_MAX = 10_000;
const realSetTimeout = setTimeout;

type Thread = Pick<GuestThread, 'stop' | 'renew' | 'isRenewed' | 'uses'>;

/**
 * Threads for programs. To start one takes longer than many a run. So a thread whose run is over is
 * made as new, and runs the same program again. Where that cannot be done, those for the next run
 * are started during the present one: a spare thread is one that waits for its program longer than
 * others do. It is told everything about it when it is taken, and until then it runs nothing. So no
 * run can tell whether its threads were spare.
 */
export class SpareThreads<T extends Thread = GuestThread> {
  readonly #start: () => T;
  readonly #idleMs: number;
  readonly #spares: T[] = [];
  /** Those that have run a program, by that; they are being made as new, or are so already. */
  readonly #used = new Map<string, T[]>();
  readonly #programs = new Set<string>();
  /** Programs that leave something in their thread that cannot be taken back. */
  readonly #spoiling = new Set<string>();
  #taken = 0;
  #takenMax = 0;
  /** Somebody has taken one since it was last looked at. */
  #inUse = false;
  #watched = false;

  constructor(start: () => T, idleMs: number = IDLE_MS) {
    this.#start = start;
    this.#idleMs = idleMs;
  }

  /** `fresh`: one that has run nothing before. */
  take(program: string, fresh = false): T {
    const used = fresh ? undefined : this.#renewed(program);
    const thread = used ?? this.#spares.shift() ?? this.#start();
    this.#takenMax = Math.max(this.#takenMax, ++this.#taken);
    this.#inUse = true;
    if (this.#programs.has(program) && (fresh || this.#spoiling.has(program))) {
      while (this.#spares.length < this.#takenMax) this.#spares.push(this.#start());
      this.#watch();
    }
    this.#programs.add(program);
    return thread;
  }

  #renewed(program: string): T | undefined {
    const used = this.#used.get(program) ?? [];
    for (let thread = used.shift(); thread !== undefined; thread = used.shift()) {
      if (thread.isRenewed(RENEWAL_MS_MAX)) return thread;
      thread.stop();
      this.#spoiling.add(program);
    }
    return undefined;
  }

  /** `program`: what it has run, if it waits and may run that again. */
  giveBack(thread: T, program?: string): void {
    this.#taken--;
    if (program === undefined || this.#spoiling.has(program) || thread.uses >= USES_MAX) {
      thread.stop();
      return;
    }
    thread.renew();
    const used = this.#used.get(program);
    if (used === undefined) this.#used.set(program, [thread]);
    else used.push(thread);
    this.#watch();
  }

  /** No timer comes while runs follow each other without a pause. */
  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    realSetTimeout(() => {
      this.#watched = false;
      if (this.#inUse) {
        this.#inUse = false;
        this.#watch();
        return;
      }
      for (const spare of this.#spares.splice(0)) spare.stop();
      for (const thread of [...this.#used.values()].flat()) thread.stop();
      this.#used.clear();
    }, this.#idleMs).unref();
  }
}

/** By what a thread is started with, and whether it is debugged. */
const kinds = new Map<string, SpareThreads>();

/** Those that may be given to `program` in this environment. */
export function threadsFor(env: Readonly<Record<string, string>>): SpareThreads {
  const source = guestSource();
  const key = JSON.stringify([env, debuggingNow() !== undefined]);
  let threads = kinds.get(key);
  if (threads === undefined) {
    const own = { ...env };
    threads = new SpareThreads(() => new GuestThread(source, own));
    kinds.set(key, threads);
  }
  return threads;
}
