/** Every scenario of the catalogue: each model, as written and corrected. */
import { CLIENTS, MODELS, PROGRAMS } from '../models/catalogue.ts';
import type { Described, ScenarioKind } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { clientsScenario } from './clients.ts';
import { echoScenario, VARIANTS, type Variant } from './echo.ts';
import { programScenario } from './programs.ts';
import { restartScenario } from './restart.ts';
import { twoReadersScenario } from './two-readers.ts';

export { echoScenario, VARIANTS, type Variant, variantText } from './echo.ts';
export { identify, sameFault } from './faults.ts';

/** One model in one variant, under one scenario. */
export interface CatalogueScenario {
  readonly model: Described;
  readonly variant: Variant;
  readonly scenario: Scenario;
  /**
   * Numbers of the faults that it can show, as `identify` gives them; none for a corrected variant.
   */
  readonly expects: readonly number[];
}

function entries(
  model: Described,
  kind: ScenarioKind,
  make: (variant: Variant) => Scenario,
): CatalogueScenario[] {
  const numbers = model.faults
    .filter(({ scenario = 'echo' }) => scenario === kind)
    .map(({ number }) => number);
  return VARIANTS.map((variant) => ({
    model,
    variant,
    scenario: make(variant),
    expects: variant === 'asWritten' ? numbers : [],
  }));
}

const needsRestart = ({ faults }: Described): boolean =>
  faults.some(({ scenario }) => scenario === 'restart');

/** All of them, in the order in which one reads them. Names of scenarios are unique. */
export const SCENARIOS: readonly CatalogueScenario[] = [
  ...MODELS.flatMap((model) => [
    ...entries(model, 'echo', (variant) => echoScenario(model, variant)),
    ...(needsRestart(model)
      ? entries(model, 'restart', (variant) => restartScenario(model, variant))
      : []),
    ...(model.twoReaders === undefined
      ? []
      : entries(model, 'two-readers', (variant) => twoReadersScenario(model, variant))),
  ]),
  ...CLIENTS.flatMap((model) =>
    entries(model, 'clients', (variant) => clientsScenario(model, variant)),
  ),
  ...PROGRAMS.map((model) => ({
    model,
    variant: 'corrected' as const,
    scenario: programScenario(model),
    expects: [],
  })),
];
