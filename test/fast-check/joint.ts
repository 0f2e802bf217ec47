/**
 * How small counterexamples become when fast-check shrinks the clients and heddle the schedule:
 * `npm run joint`, `npm run joint -- SEEDS FIRST`.
 */
import fc from 'fast-check';
import { type Schedule, schedules } from '../../src/fast-check.ts';
import { inMacrotask, parseSchedule } from '../../src/index.ts';
import { modelNamed } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { type ClientPlan, echoScenario } from '../../src/scenarios/echo.ts';

/** Servers with the faults of merged queues and of queues beside select. */
export const JOINT_MODELS = ['asyncio-queue', 'threaded-queue', 'select-queues'] as const;
export const SIZES_MAX = { clients: 2, messages: 2, notCalm: 3 } as const;

export interface Joint {
  readonly clients: number;
  readonly messages: number;
  /** Decisions that are not calm. */
  readonly notCalm: number;
  readonly shrinks: number;
}

const message = fc.constantFrom('a', '', '日本', 'Hello, world', '0123456789'.repeat(110));
const client: fc.Arbitrary<ClientPlan> = fc.record({
  manner: fc.constantFrom('plain', 'half-close', 'stays', 'in-turn', 'slow', 'resets', 'deaf'),
  pieces: fc.array(
    message.map((text) => new TextEncoder().encode(text)),
    { minLength: 1, maxLength: 4 },
  ),
});
const clients = fc.array(client, { minLength: 1, maxLength: 5 });

/** The counterexample of one seed; undefined when none is found. */
export function joint(id: string, seed: number): Joint | undefined {
  const model = modelNamed(id) as Model;
  const property = fc.property(clients, schedules(), (plans, schedule) => {
    schedule.check(echoScenario(model, 'asWritten', { clients: plans }));
  });
  const { counterexample, numShrinks } = fc.check(property, { seed, numRuns: 1000 });
  if (counterexample === null) return undefined;
  const [plans, schedule] = counterexample;
  return {
    clients: plans.length,
    messages: plans.reduce((sum, { pieces }) => sum + pieces.length, 0),
    notCalm: restlessOf(schedule),
    shrinks: numShrinks,
  };
}

function restlessOf(schedule: Schedule): number {
  return parseSchedule(schedule.text).decisions.filter((decision) => decision !== 0).length;
}

export function isSmall({ clients, messages, notCalm }: Joint): boolean {
  return (
    clients <= SIZES_MAX.clients && messages <= SIZES_MAX.messages && notCalm <= SIZES_MAX.notCalm
  );
}

if (process.argv[1] === import.meta.filename) {
  const seeds = Number(process.argv[2] ?? 100);
  const first = Number(process.argv[3] ?? 1);
  await inMacrotask(() => {
    for (const id of JOINT_MODELS) {
      const found = Array.from({ length: seeds }, (_, seed) => joint(id, first + seed));
      const small = found.filter((one) => one !== undefined && isSmall(one)).length;
      console.log(`${id.padEnd(16)} ${small} of ${seeds} counterexamples are small`);
      for (const [i, one] of found.entries()) {
        if (one === undefined || !isSmall(one))
          console.log(`  seed ${first + i}`, one ?? 'not found');
      }
    }
  });
}
