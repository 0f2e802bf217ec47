/**
 * Twelve races of programs that do I/O, as servers on Linux and Node are known for them. Each is as
 * small as it can be and still be the mistake itself; the network is adversarial, so that every
 * arrival is a step. Each has a twin without the mistake.
 */
import assert from 'node:assert/strict';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import {
  Cell,
  EPOLLET,
  EPOLLIN,
  Mutex,
  POLLIN,
  type Program,
  type Sys,
  SysError,
} from '../../src/sys/index.ts';

export interface Race {
  readonly name: string;
  readonly scenario: Scenario;
  /** The same without the mistake. */
  readonly corrected: Scenario;
  /** What the failure says. */
  readonly shows: RegExp;
}

const PORT = 7000;
const HERE = { host: '127.0.0.1', port: PORT };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

function* listen(sys: Sys, nonblock = false): Program<number> {
  const fd = yield* sys.socket('inet', 'stream', { nonblock });
  yield* sys.bind(fd, HERE);
  yield* sys.listen(fd);
  return fd;
}

function* connect(sys: Sys): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, HERE);
  return fd;
}

/** Everything until the end of the stream. */
function* readAll(sys: Sys, fd: number): Program<string> {
  let text = '';
  for (;;) {
    const data = yield* sys.recv(fd, 64);
    if (data.length === 0) return text;
    text += textOf(data);
  }
}

/** A client that says nothing, and reads until the server has closed. */
function spawnReader(world: World): void {
  world.process('client').spawn(
    'client',
    function* client(sys) {
      const fd = yield* connect(sys);
      yield* readAll(sys, fd);
    },
    { afterListen: PORT },
  );
}

/** Every race has a twin in which the mistake is fixed, and nothing else. */
const nameOf = (name: string, corrected: boolean): string =>
  corrected ? `${name}, corrected` : name;

/** Whether the call would have had to wait. */
const isAgain = (error: unknown): boolean => error instanceof SysError && error.code === 'EAGAIN';

/**
 * select says that a listener is readable; another thread takes the connection; a blocking accept
 * then waits for ever.
 */
const acceptAfterSelect = (corrected: boolean): Scenario =>
  scenario(nameOf('blocking accept after select', corrected), (world) => {
    const server = world.process('server');
    server.spawn(
      'starts',
      function* starts(sys) {
        const listener = yield* listen(sys, corrected);
        const served = world.cell('served', 0);
        const worker = function* worker(own: Sys): Program {
          while ((yield* own.load(served)) < 1) {
            const { read } = yield* own.select({ read: [listener] }, 10);
            if (read.length === 0) continue;
            let fd: number;
            try {
              ({ fd } = yield* own.accept(listener));
            } catch (error) {
              if (!isAgain(error)) throw error;
              continue;
            }
            yield* own.update(served, (n) => n + 1);
            yield* own.close(fd);
          }
        };
        const ids = [yield* sys.spawn(worker), yield* sys.spawn(worker)];
        for (const id of ids) yield* sys.join(id);
      },
      { daemon: false },
    );
    spawnReader(world);
  });

/** Edge-triggered epoll: the handler reads once, bytes are left, and no further edge comes. */
const edgeLeftBytes = (corrected: boolean): Scenario =>
  scenario(nameOf('edge-triggered, read once', corrected), (world) => {
    world.process('server').spawn(
      'server',
      function* server(sys) {
        const listener = yield* listen(sys);
        const { fd } = yield* sys.accept(listener, { nonblock: true });
        const epoll = yield* sys.epollCreate();
        yield* sys.epollCtl(epoll, 'add', fd, EPOLLIN | EPOLLET);
        let received = 0;
        while (received < 6) {
          yield* sys.epollWait(epoll, 4);
          received += (yield* sys.recv(fd, 4)).length;
          while (corrected && received < 6) {
            try {
              received += (yield* sys.recv(fd, 4)).length;
            } catch (error) {
              if (!isAgain(error)) throw error;
              break;
            }
          }
        }
      },
      { daemon: false },
    );
    world.process('client').spawn(
      'client',
      function* client(sys) {
        const fd = yield* connect(sys);
        yield* sys.send(fd, bytes('abc'));
        yield* sys.send(fd, bytes('def'));
        yield* sys.recv(fd, 1);
      },
      { afterListen: PORT },
    );
  });

/**
 * Two events of one epoll batch: handling the first closes the descriptor of the second, and its
 * number is given out again.
 */
const staleEvent = (corrected: boolean): Scenario =>
  scenario(nameOf('stale event in an epoll batch', corrected), (world) => {
    world.process('p').spawn('loop', function* loop(sys) {
      const epoll = yield* sys.epollCreate();
      const [r1, w1] = yield* sys.pipe({ nonblock: true });
      const [r2, w2] = yield* sys.pipe({ nonblock: true });
      for (const fd of [r1, r2]) yield* sys.epollCtl(epoll, 'add', fd, EPOLLIN);
      const writers = [w1, w2].map(
        (fd) =>
          function* writes(own: Sys): Program {
            try {
              yield* own.write(fd, bytes('x'));
            } catch (error) {
              // The other end may have been closed meanwhile.
              if (!(error instanceof SysError) || error.code !== 'EPIPE') throw error;
            }
          },
      );
      for (const writer of writers) yield* sys.spawn(writer);
      const events = yield* sys.epollWait(epoll, 2);
      const handlers = new Map([
        [r1, 'first'],
        [r2, 'second'],
      ]);
      const closed = new Set<number>();
      for (const [index, { data }] of events.entries()) {
        if (corrected && closed.has(data)) continue;
        if (index > 0)
          assert.notEqual(handlers.get(data), 'new', 'an event of the closed descriptor');
        if (data !== r1) continue;
        // The first one's handler ends the second and opens something else under its number.
        yield* sys.close(r2);
        closed.add(r2);
        const [fresh] = yield* sys.pipe({ nonblock: true });
        handlers.set(fresh, 'new');
      }
    });
  });

/**
 * Two tasks write frames to one socket whose buffer is small: a partial write lets the other's
 * bytes in between.
 */
const framesMixed = (corrected: boolean): Scenario =>
  scenario(
    nameOf('frames of two writers', corrected),
    (world) => {
      let received = '';
      world.process('server').spawn(
        'starts',
        function* starts(sys) {
          const listener = yield* listen(sys);
          const { fd } = yield* sys.accept(listener, { nonblock: true });
          const mutex = new Mutex('frames');
          const writes = (frame: Uint8Array) =>
            function* writer(own: Sys): Program {
              if (corrected) yield* own.lock(mutex);
              for (let at = 0; at < frame.length; ) {
                try {
                  at += yield* own.send(fd, frame.subarray(at));
                } catch (error) {
                  if (!(error instanceof SysError) || error.code !== 'EAGAIN') throw error;
                  yield* own.poll([{ fd, events: 4 }]);
                }
              }
              if (corrected) yield* own.unlock(mutex);
            };
          const frame = new Uint8Array(3);
          const ids = [
            yield* sys.spawn(writes(frame.slice().fill(97))),
            yield* sys.spawn(writes(frame.slice().fill(98))),
          ];
          for (const id of ids) yield* sys.join(id);
          yield* sys.close(fd);
        },
        { daemon: false },
      );
      world.process('client').spawn(
        'client',
        function* client(sys) {
          const fd = yield* connect(sys);
          for (;;) {
            const data = yield* sys.recv(fd, 1 << 16);
            if (data.length === 0) break;
            received += textOf(data);
          }
          assert.match(received, /^(a+b+|b+a+)$/, 'the frames are mixed');
        },
        { afterListen: PORT },
      );
    },
    { network: { sendBufferBytes: 2 } },
  );

/**
 * The peer has ended its stream; the server closes at once, although an answer is still to be
 * written by another task.
 */
const halfClose = (corrected: boolean): Scenario =>
  scenario(nameOf('half-close before the last write', corrected), (world) => {
    world.process('server').spawn(
      'starts',
      function* starts(sys) {
        const listener = yield* listen(sys);
        const { fd } = yield* sys.accept(listener);
        const [jobs, job] = yield* sys.pipe();
        const writer = yield* sys.spawn(function* answers(own) {
          const asked = yield* own.read(jobs, 64);
          if (asked.length > 0) yield* own.send(fd, asked);
        });
        for (;;) {
          const data = yield* sys.recv(fd, 64);
          if (data.length === 0) break;
          yield* sys.write(job, data);
        }
        if (corrected) {
          yield* sys.close(job);
          yield* sys.join(writer);
        }
        yield* sys.close(fd);
        if (!corrected) yield* sys.join(writer);
      },
      { daemon: false },
    );
    world.process('client').spawn(
      'client',
      function* client(sys) {
        const fd = yield* connect(sys);
        yield* sys.send(fd, bytes('q'));
        yield* sys.shutdown(fd, 'wr');
        assert.equal(yield* readAll(sys, fd), 'q', 'the answer is lost');
      },
      { afterListen: PORT },
    );
  });

/**
 * A wake-up between "is the queue empty?" and poll: the waker writes to its pipe only if it sees
 * the loop asleep.
 */
const lostWakeUp = (corrected: boolean): Scenario =>
  scenario(nameOf('lost wake-up before poll', corrected), (world) => {
    const queue = new Cell<readonly string[]>('queue', []);
    const asleep = new Cell('asleep', false);
    world.process('p').spawn('loop', function* loop(sys) {
      const [wake, waker] = yield* sys.pipe();
      yield* sys.spawn(function* posts(own) {
        yield* own.update(queue, (jobs) => [...jobs, 'job']);
        if (corrected || (yield* own.load(asleep))) yield* own.write(waker, bytes('!'));
      });
      while ((yield* sys.load(queue)).length === 0) {
        yield* sys.store(asleep, true);
        yield* sys.poll([{ fd: wake, events: POLLIN }]);
      }
    });
  });

/**
 * A timer fires while its cancellation is under way: the answer came in time, and the time-out is
 * reported all the same.
 */
const timerAndCancel = (corrected: boolean): Scenario =>
  scenario(nameOf('timer against its cancellation', corrected), (world) => {
    const outcome = new Cell('outcome', '');
    const cancelled = new Cell('cancelled', false);
    world.process('p').spawn('request', function* request(sys) {
      const timer = yield* sys.spawn(function* timer(own) {
        yield* own.nanosleep({ ms: 10 });
        if (yield* own.load(cancelled)) return;
        yield* own.update(outcome, (before) =>
          corrected && before !== '' ? before : `${before}time-out`,
        );
      });
      yield* sys.nanosleep({ ms: 10 });
      yield* sys.update(outcome, (before) =>
        corrected && before !== '' ? before : `${before}answer`,
      );
      yield* sys.store(cancelled, true);
      yield* sys.join(timer);
      assert.ok(['answer', 'time-out'].includes(outcome.value), `both: ${outcome.value}`);
    });
  });

/**
 * Check-then-act across an await: two requests see that a name is free before either has taken it.
 */
const checkThenAct = (corrected: boolean): Scenario =>
  scenario(nameOf('check-then-act across I/O', corrected), (world) => {
    const taken = world.cell<readonly string[]>('taken', []);
    const server = world.process('server');
    server.spawn('server', function* starts(sys) {
      const listener = yield* listen(sys);
      for (let i = 0; i < 2; i++) {
        const { fd } = yield* sys.accept(listener);
        yield* sys.spawn(function* handler(own) {
          const name = textOf(yield* own.recv(fd, 16));
          let free: boolean;
          if (corrected) {
            const before = yield* own.update(taken, (names) =>
              names.includes(name) ? names : [...names, name],
            );
            free = !before.includes(name);
          } else {
            free = yield* own.load(taken, (names) => !names.includes(name));
            if (free) yield* own.update(taken, (names) => [...names, name]);
          }
          yield* own.send(fd, bytes(free ? 'yes' : 'no'));
          yield* own.close(fd);
        });
      }
    });
    for (const name of ['a', 'b']) {
      world.process(name).spawn(
        name,
        function* client(sys) {
          const fd = yield* connect(sys);
          yield* sys.send(fd, bytes('n'));
          yield* readAll(sys, fd);
        },
        { afterListen: PORT },
      );
    }
    world.always('a name is given once', () => new Set(taken.value).size === taken.value.length);
  });

/** Pipelined requests are answered by a thread each: the answers come in any order. */
const pipelined = (corrected: boolean): Scenario =>
  scenario(nameOf('answers to pipelined requests', corrected), (world) => {
    world.process('server').spawn('server', function* server(sys) {
      const listener = yield* listen(sys);
      const { fd } = yield* sys.accept(listener);
      for (let i = 0; i < 2; i++) {
        const request = yield* sys.recv(fd, 1);
        const answerer = yield* sys.spawn(function* answers(own) {
          yield* own.send(fd, request);
        });
        if (corrected) yield* sys.join(answerer);
      }
    });
    world.process('client').spawn(
      'client',
      function* client(sys) {
        const fd = yield* connect(sys);
        yield* sys.send(fd, bytes('12'));
        let text = '';
        while (text.length < 2) text += textOf(yield* sys.recv(fd, 2));
        assert.equal(text, '12');
      },
      { afterListen: PORT },
    );
  });

/**
 * Whoever wants to hear of the end says so after looking at the state: the end may come in between,
 * and is never heard of.
 */
const lateListener = (corrected: boolean): Scenario =>
  scenario(nameOf('listener attached after the event', corrected), (world) => {
    const ended = new Cell('ended', false);
    const listeners = new Cell<readonly number[]>('listeners', []);
    world.process('p').spawn('starts', function* starts(sys) {
      const [told, tell] = yield* sys.pipe();
      yield* sys.spawn(function* stream(own) {
        yield* own.store(ended, true);
        for (const fd of yield* own.load(listeners)) yield* own.write(fd, bytes('end'));
      });
      if (!corrected && (yield* sys.load(ended))) return;
      yield* sys.update(listeners, (before) => [...before, tell]);
      if (corrected && (yield* sys.load(ended))) return;
      yield* sys.read(told, 8);
    });
  });

/**
 * Two workers wait for one listener, are both woken by one connection, and one of them gets EAGAIN.
 */
const herd = (corrected: boolean): Scenario =>
  scenario(nameOf('thundering herd at accept', corrected), (world) => {
    world.process('server').spawn('starts', function* starts(sys) {
      const listener = yield* listen(sys, true);
      for (let i = 0; i < 2; i++) {
        yield* sys.spawn(function* worker(own) {
          yield* own.poll([{ fd: listener, events: POLLIN }]);
          try {
            const { fd } = yield* own.accept(listener);
            yield* own.close(fd);
          } catch (error) {
            if (!corrected || !isAgain(error)) throw error;
          }
        });
      }
    });
    spawnReader(world);
  });

/**
 * The server closes an idle connection just as the next request is on its way: the client finds it
 * reset. What helps is patience that outlasts the client's.
 */
const keepAlive = (corrected: boolean): Scenario =>
  scenario(nameOf('idle time-out against a new request', corrected), (world) => {
    world.process('server').spawn('server', function* server(sys) {
      const listener = yield* listen(sys);
      const { fd } = yield* sys.accept(listener);
      for (;;) {
        const ready = yield* sys.poll([{ fd, events: POLLIN }], corrected ? 10_000 : 10);
        if (ready.length === 0) break;
        const request = yield* sys.recv(fd, 16);
        if (request.length === 0) break;
        yield* sys.send(fd, request);
      }
      yield* sys.close(fd);
    });
    world.process('client').spawn(
      'client',
      function* client(sys) {
        const fd = yield* connect(sys);
        for (let i = 0; i < 2; i++) {
          yield* sys.send(fd, bytes('r'), 0x4000);
          const answer = yield* sys.recv(fd, 16);
          assert.equal(textOf(answer), 'r', 'a request without an answer');
          yield* sys.nanosleep({ ms: 10 });
        }
        yield* sys.close(fd);
      },
      { afterListen: PORT },
    );
  });

const RACE_MAKERS: readonly (readonly [(corrected: boolean) => Scenario, RegExp])[] = [
  [acceptAfterSelect, /no task can move/],
  [edgeLeftBytes, /server waits epollWait/],
  [staleEvent, /an event of the closed descriptor/],
  [framesMixed, /the frames are mixed/],
  [halfClose, /the answer is lost|send (EBADF|EPIPE)/],
  [lostWakeUp, /loop waits poll/],
  [timerAndCancel, /both: /],
  [checkThenAct, /does not hold/],
  [pipelined, /'21' !== '12'/],
  [lateListener, /starts waits read/],
  [herd, /accept EAGAIN/],
  [keepAlive, /a request without an answer|ECONNRESET|EPIPE/],
];

export const RACES: readonly Race[] = RACE_MAKERS.map(([make, shows]) => {
  const scenario = make(false);
  return { name: scenario.name, scenario, corrected: make(true), shows };
});
