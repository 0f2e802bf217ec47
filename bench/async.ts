import { drainInPlace, TickQueue } from '../src/sim/schedule/runtime/drain.ts';
import { inMacrotask, runSync } from '../src/sim/schedule/runtime/execute.ts';
import { RandomWalk } from '../src/sim/schedule/strategies/random-walk.ts';
import { CLIENTS, clientAsync, echo, epollServerAsync, MESSAGES } from './echo.ts';
import { type Benchmark, compare, race } from './measure.ts';

const TASKS = 8;

/**
 * What no scheduler of async functions can do without: settle a promise, then run ticks and
 * microtasks.
 */
function drains(count: number): () => number {
  const settle: ((value: number) => void)[] = [];
  const ticks = new TickQueue();
  const fail = (error: unknown): void => {
    throw error;
  };
  const loop = async (task: number): Promise<void> => {
    for (;;) {
      await new Promise<number>((resolve) => {
        settle[task] = resolve;
      });
    }
  };
  for (let task = 0; task < TASKS; task++) void loop(task);
  let state = 12345;
  return () => {
    for (let i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const task = ((state >>> 16) * TASKS) >>> 16;
      (settle[task] as (value: number) => void)(1);
      drainInPlace(ticks, fail);
    }
    return count;
  };
}

const benchmark: Benchmark = {
  about:
    'A step of an async task (its runtime virtual: clock, timers, ticks) against settling a promise and draining the microtasks in place.',
  run: () =>
    inMacrotask(() => {
      const strategy = new RandomWalk(1);
      const given = echo(CLIENTS, MESSAGES, epollServerAsync, clientAsync);
      const step = (): number => {
        let steps = 0;
        for (let i = 0; i < 5; i++) {
          strategy.begin();
          const result = runSync(given, { strategy });
          if (result.failure !== undefined) throw new Error(result.failure.message);
          steps += result.steps;
        }
        return steps;
      };
      const costs = race({ bare: drains(10_000), step }, 200);
      return [compare('an async step / a bare drain', costs.step, costs.bare, { most: 3 })];
    }),
};
export default benchmark;
