/**
 * Busy polling of non-blocking sockets (seed 004: the second of its five I/O models).
 *
 * One task asks everybody, again and again, whether there is anything: nobody waits, and nobody is
 * waited for. A connection costs a descriptor and its part of every round, and the rounds never
 * end, whether there is anything to do or not.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { isFull, openListener } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';

/** What the article describes: try to read; EWOULDBLOCK says to come again. */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  yield* listener.setblocking(sys, false);
  let connections: Socket[] = [];
  while (true) {
    try {
      const [connection] = yield* listener.accept(sys);
      yield* connection.setblocking(sys, false);
      connections.push(connection);
    } catch (error) {
      if (!isOSError(error, 'EAGAIN')) throw error;
    }
    for (const connection of [...connections]) {
      let data: Uint8Array;
      try {
        data = yield* connection.recv(sys, 1024);
      } catch (error) {
        if (!isOSError(error, 'EAGAIN')) throw error;
        continue;
      }
      if (data.length > 0) {
        yield* connection.send(sys, data);
      } else {
        connections = connections.filter((other) => other !== connection);
        yield* connection.close(sys);
      }
    }
  }
}

/**
 * How long it rests after a round without anything to do, twice as long after each more: what it
 * adds to an answer, against what it saves.
 */
const REST_MS_MIN = 10;
/** A third of a second is the most that somebody who types waits without noticing. */
const REST_MS_MAX = 320;

interface Connection {
  readonly socket: Socket;
  unsent: Uint8Array;
}

/**
 * It rests when there was nothing to do; what was not sent is tried again; a client's error is its
 * own.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  yield* listener.setblocking(sys, false);
  const connections = new Set<Connection>();

  /** Whether there was somebody. */
  function* accept(): Program<boolean> {
    try {
      const [socket] = yield* listener.accept(sys);
      yield* socket.setblocking(sys, false);
      connections.add({ socket, unsent: new Uint8Array(0) });
      return true;
    } catch (error) {
      if (!isFull(error) && !isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
      return false;
    }
  }

  /** Whether there was anything to do. */
  function* serve(connection: Connection): Program<boolean> {
    const { socket } = connection;
    try {
      if (connection.unsent.length === 0) connection.unsent = yield* socket.recv(sys, 1024);
      if (connection.unsent.length > 0) {
        const taken = yield* socket.send(sys, connection.unsent);
        connection.unsent = connection.unsent.subarray(taken);
        return true;
      }
    } catch (error) {
      exceptOSError(error);
      if (isOSError(error, 'EAGAIN')) return false;
    }
    connections.delete(connection);
    yield* socket.close(sys);
    return true;
  }

  let restMs = REST_MS_MIN;
  while (true) {
    let busy = yield* accept();
    for (const connection of [...connections]) if (yield* serve(connection)) busy = true;
    if (busy) restMs = REST_MS_MIN;
    else {
      yield* rest(sys, restMs);
      restMs = Math.min(2 * restMs, REST_MS_MAX);
    }
  }
}

function* rest(sys: Sys, ms: number): Program {
  try {
    yield* sys.nanosleep({ ms });
  } catch (error) {
    exceptOSError(error); // EINTR
  }
}
