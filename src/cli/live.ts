import type { SearchProgress } from '../sim/explore/search-batches.ts';
import { countText } from '../sim/trace/report.ts';
import { secondsText } from './output.ts';

/** `run 400 of 2,000  812,000 steps/s  312 classes  1.2 s left`. */
export function liveText({
  runs,
  runsMax,
  steps,
  classes,
  elapsedMs,
  timeMs,
}: SearchProgress): string {
  const of = Number.isFinite(runsMax) ? ` of ${countText(runsMax)}` : '';
  const rate = countText((steps / Math.max(1, elapsedMs)) * 1000);
  const whole = Math.min(timeMs, (elapsedMs * runsMax) / Math.max(1, runs));
  const left = secondsText(Math.max(0, whole - elapsedMs));
  return `run ${countText(runs)}${of}  ${rate} steps/s  ${countText(classes)} classes  ${left} left`;
}

/** `shrinking: 12 decisions left after 48 replays`. */
export function shrinkingText(notCalm: number, replays: number): string {
  const left = `${countText(notCalm)} decision${notCalm === 1 ? '' : 's'} left`;
  return `shrinking and explaining: ${left} after ${countText(replays)} replays`;
}
