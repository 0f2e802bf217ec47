/**
 * One task over poll(2) (seed 001, section 2.2, which explains it without code).
 *
 * The one task waits in poll for everybody. As with select, each wait hands the kernel the whole
 * list and the kernel looks at each; unlike select's, the list may be as long as the table of
 * descriptors. Level-triggered: what is still ready is reported again.
 */
import { POLLIN, POLLOUT, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { retrying, Socket } from './userland/sockets.ts';

const HOST = '127.0.0.1';

/** The server of the tutorials: readable means accept or read, and what was read is sent. */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, { host: HOST, port });
  yield* listener.listen(sys);
  yield* listener.setblocking(sys, false);
  const connections = new Map<number, Socket>();
  while (true) {
    const entries = [listener.fileno(), ...connections.keys()].map((fd) => ({
      fd,
      events: POLLIN,
    }));
    const ready = yield* retrying(() => sys.poll(entries));
    for (const { fd } of ready) {
      if (fd === listener.fileno()) {
        const [connection] = yield* listener.accept(sys);
        yield* connection.setblocking(sys, false);
        connections.set(connection.fileno(), connection);
        continue;
      }
      const connection = connections.get(fd) as Socket;
      const data = yield* connection.recv(sys, 1024);
      if (data.length > 0) {
        yield* connection.send(sys, data);
      } else {
        connections.delete(fd);
        yield* connection.close(sys);
      }
    }
  }
}

interface Connection {
  readonly socket: Socket;
  /** Read and not yet sent; while there is any, room is waited for and nothing more is read. */
  unsent: Uint8Array;
}

/**
 * What was not sent is kept; readiness is a hint; a client's error is its own; a full table mutes
 * the listener for a moment.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const listener = yield* openListener(sys, { host: HOST, port });
  yield* listener.setblocking(sys, false);
  const connections = new Map<number, Connection>();
  let muted = false;

  function* accept(): Program {
    try {
      const [socket] = yield* listener.accept(sys);
      yield* socket.setblocking(sys, false);
      connections.set(socket.fileno(), { socket, unsent: new Uint8Array(0) });
    } catch (error) {
      if (isFull(error)) muted = true;
      else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
  }

  /** False at the end of its stream. */
  function* serve(connection: Connection): Program<boolean> {
    if (connection.unsent.length === 0) {
      connection.unsent = yield* connection.socket.recv(sys, 1024);
      if (connection.unsent.length === 0) return false;
    }
    const taken = yield* connection.socket.send(sys, connection.unsent);
    connection.unsent = connection.unsent.subarray(taken);
    return true;
  }

  while (true) {
    const entries = [{ fd: muted ? -1 : listener.fileno(), events: POLLIN }];
    for (const [fd, { unsent }] of connections) {
      entries.push({ fd, events: unsent.length > 0 ? POLLOUT : POLLIN });
    }
    const ready = yield* retrying(() => sys.poll(entries, muted ? FULL_PAUSE_MS : null));
    muted = false;
    for (const { fd } of ready) {
      if (fd === listener.fileno()) {
        yield* accept();
        continue;
      }
      const connection = connections.get(fd) as Connection;
      let open: boolean;
      try {
        open = yield* serve(connection);
      } catch (error) {
        exceptOSError(error);
        open = isOSError(error, 'EAGAIN');
      }
      if (open) continue;
      connections.delete(fd);
      yield* connection.socket.close(sys);
    }
  }
}
