/** Small programs for tests of the machinery: they use every kind of thing that can interleave. */

import { FAULT_NAMES } from '../src/sim/kernel/choices.ts';
import { type Scenario, scenario } from '../src/sim/schedule/scenario.ts';
import type { Program, Sys } from '../src/sys/index.ts';
import { POLLIN, POLLOUT, SysError } from '../src/sys/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Gives undefined where the program may go on without the result (a fault, a race that was lost).
 */
function* tolerant<T>(work: Program<T>): Program<T | undefined> {
  try {
    return yield* work;
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

function* poller(sys: Sys, port: number, rounds: number): Program {
  const listener = yield* sys.socket('inet', 'stream', { nonblock: true });
  yield* sys.bind(listener, { host: '0.0.0.0', port });
  yield* sys.listen(listener, 2);
  const open = new Set<number>([listener]);
  for (let i = 0; i < rounds; i++) {
    const entries = [...open].map((fd) => ({ fd, events: POLLIN }));
    const ready = (yield* tolerant(sys.poll(entries, 50)[Symbol.iterator]())) ?? [];
    for (const { fd } of ready) {
      if (fd === listener) {
        const accepted = yield* tolerant(sys.accept(fd, { nonblock: true })[Symbol.iterator]());
        if (accepted !== undefined) open.add(accepted.fd);
        continue;
      }
      const got = yield* tolerant(sys.recv(fd, 16)[Symbol.iterator]());
      if (got !== undefined && got.length > 0) {
        yield* tolerant(sys.send(fd, got)[Symbol.iterator]());
        continue;
      }
      open.delete(fd);
      yield* tolerant(sys.close(fd)[Symbol.iterator]());
    }
  }
}

function* caller(sys: Sys, port: number, text: string): Program {
  const fd = yield* sys.socket('inet', 'stream');
  const connected = yield* tolerant(
    sys.connect(fd, { host: '127.0.0.1', port })[Symbol.iterator](),
  );
  if (connected === undefined) return;
  for (const word of text.split(' ')) {
    const sent = yield* tolerant(sys.send(fd, bytes(word))[Symbol.iterator]());
    if (sent === undefined) break;
    yield* sys.nanosleep({ ms: word.length });
    const got = yield* tolerant(sys.select({ read: [fd] }, 20)[Symbol.iterator]());
    if ((got?.read.length ?? 0) > 0) yield* tolerant(sys.recv(fd, 7)[Symbol.iterator]());
  }
  yield* tolerant(sys.close(fd)[Symbol.iterator]());
}

/** Threads that share a pipe, a futex word and an eventfd, and look at the clock. */
function* threads(sys: Sys, count: number): Program {
  const word = new Int32Array(1);
  const [readEnd, writeEnd] = yield* sys.pipe();
  const bell = yield* sys.eventfd(0, { nonblock: true });
  const tids: number[] = [];
  for (let i = 0; i < count; i++) {
    tids.push(
      yield* sys.spawn(
        function* (its) {
          while (word[0] === 1) {
            yield* tolerant(its.futexWait(word, 0, 1, 5)[Symbol.iterator]());
          }
          word[0] = 1;
          yield* tolerant(its.write(writeEnd, bytes(`t${i}`))[Symbol.iterator]());
          yield* its.schedYield();
          word[0] = 0;
          yield* its.futexWake(word, 0);
          yield* tolerant(
            its.write(bell, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]))[Symbol.iterator](),
          );
        },
        { name: 'worker' },
      ),
    );
  }
  for (let i = 0; i < count; i++) {
    yield* tolerant(sys.read(readEnd, 1 + i)[Symbol.iterator]());
    yield* sys.clockGettime();
  }
  for (const tid of tids) yield* sys.join(tid);
  const epfd = yield* tolerant(sys.epollCreate()[Symbol.iterator]());
  if (epfd === undefined) return;
  yield* sys.epollCtl(epfd, 'add', bell, POLLIN | POLLOUT);
  yield* tolerant(sys.epollWait(epfd, 4, 0)[Symbol.iterator]());
}

/**
 * A scenario in which everything that a schedule decides is decided: inputs, faults, deliveries,
 * latency, order.
 */
export const everything: Scenario = scenario(
  'everything that can interleave',
  (world) => {
    const clients = 1 + world.draw('further clients', 3);
    world.process('server').spawn('server', (sys) => poller(sys, 7000, 12));
    for (let i = 0; i < clients; i++) {
      const text = world.drawFrom(`text ${i}`, ['a', 'ab cde', 'one two three'] as const);
      world
        .process(`client ${i}`)
        .spawn('client', (sys) => caller(sys, 7000, text), { afterListen: 7000 });
    }
    const count = world.draw('threads', 3);
    if (count > 0) world.process('threads').spawn('main', (sys) => threads(sys, count));
  },
  { faults: FAULT_NAMES, network: { latencyMsMax: 3 } },
);
