/**
 * What comes from other machines, or from a file, is data of somebody else: it has to have this
 * form, and a likely size, before anything is done with it.
 */
import type * as z from 'zod';
import type { ScenarioReference } from '../load/scenario-reference.ts';
import type { Batch, BatchFailure } from '../sim/explore/batch.ts';
import { type Slice, searchPart } from '../sim/explore/exploration.ts';
import type { Reduction } from '../sim/explore/investigate.ts';
import type { Reached } from '../sim/explore/reached.ts';
import { unpolluted } from '../sim/explore/unpolluted.ts';
import { zod } from '../sim/explore/zod.ts';
import { FAULT_NAMES, type FaultName } from '../sim/kernel/choices.ts';
import type { Knowledge } from '../sim/schedule/strategies/knowledge.ts';
import type { Explanation, NearestPass, WeighedDecision } from '../sim/trace/explanation.ts';
import type { Parting } from '../sim/trace/parting.ts';
import type { ToldStep } from '../sim/trace/recorder.ts';
import { UsageError } from '../sys/errors.ts';
import type { Machine } from './backend.ts';
import type { Answer, Job, JobResult } from './job.ts';
import type { CampaignPlan } from './plan.ts';

/**
 * A batch of 1,000 runs that each show a new class, with failures of the longest runs, has some
 * megabytes; what a search has learned of large scenarios as well.
 */
export const MESSAGE_BYTES_MAX: number = 64 * 2 ** 20;

/** Somebody wrote it to be read; what is longer was not. */
const TEXT_CHARS_MAX = 100_000;
/** Runs of a job: those of a batch that learns, ten times over. */
const RUNS_MAX = 10_000;
/** A search of more scenarios is several campaigns. */
const SCENARIOS_MAX = 10_000;

/** A form is made when it is first asked for, and once: to make it costs more than to use it. */
function once<T>(make: () => z.ZodType<T>): () => z.ZodType<T> {
  let made: z.ZodType<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const whole = (): z.ZodNumber => zod().number().int().min(0);
const text = (): z.ZodString => zod().string().max(TEXT_CHARS_MAX);
const hash = (): z.ZodString =>
  zod()
    .string()
    .regex(/^[0-9a-f]{32}$/);
const counts = (): z.ZodType<Readonly<Record<string, number>>> => zod().record(text(), whole());
const decisions = (): z.ZodType<number[]> => zod().array(whole());

/** JSON leaves fields out where they are undefined. */
type Sent<T> = {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & { [Key in keyof T as undefined extends T[Key] ? Key : never]?: T[Key] };

/** The form of what was sent as a T: nobody tells a field that is undefined from none. */
const sent = <T extends object>(form: z.ZodType<Sent<T>>): z.ZodType<T> =>
  form as unknown as z.ZodType<T>;

const failure = (): z.ZodType<BatchFailure['failure']> =>
  sent<BatchFailure['failure']>(
    zod().object({
      kind: zod().enum(['law', 'law-threw', 'died', 'deadlock', 'outside', 'race', 'livelock']),
      law: text(),
      message: text(),
      step: whole(),
      task: text().optional(),
      asleep: zod().exactOptional(zod().array(text())),
      where: text().optional(),
      cutAfter: whole().optional(),
      signature: text(),
    }),
  );

/** What a search has learned. */
export const knowledge: () => z.ZodType<Knowledge> = once(() =>
  zod().object({ pairs: zod().array(zod().number()), parents: zod().array(decisions()) }),
);

/** A failure as a batch has met it. */
export const batchFailure: () => z.ZodType<BatchFailure> = once(() =>
  zod().object({
    run: whole(),
    decisions: decisions(),
    decisionCount: whole(),
    failure: failure(),
    steps: whole(),
  }),
);

/** What runs have come to. */
export const reached: () => z.ZodType<Reached> = once(() =>
  zod().object({
    runs: whole(),
    laws: counts(),
    sometimes: counts(),
    faults: counts(),
    sockets: counts(),
  }),
);

const batch = (): z.ZodType<Batch> =>
  sent<Batch>(
    zod().object({
      firstRun: whole(),
      runs: whole().max(RUNS_MAX),
      steps: whole(),
      passed: whole().max(RUNS_MAX),
      alike: counts(),
      reached: reached(),
      failures: zod().array(batchFailure()).max(RUNS_MAX),
      classes: zod().array(whole()).max(RUNS_MAX),
      pct: zod().object({ depth: whole(), movers: whole(), steps: whole() }).optional(),
      exhausted: zod().boolean(),
      last: zod().boolean(),
      learned: knowledge().optional(),
    }),
  );

const toldStep = (): z.ZodType<ToldStep> =>
  sent<ToldStep>(
    zod().object({
      step: whole(),
      timeMs: zod().number(),
      kind: zod().enum(['call', 'sleep', 'arrival', 'service', 'time']),
      who: text(),
      call: text().optional(),
      did: text(),
      result: text(),
      where: text().optional(),
    }),
  );

const parting = (): z.ZodType<Parting> =>
  sent<Parting>(
    zod().object({
      step: whole(),
      here: toldStep().optional(),
      there: toldStep().optional(),
      effect: zod().object({ here: toldStep(), there: toldStep() }).optional(),
      differing: zod().array(whole()),
    }),
  );

const nearestPass = (): z.ZodType<NearestPass> =>
  sent<NearestPass>(
    zod().object({
      changed: zod().array(zod().object({ place: whole(), step: whole(), text: text() })),
      decisions: decisions(),
      parting: parting().optional(),
      overtakings: zod().array(text()),
    }),
  );

const weighed = (): z.ZodType<WeighedDecision> =>
  sent<WeighedDecision>(
    zod().object({
      place: whole(),
      step: whole(),
      kind: text(),
      about: text(),
      matters: zod().boolean().optional(),
    }),
  );

const explanation = (): z.ZodType<Explanation> =>
  sent<Explanation>(
    zod().object({
      decisions: zod().array(weighed()),
      neighbours: whole(),
      gone: whole(),
      nearest: nearestPass().optional(),
      replays: whole(),
    }),
  );

const reduction = (): z.ZodType<Reduction> =>
  zod().object({
    decisions: decisions(),
    digest: zod()
      .string()
      .regex(/^[0-9a-f]{16}$/),
    replays: whole(),
    explanation: explanation(),
  });

const slice = (): z.ZodType<Slice> =>
  sent<Slice>(
    zod().object({
      part: searchPart(),
      wanted: zod().array(zod().tuple([whole(), whole()])),
      classes: zod().array(text()),
      outcomes: zod().array(text()),
      complete: whole(),
      cutShort: whole(),
      tooLong: whole(),
      foundSharedQueue: zod().boolean(),
      failed: zod().object({ decisions: decisions(), failure: failure() }).optional(),
    }),
  );

const result = (): z.ZodType<JobResult> =>
  zod().discriminatedUnion('kind', [
    zod().object({ kind: zod().literal('batches'), batches: zod().array(batch()).max(RUNS_MAX) }),
    zod().object({ kind: zod().literal('reduction'), reduction: reduction() }),
    zod().object({ kind: zod().literal('slice'), slice: slice() }),
    zod().object({ kind: zod().literal('confirm'), fails: zod().boolean() }),
    zod().object({ kind: zod().literal('broken'), name: text(), message: text() }),
    zod().object({ kind: zod().literal('aside'), deaths: zod().array(text()) }),
  ]);

/** Which machine, and what came of it. */
export const answer: () => z.ZodType<Omit<Answer, 'key'>> = once(() =>
  zod().object({ by: text(), result: result() }),
);

const explorePlan = (): z.ZodType<NonNullable<CampaignPlan['explore']>> =>
  zod().object({
    faultsMax: whole(),
    preemptionsMax: zod().null(),
    processMemory: zod().boolean(),
    outcomes: zod().boolean(),
  });

/** What a worker is asked to do. */
export const job: () => z.ZodType<Job> = once(() => {
  const any = { key: text(), scenario: whole().max(SCENARIOS_MAX) };
  const range = zod().object({ firstRun: whole(), runs: whole().min(1).max(RUNS_MAX) });
  return zod().discriminatedUnion('kind', [
    zod().object({
      kind: zod().literal('batches'),
      ...any,
      strategy: text(),
      seed: whole(),
      endsAtFailure: zod().boolean(),
      ranges: zod().array(range).max(RUNS_MAX),
      known: hash().nullable(),
    }),
    zod().object({ kind: zod().literal('reduction'), ...any, decisions: decisions() }),
    zod().object({ kind: zod().literal('confirm'), ...any, file: zod().string() }),
    zod().object({
      kind: zod().literal('slice'),
      ...any,
      order: zod().object({
        plan: explorePlan(),
        part: searchPart(),
        pinned: whole(),
        sharedQueues: zod().boolean(),
        runs: whole().max(RUNS_MAX),
      }),
    }),
  ]);
});

const world = (): z.ZodType<ScenarioReference['world']> =>
  zod().object({
    faults: zod().exactOptional(
      zod().array(zod().enum(FAULT_NAMES as [FaultName, ...FaultName[]])),
    ),
    network: zod().exactOptional(
      zod().object({
        mode: zod().exactOptional(zod().enum(['loopback', 'adversarial'])),
        splits: zod().exactOptional(zod().boolean()),
        latencyMsMin: zod().exactOptional(whole()),
        latencyMsMax: zod().exactOptional(whole()),
        sendBufferBytes: zod().exactOptional(whole()),
        ephemeralPorts: zod().exactOptional(zod().tuple([whole(), whole()])),
      }),
    ),
  });

const reference = (): z.ZodType<ScenarioReference> =>
  sent<ScenarioReference>(
    zod().object({
      name: text(),
      file: text().optional(),
      recipe: zod().looseObject({ by: text() }).optional(),
      world: world(),
    }),
  );

/** What a campaign searches. */
export const campaignPlan: () => z.ZodType<CampaignPlan> = once(() =>
  zod().object({
    scenarios: zod().array(reference()).min(1).max(SCENARIOS_MAX),
    strategies: zod().array(text()),
    seed: whole().max(0xffff_ffff),
    seedsMax: whole().min(1).nullable(),
    runsMax: whole().min(1).nullable(),
    endsAtFailure: zod().boolean(),
    width: whole().min(1),
    known: zod().array(hash().nullable()),
    explore: explorePlan().nullable(),
  }),
);

/** What a machine says of itself. */
export const machineNote: () => z.ZodType<Omit<Machine, 'name'>> = once(() =>
  zod().object({
    processes: whole(),
    runs: whole(),
    runsPerSecond: zod().number().min(0),
    refused: text().nullable(),
  }),
);

/** What those who join a campaign have to know. */
export const campaignAbout = (): z.ZodType<{
  readonly plan: CampaignPlan;
  readonly code: Readonly<Record<string, string>>;
}> => zod().object({ plan: campaignPlan(), code: zod().record(text(), text()) });

/**
 * Data as it should be.
 *
 * @param what it is, for the message
 * @throws UsageError that says where it is not so
 */
export function parsedAs<T>(
  schema: z.ZodType<T>,
  json: string,
  what: string,
  charsMax: number = MESSAGE_BYTES_MAX,
): T {
  if (json.length > charsMax) {
    throw new UsageError(`${what} has ${json.length} characters, and so many are not read`);
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`${what} is damaged: ${(error as Error).message}`);
  }
  const parsed = unpolluted(() => schema.safeParse(data));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(
    `${what} is damaged, or of another version of heddle: its field ${JSON.stringify(issue?.path.join('.'))}: ${issue?.message}`,
  );
}
