/**
 * A thread per connection, and one list of all messages (seed 000).
 *
 * As `threaded`, and every message also goes into one list, under a lock; a daemon thread takes
 * them out. A connection costs a thread, and every message now costs everybody a wait for the lock.
 * Who waits for the list to fill waits badly: the consumer takes the lock again and again to look,
 * a whole core long.
 */
import type { Address, Program, Sys } from '../sys/index.ts';
import type { QueueProbe, ServerOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { acceptPatiently, openListener, startPatiently } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, decode, decodeLeniently, print } from './userland/text.ts';
import { Threading } from './userland/threading.ts';
import { Lock, Queue } from './userland/threads.ts';

const HOST = '127.0.0.1';

type Message = readonly [addr: Address, data: Uint8Array];

export function asWritten(sys: Sys, { port, probe }: ServerOptions): Program {
  const messageList: Message[] = [];
  const lock = new Lock();

  function* handleClient(sys: Sys, conn: Socket, addr: Address): Program {
    yield* print(sys, `Connected by ${addressText(addr)}`);
    try {
      while (true) {
        const data = yield* conn.recv(sys, 1024);
        if (data.length === 0) break;
        const put = probe?.putting(addr, data);
        yield* lock.holding(sys, function* () {
          messageList.push([addr, data]);
        });
        put?.();
        yield* conn.sendall(sys, data);
      }
    } finally {
      yield* conn.close(sys);
    }
  }

  function* processMessages(sys: Sys): Program {
    while (true) {
      yield* lock.holding(sys, function* () {
        if (messageList.length > 0) {
          const [addr, data] = messageList.shift() as Message;
          yield* print(sys, `Processed message from ${addressText(addr)}: ${decode(data)}`);
          probe?.processed(addr, data);
        }
      });
    }
  }

  return Threading.main(sys, function* startServer(threading) {
    const s = yield* Socket.create(sys);
    try {
      yield* s.bind(sys, { host: HOST, port });
      yield* s.listen(sys);
      yield* print(sys, `Server started at ${HOST}:${port}`);
      yield* threading.start(sys, 'processMessages', processMessages, { daemon: true });
      while (true) {
        const [conn, addr] = yield* s.accept(sys);
        yield* threading.start(sys, 'handleClient', (its) => handleClient(its, conn, addr));
      }
    } finally {
      yield* s.close(sys);
    }
  });
}

function* handleClientCorrected(
  sys: Sys,
  conn: Socket,
  addr: Address,
  messages: Queue<Message>,
  probe: QueueProbe | undefined,
): Program {
  try {
    yield* say(sys, `Connected by ${addressText(addr)}`);
    while (true) {
      const data = yield* conn.recv(sys, 1024);
      if (data.length === 0) break;
      const put = probe?.putting(addr, data);
      yield* messages.put(sys, [addr, data]);
      put?.();
      yield* conn.sendall(sys, data);
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    yield* conn.close(sys);
  }
}

/** Messages that wait to be processed: a handler that has one more waits with it. */
const MESSAGES_MAX = 64;

/**
 * `queue.Queue` in place of the list: its consumer sleeps, and it has an end. And what is printed
 * need not be whole characters, and keeps nobody waiting.
 */
export function* corrected(sys: Sys, { port, probe }: ServerOptions): Program {
  const messages = new Queue<Message>(MESSAGES_MAX);

  function* processMessages(sys: Sys): Program {
    while (true) {
      const [addr, data] = yield* messages.get(sys);
      yield* say(sys, `Processed message from ${addressText(addr)}: ${decodeLeniently(data)}`);
      probe?.processed(addr, data);
    }
  }

  yield* openLog(sys);
  const s = yield* openListener(sys, { host: HOST, port });
  yield* say(sys, `Server started at ${HOST}:${port}`);
  yield* startPatiently(sys, 'processMessages', processMessages);
  while (true) {
    const [conn, addr] = yield* acceptPatiently(sys, s);
    yield* startPatiently(sys, 'handleClient', (its) =>
      handleClientCorrected(its, conn, addr, messages, probe),
    );
  }
}
