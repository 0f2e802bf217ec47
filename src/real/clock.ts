import type { Clock } from '../sim/kernel/clock.ts';
import { TimerHeap } from '../sim/kernel/timers.ts';

/** What a clock is read from: given a name and how to read it, what is read. */
type Read = (what: string, read: () => number) => number;

/**
 * The machine's monotonic clock, looked at before each step.
 *
 * # clock_gettime on real sockets: time stands still within a step
 * All that happens in one step happens at one moment, so a recording needs one reading a step. A
 * program that computes for long between two syscalls has its next timeout counted from the step's
 * beginning.
 */
export class RealClock implements Clock {
  nowNs = 0;
  readonly epochMs: number;
  readonly timers: TimerHeap = new TimerHeap();
  readonly #startMs: number = performance.now();
  readonly #read: Read;

  constructor(read: Read = (_, ask) => ask()) {
    this.#read = read;
    this.epochMs = read('epoch', () => Date.now());
  }

  look(): void {
    this.nowNs = this.#read('clock', () => Math.round((performance.now() - this.#startMs) * 1e6));
  }
}
