import type { Clock } from '../../sim/kernel/clock.ts';
import { TimerHeap } from '../../sim/kernel/timers.ts';

/** The clock of the machine heddle runs on. */
export class RealClock implements Clock {
  readonly epochMs: number = Date.now();
  readonly timers: TimerHeap = new TimerHeap();
  readonly #startMs: number = performance.now();

  get nowNs(): number {
    return (performance.now() - this.#startMs) * 1e6;
  }
}
