import { describe, expect, it } from 'vitest';
import { attempt, replay } from '../../src/sim/explore/attempt.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Dpor } from '../../src/sim/schedule/strategies/dpor.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { POLLIN, type Program, type Sys } from '../../src/sys/index.ts';

/** Work of so many steps, and somebody who gives it some milliseconds. */
function givenTime(
  steps: number,
  wait: (sys: Sys) => Program<boolean>,
  faults: ['slow'] | [],
): Scenario {
  return scenario(
    'work in time',
    (world) => {
      let done = false;
      world.process('p').spawn('main', function* main(sys) {
        const worker = yield* sys.spawn(function* works(own) {
          for (let i = 0; i < steps; i++) yield* own.getpid();
          done = true;
        });
        const timedOut = yield* wait(sys);
        if (timedOut && !done) throw new Error('given up before the work was done');
        yield* sys.join(worker);
      });
    },
    { faults },
  );
}

const WAITS: readonly (readonly [string, (sys: Sys) => Program<boolean>])[] = [
  [
    'poll',
    function* polls(sys) {
      return (yield* sys.poll([], 1)).length === 0;
    },
  ],
  [
    'nanosleep',
    function* sleeps(sys) {
      yield* sys.nanosleep({ ms: 1 });
      return true;
    },
  ],
  [
    'epoll_wait',
    function* waits(sys) {
      const epoll = yield* sys.epollCreate();
      return (yield* sys.epollWait(epoll, 1, 1)).length === 0;
    },
  ],
  [
    'futex',
    function* waits(sys) {
      try {
        yield* sys.futexWait(new Int32Array(1), 0, 0, 1);
        return false;
      } catch {
        return true;
      }
    },
  ],
  [
    'timerfd',
    function* reads(sys) {
      const timer = yield* sys.timerfdCreate();
      yield* sys.timerfdSettime(timer, { valueMs: 1, intervalMs: 0 });
      yield* sys.poll([{ fd: timer, events: POLLIN }]);
      return true;
    },
  ],
  [
    'SO_RCVTIMEO',
    function* receives(sys) {
      const [one] = yield* sys.socketpair();
      yield* sys.setsockopt(one, 'SO_RCVTIMEO', 1);
      try {
        yield* sys.recv(one, 1);
        return false;
      } catch {
        return true;
      }
    },
  ],
];

describe('the fault slow', () => {
  it.each(WAITS)('lets the time-out of %s strike before work is done, and only it', (_, wait) => {
    expect(fuzz(givenTime(1_000, wait, ['slow']), { runs: 200, seed: 1 }).found).toBeDefined();
    expect(fuzz(givenTime(1_000, wait, []), { runs: 200, seed: 1 }).found).toBeUndefined();
  });

  it('is bounded: what sleeps again and again does not keep others from moving', () => {
    let ticks = 0;
    const beside = scenario(
      'ticking',
      (world) => {
        let over = false;
        ticks = 0;
        world.process('p').spawn('works', function* works(sys) {
          for (let i = 0; i < 500; i++) yield* sys.getpid();
          over = true;
        });
        world.process('q').spawn('ticks', function* counts(sys) {
          while (!over) {
            yield* sys.nanosleep({ ms: 1 });
            ticks++;
          }
        });
      },
      { faults: ['slow'] },
    );
    let most = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { failure, timeMs } = attempt(beside, new RandomWalk(seed)) as RunResult;
      expect(failure).toBeUndefined();
      most = Math.max(most, ticks);
      expect(timeMs).toBe(ticks);
    }
    expect(most).toBeGreaterThan(5);
    expect(most).toBeLessThan(20);
  });

  it('leaves out what comes due much later, and asks nothing where there are no timers', () => {
    const patient = givenTime(100, (sys) => sys.poll([], 60_000) as never, ['slow']);
    expect(fuzz(patient, { runs: 200, seed: 1 }).found).toBeUndefined();
    const untimed = (faults: ['slow'] | []): (number[] | undefined)[] => {
      const never = givenTime(10, (sys) => sys.join(2) as never, faults);
      return [1, 2, 3].map((seed) => attempt(never, new RandomWalk(seed))?.schedule);
    };
    expect(untimed(['slow'])).toEqual(untimed([]));
  });

  it('is replayed like everything else, and is no part of systematic search', () => {
    const [, wait] = WAITS[0] as (typeof WAITS)[number];
    const world = givenTime(3, wait, ['slow']);
    const { found } = fuzz(world, { runs: 200, seed: 1 });
    expect(replay(world, found?.decisions ?? []).failure?.message).toContain('given up');
    const dpor = new Dpor({ faultsMax: 3 });
    for (;;) {
      const result = attempt(world, dpor);
      if (result === undefined) break;
      expect(result.failure).toBeUndefined();
    }
  });
});
