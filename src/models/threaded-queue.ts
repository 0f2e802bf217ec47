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
import { acceptPatiently, openListener } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, decode, decodeLeniently, print } from './userland/text.ts';
import { Lock, Queue } from './userland/threads.ts';

const HOST = '127.0.0.1';

type Message = readonly [addr: Address, data: Uint8Array];

export function* asWritten(sys: Sys, { port, probe }: ServerOptions): Program {
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

  const s = yield* Socket.create(sys);
  try {
    yield* s.bind(sys, { host: HOST, port });
    yield* s.listen(sys);
    yield* print(sys, `Server started at ${HOST}:${port}`);
    yield* sys.spawn(processMessages);
    while (true) {
      const [conn, addr] = yield* s.accept(sys);
      yield* sys.spawn((its) => handleClient(its, conn, addr), { name: 'handleClient' });
    }
  } finally {
    yield* s.close(sys);
  }
}

function* handleClientCorrected(
  sys: Sys,
  conn: Socket,
  addr: Address,
  messages: Queue<Message>,
  probe: QueueProbe | undefined,
): Program {
  try {
    yield* print(sys, `Connected by ${addressText(addr)}`);
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

/**
 * `queue.Queue` in place of the list: its consumer sleeps. And what is printed need not be whole
 * characters.
 */
export function* corrected(sys: Sys, { port, probe }: ServerOptions): Program {
  const messages = new Queue<Message>();
  const s = yield* openListener(sys, { host: HOST, port });
  yield* print(sys, `Server started at ${HOST}:${port}`);
  yield* sys.spawn(function* processMessages(sys) {
    while (true) {
      const [addr, data] = yield* messages.get(sys);
      yield* print(sys, `Processed message from ${addressText(addr)}: ${decodeLeniently(data)}`);
      probe?.processed(addr, data);
    }
  });
  while (true) {
    const [conn, addr] = yield* acceptPatiently(sys, s);
    yield* sys.spawn((its) => handleClientCorrected(its, conn, addr, messages, probe), {
      name: 'handleClient',
    });
  }
}
