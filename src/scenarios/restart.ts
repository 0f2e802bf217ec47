/**
 * A server is ended while a client is connected, and started again: the port must be its own again
 * at once.
 */
import type { Model } from '../models/model.ts';
import { isOSError } from '../models/userland/errors.ts';
import { retrying, Socket } from '../models/userland/sockets.ts';
import { encode } from '../models/userland/text.ts';
import { LAW_SERVED } from '../sim/laws/served.ts';
import { type Scenario, scenario } from '../sim/schedule/scenario.ts';
import { type Program, SIGTERM, type Sys } from '../sys/index.ts';
import { type Variant, variantText } from './echo.ts';

const PORT = 65_432;
const AGAIN_MS = 10;

export function restartScenario(model: Model, variant: Variant): Scenario {
  return scenario(
    `${model.id} (${variantText(variant)}): a restarted server serves again`,
    (world) => {
      let visited = false;
      let served = 0;

      function* client(sys: Sys): Program {
        const socket = yield* connectedAtLast(sys);
        yield* socket.sendall(sys, encode('Hello, world'));
        const data = yield* socket.recv(sys, 1024);
        if (data.length > 0) served++;
      }

      /** Is served once, and stays until the server has gone. */
      function* visitor(sys: Sys): Program {
        const socket = yield* connectedAtLast(sys);
        try {
          yield* socket.sendall(sys, encode('a'));
          yield* socket.recv(sys, 1024);
          visited = true;
          while ((yield* socket.recv(sys, 1024)).length > 0);
        } catch (error) {
          if (!isOSError(error)) throw error;
        }
        yield* socket.close(sys);
      }

      function* supervisor(sys: Sys): Program {
        const start = () =>
          sys.fork((its) => model[variant](its, { port: PORT }), { name: 'server' });
        const wait = (pid: number) => retrying(() => sys.waitpid(pid));
        const first = yield* start();
        const staying = yield* sys.fork(visitor, { name: 'visitor' });
        while (!visited) yield* sys.nanosleep({ ms: AGAIN_MS });
        yield* sys.kill(first, SIGTERM);
        yield* wait(first);
        yield* wait(staying);
        const second = yield* start();
        const asking = yield* sys.fork(client, { name: 'client' });
        yield* wait(asking);
        yield* sys.kill(second, SIGTERM);
        yield* wait(second);
      }

      world.process('supervisor').spawn('supervisor', supervisor);
      world.eventually(LAW_SERVED, () => served === 1 || 'the client of the second server was not');
    },
  );
}

function* connectedAtLast(sys: Sys): Program<Socket> {
  while (true) {
    const socket = yield* Socket.create(sys);
    try {
      yield* socket.connect(sys, { host: '127.0.0.1', port: PORT });
      return socket;
    } catch (error) {
      if (!isOSError(error, 'ECONNREFUSED')) throw error;
      yield* socket.close(sys);
      yield* sys.nanosleep({ ms: AGAIN_MS });
    }
  }
}
