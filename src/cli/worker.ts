/** A worker of `heddle fuzz`: a process that makes the runs of batches, one batch after the other, until nobody asks any more. */
import { loadScenarios } from '../load/scenarios.ts';
import { hostsOfName } from '../node/hosts.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { BatchRunner } from '../sim/explore/batch.ts';
import { inMacrotask } from '../sim/schedule/execute.ts';
import type { Scenario } from '../sim/schedule/scenario.ts';
import { UsageError } from '../sys/errors.ts';
import type { Answer, Order, ScenarioReference } from './crew.ts';

async function scenarioOf({ name, file }: ScenarioReference): Promise<Scenario> {
  const hosts = hostsOfName(name);
  if (hosts !== undefined) return hosts;
  const all =
    file === undefined ? SCENARIOS.map(({ scenario }) => scenario) : await loadScenarios(file);
  const found = all.find((scenario) => scenario.name === name);
  if (found === undefined) throw new UsageError(`there is no scenario ${JSON.stringify(name)}`);
  return found;
}

async function carryOut({ id, scenario, plan, range }: Order): Promise<Answer> {
  try {
    const runner = new BatchRunner(await scenarioOf(scenario), plan, range);
    return { id, batch: await inMacrotask(() => runner.more(range.runs)) };
  } catch {
    // Whoever gave the order makes the batch and meets the error where it can be told.
    return { id, batch: undefined };
  }
}

/** Whoever gives the orders may have gone meanwhile. */
function tell(message: Answer | 'ready'): void {
  process.send?.(message, undefined, undefined, (error) => error && process.exit());
}

/** Orders come faster than they are carried out. */
let last: Promise<void> = Promise.resolve();
process.on('message', (order: Order) => {
  last = last.then(async () => {
    const answer = await carryOut(order);
    tell(answer);
  });
});
// Ctrl-C is sent to all processes of the terminal; the one that gave the orders decides when it is over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
tell('ready');
