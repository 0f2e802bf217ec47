import type { Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { Present } from './present.ts';

/** setTimeout's longest: the real clock must not run out. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * The clock under Node's own timers. Node keeps its timers in JavaScript and asks C++ for three
 * things only: the time, to be called back in so many milliseconds, and whether that keeps the
 * program alive. These three are answered here, so every timer obeys: setTimeout in all its forms,
 * timers/promises, socket.setTimeout, AbortSignal.timeout, http's keep-alive.
 */
export function replaceTimerClock({ internalBinding }: Internals, present: Present): void {
  const binding = internalBinding('timers');
  const { getLibuvNow, scheduleTimer, toggleTimerRef } = binding;
  binding.getLibuvNow = () => present.timers?.nowMs ?? getLibuvNow.call(binding);
  binding.scheduleTimer = (ms: number) => {
    if (present.timers === undefined) scheduleTimer.call(binding, ms);
    else present.timers.schedule(ms);
  };
  binding.toggleTimerRef = (referenced: boolean) => {
    if (present.timers === undefined) toggleTimerRef.call(binding, referenced);
    else present.timers.refer(referenced);
  };
}

/** Node's timers as a loop's turns see them. */
export class Timers {
  readonly #loop: GuestLoop;
  readonly #process: (nowMs: number) => number;
  #dueMs: number | null = null;
  #beganMs = 0;
  #referenced = true;

  constructor(loop: GuestLoop) {
    this.#loop = loop;
    const { getTimerCallbacks } = loop.internals.requireBuiltin('internal/timers');
    const tick = (process as unknown as { _tickCallback: () => void })._tickCallback;
    const { processTimers } = getTimerCallbacks(tick);
    this.#process = (nowMs) => processTimers.call(process, nowMs);
  }

  /**
   * What was set before goes on from where the real clock stood; that one calls nobody any more.
   * Node says when its timers are due only when one is due sooner than all others, so it is asked
   * at the first opportunity. Called while the clock is still the real one.
   */
  takeOver(): void {
    const binding = this.#loop.internals.internalBinding('timers');
    this.#beganMs = binding.getLibuvNow();
    this.#dueMs = this.#beganMs;
    this.#referenced = false;
    binding.scheduleTimer(NEVER_MS);
    binding.toggleTimerRef(false);
  }

  // ---- what Node asks of C++ ----

  /** uv_now. */
  get nowMs(): number {
    return this.#beganMs + Math.floor(this.#loop.clock.programNs / 1e6);
  }

  schedule(ms: number): void {
    this.#dueMs = this.nowMs + Math.max(1, ms);
    this.#loop.stirred?.();
  }

  refer(referenced: boolean): void {
    this.#referenced = referenced;
    this.#loop.keptAlive?.();
  }

  // ---- what the loop asks ----

  /** When the next one is due, on the kernel's clock. */
  get dueMs(): number | null {
    if (this.#dueMs === null) return null;
    return this.#dueMs - this.#beganMs - this.#loop.clock.aheadNs / 1e6;
  }

  get alive(): boolean {
    return this.#dueMs !== null && this.#referenced;
  }

  /** uv__run_timers: whatever is due by now, in one batch (Environment::RunTimers). */
  run(loop: GuestLoop): void {
    if (this.#dueMs === null || this.#dueMs > this.nowMs) return;
    this.#dueMs = null;
    const next = this.#processAll(loop);
    if (next !== 0) {
      this.#dueMs = Math.max(Math.abs(next), this.nowMs + 1);
      this.#referenced = next > 0;
    }
    loop.drain();
  }

  /** One that throws does not keep the others from running (Environment::RunTimers). */
  #processAll(loop: GuestLoop): number {
    for (;;) {
      const before = loop.contexts.mark();
      try {
        return this.#process(this.nowMs);
      } catch (error) {
        if (loop.uncaught !== undefined) loop.contexts.unwind(before);
        loop.failed(error);
      }
    }
  }
}
