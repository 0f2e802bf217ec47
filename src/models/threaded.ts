/**
 * A thread per connection (seed 000).
 *
 * One task waits in accept; each connection has a task of its own, which waits in recv and in send
 * for its client alone. Nobody waits for a stranger. Each connection costs a thread: a stack, a
 * place in the scheduler, a switch for every message; and whatever the threads share needs a lock.
 */
import type { Address, Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { acceptPatiently, openListener, startPatiently } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, decode, decodeLeniently, print } from './userland/text.ts';
import { Threading } from './userland/threading.ts';

const HOST = '127.0.0.1';

function* handleClient(sys: Sys, conn: Socket, addr: Address): Program {
  yield* print(sys, `Connected by ${addressText(addr)}`);
  try {
    while (true) {
      const data = yield* conn.recv(sys, 1024);
      if (data.length === 0) break;
      yield* print(sys, `Received from ${addressText(addr)}: ${decode(data)}`);
      yield* conn.sendall(sys, data);
    }
  } finally {
    yield* conn.close(sys);
  }
}

export function asWritten(sys: Sys, { port }: ServerOptions): Program {
  return Threading.main(sys, function* startServer(threading) {
    const s = yield* Socket.create(sys);
    try {
      yield* s.bind(sys, { host: HOST, port });
      yield* s.listen(sys);
      yield* print(sys, `Server started at ${HOST}:${port}`);
      while (true) {
        const [conn, addr] = yield* s.accept(sys);
        yield* threading.start(sys, 'handleClient', (its) => handleClient(its, conn, addr));
      }
    } finally {
      yield* s.close(sys);
    }
  });
}

/**
 * A client that is gone ends its thread quietly; what is printed need not be whole characters, and
 * keeps nobody waiting.
 */
function* handleClientCorrected(sys: Sys, conn: Socket, addr: Address): Program {
  try {
    yield* say(sys, `Connected by ${addressText(addr)}`);
    while (true) {
      const data = yield* conn.recv(sys, 1024);
      if (data.length === 0) break;
      yield* say(sys, `Received from ${addressText(addr)}: ${decodeLeniently(data)}`);
      yield* conn.sendall(sys, data);
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    yield* conn.close(sys);
  }
}

/** Where there is no room for one more thread, the next client waits until there is. */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  const s = yield* openListener(sys, { host: HOST, port });
  yield* say(sys, `Server started at ${HOST}:${port}`);
  while (true) {
    const [conn, addr] = yield* acceptPatiently(sys, s);
    yield* startPatiently(sys, 'handleClient', (its) => handleClientCorrected(its, conn, addr));
  }
}
