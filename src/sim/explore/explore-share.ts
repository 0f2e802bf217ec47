/**
 * The systematic search of one scenario, cut for several machines that hear nothing of each other.
 * Races ask for alternatives at decisions that lie before them, which may be another machine's; so
 * at the first decisions everything is tried, and what lies below them asks for nothing above.
 * Sleep sets stay exact: all parts together make one run of each class.
 */
import type { Scenario } from '../schedule/scenario.ts';
import type { Shard } from './amounts.ts';
import { Exploration, type ExplorePlan, exploreSlice } from './exploration.ts';

/** Pieces for each machine: they are not alike, and several of them are more so. */
const PIECES_EACH = 8;
/** Decisions at which everything is tried: as few as make enough pieces. */
const DEPTHS = [4, 6, 8, 12, 16, 24, 32, 48];
/** Runs for each piece that is wanted, after which it is tried at more decisions. */
const RUNS_A_PIECE = 20;

/**
 * The part of a machine. Each machine cuts alike, by making the first runs. A search that is over
 * before it is cut, or cannot be, is one machine's, and the others have nothing of it.
 *
 * Makes runs, so call it in a macrotask.
 *
 * @param place of the scenario among others, from 0: which machine has what is not cut
 */
export function openShare(
  scenario: Scenario,
  plan: ExplorePlan,
  { index, of }: Shard,
  place: number,
): Exploration {
  // A search with a bound on preemptions is not divided.
  for (const depth of plan.preemptionsMax === null ? DEPTHS : []) {
    const search = cut(scenario, { ...plan, share: { index, of, depth } }, PIECES_EACH * of);
    if (search.pieces === 0 || search.failed !== undefined) break;
    if (search.pieces < PIECES_EACH * of && depth !== DEPTHS.at(-1)) continue;
    search.keepShare();
    return search;
  }
  const whole = new Exploration({ ...plan, share: { index, of, depth: 0 } });
  if (place % of !== index - 1) whole.leave();
  return whole;
}

/** Runs until there are enough pieces. */
function cut(scenario: Scenario, plan: ExplorePlan, pieces: number): Exploration {
  const search = new Exploration(plan);
  for (let runs = RUNS_A_PIECE * pieces; runs > 0 && search.pieces < pieces; runs--) {
    const taken = search.take(1, plan.share?.depth);
    if (taken === undefined || search.failed !== undefined) break;
    const slice = exploreSlice(scenario, taken.order, search.beginnings);
    search.settle(taken, slice, pieces, plan.share?.depth);
  }
  return search;
}
