/**
 * A process that makes as many runs as each message says, and shares nothing with anybody: what
 * bench/workers.ts compares workers with.
 */
import { SCENARIOS } from '../src/scenarios/index.ts';
import { BatchRunner } from '../src/sim/explore/batch.ts';
import { inMacrotask } from '../src/sim/schedule/runtime/execute.ts';
import { UsageError } from '../src/sys/errors.ts';

const [name] = process.argv.slice(2);
const found = SCENARIOS.find(({ scenario }) => scenario.name === name);
if (found === undefined) throw new UsageError(`there is no scenario ${JSON.stringify(name)}`);
const { scenario } = found;

process.on('message', async (runs: number) => {
  const runner = new BatchRunner(scenario, { strategy: 'random', seed: 1 }, { firstRun: 1, runs });
  await inMacrotask(() => runner.more(runs));
  process.send?.('done');
});
process.on('disconnect', () => process.exit());
