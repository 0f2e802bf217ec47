/** Every scenario of the catalogue: each model, as written and corrected. */
import { MODELS } from '../models/catalogue.ts';
import type { Model } from '../models/model.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { echoScenario, VARIANTS, type Variant } from './echo.ts';

export { echoScenario, VARIANTS, type Variant, variantText } from './echo.ts';
export { identify } from './faults.ts';

/** One model in one variant, under one scenario. */
export interface CatalogueScenario {
  readonly model: Model;
  readonly variant: Variant;
  readonly scenario: Scenario;
  /** Numbers of the faults that it can show, as `identify` gives them; none for a corrected variant. */
  readonly expects: readonly number[];
}

/** All of them, in the order in which one reads them. Names of scenarios are unique. */
export const SCENARIOS: readonly CatalogueScenario[] = MODELS.flatMap((model) =>
  VARIANTS.map((variant) => ({
    model,
    variant,
    scenario: echoScenario(model, variant),
    expects: variant === 'asWritten' ? model.faults.map(({ number }) => number) : [],
  })),
);
