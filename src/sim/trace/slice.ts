import type { Arrow } from './model.ts';
import type { TraceStep } from './recorder.ts';

/**
 * How far each step is from those that are to be explained, backwards along its causes: what its
 * task had done before, and whatever an arrow comes from. Steps that are no cause
 * of any of them are not in it.
 */
export function distancesTo(
  targets: ReadonlyMap<number, number>,
  steps: readonly TraceStep[],
  arrows: readonly Arrow[],
): Map<number, number> {
  const causes = causesByStep(steps, arrows);
  const distances = new Map<number, number>();
  // Distances are small whole numbers: a bucket for each takes the place of a heap.
  const buckets: number[][] = [];
  const put = (step: number, distance: number): void => {
    buckets[distance] ??= [];
    buckets[distance].push(step);
  };
  for (const [step, distance] of targets) put(step, distance);
  for (let distance = 0; distance < buckets.length; distance++) {
    for (const step of buckets[distance] ?? []) {
      if (distances.has(step)) continue;
      distances.set(step, distance);
      for (const cause of causes[step] ?? []) {
        // What a program's loop does for itself is no step of the program's.
        put(cause, distance + (steps[cause - 1]?.isPlumbing === true ? 0 : 1));
      }
    }
  }
  return distances;
}

/** The direct causes of each step. */
function causesByStep(steps: readonly TraceStep[], arrows: readonly Arrow[]): number[][] {
  const causes: number[][] = Array.from({ length: steps.length + 1 }, () => []);
  const last = new Map<number, number>();
  for (const { step, kind, lane } of steps) {
    if (lane === null || kind === 'arrival') continue;
    const before = last.get(lane);
    if (before !== undefined) causes[step]?.push(before);
    last.set(lane, step);
  }
  for (const { from, to } of arrows) causes[to]?.push(from);
  return causes;
}
