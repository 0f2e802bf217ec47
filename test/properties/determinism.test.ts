import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { checkDeterminism } from '../../src/sim/explore/determinism.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { everything } from '../programs.ts';

const RUNS = 10_000;
/**
 * Hash over the digests of all runs below: the same on every Node and every machine. It changes
 * when the kernel, the network or the test program behaves differently, and then on purpose: run
 * the test and copy the hash it prints.
 */
const DIGEST_OF_ALL = 'a87ee68d9507d201';

describe('determinism', () => {
  it(`${RUNS} random scenarios run twice give the same traces, on every machine`, () => {
    const all = createHash('sha256');
    let different = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const strategy = new RandomWalk(seed);
      const first = attempt(everything, strategy, { digest: true }) as RunResult;
      if (replay(everything, first.schedule).digest !== first.digest) different++;
      all.update(first.digest);
    }
    expect(different).toBe(0);
    expect(all.digest('hex').slice(0, 16)).toBe(DIGEST_OF_ALL);
  });

  it('is checked: state left over from an earlier run is found, with the step', () => {
    let runs = 0;
    const leaky = scenario('leaky', (world) => {
      runs++;
      const ms = runs % 2;
      world.process('p').spawn('sleeper', function* (sys) {
        yield* sys.getpid();
        yield* sys.nanosleep({ ms: 17 + ms });
      });
    });
    const found = checkDeterminism(leaky, []);
    expect(found?.step).toBe(2);
    expect([found?.once?.did, found?.again?.did].sort()).toEqual([
      'nanosleep 17 ms',
      'nanosleep 18 ms',
    ]);
    expect(checkDeterminism(everything, [])).toBeUndefined();
  });
});
