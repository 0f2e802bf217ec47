import fc from 'fast-check';
import { inMacrotask, runSync } from '../src/sim/schedule/runtime/execute.ts';
import { RandomWalk } from '../src/sim/schedule/strategies/random-walk.ts';
import { CLIENTS, clientAsync, echo, epollServerAsync, MESSAGES, message } from './echo.ts';
import { type Benchmark, type Line, text } from './measure.ts';

const ROUNDS = 15;

/**
 * The echo as one writes it with fast-check: each message travels twice, and each journey is a
 * scheduled promise.
 */
async function fastCheck(runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const visit = async (): Promise<void> => {
        for (let i = 0; i < MESSAGES; i++) {
          const arrived = await scheduler.schedule(Promise.resolve(message.slice()));
          const back = await scheduler.schedule(Promise.resolve(arrived.slice()));
          if (back.length !== message.length) throw new Error('short');
        }
      };
      const visits = Array.from({ length: CLIENTS }, visit);
      await scheduler.waitAll();
      await Promise.all(visits);
    }),
    { numRuns: runs },
  );
}

const benchmark: Benchmark = {
  about:
    "Runs a second of the echo of 8 clients x 16 messages, kernel and sockets included, against fast-check's fc.scheduler() on the same echo without either.",
  run: async () => {
    const strategy = new RandomWalk(1);
    const plain = echo();
    const awaiting = echo(CLIENTS, MESSAGES, epollServerAsync, clientAsync);
    const heddle = (given: typeof plain, runs: number) => (): void => {
      for (let i = 0; i < runs; i++) {
        strategy.begin();
        const { failure } = runSync(given, { strategy });
        if (failure !== undefined) throw new Error(failure.message);
      }
    };
    const arms = [
      { runs: 20, go: () => fastCheck(20) },
      { runs: 200, go: () => inMacrotask(heddle(plain, 200)) },
      { runs: 100, go: () => inMacrotask(heddle(awaiting, 100)) },
    ] as const;
    const best = [Infinity, Infinity, Infinity];
    for (let round = -3; round < ROUNDS; round++) {
      for (const [i, { runs, go }] of arms.entries()) {
        const began = process.hrtime.bigint();
        await go();
        const ns = Number(process.hrtime.bigint() - began) / runs;
        if (round >= 0) best[i] = Math.min(best[i] as number, ns);
      }
    }
    const [check, generators, asyncs] = best as [number, number, number];
    const note = (ns: number): string => `${text(ns)} a run / ${text(check)}`;
    const lines: Line[] = [
      {
        what: 'runs a second, generator tasks / fast-check',
        ratio: check / generators,
        goal: { least: 20 },
        note: note(generators),
      },
      {
        what: 'runs a second, async tasks / fast-check',
        ratio: check / asyncs,
        goal: { least: 9 },
        note: note(asyncs),
      },
    ];
    return lines;
  },
};
export default benchmark;
