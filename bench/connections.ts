import { Run } from '../src/sim/schedule/run.ts';
import { scenario } from '../src/sim/schedule/scenario.ts';
import { Calm } from '../src/sim/schedule/strategies/calm.ts';
import { EPOLLIN, type Program, type Sys } from '../src/sys/index.ts';
import { type Benchmark, bytesInUse } from './measure.ts';

const CONNECTIONS = 100_000;
/** Clients of one address have as many connections to one port as there are ephemeral ports. */
const PORTS = [7000, 7001, 7002, 7003];
const DESCRIPTORS = CONNECTIONS + 100;

let connected = 0;

function* server(sys: Sys): Program {
  yield* sys.setrlimit(DESCRIPTORS);
  const epoll = yield* sys.epollCreate();
  for (const port of PORTS) {
    const listener = yield* sys.socket('inet', 'stream');
    yield* sys.bind(listener, { host: '0.0.0.0', port });
    yield* sys.listen(listener, CONNECTIONS);
    yield* sys.epollCtl(epoll, 'add', listener, EPOLLIN);
  }
  const listeners = PORTS.length;
  for (;;) {
    for (const { data: fd } of yield* sys.epollWait(epoll, 64)) {
      if (fd > 3 + listeners) throw new Error('an idle connection was ready');
      const accepted = yield* sys.accept(fd);
      yield* sys.epollCtl(epoll, 'add', accepted.fd, EPOLLIN);
    }
  }
}

function* idle(sys: Sys, port: number): Program {
  yield* sys.setrlimit(DESCRIPTORS);
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, { host: '127.0.0.1', port });
  connected++;
  yield* sys.recv(fd, 1024);
}

const given = scenario(
  'idle connections',
  (world) => {
    world.process('server').spawn('server', (sys) => server(sys));
    const clients = world.process('clients');
    const bodies = PORTS.map((port) => (sys: Sys) => idle(sys, port));
    const afterListen = PORTS.at(-1) as number;
    for (let i = 0; i < CONNECTIONS; i++) {
      clients.spawn('client', bodies[i % PORTS.length] as (sys: Sys) => Program, { afterListen });
    }
  },
  { network: { mode: 'loopback' }, stepsMax: Number.MAX_SAFE_INTEGER },
);

const benchmark: Benchmark = {
  about:
    'Memory of an idle connection: both sockets, the epoll registration, and the client task that waits for bytes; 100,000 of them.',
  run: () => {
    const before = bytesInUse();
    const run = new Run(given, { strategy: new Calm() });
    run.begin();
    while (run.canStep && run.failure === undefined) run.step();
    if (run.failure !== undefined || connected !== CONNECTIONS) {
      throw new Error(run.failure?.message ?? `${connected} of ${CONNECTIONS} connected`);
    }
    const bytes = (bytesInUse() - before) / CONNECTIONS;
    return [
      {
        what: 'bytes of an idle connection with its task',
        ratio: bytes,
        unit: 'B',
        goal: { most: 1100 },
        note: `${run.stepCount} steps`,
      },
    ];
  },
};
export default benchmark;
