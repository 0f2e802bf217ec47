// What two runs of one schedule are told of that were not the same.
import crypto, { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  check,
  checkDeterminism,
  inMacrotask,
  NondeterminismError,
  scenario,
} from '../../src/index.ts';

const quiet = { folder: false, runs: 10, strategy: 'random' } as const;

/** Runs differ by how often it was built. */
function counted(body: () => void): ReturnType<typeof scenario> {
  let runs = 0;
  return scenario('it is counted', (world) => {
    const turns = ++runs;
    world.process('p').spawn('a', function* (sys) {
      for (let i = 0; i < turns; i++) yield* sys.getpid();
      body();
    });
  });
}

describe('what no schedule controls', () => {
  it('is named, with the lines that ask for it', () => {
    const seen = checkDeterminism(
      counted(() => {
        Math.random();
        Date.now();
        new Date();
        performance.now();
        randomUUID();
      }),
      [],
    )?.seen;
    const calls = ['Math.random()', 'Date.now()', 'new Date()', 'performance.now()'];
    expect(seen?.map((call) => call.replace(/:\d+:\d+$/, ''))).toEqual(
      [...calls, 'crypto.randomUUID()'].map(
        (call) => `${call} at test/explore/seen-on-the-way.test.ts`,
      ),
    );
    const lines = seen?.map((call) => Number(/:(\d+):\d+$/.exec(call)?.[1])) ?? [];
    const [first = 0] = lines;
    expect(lines).toEqual([0, 1, 2, 3, 4].map((more) => first + more));
  });

  it('is as it was afterwards, and what is the same in each run is not named', () => {
    const before = [Math.random, Date, performance.now, crypto.randomUUID, randomUUID];
    const own = Object.hasOwn(performance, 'now');
    const seen = checkDeterminism(
      counted(() => {
        new Date(0).getTime();
        Math.floor(1.5);
      }),
      [],
    )?.seen;
    expect(seen).toEqual([]);
    expect([Math.random, Date, performance.now, crypto.randomUUID, randomUUID]).toEqual(before);
    expect(Object.hasOwn(performance, 'now')).toBe(own);
  });

  it('is not what async code is given in its place', async () => {
    let runs = 0;
    const its = scenario('async', (world) => {
      const turns = ++runs;
      world.process('p').spawn('a', async (sys) => {
        for (let i = 0; i < turns; i++) await sys.getpid();
        Math.random();
      });
    });
    const before = Math.random;
    const differs = await inMacrotask(() => checkDeterminism(its, []));
    expect(differs?.seen).toEqual([]);
    expect(Math.random).toBe(before);
  });

  it('is said of a failure that its own schedule does not show again', async () => {
    let judged = 0;
    const its = scenario('once only', (world) => {
      world.process('p').spawn('a', (sys) => sys.getpid()[Symbol.iterator]());
      world.finally('not the first time', () => ++judged > 1);
    });
    const searched = check(its, quiet);
    await expect(searched).rejects.toThrow(NondeterminismError);
    await expect(searched).rejects.toThrow(
      'a run has failed, and its schedule passes when it is run again',
    );
  });
});
