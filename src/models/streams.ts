/**
 * asyncio's streams (seed 004).
 *
 * One thread. Each connection has a coroutine, which awaits its reader, and its writer's buffer;
 * the loop waits in epoll for everybody. A connection costs a task, a transport and a buffer at
 * each end of it.
 */
import { type Program, SOMAXCONN, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import {
  type Coro,
  run,
  type StreamReader,
  type StreamWriter,
  startServer,
} from './userland/asyncio/index.ts';
import { onceThereIsRoom } from './userland/asyncio/patience.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { addressText, print } from './userland/text.ts';

const HOST = '';

const peerText = (writer: StreamWriter): string =>
  writer.peername === undefined ? 'None' : addressText(writer.peername);

export function asWritten(sys: Sys, { port }: ServerOptions): Program {
  function* handleTcpEcho(reader: StreamReader, writer: StreamWriter): Coro {
    const address = peerText(writer);
    yield* print(sys, `connection accept from ${address}`);
    while (true) {
      const data = yield* reader.read(65535);
      if (data.length === 0) {
        yield* print(sys, `connection closed ${address}`);
        yield* writer.close();
        return;
      }
      yield* writer.write(data);
      yield* writer.drain();
    }
  }

  return run(sys, function* runServer(loop): Coro {
    const server = yield* startServer(loop, handleTcpEcho, { host: HOST, port });
    yield* server.serveForever();
  });
}

/**
 * A client's error is caught, its writer closed however the coroutine ends, a full table of
 * descriptors waited out; and the queue at the door is as long as the system grants.
 */
export function corrected(sys: Sys, { port }: ServerOptions): Program {
  function* handleTcpEcho(reader: StreamReader, writer: StreamWriter): Coro {
    const address = peerText(writer);
    try {
      yield* say(sys, `connection accept from ${address}`);
      while (true) {
        const data = yield* reader.read(65535);
        if (data.length === 0) break;
        yield* writer.write(data);
        yield* writer.drain();
      }
    } catch (error) {
      exceptOSError(error);
    } finally {
      yield* say(sys, `connection closed ${address}`);
      yield* writer.close();
    }
  }

  return run(sys, function* runServer(loop): Coro {
    yield* openLog(sys);
    const server = yield* onceThereIsRoom(loop, () =>
      startServer(loop, handleTcpEcho, { host: HOST, port }, SOMAXCONN),
    );
    yield* server.serveForever();
  });
}
