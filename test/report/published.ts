/** Mistakes that are in issue trackers, each as small as it can be: how their reports read. */
import {
  EPOLLIN,
  type Program,
  type Scenario,
  SIGCHLD,
  SIGUSR1,
  type Sys,
  scenario,
  type World,
} from '../../src/index.ts';
import { Channel, RwLock } from '../../src/sync.ts';

const PORT = 7000;
const HERE = { host: '127.0.0.1', port: PORT };
const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function* listens(sys: Sys): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.setsockopt(fd, 'SO_REUSEPORT', 1);
  yield* sys.bind(fd, HERE);
  yield* sys.listen(fd);
  return fd;
}

function* connects(sys: Sys): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, HERE);
  return fd;
}

function* readsAll(sys: Sys, fd: number): Program<string> {
  for (let text = ''; ; ) {
    const data = yield* sys.recv(fd, 64);
    if (data.length === 0) return text;
    text += new TextDecoder().decode(data);
  }
}

/** kubernetes#6632: who would receive wants the lock that is held while it is sent. */
function sendsUnderItsLock(world: World): void {
  const [lock, reset, closed] = [world.mutex('lock'), new Channel('reset'), new Channel('closed')];
  const process = world.process('p');
  process.spawn('monitor', function* (sys) {
    for (;;) {
      const { index } = yield* sys.chanSelect([{ receive: closed }, { receive: reset }]);
      if (index === 0) break;
    }
    yield* sys.lock(lock);
    yield* sys.unlock(lock);
  });
  process.spawn('helper', function* (sys) {
    yield* sys.chanSend(closed, true);
  });
  process.spawn('writes', function* (sys) {
    yield* sys.lock(lock);
    yield* sys.chanSend(reset, true);
    yield* sys.unlock(lock);
  });
}

/** cockroach#16167: a reader locks twice, and who would write has come in between. */
function readsTwice(world: World): void {
  const config = new RwLock('config');
  const process = world.process('p');
  process.spawn('executes', function* (sys) {
    yield* sys.rdLock(config);
    yield* sys.rdLock(config);
    yield* sys.rwUnlock(config);
    yield* sys.rwUnlock(config);
  });
  process.spawn('updates', function* (sys) {
    yield* sys.wrLock(config);
    yield* sys.rwUnlock(config);
  });
}

/** moby#28462: "stop" is sent with the lock that the probe wants. */
function stopsUnderItsLock(world: World): void {
  const [container, stop] = [world.mutex('container'), new Channel('stop')];
  const process = world.process('p');
  process.spawn('stops', function* (sys) {
    yield* sys.lock(container);
    yield* sys.chanSend(stop, true);
    yield* sys.unlock(container);
  });
  process.spawn('probes', function* (sys) {
    for (;;) {
      const { index } = yield* sys.chanSelect([{ receive: stop }], { otherwise: true });
      if (index === 0) return;
      yield* sys.lock(container);
      yield* sys.unlock(container);
    }
  });
}

/** log4j#38137: it waits for room with the lock that whoever makes room needs. */
function waitsForRoom(world: World): void {
  const [appender, buffer] = [world.mutex('appender'), world.mutex('buffer')];
  const changed = world.condition('changed');
  let queued = 0;
  const process = world.process('p');
  process.spawn('dispatcher', function* (sys) {
    for (let written = 0; written < 3; written++) {
      yield* sys.lock(buffer);
      while (queued === 0) yield* sys.condWait(changed, buffer);
      queued--;
      yield* sys.condBroadcast(changed);
      yield* sys.unlock(buffer);
      yield* sys.lock(appender);
      yield* sys.unlock(appender);
    }
  });
  process.spawn('logger', function* (sys) {
    for (let event = 0; event < 3; event++) {
      yield* sys.lock(appender);
      yield* sys.lock(buffer);
      while (queued === 1) yield* sys.condWait(changed, buffer);
      queued++;
      yield* sys.condBroadcast(changed);
      yield* sys.unlock(buffer);
      yield* sys.unlock(appender);
    }
  });
}

/** NuProcess#48: a number that was looked up is closed and given out again before it is used. */
function usesAnOldNumber(world: World): void {
  world.process('server').spawn('server', function* (sys) {
    const listener = yield* listens(sys);
    const { fd: first } = yield* sys.accept(listener);
    yield* sys.recv(first, 1);
    yield* sys.spawn(
      function* (own) {
        yield* own.gettid();
        try {
          yield* own.send(first, bytes('for a'));
        } catch (error) {
          if ((error as { code?: string }).code !== 'EBADF') throw error;
        }
      },
      { name: 'worker' },
    );
    yield* sys.close(first);
    const { fd: second } = yield* sys.accept(listener);
    yield* sys.recv(second, 1);
    yield* sys.send(second, bytes('for b'));
    yield* sys.shutdown(second, 'wr');
  });
  for (const name of ['a', 'b']) {
    world.process(name).spawn(
      name,
      function* (sys) {
        if (name === 'b') yield* sys.nanosleep({ ms: 1 });
        const fd = yield* connects(sys);
        yield* sys.send(fd, bytes(name));
        const text = yield* readsAll(sys, fd);
        if (text.includes('for a') && name === 'b') throw new Error(`b was told "${text}"`);
      },
      { afterListen: PORT },
    );
  }
}

/** h2o#2534: it answers and closes before it has read all, so that the answer may be lost. */
function closesEarly(world: World): void {
  world.process('server').spawn('server', function* (sys) {
    const listener = yield* listens(sys);
    const { fd } = yield* sys.accept(listener);
    yield* sys.recv(fd, 4);
    yield* sys.send(fd, bytes('413'));
    yield* sys.close(fd);
  });
  world.process('client').spawn(
    'client',
    function* (sys) {
      const fd = yield* connects(sys);
      yield* sys.send(fd, bytes('POST'));
      yield* sys.send(fd, bytes('body'));
      yield* readsAll(sys, fd);
    },
    { afterListen: PORT },
  );
}

/** port-sharding#3: what waits in the queue of a listener is reset with it. */
function reloads(world: World): void {
  world.process('old').spawn('old', function* (sys) {
    const listener = yield* listens(sys);
    const [ready, say] = yield* sys.pipe();
    yield* sys.fork(function* successor(own) {
      const mine = yield* listens(own);
      yield* own.close(listener);
      yield* own.write(say, bytes('!'));
      for (;;) {
        const { fd } = yield* own.accept(mine);
        yield* own.close(fd);
      }
    });
    yield* sys.read(ready, 1);
    yield* sys.close(listener);
  });
  world.process('client').spawn(
    'client',
    function* (sys) {
      yield* readsAll(sys, yield* connects(sys));
    },
    { afterListen: PORT },
  );
}

/** libuv#1453: the flag is cleared after the work and not before. */
function clearsTooLate(world: World): void {
  const [pending, queue] = [world.cell('pending', false), world.cell('queue', 0)];
  world.process('p').spawn('loop', function* (sys) {
    const wake = yield* sys.eventfd();
    for (let sender = 0; sender < 2; sender++) {
      yield* sys.spawn(
        function* (own) {
          yield* own.update(queue, (jobs) => jobs + 1);
          if (yield* own.update(pending, () => true)) return;
          yield* own.write(wake, ONE);
        },
        { name: 'sender' },
      );
    }
    for (let done = 0; done < 2; ) {
      yield* sys.read(wake, 8);
      done += yield* sys.update(queue, () => 0);
      yield* sys.store(pending, false);
    }
  });
}

/** asio#878: the time-out is in the batch of the request that has set it again. */
function staleTimer(world: World): void {
  world.process('server').spawn('server', function* (sys) {
    const listener = yield* listens(sys);
    const { fd } = yield* sys.accept(listener);
    const timer = yield* sys.timerfdCreate('monotonic');
    const epoll = yield* sys.epollCreate();
    for (const each of [fd, timer]) yield* sys.epollCtl(epoll, 'add', each, EPOLLIN);
    yield* sys.timerfdSettime(timer, { valueMs: 10, intervalMs: 0 });
    let lastMs = yield* sys.clockGettime();
    yield* sys.nanosleep({ ms: 10 });
    for (const { data } of yield* sys.epollWait(epoll, 2)) {
      if (data === fd) {
        yield* sys.recv(fd, 16);
        yield* sys.timerfdSettime(timer, { valueMs: 10, intervalMs: 0 });
        lastMs = yield* sys.clockGettime();
      } else {
        const idleMs = (yield* sys.clockGettime()) - lastMs;
        if (idleMs < 10) throw new Error(`closed as idle after ${idleMs} ms`);
      }
    }
  });
  world.process('client').spawn(
    'client',
    function* (sys) {
      const fd = yield* connects(sys);
      yield* sys.nanosleep({ ms: 5 });
      yield* sys.send(fd, bytes('r'));
    },
    { afterListen: PORT },
  );
}

/** A handler runs before what it looks for is there. */
function handlesTooEarly(world: World): void {
  world.process('p').spawn('main', function* (sys) {
    let table: string | undefined;
    let missed = false;
    yield* sys.sigaction(SIGUSR1, {
      handler: () => {
        missed = table === undefined;
      },
    });
    const pid = yield* sys.getpid();
    const sender = yield* sys.spawn(
      function* (own) {
        yield* own.kill(pid, SIGUSR1);
      },
      { name: 'sender' },
    );
    yield* sys.gettid();
    table = 'entered';
    yield* sys.join(sender);
    if (missed) throw new Error('the handler found no entry');
  });
}

/** The signal comes between the look and the sleep: why there is pselect(2). */
function signalBeforeItSleeps(world: World): void {
  world.process('parent').spawn('parent', function* (sys) {
    let ended = false;
    yield* sys.sigaction(SIGCHLD, {
      handler: () => {
        ended = true;
      },
    });
    yield* sys.fork(function* child(own) {
      yield* own.getpid();
    });
    if (!ended) {
      try {
        yield* sys.poll([], null);
      } catch (error) {
        if ((error as { code?: string }).code !== 'EINTR') throw error;
      }
    }
  });
}

/** By the name of the golden report. */
export const PUBLISHED: Readonly<Record<string, Scenario>> = {
  'sends-under-its-lock': scenario('a channel and a lock', sendsUnderItsLock),
  'reads-twice': scenario('a reader locks twice', readsTwice),
  'stops-under-its-lock': scenario('stop, and the probe', stopsUnderItsLock),
  'waits-for-room': scenario('room in a buffer', waitsForRoom),
  'uses-an-old-number': scenario('a number that was given out again', usesAnOldNumber),
  'closes-early': scenario('an answer before the end of the request', closesEarly),
  reloads: scenario('a listener takes over', reloads),
  'clears-too-late': scenario('a flag is cleared too late', clearsTooLate),
  'stale-timer': scenario('a timer in the same batch', staleTimer),
  'handles-too-early': scenario('a handler in between', handlesTooEarly),
  'signal-before-it-sleeps': scenario('a signal before the sleep', signalBeforeItSleeps),
};
