/**
 * asyncio's low-level socket calls, and one queue of all messages (seed 000).
 *
 * One thread. Each connection has a coroutine, which awaits its own socket; a coroutine of its own
 * takes the messages out of the queue. The loop waits in epoll for everybody. A connection costs a
 * task and a descriptor. The tasks share the thread, so the queue needs no lock.
 */
import type { Address, Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { type Coro, Queue, run } from './userland/asyncio/index.ts';
import { AttributeError, exceptOSError, isOSError, ValueError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, decodeLeniently, print } from './userland/text.ts';

const HOST = '127.0.0.1';

export function asWritten(sys: Sys, { port, probe }: ServerOptions): Program {
  return run(sys, function* startServer(loop): Coro {
    const messageList = new Queue<Uint8Array>(loop);

    function* handleClient(clientSocket: Socket): Coro {
      const addr = yield* clientSocket.getpeername(sys);
      yield* print(sys, `Connected by ${addressText(addr)}`);
      while (true) {
        const data = yield* loop.sockRecv(clientSocket, 1024);
        if (data.length === 0) break;
        const put = probe?.putting(addr, data);
        yield* messageList.put(data);
        put?.();
        yield* loop.sockSendall(clientSocket, data);
      }
      yield* clientSocket.close(sys);
    }

    function* processMessages(): Coro {
      while (true) {
        unpack(yield* messageList.get());
      }
    }

    loop.createTask(processMessages(), 'process_messages');
    const serverSocket = yield* Socket.create(sys);
    yield* serverSocket.setsockopt(sys, 'SO_REUSEADDR', 1);
    yield* serverSocket.bind(sys, { host: HOST, port });
    yield* serverSocket.listen(sys);
    yield* serverSocket.setblocking(sys, false);
    yield* print(sys, `Server started at ${HOST}:${port}`);
    while (true) {
      const [clientSocket] = yield* loop.sockAccept(serverSocket);
      loop.createTask(handleClient(clientSocket), 'handle_client');
    }
  });
}

/**
 * `addr, data = …` of a bytes object: its items are numbers, so even where there are two the next
 * line fails.
 */
function unpack(item: Uint8Array): never {
  if (item.length > 2) throw new ValueError('too many values to unpack (expected 2)');
  if (item.length < 2) {
    throw new ValueError(`not enough values to unpack (expected 2, got ${item.length})`);
  }
  throw new AttributeError("'int' object has no attribute 'decode'");
}

/** Messages that wait to be processed: a handler that has one more waits with it. */
const MESSAGES_MAX = 64;

/**
 * What is put is what is taken, and a handler closes its socket however it ends; the queue has an
 * end, and what is printed keeps nobody waiting.
 */
export function corrected(sys: Sys, { port, probe }: ServerOptions): Program {
  return run(sys, function* startServer(loop): Coro {
    const messageList = new Queue<readonly [addr: Address, data: Uint8Array]>(loop, MESSAGES_MAX);

    function* handleClient(clientSocket: Socket, addr: Address): Coro {
      try {
        yield* say(sys, `Connected by ${addressText(addr)}`);
        while (true) {
          const data = yield* loop.sockRecv(clientSocket, 1024);
          if (data.length === 0) break;
          const put = probe?.putting(addr, data);
          yield* messageList.put([addr, data]);
          put?.();
          yield* loop.sockSendall(clientSocket, data);
        }
      } catch (error) {
        exceptOSError(error);
      } finally {
        yield* clientSocket.close(sys);
      }
    }

    function* processMessages(): Coro {
      while (true) {
        const [addr, data] = yield* messageList.get();
        yield* say(sys, `Processed message from ${addressText(addr)}: ${decodeLeniently(data)}`);
        probe?.processed(addr, data);
      }
    }

    loop.createTask(processMessages(), 'process_messages');
    yield* openLog(sys);
    const serverSocket = yield* openListener(sys, { host: HOST, port });
    yield* serverSocket.setblocking(sys, false);
    yield* say(sys, `Server started at ${HOST}:${port}`);
    while (true) {
      try {
        const [clientSocket, addr] = yield* loop.sockAccept(serverSocket);
        loop.createTask(handleClient(clientSocket, addr), 'handle_client');
      } catch (error) {
        if (isFull(error)) yield* loop.sleep(FULL_PAUSE_MS);
        else if (!isOSError(error, 'ECONNABORTED')) throw error;
      }
    }
  });
}
