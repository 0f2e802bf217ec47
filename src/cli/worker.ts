/**
 * A worker of `heddle fuzz`: a process that makes batches of runs and reduces failures, one order
 * after the other, until nobody asks any more.
 */
import { setImmediate } from 'node:timers/promises';
import { referredScenario } from '../load/scenario-reference.ts';
import { SCENARIOS, sameFault } from '../scenarios/index.ts';
import { replay } from '../sim/explore/attempt.ts';
import { type Batch, BatchRunner } from '../sim/explore/batch.ts';
import { exploreSlice, type Slice } from '../sim/explore/exploration.ts';
import { type Reduction, reduce } from '../sim/explore/investigate.ts';
import type { Failure } from '../sim/schedule/failure.ts';
import { inMacrotask } from '../sim/schedule/runtime/execute.ts';
import type {
  Answer,
  BatchOrder,
  ExploringOrder,
  Order,
  ProgressNote,
  ReductionOrder,
  Withdrawal,
} from './workers.ts';

async function batch({ scenario, plan, range }: BatchOrder): Promise<Batch> {
  const runner = new BatchRunner(await referredScenario(scenario), plan, range);
  return inMacrotask(() => runner.more(range.runs));
}

/** Replays between two notes of how far a reduction has come; a program's take long. */
const REPLAYS_A_NOTE = 5;

type Numbered = ReductionOrder & Pick<Order, 'id'>;

async function reduction({ id, scenario: reference, decisions }: Numbered): Promise<Reduction> {
  const scenario = await referredScenario(reference);
  const builtIn =
    reference.file === undefined && reference.recipe === undefined
      ? SCENARIOS.find((entry) => entry.scenario.name === reference.name)
      : undefined;
  return inMacrotask(() => {
    const failure = replay(scenario, decisions, 'clamp').failure as Failure;
    return reduce(
      scenario,
      { decisions: [...decisions], failure },
      {
        ...(builtIn === undefined ? {} : { isSame: sameFault(builtIn.model, failure) }),
        onReplay: (replays, notCalm) => {
          if (replays % REPLAYS_A_NOTE === 0) tell({ id, replays, notCalm });
        },
      },
    );
  });
}

async function slice({ scenario, order }: ExploringOrder): Promise<Slice> {
  const found = await referredScenario(scenario);
  return inMacrotask(() => exploreSlice(found, order));
}

function work(order: Order): Promise<unknown> {
  switch (order.what) {
    case 'batch':
      return batch(order);
    case 'reduction':
      return reduction(order);
    default:
      return slice(order);
  }
}

async function carryOut(order: Order): Promise<Answer> {
  const { id } = order;
  if (withdrawn.delete(id)) return { id, result: undefined };
  try {
    return { id, result: await work(order) };
  } catch {
    // Whoever gave the order carries it out and meets the error where it can be told.
    return { id, result: undefined };
  }
}

/** Whoever gives the orders may have gone meanwhile. */
function tell(message: Answer | ProgressNote | 'ready'): void {
  process.send?.(message, undefined, undefined, (error) => error && process.exit());
}

const withdrawn = new Set<number>();
/** Orders come faster than they are carried out. */
let last: Promise<void> = Promise.resolve();
process.on('message', (message: Order | Withdrawal) => {
  if (message.what === 'withdrawal') {
    for (const id of message.ids) withdrawn.add(id);
    return;
  }
  last = last.then(async () => {
    // What was sent meanwhile may take it back.
    await setImmediate();
    tell(await carryOut(message));
  });
});
// Ctrl-C is sent to all processes of the terminal; the one that gave the orders decides when it is
// over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
tell('ready');
