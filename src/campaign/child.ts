/**
 * A process that does the jobs of campaigns, one after the other, until nobody asks any more. It
 * runs only what is in its own checkout.
 */
import { referredScenario } from '../load/scenario-reference.ts';
import { replay } from '../sim/explore/attempt.ts';
import { type Batch, BatchRunner } from '../sim/explore/batch.ts';
import { exploreSlice } from '../sim/explore/exploration.ts';
import { parseFailure } from '../sim/explore/failures.ts';
import { reduce } from '../sim/explore/investigate.ts';
import { replaySaved } from '../sim/explore/replay-file.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { tellable, thrownText } from '../sys/thrown.ts';
import type { BatchJob, ConfirmJob, JobResult, ReductionJob, SliceJob } from './job.ts';
import type { Asked, Told } from './pool.ts';

async function batches(scenario: Scenario, job: BatchJob, asked: Asked): Promise<JobResult> {
  const { strategy, seed, endsAtFailure } = job;
  const made: Batch[] = [];
  for (const range of job.ranges) {
    const { known } = asked;
    const runner = new BatchRunner(
      scenario,
      { strategy, seed, endsAtFailure },
      { ...range, known },
    );
    const batch = await inMacrotask(() => runner.more(range.runs));
    made.push(batch);
    if (batch.exhausted || (endsAtFailure && batch.failures.length > 0)) break;
  }
  return { kind: 'batches', batches: made };
}

function reduction(scenario: Scenario, { decisions }: ReductionJob): Promise<JobResult> {
  return inMacrotask(() => {
    const { failure } = replay(scenario, decisions, 'clamp');
    if (failure === undefined) throw new Error(`this failure of ${scenario.name} passes here`);
    const found = { decisions: [...decisions], failure: failure satisfies Failure };
    return { kind: 'reduction', reduction: reduce(scenario, found) };
  });
}

function slice(scenario: Scenario, { order }: SliceJob): Promise<JobResult> {
  return inMacrotask(() => ({ kind: 'slice', slice: exploreSlice(scenario, order) }));
}

/** What a file names is not looked for: the scenario is that of the plan. */
function confirm(scenario: Scenario, { file, key }: ConfirmJob): Promise<JobResult> {
  const parsed = parseFailure(file, key);
  return inMacrotask(() => {
    const { recorded } = replaySaved(scenario, { path: key, file: parsed });
    return { kind: 'confirm', fails: recorded.run.failure !== undefined };
  });
}

async function work(asked: Asked): Promise<JobResult> {
  const { job } = asked;
  const scenario = await referredScenario(asked.scenario);
  switch (job.kind) {
    case 'batches':
      return batches(scenario, job, asked);
    case 'reduction':
      return reduction(scenario, job);
    case 'slice':
      return slice(scenario, job);
    default:
      return confirm(scenario, job);
  }
}

async function carryOut(asked: Asked): Promise<JobResult> {
  try {
    return await work(asked);
  } catch (thrown) {
    const error = tellable(thrown);
    const { name, message } = error instanceof Error ? error : new Error(thrownText(error));
    return { kind: 'broken', name, message };
  }
}

/** Whoever asks may have gone meanwhile. */
function tell(message: Told): void {
  process.send?.(message, undefined, undefined, (error) => error && process.exit());
}

let last: Promise<void> = Promise.resolve();
process.on('message', (asked: Asked) => {
  last = last.then(async () => tell({ id: asked.id, result: await carryOut(asked) }));
});
// Ctrl-C is sent to all processes of the terminal; the one that asks decides when it is over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
