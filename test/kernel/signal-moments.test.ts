import { describe, expect, it } from 'vitest';
import { KIND, type Kind } from '../../src/sim/kernel/choices.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { SIGCHLD } from '../../src/sys/constants.ts';
import { SysError } from '../../src/sys/errors.ts';

/** All is calm, but what has been asked for has not begun. */
class NotBegun extends Calm {
  override choose(kind?: Kind): number {
    return kind === KIND.begun ? 1 : 0;
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
