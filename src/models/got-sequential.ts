/**
 * Blocking, one client at a time, answering `Got: ` and what one recv returned (seed 002).
 *
 * One task, which waits in accept for a client and then in recv and in send for that client alone.
 * As `sequential`: connections cost nothing while they wait, and wait for all that came before
 * them.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { acceptPatiently, openListener } from './userland/patience.ts';
import { forgotten, named } from './userland/references.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, concat, encode, print } from './userland/text.ts';

const HOST = '';
const GOT = encode('Got: ');

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const sock = yield* Socket.create(sys);
  yield* sock.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* sock.bind(sys, { host: HOST, port });
  yield* sock.listen(sys, 5);
  // Nobody closes a client: the name `client` keeps it until accept gives it another one.
  let client: Socket | undefined;
  while (true) {
    const [accepted, addr] = yield* sock.accept(sys);
    yield* forgotten(sys, client);
    client = named(accepted);
    yield* print(sys, `connect from ${addressText(addr)}`);
    yield* echoHandler(sys, client);
  }
}

function* echoHandler(sys: Sys, client: Socket): Program {
  while (true) {
    const data = yield* client.recv(sys, 10000);
    if (data.length === 0) break;
    yield* client.send(sys, concat(GOT, data));
  }
  yield* print(sys, 'connection closed.');
}

/** A client that neither sends nor reads for this long has to come again. */
const IDLE_MS_MAX = 600_000;

/**
 * Nobody may hold it for ever, a client's end is not the server's, it closes what it is done with,
 * and its queue is not so short.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  const sock = yield* openListener(sys, { host: HOST, port });
  while (true) {
    const [client, addr] = yield* acceptPatiently(sys, sock);
    try {
      yield* client.settimeout(sys, IDLE_MS_MAX);
      yield* say(sys, `connect from ${addressText(addr)}`);
      while (true) {
        const data = yield* client.recv(sys, 10000);
        if (data.length === 0) break;
        yield* client.sendall(sys, concat(GOT, data));
      }
    } catch (error) {
      exceptOSError(error);
    } finally {
      yield* client.close(sys);
    }
    yield* say(sys, 'connection closed.');
  }
}
