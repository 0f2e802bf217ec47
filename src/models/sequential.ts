/**
 * Blocking, one client at a time (seed 000).
 *
 * One task. It waits in accept for a client, then in recv and in send for that client alone, until
 * it leaves; everybody else stands in the kernel's accept queue meanwhile. Connections cost nothing
 * while they wait, but they wait for all that came before them: the time to be served grows with
 * the sum of the others' lives, and is without bound if one of them stays.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { acceptPatiently, openListener } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, decode, decodeLeniently, print } from './userland/text.ts';

const HOST = '127.0.0.1';

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const s = yield* Socket.create(sys);
  try {
    yield* s.bind(sys, { host: HOST, port });
    yield* s.listen(sys);
    yield* print(sys, `Server started at ${HOST}:${port}`);
    while (true) {
      const [conn, addr] = yield* s.accept(sys);
      try {
        yield* print(sys, `Connected by ${addressText(addr)}`);
        while (true) {
          const data = yield* conn.recv(sys, 1024);
          if (data.length === 0) break;
          yield* print(sys, `Received: ${decode(data)}`);
          yield* conn.sendall(sys, data);
        }
      } finally {
        yield* conn.close(sys);
      }
    }
  } finally {
    yield* s.close(sys);
  }
}

/** A client that neither sends nor reads for this long has to come again. */
const IDLE_MS_MAX = 600_000;

/**
 * Still one at a time, which is what it is for; but nobody may hold it for ever
 * (`conn.settimeout`), a client's end is not the server's (`except OSError`), and what is printed
 * need not be whole characters, and keeps nobody waiting.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  const s = yield* openListener(sys, { host: HOST, port });
  yield* say(sys, `Server started at ${HOST}:${port}`);
  while (true) {
    const [conn, addr] = yield* acceptPatiently(sys, s);
    try {
      yield* conn.settimeout(sys, IDLE_MS_MAX);
      yield* say(sys, `Connected by ${addressText(addr)}`);
      while (true) {
        const data = yield* conn.recv(sys, 1024);
        if (data.length === 0) break;
        yield* say(sys, `Received: ${decodeLeniently(data)}`);
        yield* conn.sendall(sys, data);
      }
    } catch (error) {
      exceptOSError(error);
    } finally {
      yield* conn.close(sys);
    }
  }
}
