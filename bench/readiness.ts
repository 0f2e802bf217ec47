import { Run } from '../src/sim/schedule/run.ts';
import { scenario } from '../src/sim/schedule/scenario.ts';
import { Calm } from '../src/sim/schedule/strategies/calm.ts';
import { EPOLLIN, POLLIN, type Program, type Sys } from '../src/sys/index.ts';
import { message } from './echo.ts';
import { type Benchmark, type Cost, compare, type Line, race, type Slice } from './measure.ts';

const PORTS = [7000, 7001, 7002, 7003];
const LISTENERS = PORTS.length;

/** Descriptors that can be read, as the three ways of waiting tell it. */
interface Waiting {
  add(sys: Sys, fd: number): Program;
  wait(sys: Sys): Program<readonly number[]>;
}

type Way = (sys: Sys) => Program<Waiting>;

const WAYS: Readonly<Record<string, Way>> = {
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

function* server(sys: Sys, idle: number, way: Way): Program {
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

/**
 * One server with `idle` connections that say nothing, and one client that asks and asks; units are
 * its requests.
 */
function requests(way: Way, idle: number): Slice {
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

/**
 * A task that asks again and again who is ready, and there are always `ready` of `n`; units are its
 * waits.
 */
function waits(way: Way, n: number, ready: number): Slice {
  let waited = 0;
  const given = scenario(
    `${ready} of ${n}`,
    (world) => {
      world.process('p').spawn('p', function* (sys: Sys): Program {
        yield* sys.setrlimit(n + 100);
        const waiting = yield* way(sys);
        for (let i = 0; i < n; i++) yield* waiting.add(sys, yield* sys.eventfd(i < ready ? 1 : 0));
        for (;;) {
          yield* waiting.wait(sys);
          waited++;
        }
      });
    },
    { stepsMax: Number.MAX_SAFE_INTEGER },
  );
  const run = new Run(given, { strategy: new Calm() });
  run.begin();
  const untilWaited = (target: number): void => {
    while (waited < target) {
      if (run.failure !== undefined || !run.canStep) throw new Error(run.failure?.message);
      run.step();
    }
  };
  untilWaited(1);
  const count = Math.max(4, Math.floor(20_000 / (way === WAYS['epoll'] ? ready : n)));
  return () => {
    untilWaited(waited + count);
    return count;
  };
}

const SIZES: Readonly<Record<string, readonly number[]>> = {
  epoll: [0, 10, 100, 1_000, 10_000, 100_000],
  select: [0, 10, 100, 1_000],
  poll: [0, 10, 100, 1_000, 10_000],
};

const shown = (count: number): string => count.toLocaleString('en-US');

/** What the server of all requests costs by how many stand idle beside them. */
function requestLines(name: string, way: Way): Line[] {
  const sizes = SIZES[name] as readonly number[];
  const arms: Record<string, Slice> = {};
  for (const idle of sizes) arms[idle] = requests(way, idle);
  const costs = race(arms, 60);
  const ratioOf = (idle: number): number => (costs[idle]?.min ?? 0) / (costs[0]?.min ?? 1);
  return sizes.slice(1).map((idle) => ({
    what: `${name}, a request beside ${shown(idle)} idle / beside none`,
    ratio: ratioOf(idle),
    ...(name === 'epoll' && idle === 10_000 ? { goal: { most: 3 } } : {}),
  }));
}

/** A wait by how many are watched, and by how many of them are ready. */
function waitLines(): Line[] {
  const { epoll, select, poll } = WAYS as Record<'epoll' | 'select' | 'poll', Way>;
  const costs = race(
    {
      selectFew: waits(select, 10, 1),
      selectMany: waits(select, 1_000, 1),
      pollFew: waits(poll, 10, 1),
      pollMany: waits(poll, 10_000, 1),
      epollFew: waits(epoll, 10, 1),
      epollMany: waits(epoll, 100_000, 1),
      epollReady: waits(epoll, 100_000, 50),
    },
    60,
  );
  const line = (
    what: string,
    cost: Cost,
    against: Cost,
    goal: Line['goal'],
    note: string,
  ): Line => ({
    ...compare(what, cost, against, goal),
    note,
  });
  const { selectFew, selectMany, pollFew, pollMany, epollFew, epollMany, epollReady } = costs;
  const grows = 'grows with n';
  const still = 'does not grow with n';
  const ready = 'grows with those that are ready';
  return [
    line('select, n 10 → 1,000 (100 times), 1 ready', selectMany, selectFew, { least: 10 }, grows),
    line('poll, n 10 → 10,000 (1,000 times), 1 ready', pollMany, pollFew, { least: 100 }, grows),
    line('epoll, n 10 → 100,000 (10,000 times), 1 ready', epollMany, epollFew, { most: 3 }, still),
    line('epoll, 1 → 50 ready (50 times), n 100,000', epollReady, epollMany, { least: 2 }, ready),
  ];
}

const benchmark: Benchmark = {
  about:
    'What waiting costs: select and poll grow with n, the number of descriptors; epoll with the number of those that are ready, and with n not at all. First a wait alone; then a request to a server while n connections stand idle. select ends at FD_SETSIZE.',
  run: () => [
    ...waitLines(),
    ...Object.entries(WAYS).flatMap(([name, way]) => requestLines(name, way)),
  ],
};
export default benchmark;
