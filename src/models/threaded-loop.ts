/**
 * Several threads about one event loop (seed 004: "most of the time" servers are event-driven and
 * have several threads; it shows no code).
 *
 * Each of the threads waits in epoll_wait of one epoll for everybody, and does what is to be done
 * for whoever it is told of. Nobody waits for a stranger as long as a thread is free; but what a
 * connection has is not its thread's alone, and two threads may be told of one connection.
 */
import { EPOLLIN, EPOLLONESHOT, EPOLLOUT, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import {
  FULL_PAUSE_MS,
  isFull,
  openListener,
  patiently,
  startPatiently,
} from './userland/patience.ts';
import { retrying, Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';
const THREADS = 2;

/**
 * Level-triggered, as a server of one thread would have it: while one thread has yet to read, the
 * next is told of the same bytes.
 */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  yield* listener.setblocking(sys, false);
  const epoll = yield* sys.epollCreate();
  yield* sys.epollCtl(epoll, 'add', listener.fileno(), EPOLLIN);
  const connections = new Map<number, Socket>();

  function* acceptOne(sys: Sys): Program {
    const accepted = yield* unlessAgain(listener.accept(sys));
    if (accepted === undefined) return;
    const [connection] = accepted;
    yield* connection.setblocking(sys, false);
    connections.set(connection.fileno(), connection);
    yield* sys.epollCtl(epoll, 'add', connection.fileno(), EPOLLIN);
  }

  function* echo(sys: Sys, fd: number): Program {
    const connection = connections.get(fd);
    if (connection === undefined) return;
    const data = yield* unlessAgain(connection.recv(sys, 1024));
    if (data === undefined) return;
    if (data.length > 0) yield* connection.sendall(sys, data);
    else {
      connections.delete(fd);
      yield* connection.close(sys);
    }
  }

  function* loop(sys: Sys): Program {
    while (true) {
      for (const { data: fd } of yield* retrying(() => sys.epollWait(epoll, 1))) {
        yield* fd === listener.fileno() ? acceptOne(sys) : echo(sys, fd);
      }
    }
  }

  for (let i = 1; i < THREADS; i++) yield* sys.spawn(loop, { name: 'loop' });
  yield* loop(sys);
}

/** undefined: another thread was first. */
function* unlessAgain<T>(call: Program<T>): Program<T | undefined> {
  try {
    return yield* call;
  } catch (error) {
    if (!isOSError(error, 'EAGAIN')) throw error;
    return undefined;
  }
}

interface Connection {
  readonly socket: Socket;
  /** Read and not yet sent; while there is any, room is waited for and nothing more is read. */
  unsent: Uint8Array;
}

/**
 * EPOLLONESHOT: whoever is told of a connection has it for itself until it has asked for it again.
 * What was not sent is kept; a client's error is its own; a full table is waited out.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  yield* listener.setblocking(sys, false);
  const epoll = yield* patiently(sys, () => sys.epollCreate());
  yield* sys.epollCtl(epoll, 'add', listener.fileno(), EPOLLIN | EPOLLONESHOT);
  const connections = new Map<number, Connection>();

  function* acceptOne(sys: Sys): Program {
    try {
      const [socket] = yield* listener.accept(sys);
      yield* socket.setblocking(sys, false);
      connections.set(socket.fileno(), { socket, unsent: new Uint8Array(0) });
      yield* sys.epollCtl(epoll, 'add', socket.fileno(), EPOLLIN | EPOLLONESHOT);
    } catch (error) {
      if (isFull(error)) yield* sys.nanosleep({ ms: FULL_PAUSE_MS });
      else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
    yield* sys.epollCtl(epoll, 'mod', listener.fileno(), EPOLLIN | EPOLLONESHOT);
  }

  /** False at the end of its stream. */
  function* pump(sys: Sys, connection: Connection): Program<boolean> {
    const { socket } = connection;
    if (connection.unsent.length === 0) {
      connection.unsent = yield* socket.recv(sys, 1024);
      if (connection.unsent.length === 0) return false;
    }
    connection.unsent = connection.unsent.subarray(yield* socket.send(sys, connection.unsent));
    return true;
  }

  function* echo(sys: Sys, connection: Connection): Program {
    const { socket } = connection;
    const fd = socket.fileno();
    let open: boolean;
    try {
      open = yield* pump(sys, connection);
    } catch (error) {
      exceptOSError(error);
      open = isOSError(error, 'EAGAIN');
    }
    if (open) {
      const events = connection.unsent.length > 0 ? EPOLLOUT : EPOLLIN;
      yield* sys.epollCtl(epoll, 'mod', fd, events | EPOLLONESHOT);
      return;
    }
    connections.delete(fd);
    yield* socket.close(sys);
  }

  function* loop(sys: Sys): Program {
    while (true) {
      for (const { data: fd } of yield* retrying(() => sys.epollWait(epoll, 1))) {
        const connection = connections.get(fd);
        if (connection !== undefined) yield* echo(sys, connection);
        else yield* acceptOne(sys);
      }
    }
  }

  for (let i = 1; i < THREADS; i++) yield* startPatiently(sys, 'loop', loop);
  yield* loop(sys);
}
