/**
 * Prints the digests of the programs here under this version of Node, as JSON: one of the calm
 * schedule and two of others.
 */
import { runOnce } from '../node/run.ts';
import { programs, scenarioOf } from './scenario.ts';

const RUNS = [0, 1, 2];

const digests = programs.map((program) => {
  const made = scenarioOf(program);
  return [program, RUNS.map((run) => runOnce(made, run).result.digest)] as const;
});
process.stdout.write(JSON.stringify(Object.fromEntries(digests)));
