import { expect, it } from 'vitest';
import { runSync } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import type { Program, Sys } from '../../src/sys/index.ts';

function* asksTwice(sys: Sys): Program<number> {
  const pid = yield* sys.getpid();
  const tid = yield* sys.gettid();
  return pid * 1000 + tid;
}

/** The methods of a generator, by hand: what a library's own coroutines look like. */
function byHand(made: Program<number>): Program<number> {
  return {
    next: (answer: unknown) => made.next(answer),
    throw: (error: unknown) => made.throw(error),
    return: (value: number) => made.return(value),
    [Symbol.iterator]: () => made[Symbol.iterator](),
  } as unknown as Program<number>;
}

it('a body may give an object that only has the methods of a generator', () => {
  const given: number[] = [];
  const world = scenario('by hand', (w) => {
    const process = w.process('p');
    process.spawn('generator', function* (sys) {
      given.push(yield* asksTwice(sys));
    });
    process.spawn('by hand', (sys) => {
      const made = asksTwice(sys);
      return byHand(
        (function* () {
          given.push(yield* made);
          return 0;
        })(),
      );
    });
  });
  const { failure } = runSync(world, { strategy: new Calm() });
  expect(failure).toBeUndefined();
  expect(given.map((n) => n % 1000)).toEqual([1, 2]);
  expect(new Set(given.map((n) => Math.floor(n / 1000))).size).toBe(1);
});
