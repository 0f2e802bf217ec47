import { Crew } from '../src/cli/crew.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import type { Scenario } from '../src/sim/schedule/scenario.ts';
import { type Benchmark, type Line, text } from './measure.ts';

const ROUNDS = 5;
const RUNS = 1_200;

/** A run of it takes about as long as one of the others of its kind. */
const scenario = SCENARIOS.find(
  ({ model, variant }) => model.id === 'epoll-level' && variant === 'corrected',
)?.scenario as Scenario;

/** A crew whose workers have all made runs, so that what is measured is work and not their start. */
async function staffed(workers: number): Promise<Crew> {
  const crew = new Crew(workers, 0);
  while (!crew.isReady) await fuzz(crew, 100);
  await fuzz(crew, RUNS);
  return crew;
}

/** Nanoseconds a run. */
async function fuzz(crew: Crew, runs: number): Promise<number> {
  const began = process.hrtime.bigint();
  const batches = crew.batchesOf(undefined);
  let made = 0;
  for await (const batch of batches(scenario, { strategy: 'random', seed: 1 }, runs)) {
    made += batch.runs;
  }
  return Number(process.hrtime.bigint() - began) / made;
}

const benchmark: Benchmark = {
  about:
    'Runs a second of heddle fuzz with two worker processes against one, on a server with faults; both make the same runs.',
  run: async () => {
    const crews = [await staffed(1), await staffed(2)] as const;
    const best = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, crew] of crews.entries()) {
        best[i] = Math.min(best[i] as number, await fuzz(crew, RUNS));
      }
    }
    for (const crew of crews) crew.close();
    const [one, two] = best as [number, number];
    const lines: Line[] = [
      {
        what: 'runs a second, two workers / one',
        ratio: one / two,
        goal: { least: 1.6 },
        note: `${text(two)} / ${text(one)} a run`,
      },
    ];
    return lines;
  },
};
export default benchmark;
