/** What there is to say of a campaign: what is printed, drawn in the dashboard, and kept. */
import { missedOf } from '../sim/explore/reached.ts';
import type { Machine } from './backend.ts';
import { DistinctSample } from './sample.ts';
import type { CampaignState, Find, RoundTally, Tally } from './state.ts';

/** A scenario of a campaign. */
export interface ScenarioReport {
  readonly name: string;
  readonly file: string | null;
  readonly runs: number;
  readonly steps: number;
  /** Classes of interleavings, about where they are too many to be kept. */
  readonly classes: number;
  readonly isExact: boolean;
  readonly looked: number;
  /** Of its strategies' last rounds: classes looked at, and new ones. */
  readonly lately: { readonly looked: number; readonly fresh: number };
  readonly strategies: readonly StrategyReport[];
  readonly ending: 'searched' | 'failed' | 'broken' | 'complete' | 'unreached';
  /** Why it could not be run, or what was not reached. */
  readonly message: string | null;
}

interface StrategyReport {
  readonly strategy: string;
  readonly seeds: number;
  readonly runs: number;
  readonly looked: number;
  readonly fresh: number;
}

export interface FindReport {
  readonly kind: Find['kind'];
  readonly scenario: string;
  readonly message: string;
  readonly found: string;
  readonly times: number;
  /** It waits to be reduced. */
  readonly isOpen: boolean;
  readonly path: string | null;
  readonly report: string;
}

export interface CampaignReport {
  readonly id: string;
  /** The last round that was merged; -1: none. */
  readonly round: number;
  readonly isOver: boolean;
  readonly workedMs: number;
  /** Until the coordinator ends, at the end of a round; null: it has no such time. */
  readonly leftMs: number | null;
  readonly runs: number;
  readonly runsMax: number | null;
  readonly scenarios: readonly ScenarioReport[];
  readonly finds: readonly FindReport[];
  readonly machines: readonly Machine[];
  readonly rounds: readonly RoundTally[];
}

export function reportOfCampaign(
  state: CampaignState,
  machines: readonly Machine[],
  leftMs: number | null,
): CampaignReport {
  const { id, closed, isOver, workedMs, tallies, finds, rounds, plan, pairs } = state;
  const { runsMax, seedsMax } = plan;
  return {
    ...{ id, round: closed, isOver, workedMs, leftMs, rounds, machines },
    runs: tallies.reduce((sum, { runs }) => sum + runs, 0),
    runsMax: runsMax === null || seedsMax === null ? null : runsMax * seedsMax * pairs.length,
    scenarios: tallies.map((_, at) => scenarioReport(state, at)),
    finds: finds.map((find) => findReport(state, find)),
  };
}

function scenarioReport(
  { plan, tallies, pairs, isOver }: CampaignState,
  at: number,
): ScenarioReport {
  const { name = '', file = null } = plan.scenarios[at] ?? {};
  const tally = tallies[at] as CampaignState['tallies'][number];
  const { runs, steps, classes, looked, reached, over, broken, explored } = tally;
  const sample = new DistinctSample(classes);
  const strategies = pairs
    .filter(({ scenario }) => scenario === at)
    .map((pair) => ({
      strategy: pair.strategy,
      seeds: pair.streams.length,
      ...{ runs: pair.runs, looked: pair.looked, fresh: pair.fresh },
    }));
  const missed = isOver && over === null && explored === null && runs > 0 ? missedOf(reached) : [];
  const quoted = missed.map((law) => JSON.stringify(law)).join(' and ');
  return {
    ...{ name, file, runs, steps, looked, strategies },
    classes: explored?.classes ?? sample.count,
    isExact: explored !== null || sample.isExact,
    lately: {
      looked: strategies.reduce((sum, one) => sum + one.looked, 0),
      fresh: strategies.reduce((sum, one) => sum + one.fresh, 0),
    },
    ending: missed.length > 0 ? 'unreached' : (over ?? 'searched'),
    message:
      missed.length > 0 ? `none of its runs came to ${quoted}` : (broken ?? shareText(tally)),
  };
}

/** How far a systematic search has come, where it has not come to its end. */
function shareText({ explored, over }: Tally): string | null {
  if (explored === null || over !== null) return null;
  if (explored.tooLong > 0 && explored.share === 1) return 'not complete: some runs are too long';
  return `not complete, about ${(100 * explored.share).toFixed(1)} %`;
}

function findReport({ plan }: CampaignState, find: Find): FindReport {
  const { kind, scenario, strategy, seed, met, times, isOpen, path, report } = find;
  const run = met === null ? 'before the search' : `run ${met.run}`;
  return {
    ...{ kind, times, isOpen, path, report },
    scenario: plan.scenarios[scenario]?.name ?? '',
    message: met?.failure.message ?? (report.split('\n')[0] as string),
    found: kind === 'aside' ? `${strategy}, seed ${seed}` : `${run} by ${strategy}, seed ${seed}`,
  };
}
