/**
 * asyncio's low-level socket calls, answering `Got: ` and what one recv returned (seed 002).
 *
 * One thread. Each connection has a coroutine, which awaits its own socket; the loop waits in epoll
 * for everybody. A connection costs a task and a descriptor.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { type Coro, runForever } from './userland/asyncio/index.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, concat, encode, print } from './userland/text.ts';

const HOST = '';
const GOT = encode('Got: ');

export function asWritten(sys: Sys, { port }: ServerOptions): Program {
  return runForever(sys, function* echoServer(loop): Coro {
    function* echoHandler(client: Socket): Coro {
      try {
        while (true) {
          const data = yield* loop.sockRecv(client, 10000);
          if (data.length === 0) break;
          yield* loop.sockSendall(client, concat(GOT, data));
        }
      } finally {
        yield* client.close(sys);
      }
      yield* print(sys, 'connection closed');
    }

    const sock = yield* Socket.create(sys);
    yield* sock.setsockopt(sys, 'SO_REUSEADDR', 1);
    yield* sock.bind(sys, { host: HOST, port });
    yield* sock.listen(sys, 5);
    yield* sock.setblocking(sys, false);
    while (true) {
      const [client, addr] = yield* loop.sockAccept(sock);
      yield* print(sys, `connect from ${addressText(addr)}`);
      loop.createTask(echoHandler(client), 'echo_handler');
    }
  });
}

/** An error of a client's is caught, and a full table of descriptors is waited out. */
export function corrected(sys: Sys, { port }: ServerOptions): Program {
  return runForever(sys, function* echoServer(loop): Coro {
    function* echoHandler(client: Socket): Coro {
      try {
        while (true) {
          const data = yield* loop.sockRecv(client, 10000);
          if (data.length === 0) break;
          yield* loop.sockSendall(client, concat(GOT, data));
        }
      } catch (error) {
        exceptOSError(error);
      } finally {
        yield* client.close(sys);
      }
      yield* say(sys, 'connection closed');
    }

    yield* openLog(sys);
    const sock = yield* openListener(sys, { host: HOST, port });
    yield* sock.setblocking(sys, false);
    while (true) {
      try {
        const [client, addr] = yield* loop.sockAccept(sock);
        yield* say(sys, `connect from ${addressText(addr)}`);
        loop.createTask(echoHandler(client), 'echo_handler');
      } catch (error) {
        if (isFull(error)) yield* loop.sleep(FULL_PAUSE_MS);
        else if (!isOSError(error, 'ECONNABORTED')) throw error;
      }
    }
  });
}
