/**
 * Many threads, each a client that sends `hello N` and reads its answer, in a loop (seed 001).
 *
 * Each thread waits in recv for its own connection. A client costs a thread; what it learns is how
 * the server does when everybody talks at once.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ClientOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { startPatiently } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { decode, decodeLeniently, encode, print } from './userland/text.ts';
import { Threading } from './userland/threading.ts';

const HOST = '127.0.0.1';

/** # The article's loop has no end; this one has `rounds`. */
export function asWritten(sys: Sys, options: ClientOptions): Program {
  function* sockConn(sys: Sys): Program {
    const client = yield* Socket.create(sys);
    yield* client.connect(sys, { host: HOST, port: options.port });
    let count = 0;
    while (count < options.rounds) {
      const message = encode(`hello ${count}`);
      yield* client.send(sys, message);
      const data = yield* client.recv(sys, 1024);
      const ident = yield* sys.gettid();
      yield* print(sys, `[${ident}]recv from server: ${decode(data)}`);
      options.answered(message, data);
      count += 1;
    }
    yield* client.close(sys);
  }

  return Threading.main(sys, function* main(threading) {
    for (let i = 0; i < options.threads; i++) yield* threading.start(sys, 'sockConn', sockConn);
  });
}

/**
 * An answer is as long as what it answers: reads until it has so much. What the world does to it
 * ends its thread quietly.
 */
export function* corrected(sys: Sys, options: ClientOptions): Program {
  function* sockConn(sys: Sys): Program {
    let client: Socket | undefined;
    try {
      client = yield* Socket.create(sys);
      yield* client.connect(sys, { host: HOST, port: options.port });
      for (let count = 0; count < options.rounds; count++) {
        const message = encode(`hello ${count}`);
        yield* client.sendall(sys, message);
        const data = yield* client.recvExactly(sys, message.length);
        if (data === undefined) return;
        const ident = yield* sys.gettid();
        yield* say(sys, `[${ident}]recv from server: ${decodeLeniently(data)}`);
        options.answered(message, data);
      }
    } catch (error) {
      exceptOSError(error);
    } finally {
      if (client !== undefined) yield* client.close(sys);
    }
  }

  yield* openLog(sys);
  for (let i = 0; i < options.threads; i++) yield* startPatiently(sys, 'sockConn', sockConn);
}
