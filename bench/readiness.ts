import { Run } from '../src/sim/schedule/run.ts';
import { scenario } from '../src/sim/schedule/scenario.ts';
import { Calm } from '../src/sim/schedule/strategies/calm.ts';
import { EPOLLIN, POLLIN, type Program, type Sys } from '../src/sys/index.ts';
import { message } from './echo.ts';
import { type Benchmark, type Line, race, type Slice } from './measure.ts';

const PORTS = [7000, 7001, 7002, 7003];
const LISTENERS = PORTS.length;

/** Descriptors that can be read, as the three ways of waiting tell it. */
interface Waiting {
  add(sys: Sys, fd: number): Program;
  wait(sys: Sys): Program<readonly number[]>;
}

const WAYS: Readonly<Record<string, (sys: Sys) => Program<Waiting>>> = {
  *epoll(sys) {
    const epoll = yield* sys.epollCreate();
    return {
      *add(of, fd) {
        yield* of.epollCtl(epoll, 'add', fd, EPOLLIN);
      },
      *wait(of) {
        const events = yield* of.epollWait(epoll, 64);
        return events.map((event) => event.data);
      },
    };
  },
  *select() {
    const read: number[] = [];
    return {
      *add(_of, fd) {
        read.push(fd);
      },
      *wait(of) {
        return (yield* of.select({ read })).read;
      },
    };
  },
  *poll() {
    const entries: { fd: number; events: number }[] = [];
    return {
      *add(_of, fd) {
        entries.push({ fd, events: POLLIN });
      },
      *wait(of) {
        return (yield* of.poll(entries)).map((entry) => entry.fd);
      },
    };
  },
};

function* server(sys: Sys, idle: number, way: (sys: Sys) => Program<Waiting>): Program {
  yield* sys.setrlimit(idle + 100);
  const waiting = yield* way(sys);
  const listeners = new Set<number>();
  for (const port of PORTS) {
    const listener = yield* sys.socket('inet', 'stream');
    yield* sys.bind(listener, { host: '0.0.0.0', port });
    yield* sys.listen(listener, idle + 1);
    listeners.add(listener);
    yield* waiting.add(sys, listener);
  }
  for (;;) {
    for (const fd of yield* waiting.wait(sys)) {
      if (listeners.has(fd)) {
        yield* waiting.add(sys, (yield* sys.accept(fd)).fd);
        continue;
      }
      yield* sys.send(fd, yield* sys.recv(fd, 1024));
    }
  }
}

/** One server with `idle` connections that say nothing, and one client that asks and asks; units are its requests. */
function requests(way: (sys: Sys) => Program<Waiting>, idle: number): Slice {
  let answered = 0;
  let standing = 0;
  const given = scenario(
    `${idle} idle`,
    (world) => {
      world.process('server').spawn('server', (sys) => server(sys, idle, way));
      const afterListen = PORTS.at(-1) as number;
      const clients = world.process('clients');
      const body = function* (sys: Sys): Program {
        yield* sys.setrlimit(idle + 100);
        for (; standing < idle; standing++) {
          const fd = yield* sys.socket('inet', 'stream');
          const port = PORTS[standing % LISTENERS] as number;
          yield* sys.connect(fd, { host: '127.0.0.1', port });
        }
        const fd = yield* sys.socket('inet', 'stream');
        yield* sys.connect(fd, { host: '127.0.0.1', port: PORTS[0] as number });
        for (;;) {
          yield* sys.send(fd, message);
          yield* sys.recv(fd, 1024);
          answered++;
        }
      };
      clients.spawn('client', body, { afterListen });
    },
    { network: { mode: 'loopback' }, stepsMax: Number.MAX_SAFE_INTEGER },
  );
  const run = new Run(given, { strategy: new Calm() });
  run.begin();
  const untilAnswered = (target: number): void => {
    while (answered < target) {
      if (run.failure !== undefined || !run.canStep) throw new Error(run.failure?.message);
      run.step();
    }
  };
  untilAnswered(1);
  return () => {
    const target = answered + (idle > 1000 && way !== WAYS['epoll'] ? 4 : 200);
    const from = answered;
    untilAnswered(target);
    return answered - from;
  };
}

const SIZES: Readonly<Record<string, readonly number[]>> = {
  epoll: [0, 10, 100, 1_000, 10_000, 100_000],
  select: [0, 10, 100, 1_000],
  poll: [0, 10, 100, 1_000, 10_000],
};

const benchmark: Benchmark = {
  about:
    'One client asks, n connections stand idle: a request by the way the server waits, each against the same server with none idle. select ends at FD_SETSIZE.',
  run: () => {
    const lines: Line[] = [];
    for (const [name, way] of Object.entries(WAYS)) {
      const sizes = SIZES[name] as readonly number[];
      const arms: Record<string, Slice> = {};
      for (const idle of sizes) arms[idle] = requests(way, idle);
      const costs = race(arms, 60);
      for (const idle of sizes.slice(1)) {
        const bounded = name === 'epoll' && idle === 10_000;
        const ratio = (costs[idle]?.min ?? 0) / (costs[0]?.min ?? 1);
        lines.push({
          what: `${name}, ${idle} idle / none`,
          ratio,
          ...(bounded ? { goal: { most: 3 } } : {}),
        });
      }
    }
    return lines;
  },
};
export default benchmark;
