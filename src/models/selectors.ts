/**
 * A selector with callbacks (seed 001).
 *
 * One task waits in the selector, on Linux epoll, for everybody; what is registered with a socket
 * is the function to call when it is ready. A wait costs what is ready; a connection costs a
 * descriptor and an entry. Callbacks must not sleep: whoever does keeps everybody waiting.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { DefaultSelector, EVENT_READ, EVENT_WRITE } from './userland/selectors.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, bytesText, print } from './userland/text.ts';

const HOST = '127.0.0.1';

type Callback = (sock: Socket, mask: number) => Program;

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const sel = yield* DefaultSelector.create<Callback>(sys);

  function* accept(sock: Socket): Program {
    const [conn, addr] = yield* sock.accept(sys); // Should be ready
    yield* print(sys, `accepted ${yield* conn.repr(sys)} from ${addressText(addr)}`);
    yield* conn.setblocking(sys, false);
    yield* sel.register(sys, conn, EVENT_READ, read);
  }

  function* read(conn: Socket): Program {
    const data = yield* conn.recv(sys, 1000); // Should be ready
    if (data.length > 0) {
      yield* print(sys, `echoing ${bytesText(data)} to ${yield* conn.repr(sys)}`);
      yield* conn.send(sys, data); // Hope it won't block
    } else {
      yield* print(sys, `closing ${yield* conn.repr(sys)}`);
      yield* sel.unregister(sys, conn);
      yield* conn.close(sys);
    }
  }

  const sock = yield* Socket.create(sys);
  yield* sock.bind(sys, { host: HOST, port });
  yield* sock.listen(sys, 100);
  yield* sock.setblocking(sys, false);
  yield* sel.register(sys, sock, EVENT_READ, accept);
  while (true) {
    const events = yield* sel.select(sys);
    for (const [key, mask] of events) {
      const callback = key.data;
      yield* callback(key.fileobj as Socket, mask);
    }
  }
}

/**
 * Readiness is a hint (EAGAIN); what was not sent waits for EVENT_WRITE; a client's error ends its
 * connection alone; a full table of descriptors mutes the listener for a moment; what is printed
 * keeps nobody waiting.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  const sel = yield* DefaultSelector.create<Callback>(sys);
  let muted = false;

  function* accept(sock: Socket): Program {
    try {
      const [conn, addr] = yield* sock.accept(sys);
      yield* say(sys, `accepted ${yield* conn.repr(sys)} from ${addressText(addr)}`);
      yield* conn.setblocking(sys, false);
      yield* sel.register(sys, conn, EVENT_READ, guarded(read));
    } catch (error) {
      if (isFull(error)) {
        yield* sel.unregister(sys, sock);
        muted = true;
      } else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
  }

  function guarded(callback: Callback): Callback {
    return function* (conn, mask) {
      try {
        yield* callback(conn, mask);
      } catch (error) {
        exceptOSError(error);
        if (!isOSError(error, 'EAGAIN')) yield* close(conn);
      }
    };
  }

  function* close(conn: Socket): Program {
    yield* say(sys, `closing ${yield* conn.repr(sys)}`);
    yield* sel.unregister(sys, conn);
    yield* conn.close(sys);
  }

  function* read(conn: Socket): Program {
    const data = yield* conn.recv(sys, 1000);
    if (data.length === 0) {
      yield* close(conn);
      return;
    }
    yield* say(sys, `echoing ${bytesText(data)} to ${yield* conn.repr(sys)}`);
    yield* sel.modify(sys, conn, EVENT_WRITE, guarded(write(data)));
  }

  function write(data: Uint8Array): Callback {
    let rest = data;
    return function* (conn) {
      rest = rest.subarray(yield* conn.send(sys, rest));
      if (rest.length === 0) yield* sel.modify(sys, conn, EVENT_READ, guarded(read));
    };
  }

  const sock = yield* openListener(sys, { host: HOST, port });
  yield* sock.setblocking(sys, false);
  yield* sel.register(sys, sock, EVENT_READ, accept);
  while (true) {
    const events = yield* sel.select(sys, muted ? FULL_PAUSE_MS : null);
    if (muted && events.length === 0) {
      yield* sel.register(sys, sock, EVENT_READ, accept);
      muted = false;
    }
    for (const [key, mask] of events) yield* key.data(key.fileobj as Socket, mask);
  }
}
