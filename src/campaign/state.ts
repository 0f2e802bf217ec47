/** How far a campaign has come, as data: all that is needed to go on with it. */
import type * as z from 'zod';
import type { BatchFailure } from '../sim/explore/batch.ts';
import { type SavedExploration, savedExploration } from '../sim/explore/exploration.ts';
import type { Reached } from '../sim/explore/reached.ts';
import { zod } from '../sim/explore/zod.ts';
import { batchFailure, campaignPlan, reached } from './messages.ts';
import type { CampaignPlan } from './plan.ts';
import type { SampleData } from './sample.ts';

/** The search of a scenario by a strategy from one seed. */
export interface Stream {
  /** Its seed is the plan's and so much more. */
  readonly index: number;
  /** Units that are merged. */
  units: number;
  /** The hash of what its next unit begins with; null: nothing. */
  known: string | null;
  /** Nothing is left of it. */
  isOver: boolean;
}

/** A scenario under a strategy. */
export interface Pair {
  readonly scenario: number;
  readonly strategy: string;
  /** By their index; those of even and of odd index take turns. */
  readonly streams: Stream[];
  /** Classes that were looked at in its last round, and those that were new. */
  looked: number;
  fresh: number;
  runs: number;
}

/** What is known of a scenario. */
export interface Tally {
  runs: number;
  steps: number;
  passed: number;
  alike: Readonly<Record<string, number>>;
  reached: Reached;
  classes: SampleData;
  looked: number;
  /** Nothing more of it is merged; why not. */
  over: 'failed' | 'broken' | 'complete' | null;
  /** Why it could not be run. */
  broken: string | null;
  /** Of a systematic search, how far it has come. */
  explored: ExploredTally | null;
}

interface ExploredTally {
  readonly classes: number;
  readonly cutShort: number;
  readonly tooLong: number;
  /** The share of it that is done, as far as it can be told. */
  readonly share: number;
}

/** Something that was found. */
export interface Find {
  readonly kind: 'failure' | 'aside';
  readonly scenario: number;
  readonly strategy: string;
  readonly seed: number;
  /** Equal for failures that are one mistake. */
  readonly signature: string;
  /** As it was met; null of what was set aside. */
  readonly met: BatchFailure | null;
  /** Runs in which the signature was met, the first of each batch. */
  times: number;
  /** It waits to be reduced. */
  isOpen: boolean;
  /** Where it is saved; null: not yet, or nowhere. */
  path: string | null;
  /** All there is to say of it. */
  report: string;
}

/** What one round is made of: which streams of which pairs go on. */
export interface Round {
  readonly number: number;
  readonly units: readonly (readonly [pair: number, stream: number])[];
  /** When it was closed, in milliseconds of work; runs and new classes that it brought. */
}

/** A round that has been merged, for those who look at how it goes. */
export interface RoundTally {
  readonly number: number;
  readonly runs: number;
  readonly looked: number;
  readonly fresh: number;
}

/** The systematic search of one scenario. */
export interface Exploring {
  readonly scenario: number;
  /** All that is needed to go on with it; null: it is over. */
  readonly saved: SavedExploration | null;
}

export interface CampaignState {
  readonly version: 1;
  readonly id: string;
  readonly plan: CampaignPlan;
  /** Of the code that it is about: see fingerprint.ts. */
  readonly code: Readonly<Record<string, string>>;
  /** The last round that is merged; -1: none. */
  closed: number;
  /** Milliseconds of coordinators, all of them together. */
  workedMs: number;
  readonly pairs: Pair[];
  readonly tallies: Tally[];
  readonly finds: Find[];
  /** Handed out and not merged, by number. */
  open: Round[];
  /** The last ones that were merged. */
  rounds: RoundTally[];
  readonly exploring: Exploring[];
  /** There is nothing left to do. */
  isOver: boolean;
}

/** A state that was kept. */
export function campaignState(): z.ZodType<CampaignState> {
  const whole = zod().number().int().min(0);
  const counts = zod().record(zod().string(), whole);
  const stream = zod().object({
    index: whole,
    units: whole,
    known: zod().string().nullable(),
    isOver: zod().boolean(),
  });
  const pair = zod().object({
    scenario: whole,
    strategy: zod().string(),
    streams: zod().array(stream),
    looked: whole,
    fresh: whole,
    runs: whole,
  });
  const tally = zod().object({
    runs: whole,
    steps: whole,
    passed: whole,
    alike: counts,
    reached: reached(),
    classes: zod().object({ shift: whole, kept: zod().array(whole) }),
    looked: whole,
    over: zod().enum(['failed', 'broken', 'complete']).nullable(),
    broken: zod().string().nullable(),
    explored: zod()
      .object({
        classes: whole,
        cutShort: whole,
        tooLong: whole,
        share: zod().number().min(0).max(1),
      })
      .nullable(),
  });
  const find = zod().object({
    kind: zod().enum(['failure', 'aside']),
    scenario: whole,
    strategy: zod().string(),
    seed: whole,
    signature: zod().string(),
    met: batchFailure().nullable(),
    times: whole,
    isOpen: zod().boolean(),
    path: zod().string().nullable(),
    report: zod().string(),
  });
  const round = zod().object({ number: whole, units: zod().array(zod().tuple([whole, whole])) });
  const roundTally = zod().object({ number: whole, runs: whole, looked: whole, fresh: whole });
  return zod().object({
    version: zod().literal(1),
    id: zod().string(),
    plan: campaignPlan(),
    code: zod().record(zod().string(), zod().string()),
    closed: zod().number().int().min(-1),
    workedMs: zod().number().min(0),
    pairs: zod().array(pair),
    tallies: zod().array(tally),
    finds: zod().array(find),
    open: zod().array(round),
    rounds: zod().array(roundTally),
    exploring: zod().array(zod().object({ scenario: whole, saved: savedExploration().nullable() })),
    isOver: zod().boolean(),
  });
}
