// A handler runs on a task that makes no step of its own for it: the step that sent the signal says
// so.

import { describe, expect, it } from 'vitest';
import { recordRun } from '../../src/sim/explore/record.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { type Program, SIGUSR1, type SignalAction, type Sys } from '../../src/sys/index.ts';

/** What the step says that sends a signal to a process with this disposition. */
function told(action: SignalAction): readonly string[] {
  const sending = scenario('sending', (world) => {
    world.process('p').spawn('main', function* main(sys: Sys): Program {
      yield* sys.sigaction(SIGUSR1, action);
      const pid = yield* sys.getpid();
      yield* sys.spawn(function* sender(own: Sys): Program {
        yield* own.kill(pid, SIGUSR1);
      });
      yield* sys.nanosleep({ ms: 1 });
    });
  });
  const { recorder } = recordRun(sending, []);
  const sent = recorder.steps.find(({ call }) => call === 'kill');
  return recorder.remarks.at(sent?.step ?? 0);
}

describe('a step that sends a signal', () => {
  it('says whose handler has run', () => {
    expect(told({ handler: () => {} })).toEqual(['SIGUSR1 handler runs in main']);
  });

  it('says so of a handler that makes calls of its own', () => {
    const handler = function* (_: number, sys: Sys): Program {
      yield* sys.getpid();
    };
    expect(told({ handler })).toEqual(['SIGUSR1 handler runs in main']);
  });

  it('says nothing where there is none', () => {
    expect(told('ignore')).toEqual([]);
  });
});
