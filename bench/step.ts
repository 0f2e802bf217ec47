import { scenario } from '../src/sim/schedule/scenario.ts';
import type { Program, Sys } from '../src/sys/index.ts';
import { resumes } from './bare.ts';
import { CLIENTS, clientOf, echo, epollServer, MESSAGES, PORT, stepsOf } from './echo.ts';
import { type Benchmark, compare, race } from './measure.ts';

/** Two threads that send a byte to and fro over one connection: each recv sleeps. */
const pingPong = scenario(
  'ping-pong',
  (world) => {
    world.process('threads').spawn('first', function* (sys): Program {
      const listener = yield* sys.socket('inet', 'stream');
      yield* sys.bind(listener, { host: '127.0.0.1', port: PORT });
      yield* sys.listen(listener, 1);
      const fd = yield* sys.socket('inet', 'stream');
      yield* sys.connect(fd, { host: '127.0.0.1', port: PORT });
      const accepted = yield* sys.accept(listener);
      yield* sys.spawn((thread) => rounds(thread, accepted.fd, false));
      yield* rounds(sys, fd, true);
    });
  },
  { network: { mode: 'loopback' }, stepsMax: Number.MAX_SAFE_INTEGER },
);

const ROUNDS = 300;
const ball = new Uint8Array(1);

function* rounds(sys: Sys, fd: number, serves: boolean): Program {
  for (let i = 0; i < ROUNDS; i++) {
    if (serves) yield* sys.send(fd, ball);
    yield* sys.recv(fd, 16);
    if (!serves) yield* sys.send(fd, ball);
  }
}

const echoOf = (bytes: number) => echo(CLIENTS, MESSAGES, epollServer, clientOf(bytes));

const benchmark: Benchmark = {
  about:
    'A step of the simulated kernel (a task runs from one syscall to the next; decisions recorded, random walk, 8 clients x 16 messages) against the bare resume of a generator.',
  run: () => {
    const costs = race(
      {
        bare: resumes(50_000),
        step: stepsOf(echo(), 5),
        long: stepsOf(echo(CLIENTS, 128), 1),
        bytes65: stepsOf(echoOf(65), 5),
        bytes1024: stepsOf(echoOf(1024), 5),
        pingPong: stepsOf(pingPong, 2),
      },
      300,
    );
    return [
      compare('a step / a generator resume', costs.step, costs.bare, { most: 9 }),
      compare('a step of 8 x 128 / a generator resume', costs.long, costs.bare, { most: 7.5 }),
      compare('a step of 65 bytes / of 64', costs.bytes65, costs.step, { most: 1.15 }),
      compare('a step of 1,024 bytes / of 64', costs.bytes1024, costs.step, { most: 1.6 }),
      compare('a step of ping-pong / a generator resume', costs.pingPong, costs.bare, { most: 10 }),
    ];
  },
};
export default benchmark;
