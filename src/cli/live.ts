import { countText } from '../sim/trace/report.ts';
import { secondsText } from './output.ts';

/** How far a search has come. */
export interface Live {
  readonly runs: number;
  /** Infinity where only time ends it; likewise `timeMs` where only runs do. */
  readonly runsMax: number;
  readonly steps: number;
  /** Classes of interleavings among those of its runs that were looked at. */
  readonly classes: number;
  readonly elapsedMs: number;
  readonly timeMs: number;
}

/** `run 400 of 2,000  812,000 steps/s  312 classes  1.2 s left`. */
export function liveText({ runs, runsMax, steps, classes, elapsedMs, timeMs }: Live): string {
  const of = Number.isFinite(runsMax) ? ` of ${countText(runsMax)}` : '';
  const rate = countText((steps / Math.max(1, elapsedMs)) * 1000);
  const whole = Math.min(timeMs, (elapsedMs * runsMax) / Math.max(1, runs));
  const left = secondsText(Math.max(0, whole - elapsedMs));
  return `run ${countText(runs)}${of}  ${rate} steps/s  ${countText(classes)} classes  ${left} left`;
}
