/**
 * A thread per connection, answering `Got: ` and what one recv returned (seed 002).
 *
 * One task waits in accept, each connection's in recv and in send for its client alone. Nobody
 * waits for a stranger; each connection costs a thread.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { acceptPatiently, openListener, startPatiently } from './userland/patience.ts';
import { forgotten, named } from './userland/references.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, concat, encode, print } from './userland/text.ts';
import { startNewThread } from './userland/threading.ts';

const HOST = '';
const GOT = encode('Got: ');

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const sock = yield* Socket.create(sys);
  yield* sock.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* sock.bind(sys, { host: HOST, port });
  yield* sock.listen(sys, 5);
  // Two names hold a client, this one and its thread's; the later to let go closes it.
  let client: Socket | undefined;
  while (true) {
    const [accepted, addr] = yield* sock.accept(sys);
    yield* forgotten(sys, client);
    client = named(accepted);
    yield* print(sys, `connect from ${addressText(addr)}`);
    const its = named(client);
    yield* startNewThread(sys, 'echoHandler', (sys) => echoHandler(sys, its));
  }
}

function* echoHandler(sys: Sys, client: Socket): Program {
  try {
    while (true) {
      const data = yield* client.recv(sys, 10000);
      if (data.length === 0) break;
      yield* client.send(sys, concat(GOT, data));
    }
    yield* print(sys, 'connection closed.');
  } finally {
    yield* forgotten(sys, client);
  }
}

/** Its thread closes a client, however it ends, and a short send is gone on with. */
function* echoHandlerCorrected(sys: Sys, client: Socket): Program {
  try {
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

export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  const sock = yield* openListener(sys, { host: HOST, port });
  while (true) {
    const [client, addr] = yield* acceptPatiently(sys, sock);
    yield* say(sys, `connect from ${addressText(addr)}`);
    yield* startPatiently(sys, 'echoHandler', (its) => echoHandlerCorrected(its, client));
  }
}
