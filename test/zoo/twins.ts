/** Whether the twins without the mistake survive. */
import { attempt } from '../../src/sim/explore/attempt.ts';
import { makeStrategy, STRATEGY_DEFAULT } from '../../src/sim/schedule/strategies/index.ts';
import type { Specimen } from './programs.ts';

/** Runs every twin, tells of each, and says whether none failed. */
export function checkTwins(programs: readonly Specimen[], runs: number): boolean {
  let blamed = 0;
  let count = 0;
  for (const { name, corrected } of programs) {
    if (corrected === undefined) continue;
    count++;
    const strategy = makeStrategy(STRATEGY_DEFAULT, { seed: 1 });
    for (let run = 1; run <= runs; run++) {
      const result = attempt(corrected, strategy);
      if (result === undefined) break;
      if (result.failure === undefined) continue;
      blamed++;
      console.log(`${name}: run ${run} fails: ${result.failure.message}`);
      break;
    }
  }
  console.log(`${count} twins, ${runs} runs each by the ${STRATEGY_DEFAULT}: ${blamed} blamed`);
  return blamed === 0;
}
