import {
  type Exploration,
  exploreSlice,
  type Slice,
  type SliceOrder,
  type TakenPiece,
} from '../sim/explore/exploration.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import type { Crew } from './workers.ts';

/** Runs between two looks at the clock and the keyboard, in this process. */
const SLICE_RUNS = 100;
/** Runs of a worker: to send it a piece and take it back costs as much as some runs. */
const WORKER_RUNS_MAX = 400;

export interface ExploringOptions {
  /** Runs to make, at most. */
  readonly runs: number;
  /** Asked between slices. */
  readonly goesOn: () => boolean;
  readonly onProgress: () => void;
}

/**
 * Go on with a search, in this process and those of the crew. When it comes back nobody is about a
 * piece of it.
 */
export async function exploreWith(
  crew: Crew,
  scenario: Scenario,
  file: string | undefined,
  exploration: Exploration,
  { runs, goesOn, onProgress }: ExploringOptions,
): Promise<void> {
  const runsMax = exploration.runs + runs;
  const busy = new Set<Promise<void>>();
  let promised = 0;
  const wants = (): boolean =>
    exploration.failed === undefined && exploration.runs + promised < runsMax && goesOn();
  for (;;) {
    const width = exploration.plan.preemptionsMax === null ? crew.width : 1;
    while (busy.size < width && wants()) {
      const left = runsMax - exploration.runs - promised;
      const taken = exploration.take(Math.min(left, width > 1 ? WORKER_RUNS_MAX : SLICE_RUNS));
      if (taken === undefined) break;
      promised += taken.order.runs;
      const work = makeSlice(crew, scenario, file, exploration, taken, width).then((slice) => {
        busy.delete(work);
        promised -= taken.order.runs;
        exploration.settle(taken, slice, width);
        onProgress();
      });
      busy.add(work);
    }
    if (busy.size === 0) return;
    await Promise.race(busy);
  }
}

async function makeSlice(
  crew: Crew,
  scenario: Scenario,
  file: string | undefined,
  { beginnings }: Exploration,
  { order }: TakenPiece,
  width: number,
): Promise<Slice> {
  const here = (): Promise<Slice> => inMacrotask(() => exploreSlice(scenario, order, beginnings));
  if (width === 1) return here();
  return (await crew.explores(scenario, file, order satisfies SliceOrder)) ?? here();
}
