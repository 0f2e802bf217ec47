/** What a campaign searches: data, from which every machine makes the same runs. */
import { createHash } from 'node:crypto';
import type { ScenarioReference } from '../load/scenario-reference.ts';
import { type BatchRange, batchesOf, ROUND_BATCHES } from '../sim/explore/batch.ts';
import type { ExplorePlan } from '../sim/explore/exploration.ts';
import { batchRunsOf, isLearning } from '../sim/schedule/strategies/index.ts';

export interface CampaignPlan {
  readonly scenarios: readonly ScenarioReference[];
  /** As `portfolio` or `pct:3`; none in a systematic search. */
  readonly strategies: readonly string[];
  /** The first seed; others are the numbers after it. */
  readonly seed: number;
  /** Seeds of a scenario and strategy at most; null: as many as pay. */
  readonly seedsMax: number | null;
  /** Runs of a scenario, strategy and seed at most; null: as many as there is time for. */
  readonly runsMax: number | null;
  /** A scenario is searched until its first failure, as `heddle fuzz` does. */
  readonly endsAtFailure: boolean;
  /** Searches that go on in a round, at most, unless there are more scenarios. */
  readonly width: number;
  /** By scenario: the hash of what its searches begin with; null: of nothing. */
  readonly known: readonly (string | null)[];
  /** Where the space is searched to its end instead, and how. */
  readonly explore: ExplorePlan | null;
}

/**
 * Runs that are handed out at once, at the least: to give out work and to take back what came of it
 * costs as much as some of them.
 */
const JOB_RUNS = 1_000;

/** Some batches that one process makes, one after the other. */
export type Bundle = readonly BatchRange[];

/**
 * The runs of one search in units: the bundles of a unit are made side by side. Of strategies that
 * learn a unit is a round of batches, which begins with what the units before it have learned (see
 * `Rounds` of batch.ts); of others it is as many runs.
 */
export function* unitsOf(strategy: string, runsMax: number): Generator<readonly Bundle[]> {
  const learns = isLearning(strategy);
  const ranges = batchesOf({ strategy, seed: 0 }, runsMax);
  const batches = learns ? 1 : Math.max(1, Math.ceil(JOB_RUNS / batchRunsOf(strategy, 0)));
  let isFirst = true;
  for (;;) {
    const unit: Bundle[] = [];
    const size = learns && isFirst ? 1 : ROUND_BATCHES;
    isFirst = false;
    while (unit.length < size) {
      const bundle = take(ranges, batches);
      if (bundle.length > 0) unit.push(bundle);
      if (bundle.length < batches) break;
    }
    if (unit.length === 0) return;
    yield unit;
  }
}

function take(ranges: Iterator<BatchRange>, count: number): BatchRange[] {
  const taken: BatchRange[] = [];
  while (taken.length < count) {
    const next = ranges.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

/** A name for data that is the same wherever the data is. */
export function hashOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
