import { readFileSync } from 'node:fs';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { savedFailures } from '../../src/sim/explore/failures.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { keepFailure } from '../../src/sim/explore/reporting.ts';
import { inMacrotask } from '../../src/sim/schedule/runtime/execute.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';
import { STRATEGY_DEFAULT } from '../../src/sim/schedule/strategies/index.ts';

/** What the parts about files and schedules of strangers look for failures in. */
export const sequential: Scenario = (
  SCENARIOS.find(({ model }) => model.id === 'sequential') as (typeof SCENARIOS)[0]
).scenario;

/** Finds a failure and saves it in `folder`; gives the text of its file. */
export async function wholeFailure(folder: string): Promise<string> {
  await inMacrotask(() => {
    const { found } = fuzz(sequential, { runs: 2_000, seed: 1 });
    if (found === undefined) throw new Error('nothing was found to be mutated');
    const how = { strategy: STRATEGY_DEFAULT, seed: 1, folder, note: () => {} };
    keepFailure(sequential, found, how);
  });
  const [whole] = savedFailures(folder);
  return readFileSync(whole?.path as string, 'utf8');
}
