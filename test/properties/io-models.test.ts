// The five I/O models of article 004, and a process per connection: the same echo scenario, one
// law.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelNamed, SIDE_BY_SIDE } from '../../src/models/catalogue.ts';
import { type EchoNotes, MANNERS } from '../../src/models/clients/echo.ts';
import { IO_MODELS, type Model } from '../../src/models/model.ts';
import { buildEcho, type ClientPlan } from '../../src/scenarios/echo.ts';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { FAULT_NAMES, type FaultName } from '../../src/sim/kernel/choices.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';

const models = SIDE_BY_SIDE.map((id) => modelNamed(id) as Model);

const plan: fc.Arbitrary<ClientPlan> = fc.record({
  manner: fc.constantFrom(...MANNERS),
  pieces: fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 3 }),
});

interface Outcome {
  readonly message: string | undefined;
  readonly answers: string[];
}

/**
 * One run of one server for these clients: what it failed of, and what each client has received.
 */
function run(
  model: Model,
  clients: readonly ClientPlan[],
  faults: readonly FaultName[],
  seed: number,
): Outcome {
  let notes: readonly EchoNotes[] = [];
  const echo = scenario(
    'side by side',
    (world) => {
      notes = buildEcho(world, model, 'corrected', clients);
    },
    { faults, stepsMax: 200_000 },
  );
  const { failure } = attempt(echo, new RandomWalk(seed)) as RunResult;
  return {
    message: failure?.message,
    answers: notes.map(({ received }) => Buffer.from(received).toString('hex')),
  };
}

describe('side by side', () => {
  it('stand all five I/O models', () => {
    expect(new Set(models.map(({ io }) => io))).toEqual(new Set(IO_MODELS));
  });

  it('keep one law, under every interleaving and fault', () => {
    fc.assert(
      fc.property(
        fc.array(plan, { minLength: 1, maxLength: 4 }),
        fc.subarray([...FAULT_NAMES]),
        fc.integer(),
        (clients, faults, seed) => {
          for (const model of models) {
            expect(run(model, clients, faults, seed).message, model.id).toBeUndefined();
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('give clients that want everything the same bytes, where no fault strikes', () => {
    const wanting = plan.filter(({ manner }) =>
      ['plain', 'half-close', 'in-turn'].includes(manner),
    );
    fc.assert(
      fc.property(
        fc.array(wanting, { minLength: 1, maxLength: 3 }),
        fc.integer(),
        (clients, seed) => {
          const expected = clients.map(({ pieces }) => Buffer.concat(pieces).toString('hex'));
          for (const model of models)
            expect(run(model, clients, [], seed).answers).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});
