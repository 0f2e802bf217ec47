/**
 * Two tasks of one event loop wait on one socket, each for one client; both clients must be served.
 */
import type { Model } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { type ClientPlan, echoScenario, faultsFor, type Variant } from './echo.ts';

const PLAN: ClientPlan = { manner: 'plain', pieces: [new TextEncoder().encode('Hello, world')] };

export function twoReadersScenario(model: Model, variant: Variant): Scenario {
  const server = model.twoReaders?.[variant];
  if (server === undefined) throw new TypeError(`${model.id} has no server with two readers`);
  return echoScenario(model, variant, {
    server,
    clients: [PLAN, PLAN],
    // A reset or a refusal uses up a reader, and the next client waits for ever.
    faults: faultsFor(variant).filter((name) => name !== 'reset'),
    title: 'two tasks that wait on one socket are both served',
  });
}
