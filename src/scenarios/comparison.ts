/** One visit, paid to every server: for pictures that are to be compared. */
import type { Model } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { echoScenario, type Variant } from './echo.ts';

/** What each client sends, waiting for each answer before it goes on. */
export const TOUR_MESSAGES: readonly (readonly string[])[] = [
  ['one', 'two'],
  ['eins', 'zwei'],
];
/** Bytes travel for so long, so that the clients wait at the same time. */
const LATENCY_MS = 1;

/** Two clients send two messages each to a server, and nothing goes wrong. */
export function tourScenario(model: Model, variant: Variant): Scenario {
  const encoder = new TextEncoder();
  return echoScenario(model, variant, {
    title: 'two clients, two messages each',
    clients: TOUR_MESSAGES.map((pieces) => ({
      manner: 'in-turn',
      pieces: pieces.map((piece) => encoder.encode(piece)),
    })),
    faults: [],
    network: { latencyMsMin: LATENCY_MS, latencyMsMax: LATENCY_MS },
  });
}
