import type { Clock } from '../kernel/clock.ts';
import { TimerHeap } from '../kernel/timers.ts';

/** 2024-01-01T00:00:00Z: where virtual time begins unless a scenario says otherwise. */
export const EPOCH_MS = 1_704_067_200_000;

/** Virtual time: stands still while anything can move, then jumps to the next timer. */
export class VirtualClock implements Clock {
  nowNs = 0;
  readonly epochMs: number;
  readonly timers: TimerHeap = new TimerHeap();

  constructor(epochMs: number = EPOCH_MS) {
    this.epochMs = epochMs;
  }
}
