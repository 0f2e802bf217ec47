/**
 * Greenlets over cooperative sockets (seed 001).
 *
 * One thread. Each connection has a greenlet, which is written as if its calls blocked: what would
 * sleep switches to the hub, and the hub waits in epoll for everybody. A connection costs a
 * greenlet; a call that sleeps without the hub's knowledge keeps everybody waiting.
 */
import { type Program, SOMAXCONN, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptException, exceptionText, exceptOSError, isOSError } from './userland/errors.ts';
import { GreenSocket, Hub } from './userland/gevent.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, patiently } from './userland/patience.ts';
import { bytesText, print } from './userland/text.ts';

const HOST = '0.0.0.0';

// ---- the example of spawn and joinall ----

export function* run(sys: Sys): Program {
  yield* Hub.run(sys, function* (gevent) {
    function* foo(): Program {
      yield* print(sys, 'Running in foo');
      yield* gevent.sleep(0);
      yield* print(sys, 'Explicit context switch to foo again');
    }

    function* bar(): Program {
      yield* print(sys, 'Explicit context to bar');
      yield* gevent.sleep(0);
      yield* print(sys, 'Implicit context switch back to bar');
    }

    yield* gevent.joinall([gevent.spawn(foo), gevent.spawn(bar)]);
  });
}

export const TRANSCRIPT: readonly string[] = [
  'Running in foo',
  'Explicit context to bar',
  'Explicit context switch to foo again',
  'Implicit context switch back to bar',
];

// ---- the server ----

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  function* handleRequest(conn: GreenSocket): Program {
    try {
      while (true) {
        const data = yield* conn.recv(sys, 1024);
        yield* print(sys, `recv: ${bytesText(data)}`);
        yield* conn.send(sys, data);
        if (data.length === 0) yield* conn.plain.shutdown(sys, 'wr');
      }
    } catch (ex) {
      exceptException(ex);
      yield* print(sys, exceptionText(ex));
    } finally {
      yield* conn.close(sys);
    }
  }

  yield* Hub.run(sys, function* (gevent) {
    const s = yield* GreenSocket.create(sys, gevent);
    yield* s.plain.bind(sys, { host: HOST, port });
    yield* s.plain.listen(sys, 500);
    while (true) {
      const [cli] = yield* s.accept(sys);
      gevent.spawn(() => handleRequest(cli));
    }
  });
}

/**
 * At end of stream it leaves the loop; what was read is sent whole; a full table of descriptors is
 * waited out; what is printed keeps nobody waiting.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  function* handleRequest(conn: GreenSocket): Program {
    try {
      while (true) {
        const data = yield* conn.recv(sys, 1024);
        yield* say(sys, `recv: ${bytesText(data)}`);
        if (data.length === 0) break;
        yield* conn.sendall(sys, data);
      }
    } catch (ex) {
      exceptOSError(ex);
      yield* say(sys, exceptionText(ex));
    } finally {
      yield* conn.close(sys);
    }
  }

  yield* openLog(sys);
  yield* Hub.run(sys, function* (gevent) {
    const s = yield* patiently(sys, () => GreenSocket.create(sys, gevent));
    yield* s.plain.setsockopt(sys, 'SO_REUSEADDR', 1);
    yield* s.plain.bind(sys, { host: HOST, port });
    yield* s.plain.listen(sys, SOMAXCONN);
    while (true) {
      try {
        const [cli] = yield* s.accept(sys);
        gevent.spawn(() => handleRequest(cli));
      } catch (error) {
        if (isFull(error)) yield* gevent.sleep(FULL_PAUSE_MS);
        else if (!isOSError(error, 'ECONNABORTED')) throw error;
      }
    }
  });
}
