/** Whether the twins without the mistake survive. */
import { STRATEGY_DEFAULT } from '../../src/sim/schedule/strategies/index.ts';
import { runsToFirst } from './measure.ts';
import type { Specimen } from './programs.ts';

/** Runs every twin, tells of each, and says whether none failed. */
export function checkTwins(programs: readonly Specimen[], runs: number): boolean {
  let blamed = 0;
  let count = 0;
  for (const { name, corrected } of programs) {
    if (corrected === undefined) continue;
    count++;
    const run = runsToFirst(corrected, { strategy: STRATEGY_DEFAULT, seed: 1 }, runs);
    if (run === undefined) continue;
    blamed++;
    console.log(`${name}: run ${run} of the twin fails`);
  }
  console.log(`${count} twins, ${runs} runs each by the ${STRATEGY_DEFAULT}: ${blamed} blamed`);
  return blamed === 0;
}
