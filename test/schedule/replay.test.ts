import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../src/scenarios/index.ts';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { recordRun, recordUnder } from '../../src/sim/explore/record.ts';
import { Departure } from '../../src/sim/schedule/departure.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { ReplayByName } from '../../src/sim/schedule/strategies/replay-by-name.ts';
import type { Program, Sys } from '../../src/sys/index.ts';
import { everything } from '../programs.ts';

const walk = (of: Scenario, seed: number): RunResult =>
  attempt(of, new RandomWalk(seed), { digest: true }) as RunResult;
const seeds = fc.nat(2 ** 31 - 1);

describe('a replay', () => {
  it('of any schedule gives the same trace, the same end and the same schedule', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const first = walk(everything, seed);
        const again = replay(everything, first.schedule, 'strict');
        expect(again.digest).toBe(first.digest);
        expect(again.steps).toBe(first.steps);
        expect(again.failure?.signature).toBe(first.failure?.signature);
        expect(again.schedule).toEqual(first.schedule);
      }),
      { numRuns: 300 },
    );
  });

  it('of the empty schedule is the calm run', () => {
    const calm = attempt(everything, new Calm(), { digest: true }) as RunResult;
    expect(calm.schedule).toEqual([]);
    expect(replay(everything, []).digest).toBe(calm.digest);
  });

  it('with the recorder on gives the same trace as without', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const first = walk(everything, seed);
        expect(recordRun(everything, first.schedule).result.digest).toBe(first.digest);
      }),
      { numRuns: 100 },
    );
  });

  it('by name of an unchanged program gives the same trace', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const first = walk(everything, seed);
        const { recorder } = recordRun(everything, first.schedule);
        const again = recordUnder(everything, new ReplayByName(recorder.named()));
        expect(again.result.digest).toBe(first.digest);
      }),
      { numRuns: 100 },
    );
  });

  it('by name follows the arrival of a signal too', () => {
    const its = SCENARIOS.find(({ model: { id } }) => id === 'signal-driven')?.scenario as Scenario;
    let arrivals = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const first = walk(its, seed);
      const { recorder } = recordRun(its, first.schedule);
      arrivals += recorder.named().moves.filter(({ who }) => who.startsWith('SIGIO to ')).length;
      const again = recordUnder(its, new ReplayByName(recorder.named()));
      expect(again.result.digest).toBe(first.digest);
    }
    expect(arrivals).toBeGreaterThan(0);
  });
});

/** Two tasks and a lost update: read, wait for the other to get in between, write. */
function counters(edit: 'none' | 'log' | 'idle' | 'renamed' | 'relevant'): Scenario {
  return scenario('lost update', (world) => {
    let value = 0;
    function* bump(sys: Sys): Program {
      if (edit === 'log') yield* sys.clockGettime();
      const seen = value;
      if (edit !== 'relevant') yield* sys.schedYield();
      if (edit === 'log') yield* sys.clockGettime();
      value = seen + 1;
      yield* sys.gettid();
    }
    const home = world.process('home');
    if (edit === 'idle')
      home.spawn('bystander', function* (sys) {
        yield* sys.getpid();
      });
    for (const name of ['a', 'b']) home.spawn(edit === 'renamed' ? `${name}${name}` : name, bump);
    world.finally('every update counts', () => value === 2);
  });
}

describe('a replay by name', () => {
  const failing = (() => {
    for (let seed = 0; ; seed++) {
      const result = walk(counters('none'), seed);
      if (result.failure !== undefined) return result;
    }
  })();
  const named = recordRun(counters('none'), failing.schedule).recorder.named();

  it.each(['none', 'log', 'idle'] as const)('survives an unrelated edit: %s', (edit) => {
    const again = recordUnder(counters(edit), new ReplayByName(named));
    expect(again.run.failure?.law).toBe('every update counts');
  });

  it('ends well once the mistake is fixed', () => {
    let failure: unknown;
    try {
      failure = recordUnder(counters('relevant'), new ReplayByName(named)).run.failure;
    } catch (error) {
      expect(error).toBeInstanceOf(Departure);
    }
    expect(failure).toBeUndefined();
  });
});

describe('a strict replay', () => {
  it('departs with step, expected and found where the world offers less than was recorded', () => {
    const one = scenario('one', (world) => {
      world.process('p').spawn('a', function* (sys) {
        yield* sys.schedYield();
      });
      world.process('q').spawn('b', function* (sys) {
        yield* sys.schedYield();
      });
    });
    expect(() => replay(one, [5], 'strict')).toThrow(Departure);
    try {
      replay(one, [5], 'strict');
    } catch (error) {
      expect((error as Departure).details).toEqual({
        step: 1,
        expected: 'alternative 5 of a choice of kind step',
        found: 'only 2 alternatives, from 0 to 1',
      });
    }
  });
});
