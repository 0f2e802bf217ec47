/** Every scenario of the catalogue: each model, as written and corrected. */
import { CLIENTS, MODELS, PROGRAMS, STORES } from '../models/catalogue.ts';
import type { Described, Model, ScenarioKind } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { burstScenario } from './burst.ts';
import { clientsScenario } from './clients.ts';
import { crashScenario } from './crash.ts';
import { echoScenario, VARIANTS, type Variant } from './echo.ts';
import { highScenario } from './high.ts';
import { logScenario } from './log.ts';
import { memoryScenario } from './memory.ts';
import { programScenario } from './programs.ts';
import { restartScenario } from './restart.ts';
import { twoReadersScenario } from './two-readers.ts';
import { urgentScenario } from './urgent.ts';
import { usedUpScenario } from './used-up.ts';

export { echoScenario, VARIANTS, type Variant, variantText } from './echo.ts';
export { identify, isNews, sameFault } from './faults.ts';

/** One model in one variant, under one scenario. */
export interface CatalogueScenario {
  readonly model: Described;
  readonly variant: Variant;
  readonly scenario: Scenario;
  /**
   * Numbers of the faults that it can show, as `identify` gives them; none for a corrected variant.
   */
  readonly expects: readonly number[];
  /** Not one that is about a single fault: those have longer runs. */
  readonly isUsual: boolean;
}

function entries(
  model: Described,
  kind: ScenarioKind,
  make: (variant: Variant) => Scenario,
): CatalogueScenario[] {
  const own = model.faults.filter(({ scenario = 'echo' }) => scenario === kind);
  const others = model.faults.filter((fault) => !own.includes(fault));
  return VARIANTS.map((variant) => ({
    // What may be several of them is the one that the scenario is about.
    model: { ...model, faults: [...own, ...others] },
    variant,
    scenario: make(variant),
    expects: variant === 'asWritten' ? own.map(({ number }) => number) : [],
    isUsual: SPECIAL.every(([special]) => special !== kind),
  }));
}

/** Scenarios for those models that have a fault which needs them. */
const SPECIAL: readonly (readonly [ScenarioKind, (model: Model, variant: Variant) => Scenario])[] =
  [
    ['restart', restartScenario],
    ['used-up', usedUpScenario],
    ['high', highScenario],
    ['urgent', urgentScenario],
    ['log', logScenario],
    ['burst', burstScenario],
    ['memory', memoryScenario],
  ];

function specialEntries(model: Model): CatalogueScenario[] {
  return SPECIAL.flatMap(([kind, make]) => {
    if (!model.faults.some(({ scenario }) => scenario === kind)) return [];
    const needing: Model = kind === 'urgent' ? { ...model, needs: 'MSG_OOB' } : model;
    return entries(needing, kind, (variant) => make(model, variant));
  });
}

/** All of them, in the order in which one reads them. Names of scenarios are unique. */
export const SCENARIOS: readonly CatalogueScenario[] = [
  ...MODELS.flatMap((model) => [
    ...entries(model, 'echo', (variant) => echoScenario(model, variant)),
    ...specialEntries(model),
    ...(model.twoReaders === undefined
      ? []
      : entries(model, 'two-readers', (variant) => twoReadersScenario(model, variant))),
  ]),
  ...CLIENTS.flatMap((model) =>
    entries(model, 'clients', (variant) => clientsScenario(model, variant)),
  ),
  ...STORES.flatMap((model) => entries(model, 'crash', (variant) => crashScenario(model, variant))),
  ...PROGRAMS.map((model) => ({
    model,
    variant: 'corrected' as const,
    scenario: programScenario(model),
    expects: [],
    isUsual: true,
  })),
];
