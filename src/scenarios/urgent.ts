/** Clients that send an urgent byte behind their message: it is no part of the stream. */
import { URGENT_MANNERS } from '../models/clients/echo.ts';
import type { Model } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { echoScenario, type Variant } from './echo.ts';

export function urgentScenario(model: Model, variant: Variant): Scenario {
  return echoScenario(model, variant, {
    title: 'an urgent byte is no news',
    clientsMax: 2,
    messages: ['Hello, world'],
    manners: [...URGENT_MANNERS, 'plain'],
    ...(variant === 'asWritten' ? { faults: [] } : {}),
  });
}
