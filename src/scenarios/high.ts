/** A server whose descriptors are numbered as if a thousand clients had come before. */
import type { Model } from '../models/model.ts';
import { patiently } from '../models/userland/patience.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { FD_SETSIZE, type Program, type Sys } from '../sys/index.ts';
import { type ClientPlan, echoScenario, type Variant } from './echo.ts';

/** Below FD_SETSIZE are one number for the listener, and one for a client. */
const FREE = 2;
const PLAN: ClientPlan = { manner: 'in-turn', pieces: [new TextEncoder().encode('Hello, world')] };

export function highScenario(model: Model, variant: Variant): Scenario {
  return echoScenario(model, variant, {
    title: 'the 1,024th descriptor',
    clients: [PLAN, PLAN],
    server: function* (sys, options) {
      yield* occupy(sys);
      yield* model[variant](sys, options);
    },
    ...(variant === 'asWritten' ? { faults: [] } : {}),
  });
}

/** Takes all but a few of the descriptors that select(2) can be asked about. */
function* occupy(sys: Sys): Program {
  yield* sys.setrlimit(2 * FD_SETSIZE);
  while ((yield* patiently(sys, () => sys.dup(0))) < FD_SETSIZE - FREE - 1);
}
