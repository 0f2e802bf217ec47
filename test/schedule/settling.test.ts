import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import type { Strategy } from '../../src/sim/schedule/strategy.ts';
import { type Program, type Sys, SysError } from '../../src/sys/index.ts';

/** The first so many times that a descriptor is asked for there is none. */
class Struck implements Strategy {
  readonly name = 'struck';
  #left: number;

  constructor(times: number) {
    this.#left = times;
  }

  begin(): boolean {
    return true;
  }

  end(): void {}

  choose(kind: Kind): number {
    if (kind === KIND.swarm) return 1;
    if (kind !== KIND.emfile || this.#left === 0) return 0;
    this.#left--;
    return 1;
  }
}

/** Looks for room once a second, and lets go of it after half of one. */
function* patient(sys: Sys): Program {
  for (;;) {
    try {
      const fd = yield* sys.eventfd(0);
      yield* sys.nanosleep({ ms: 500 });
      yield* sys.close(fd);
      return;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      yield* sys.nanosleep({ ms: 1_000 });
    }
  }
}

function struck(times: number): RunResult {
  const settling = scenario(
    'a daemon that is struck after the end',
    (world) => {
      let isOver = false;
      world.process('server').spawn(
        'patient',
        function* serves(sys) {
          yield* patient(sys);
          isOver = true;
        },
        { daemon: true },
      );
      world.process('client').spawn('client', function* ends(sys) {
        yield* sys.getpid();
      });
      world.eventually('it comes to its end', () => isOver);
    },
    { faults: ['emfile'] },
  );
  return attempt(settling, new Struck(times)) as RunResult;
}

describe('daemons, once all else has ended', () => {
  it.each([0, 1, 4, 5, 6, 12])('have time for what strikes them then: %i faults', (times) => {
    const { failure, timeMs } = struck(times);
    expect(failure).toBeUndefined();
    expect(timeMs).toBe(times * 1_000 + 500);
  });

  it('are not struck for ever', () => {
    expect(struck(Number.POSITIVE_INFINITY).failure?.law).toBe('it comes to its end');
  });
});
