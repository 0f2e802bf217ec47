/**
 * Signal-driven I/O (seed 004: the fourth of its five I/O models, which it names without code).
 *
 * One task, which asks the kernel to be told by SIGIO when something has happened to one of its
 * sockets (F_SETOWN, O_ASYNC), and sleeps until then. The signal says that there is something to
 * do, but not where, and however often it is sent while one is waiting, it comes once: so everybody
 * is asked each time, until EAGAIN. A connection costs a descriptor and its part of every round;
 * what an idle one costs depends on how busy the others are.
 */
import {
  F_GETFL,
  F_SETFL,
  F_SETOWN,
  O_ASYNC,
  POLLIN,
  type Program,
  SIGIO,
  type Sys,
  type Syscall,
} from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { FULL_PAUSE_MS, isFull, openListener, patiently } from './userland/patience.ts';
import { retrying, Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';

/** Taken out of the pipe at a time. */
const SIGNALS_MAX = 64;

/** Have SIGIO sent to this process when something happens to the socket. */
function* tellBySignal(sys: Sys, socket: Socket): Program {
  yield* socket.setblocking(sys, false);
  yield* sys.fcntl(socket.fileno(), F_SETOWN, yield* sys.getpid());
  const flags = yield* sys.fcntl(socket.fileno(), F_GETFL);
  yield* sys.fcntl(socket.fileno(), F_SETFL, flags | O_ASYNC);
}

/** `signal.pause()`: sleep until a signal has been handled. */
function* pause(sys: Sys): Program {
  try {
    yield* sys.poll([]);
  } catch (error) {
    if (!isOSError(error, 'EINTR')) throw error;
  }
}

/** What the call gives, or undefined when it would have to sleep. */
function* unlessAgain<T>(call: Program<T> | Syscall<T>): Program<T | undefined> {
  try {
    return yield* call as Program<T>;
  } catch (error) {
    if (!isOSError(error, 'EAGAIN')) throw error;
    return undefined;
  }
}

/** Sleep until a signal comes; then ask everybody, each until there is nothing more. */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  // It has nothing to do but to exist: the default action of SIGIO is to end the process.
  yield* sys.sigaction(SIGIO, { handler: () => {} });
  yield* tellBySignal(sys, listener);
  const connections = new Set<Socket>();

  function* acceptAll(): Program {
    while (true) {
      const accepted = yield* unlessAgain(listener.accept(sys));
      if (accepted === undefined) return;
      const [connection] = accepted;
      yield* tellBySignal(sys, connection);
      connections.add(connection);
    }
  }

  function* echo(connection: Socket): Program {
    while (true) {
      const data = yield* unlessAgain(connection.recv(sys, 1024));
      if (data === undefined) return;
      if (data.length === 0) break;
      yield* connection.send(sys, data);
    }
    connections.delete(connection);
    yield* connection.close(sys);
  }

  while (true) {
    yield* pause(sys);
    yield* acceptAll();
    for (const connection of [...connections]) yield* echo(connection);
  }
}

interface Connection {
  readonly socket: Socket;
  unsent: Uint8Array;
}

/**
 * The handler writes a byte into a pipe, and the loop waits for that: a signal that comes while it
 * is at work is still there when it is done. What was not sent is tried again when there is room,
 * which is signalled too; a client's error is its own.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  const [told, telling] = yield* patiently(sys, () => sys.pipe({ nonblock: true }));
  yield* sys.sigaction(SIGIO, {
    handler: function* (_, own): Program {
      // A full pipe tells it already.
      yield* unlessAgain(own.write(telling, Uint8Array.of(SIGIO)));
    },
  });
  yield* tellBySignal(sys, listener);
  const connections = new Set<Connection>();
  /** The table was full: nothing will signal those who wait, so it is tried again after a pause. */
  let full = false;

  function* acceptAll(): Program {
    full = false;
    while (true) {
      try {
        const accepted = yield* unlessAgain(listener.accept(sys));
        if (accepted === undefined) return;
        const [socket] = accepted;
        yield* tellBySignal(sys, socket);
        connections.add({ socket, unsent: new Uint8Array(0) });
      } catch (error) {
        full = isFull(error);
        if (full) return;
        if (!isOSError(error, 'ECONNABORTED')) throw error;
      }
    }
  }

  /** Send and read by turns until one of them would sleep; false at the end of the stream. */
  function* pump(connection: Connection): Program<boolean> {
    const { socket } = connection;
    while (true) {
      while (connection.unsent.length > 0) {
        const taken = yield* unlessAgain(socket.send(sys, connection.unsent));
        if (taken === undefined) return true;
        connection.unsent = connection.unsent.subarray(taken);
      }
      const data = yield* unlessAgain(socket.recv(sys, 1024));
      if (data === undefined) return true;
      if (data.length === 0) return false;
      connection.unsent = data;
    }
  }

  function* serve(connection: Connection): Program {
    try {
      if (yield* pump(connection)) return;
    } catch (error) {
      exceptOSError(error);
    }
    connections.delete(connection);
    yield* connection.socket.close(sys);
  }

  while (true) {
    // Nothing signals what had happened before it was asked for; so the first look comes before the
    // first sleep.
    yield* acceptAll();
    for (const connection of [...connections]) yield* serve(connection);
    const timeoutMs = full ? FULL_PAUSE_MS : null;
    yield* retrying(() => sys.poll([{ fd: told, events: POLLIN }], timeoutMs));
    yield* unlessAgain(sys.read(told, SIGNALS_MAX));
  }
}
