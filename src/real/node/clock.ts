import type { Clock } from '../../sim/kernel/clock.ts';
import { TimerHeap } from '../../sim/kernel/timers.ts';

/**
 * The machine's monotonic clock, looked at before each step.
 *
 * # clock_gettime on real sockets: time stands still within a step
 * All that happens in one step happens at one moment, so a recording needs one reading a step. A
 * program that computes for long between two syscalls has its next timeout counted from the step's
 * beginning.
 */
export class NodeClock implements Clock {
  nowNs = 0;
  readonly epochMs: number = Date.now();
  readonly timers: TimerHeap = new TimerHeap();
  readonly #startMs: number = performance.now();

  look(): void {
    this.nowNs = Math.round((performance.now() - this.#startMs) * 1e6);
  }
}
