import { expect, it } from 'vitest';
import { replay } from '../../src/sim/explore/attempt.ts';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { shrink } from '../../src/sim/explore/shrink.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { Cell, type Program, type Sys } from '../../src/sys/index.ts';

const HERE = { host: '127.0.0.1', port: 7000 };

/** What the scenario has drawn last. */
let drawn = { clients: 0, messages: 0 };

/** A thread for each client counts its messages, of which each is a byte, without a lock. */
const counting = scenario('every message is counted', (world) => {
  const clients = 1 + world.draw('clients', 40);
  const messages = 1 + world.draw('messages', 20);
  drawn = { clients, messages };
  const count = new Cell('count', 0);
  world.process('server').spawn('server', function* server(sys) {
    const listening = yield* sys.socket('inet', 'stream');
    yield* sys.bind(listening, HERE);
    yield* sys.listen(listening, 64);
    for (let client = 0; client < clients; client++) {
      const { fd } = yield* sys.accept(listening);
      yield* sys.spawn((own) => handle(own, fd, count), { name: 'handler' });
    }
  });
  for (let client = 1; client <= clients; client++) {
    world.process(`client#${client}`).spawn(
      `client#${client}`,
      function* send(sys) {
        const fd = yield* sys.socket('inet', 'stream');
        yield* sys.connect(fd, HERE);
        for (let message = 0; message < messages; message++) yield* sys.send(fd, Uint8Array.of(1));
        yield* sys.close(fd);
      },
      { afterListen: HERE.port },
    );
  }
  world.finally('every message is counted', () => count.value === clients * messages);
});

function* handle(sys: Sys, fd: number, count: Cell<number>): Program {
  while ((yield* sys.recv(fd, 1)).length > 0) {
    yield* sys.store(count, (yield* sys.load(count)) + 1);
  }
  yield* sys.close(fd);
}

it('of many clients with many messages, whose numbers are drawn, few are left', () => {
  const seed = 35;
  const strategy = makeStrategy('random', { seed });
  const { found } = fuzz(counting, { runs: 20, seed, strategy });
  if (found === undefined) throw new Error('no failure was found');
  replay(counting, found.decisions);
  expect(drawn).toEqual({ clients: 24, messages: 19 });
  const { decisions, replays } = shrink(counting, found);
  replay(counting, decisions);
  expect(drawn).toEqual({ clients: 2, messages: 1 });
  // The number of clients, and who comes between another's two steps.
  expect(decisions.filter((decision) => decision !== 0)).toHaveLength(2);
  expect(replays).toBeLessThan(3_000);
});
