import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import type { Program, Sys } from '../../src/sys/index.ts';
import { connected, openListener } from './programs.ts';

const PORT = 7000;

/**
 * A thread for each visitor. All count in one place: what a thread writes once its visitor has
 * answered may have been read before another did.
 */
export const counters: Scenario = scenario('every visit is counted', (world) => {
  let visits = 0;
  const home = world.process('server');
  home.spawn('server', function* (sys) {
    const listener = yield* openListener(sys, PORT);
    for (let i = 0; i < 2; i++) {
      const { fd } = yield* sys.accept(listener);
      yield* sys.spawn(function* (own): Program {
        const seen = visits;
        yield* own.send(fd, new Uint8Array([seen]));
        yield* own.recv(fd, 1);
        visits = seen + 1;
        yield* own.close(fd);
      });
    }
  });
  for (const name of ['ann', 'bob']) {
    const visit = function* (sys: Sys): Program {
      const fd = yield* connected(sys, PORT);
      yield* sys.send(fd, yield* sys.recv(fd, 1));
      yield* sys.close(fd);
    };
    world.process(name).spawn(name, visit, { afterListen: PORT });
  }
  world.finally('every visit is counted', () => visits === 2);
});
