import { describe, expect, it } from 'vitest';
import { KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import { SIGCHLD, SIGUSR1 } from '../../src/sys/constants.ts';
import { SysError } from '../../src/sys/errors.ts';

/** All is calm, but what has been asked for has not begun. */
class NotBegun extends Calm {
  override choose(kind?: Kind): number {
    return kind === KIND.begun ? 1 : 0;
  }
}

/** Likewise, once a task has slept: what comes again is one with what came before. */
class Merging extends Calm {
  #times = 0;

  override choose(kind?: Kind): number {
    return kind === KIND.begun && this.#times++ > 0 ? 1 : 0;
  }
}

/** A parent that looks whether its child has ended, and sleeps if not. */
function waiting(handlerIsProgram: boolean): Scenario {
  return scenario('check, then sleep', (world) => {
    world.process('parent').spawn('parent', function* parent(sys) {
      let ended = false;
      yield* sys.sigaction(SIGCHLD, {
        handler: handlerIsProgram
          ? function* (_signal, own) {
              yield* own.waitpid(-1, { nohang: true });
              ended = true;
            }
          : () => {
              ended = true;
            },
      });
      yield* sys.fork(function* child(own) {
        yield* own.getpid();
      });
      while (!ended) {
        try {
          yield* sys.poll([]);
        } catch (error) {
          if (!(error instanceof SysError) || error.code !== 'EINTR') throw error;
        }
      }
    });
  });
}

const kindOf = (world: Scenario, strategy: Calm): string | undefined =>
  new Run(world, { strategy }).execute().failure?.kind;

describe('a signal for a task that would sleep', () => {
  it.each([false, true])(
    'ends its sleep, or comes before it (handler a program: %s)',
    (program) => {
      expect(kindOf(waiting(program), new Calm())).toBeUndefined();
      expect(kindOf(waiting(program), new NotBegun())).toBe('deadlock');
    },
  );
});

/** Children that end, and a handler that asks for the status of one of them each time. */
function reaping(children: number): Scenario {
  return scenario('one waitpid a signal', (world) => {
    world.process('parent').spawn('parent', function* parent(sys) {
      let reaped = 0;
      yield* sys.sigaction(SIGCHLD, {
        restart: true,
        *handler(_signal, own) {
          if ((yield* own.waitpid(-1, { nohang: true })).pid > 0) reaped++;
        },
      });
      for (let i = 0; i < children; i++) {
        yield* sys.fork(function* child(own) {
          yield* own.getpid();
        });
      }
      while (reaped < children) {
        try {
          yield* sys.nanosleep({ ms: 1 });
        } catch (error) {
          if (!(error instanceof SysError) || error.code !== 'EINTR') throw error;
          continue;
        }
        if (reaped < children) throw new Error(`${children - reaped} of ${children} are zombies`);
      }
    });
  });
}

const failsOf = (world: Scenario, seeds: number): number => {
  let fails = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const { failure } = new Run(world, { strategy: new RandomWalk(seed) }).execute();
    if (failure !== undefined) fails++;
  }
  return fails;
};

describe('a standard signal that comes again while it is pending', () => {
  it('is handled once or twice: who asks for one child a signal may leave one', () => {
    expect(kindOf(reaping(2), new Calm())).toBeUndefined();
    expect(failsOf(reaping(1), 200)).toBe(0);
    expect(failsOf(reaping(2), 200)).toBeGreaterThan(0);
  });

  it('is handled once by a plain function, where its task has had no turn', () => {
    let told = 0;
    const twice = (strategy: Calm): number => {
      told = 0;
      const world = scenario('two signals', (inside) => {
        inside.process('p').spawn('p', function* (sys) {
          yield* sys.sigaction(SIGUSR1, { handler: () => void told++ });
          const pid = yield* sys.getpid();
          yield* sys.fork(function* (own) {
            yield* own.kill(pid, SIGUSR1);
            yield* own.kill(pid, SIGUSR1);
          });
          try {
            yield* sys.poll([]);
          } catch {}
        });
      });
      new Run(world, { strategy }).execute();
      return told;
    };
    expect(twice(new Calm())).toBe(2);
    expect(twice(new Merging())).toBe(1);
  });
});

describe('a child that ends within the step of fork', () => {
  it('is forked once, though its end starts a handler that is a program', () => {
    let forks = 0;
    const once = scenario('fork once', (world) => {
      world.process('parent').spawn('parent', function* parent(sys) {
        yield* sys.sigaction(SIGCHLD, {
          *handler(_signal, own) {
            yield* own.waitpid(-1, { nohang: true });
          },
        });
        yield* sys.fork(function* child() {
          forks++;
        });
      });
    });
    expect(kindOf(once, new Calm())).toBeUndefined();
    expect(forks).toBe(1);
  });
});
