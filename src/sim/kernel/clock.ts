import type { TimerHeap } from './timers.ts';

/** Time as the kernel is told it. */
export interface Clock {
  /** Nanoseconds of CLOCK_MONOTONIC since the world began. */
  readonly nowNs: number;
  /** CLOCK_REALTIME at the moment the world began, in milliseconds since 1970. */
  readonly epochMs: number;
  readonly timers: TimerHeap;
}
