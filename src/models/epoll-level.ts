/**
 * One task over a level-triggered epoll (seed 001, section 2.2, which explains it without code).
 *
 * The one task waits in epoll_wait for everybody. The kernel keeps the list of who is watched, and
 * a connection that becomes ready puts itself on the list of who is ready; so a wait costs what is
 * ready, not what is open, and an idle connection costs a descriptor and an entry. Level-triggered:
 * what is still ready is reported again, until something is done about it.
 */
import { EPOLLIN, EPOLLOUT, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { FULL_PAUSE_MS, isFull, openListener, patiently } from './userland/patience.ts';
import { retrying, Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';
/** Of one turn; whoever is not among them is told of in the next. */
const EVENTS_MAX = 64;

/** The server of the tutorials: readable means accept or read, and what was read is sent. */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  yield* listener.setblocking(sys, false);
  const epoll = yield* sys.epollCreate();
  yield* sys.epollCtl(epoll, 'add', listener.fileno(), EPOLLIN);
  const connections = new Map<number, Socket>();
  while (true) {
    const events = yield* retrying(() => sys.epollWait(epoll, EVENTS_MAX));
    for (const { data: fd } of events) {
      if (fd === listener.fileno()) {
        const [connection] = yield* listener.accept(sys);
        yield* connection.setblocking(sys, false);
        yield* sys.epollCtl(epoll, 'add', connection.fileno(), EPOLLIN);
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
  /**
   * Read and not yet sent. While there is any nothing more is read, so a client that does not read
   * stops being read.
   */
  unsent: Uint8Array;
}

/**
 * What could not be sent is kept, and the connection is watched for room instead of data; a
 * client's error ends its connection alone; readiness is taken for a hint (EAGAIN); and a full
 * table mutes the listener for a moment, since a level-triggered one would be reported again and
 * again.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  yield* listener.setblocking(sys, false);
  const epoll = yield* patiently(sys, () => sys.epollCreate());
  yield* sys.epollCtl(epoll, 'add', listener.fileno(), EPOLLIN);
  const connections = new Map<number, Connection>();
  let muted = false;

  function* accept(): Program {
    try {
      const [socket] = yield* listener.accept(sys);
      yield* socket.setblocking(sys, false);
      yield* sys.epollCtl(epoll, 'add', socket.fileno(), EPOLLIN);
      connections.set(socket.fileno(), { socket, unsent: new Uint8Array(0) });
    } catch (error) {
      if (isFull(error)) {
        yield* sys.epollCtl(epoll, 'mod', listener.fileno(), 0);
        muted = true;
      } else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
  }

  /** False when the client has ended its stream. */
  function* serve(connection: Connection): Program<boolean> {
    const { socket } = connection;
    const waited = connection.unsent.length > 0;
    if (!waited) {
      const data = yield* socket.recv(sys, 1024);
      if (data.length === 0) return false;
      connection.unsent = data;
    }
    const taken = yield* socket.send(sys, connection.unsent);
    connection.unsent = connection.unsent.subarray(taken);
    return true;
  }

  function* attend(fd: number, connection: Connection): Program {
    const waited = connection.unsent.length > 0;
    let open: boolean;
    try {
      open = yield* serve(connection);
    } catch (error) {
      exceptOSError(error);
      open = isOSError(error, 'EAGAIN');
    }
    if (!open) {
      yield* sys.epollCtl(epoll, 'del', fd);
      connections.delete(fd);
      yield* connection.socket.close(sys);
      return;
    }
    const waits = connection.unsent.length > 0;
    if (waits !== waited) yield* sys.epollCtl(epoll, 'mod', fd, waits ? EPOLLOUT : EPOLLIN);
  }

  while (true) {
    const events = yield* retrying(() =>
      sys.epollWait(epoll, EVENTS_MAX, muted ? FULL_PAUSE_MS : null),
    );
    if (muted && events.length === 0) {
      yield* sys.epollCtl(epoll, 'mod', listener.fileno(), EPOLLIN);
      muted = false;
    }
    for (const { data: fd } of events) {
      if (fd === listener.fileno()) yield* accept();
      else yield* attend(fd, connections.get(fd) as Connection);
    }
  }
}
