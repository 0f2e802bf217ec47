/**
 * One task over an edge-triggered epoll (seed 001, section 2.2, which explains it without code).
 *
 * The one task waits in epoll_wait for everybody, and hears of a connection only when something
 * about it changes: once for any number of bytes. So it has to go on until the kernel says EAGAIN,
 * or it will never hear of the rest. In return a connection is registered once, for reading and for
 * writing, and never again; a wait costs what has changed.
 */
import { EPOLLET, EPOLLIN, EPOLLOUT, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { FULL_PAUSE_MS, isFull, openListener, patiently } from './userland/patience.ts';
import { retrying, Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';
/** Of one turn; whoever is not among them is told of in the next. */
const EVENTS_MAX = 64;

/** The level-triggered server with EPOLLET added: one event, one accept or one read. */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  yield* listener.setblocking(sys, false);
  const epoll = yield* sys.epollCreate();
  yield* sys.epollCtl(epoll, 'add', listener.fileno(), EPOLLIN | EPOLLET);
  const connections = new Map<number, Socket>();
  while (true) {
    const events = yield* retrying(() => sys.epollWait(epoll, EVENTS_MAX));
    for (const { data: fd } of events) {
      if (fd === listener.fileno()) {
        const [connection] = yield* listener.accept(sys);
        yield* connection.setblocking(sys, false);
        yield* sys.epollCtl(epoll, 'add', connection.fileno(), EPOLLIN | EPOLLET);
        connections.set(connection.fileno(), connection);
        continue;
      }
      const connection = connections.get(fd) as Socket;
      const data = yield* connection.recv(sys, 1024);
      if (data.length > 0) {
        yield* connection.send(sys, data);
      } else {
        yield* sys.epollCtl(epoll, 'del', fd);
        connections.delete(fd);
        yield* connection.close(sys);
      }
    }
  }
}

interface Connection {
  readonly socket: Socket;
  unsent: Uint8Array;
}

/**
 * After each event it goes on until EAGAIN: accepts everybody, and for each connection sends and
 * reads by turns.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  yield* listener.setblocking(sys, false);
  const epoll = yield* patiently(sys, () => sys.epollCreate());
  yield* sys.epollCtl(epoll, 'add', listener.fileno(), EPOLLIN | EPOLLET);
  const connections = new Map<number, Connection>();
  /** The table was full: nothing will report those who wait, so it is tried again after a pause. */
  let full = false;

  function* acceptAll(): Program {
    full = false;
    while (true) {
      try {
        const [socket] = yield* listener.accept(sys);
        yield* socket.setblocking(sys, false);
        connections.set(socket.fileno(), { socket, unsent: new Uint8Array(0) });
        yield* sys.epollCtl(epoll, 'add', socket.fileno(), EPOLLIN | EPOLLOUT | EPOLLET);
      } catch (error) {
        full = isFull(error);
        if (full || isOSError(error, 'EAGAIN')) return;
        if (!isOSError(error, 'ECONNABORTED')) throw error;
      }
    }
  }

  /** False at the end of its stream; EAGAIN is how it ends otherwise. */
  function* pump(connection: Connection): Program<false> {
    const { socket } = connection;
    while (true) {
      while (connection.unsent.length > 0) {
        const taken = yield* socket.send(sys, connection.unsent);
        connection.unsent = connection.unsent.subarray(taken);
      }
      connection.unsent = yield* socket.recv(sys, 1024);
      if (connection.unsent.length === 0) return false;
    }
  }

  while (true) {
    const events = yield* retrying(() =>
      sys.epollWait(epoll, EVENTS_MAX, full ? FULL_PAUSE_MS : null),
    );
    if (full) yield* acceptAll();
    for (const { data: fd } of events) {
      if (fd === listener.fileno()) {
        yield* acceptAll();
        continue;
      }
      const connection = connections.get(fd) as Connection;
      try {
        yield* pump(connection);
      } catch (error) {
        exceptOSError(error);
        if (isOSError(error, 'EAGAIN')) continue;
      }
      connections.delete(fd);
      yield* connection.socket.close(sys);
    }
  }
}
