/** A machine that has nothing left to give for a while: the table of descriptors, or of tasks. */
import type { Model } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { type ClientPlan, echoScenario, type Variant } from './echo.ts';

/**
 * 0, 1, 2, the listener, a selector's own, and one for a client; a corrected server may have two of
 * its own.
 */
const DESCRIPTORS_MAX: Readonly<Record<Variant, number>> = { asWritten: 6, corrected: 7 };
/** The main program, and two that it makes: as many as one connection may take. */
const TASKS_MAX = 3;
const pieces = ['Hello, ', 'world'].map((text) => new TextEncoder().encode(text));
const PLAN: ClientPlan = { manner: 'in-turn', pieces };
const CLIENTS = 3;

/** More clients come than there is room for at once; each leaves once it has been served. */
export function usedUpScenario(model: Model, variant: Variant): Scenario {
  return echoScenario(model, variant, {
    title: 'more clients than there is room for, one after the other',
    clients: Array.from({ length: CLIENTS }, () => PLAN),
    limits: [
      { what: 'descriptors', descriptorsMax: DESCRIPTORS_MAX[variant] },
      { what: 'tasks', tasksMax: TASKS_MAX },
    ],
    ...(variant === 'asWritten' ? { faults: [] } : {}),
  });
}
