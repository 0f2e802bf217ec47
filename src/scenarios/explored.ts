/**
 * Servers of the catalogue with clients that are given instead of drawn: worlds small enough to be
 * explored completely.
 */
import { MODELS } from '../models/catalogue.ts';
import type { Model } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { type ClientPlan, echoScenario, VARIANTS, type Variant } from './echo.ts';
import { CLIENTS_MAX, MESSAGES_MAX } from './sizes.ts';

export interface ExploredSize {
  /** Clients, and messages of each, which it sends one after the other, waiting for the answers. */
  readonly clients: number;
  readonly messages: number;
  readonly network: 'loopback' | 'adversarial';
}

const NETWORKS = ['loopback', 'adversarial'] as const;

/**
 * A server with clients of one kind. The size is part of the name, so that a schedule finds its
 * scenario again.
 */
export function exploredScenario(model: Model, variant: Variant, size: ExploredSize): Scenario {
  const { clients, messages, network } = size;
  return echoScenario(model, variant, {
    title: `clients ${clients}, messages ${messages}, ${network}`,
    clients: Array.from({ length: clients }, () => planOf(messages)),
    network: { mode: network },
  });
}

/** Each piece is one byte, so that there is nothing to cut. */
function planOf(messages: number): ClientPlan {
  const pieces = Array.from({ length: messages }, (_, i) => new Uint8Array([97 + i]));
  return { manner: messages === 1 ? 'plain' : 'in-turn', pieces };
}

let all: { readonly model: Model; readonly scenario: Scenario }[] | undefined;

/** All of them, of every size. */
export function exploredScenarios(): readonly {
  readonly model: Model;
  readonly scenario: Scenario;
}[] {
  all ??= MODELS.flatMap((model) =>
    VARIANTS.flatMap((variant) =>
      sizes().map((size) => ({ model, scenario: exploredScenario(model, variant, size) })),
    ),
  );
  return all;
}

function sizes(): ExploredSize[] {
  const found: ExploredSize[] = [];
  for (const network of NETWORKS) {
    for (let clients = 1; clients <= CLIENTS_MAX; clients++) {
      for (let messages = 1; messages <= MESSAGES_MAX; messages++) {
        found.push({ clients, messages, network });
      }
    }
  }
  return found;
}
