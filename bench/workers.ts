import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Crew } from '../src/cli/workers.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import type { Scenario } from '../src/sim/schedule/scenario.ts';
import { type Benchmark, type Line, text } from './measure.ts';

const ROUNDS = 5;
/**
 * So many that the last batch, which one worker makes while the other has nothing to do, is a small
 * part of it.
 */
const RUNS = 2_400;

/** A run of it takes about as long as one of the others of its kind. */
const scenario = SCENARIOS.find(
  ({ model, variant }) => model.id === 'epoll-level' && variant === 'corrected',
)?.scenario as Scenario;

/**
 * A crew whose workers have all made runs, so that what is measured is work and not their start.
 */
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

/** Nanoseconds a run, of as many processes at once as are given. */
async function independently(children: readonly ChildProcess[], runs: number): Promise<number> {
  const began = process.hrtime.bigint();
  await Promise.all(
    children.map((child) => {
      const done = once(child, 'message');
      child.send(runs / children.length);
      return done;
    }),
  );
  return Number(process.hrtime.bigint() - began) / runs;
}

const benchmark: Benchmark = {
  about:
    'Runs a second of heddle fuzz with two worker processes against one, on a server with faults; both make the same runs. And what the machine allows: two processes that share nothing against one of them.',
  run: async () => {
    const crews = [await staffed(1), await staffed(2)] as const;
    const path = join(import.meta.dirname, 'independent.ts');
    const pair = [fork(path, [scenario.name]), fork(path, [scenario.name])] as const;
    const arms = {
      one: () => fuzz(crews[0], RUNS),
      two: () => fuzz(crews[1], RUNS),
      alone: () => independently([pair[0]], RUNS),
      both: () => independently(pair, RUNS),
    };
    const best = { one: Infinity, two: Infinity, alone: Infinity, both: Infinity };
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, arm] of Object.entries(arms) as [
        keyof typeof arms,
        () => Promise<number>,
      ][]) {
        const ns = await arm();
        if (round >= 0) best[name] = Math.min(best[name], ns);
      }
    }
    for (const crew of crews) crew.close();
    for (const child of pair) child.disconnect();
    const { one, two, alone, both } = best;
    const lines: Line[] = [
      {
        what: 'runs a second, two workers / one',
        ratio: one / two,
        goal: { least: 1.6 },
        note: `${text(two)} / ${text(one)} a run`,
      },
      {
        what: 'two processes that share nothing / one',
        ratio: alone / both,
        note: `${text(both)} / ${text(alone)} a run: the ceiling of this machine`,
      },
      {
        what: 'two workers / that ceiling',
        ratio: one / two / (alone / both),
        goal: { least: 0.95 },
      },
    ];
    return lines;
  },
};
export default benchmark;
