import { expect, test } from 'vitest';
import { recordRun } from '../../src/sim/explore/record.ts';
import type { HostService } from '../../src/sim/schedule/host-service.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';

function* listens(sys: Sys, port: number): Program {
  const listener = yield* sys.socket('inet', 'stream');
  yield* sys.bind(listener, { host: '0.0.0.0', port });
  yield* sys.listen(listener);
  yield* sys.accept(listener);
}

const database: HostService = {
  name: 'database',
  body: () => (sys) => listens(sys, 5432),
};

function scenarioOf(said: string[], crashes: boolean): Scenario {
  return scenario('a program beside a service', (world) => {
    const host = world.host('db');
    host.service(database);
    world.process('server').spawn('server', function* (sys) {
      yield* sys.nanosleep({ ms: 5 });
      if (crashes) {
        host.crash();
        host.restart();
      }
      said.push('the server is about to listen');
      yield* listens(sys, 8080);
    });
    world.process('client').spawn(
      'client',
      function* (sys) {
        yield* sys.nanosleep({ ms: 1 });
        said.push('the client begins');
      },
      { afterListen: 'any' },
    );
  });
}

test.each([false, true])(
  'who waits for whoever listens waits for no service; restarted: %s',
  (crashes) => {
    const said: string[] = [];
    const { recorder, run } = recordRun(scenarioOf(said, crashes), []);
    expect(said).toEqual(['the server is about to listen', 'the client begins']);
    const of = (name: string) => recorder.steps.filter(({ who }) => who.startsWith(name));
    // What it does is none of the user's steps, whenever it was started.
    const own = of('database');
    expect(own.filter(({ call }) => call === 'listen')).toHaveLength(crashes ? 2 : 1);
    expect(own.every(({ isPlumbing }) => isPlumbing)).toBe(true);
    expect(of('server').some(({ isPlumbing }) => isPlumbing)).toBe(false);
    expect(run.world.hosts.map(({ host }) => host)).toContain('db');
  },
);
