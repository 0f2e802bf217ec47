/**
 * Makes the runs of `FILE`'s only scenario with three workers, then alone, and prints of both what
 * came of them. A program of its own, because workers are loaded as their parent is.
 */
import { Crew } from '../../src/cli/workers.ts';
import { loadScenarios } from '../../src/load/scenarios.ts';
import type { Batch } from '../../src/sim/explore/batch.ts';
import type { Scenario } from '../../src/sim/schedule/scenario.ts';

const [file = '', strategy = 'random', runs = '1000'] = process.argv.slice(2);
const [scenario] = (await loadScenarios(file)) as [Scenario];

async function batchesOf(crew: Crew): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of crew.batchesOf(file)(scenario, { strategy, seed: 3 }, Number(runs))) {
    batches.push(batch);
  }
  return batches;
}

/** Worlds that the scenario has counted in this process. */
const built = (): number => (globalThis as { built?: number }).built ?? 0;

/** What came of all runs, wherever a batch ends and the next begins. */
async function toldOf(crew: Crew): Promise<unknown> {
  const before = built();
  const batches = await batchesOf(crew);
  const [failure] = batches.flatMap(({ failures }) => failures);
  return {
    workers: crew.size,
    builtHere: built() - before,
    runs: batches.reduce((sum, batch) => sum + batch.runs, 0),
    steps: batches.reduce((sum, batch) => sum + batch.steps, 0),
    passed: batches.reduce((sum, batch) => sum + batch.passed, 0),
    classes: batches.flatMap(({ classes }) => classes),
    failure: failure && { run: failure.run, decisions: failure.decisions, of: failure.failure },
  };
}

const three = new Crew(3, 0);
// Until its workers are ready the crew makes the runs here, which are as good.
while (!three.isReady) await batchesOf(three);
const theirs = await toldOf(three);
three.close();
console.log(JSON.stringify({ theirs, own: await toldOf(new Crew(1)) }));
