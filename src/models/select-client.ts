/**
 * The client of `select-queues`: two sockets, three messages, in lock step (seed 001).
 *
 * One task, which waits in recv for one socket after the other.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ClientOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, bytesText, encode, print } from './userland/text.ts';

const MESSAGES = ['This is the message. ', 'It will be sent ', 'in parts.'] as const;
const HOST = '127.0.0.1';
/** `print(sys.stderr, …)` prints the stream itself first. */
const STDERR = "<_io.TextIOWrapper name='<stderr>' mode='w' encoding='UTF-8'>";

type Told = Pick<ClientOptions, 'port' | 'answered'>;

export function* asWritten(sys: Sys, { port, answered }: Told): Program {
  const socks = [yield* Socket.create(sys), yield* Socket.create(sys)];
  yield* print(sys, `${STDERR} connecting to localhost port ${port}`);
  for (const s of socks) yield* s.connect(sys, { host: HOST, port });
  for (const message of MESSAGES) {
    for (const s of socks) {
      const name = addressText(yield* s.getsockname(sys));
      yield* print(sys, `${STDERR} ${name}: sending "${message}"`);
      yield* s.send(sys, encode(message));
    }
    for (const s of socks) {
      const data = yield* s.recv(sys, 1024);
      const name = addressText(yield* s.getsockname(sys));
      yield* print(sys, `${STDERR} ${name}: received "${bytesText(data)}"`);
      answered(encode(message), data);
      if (data.length === 0) {
        const own = addressText(yield* s.getsockname(sys));
        yield* print(sys, `${STDERR} closing socket ${own}`);
        yield* s.close(sys);
      }
    }
  }
}

/** An answer is as long as what it answers, and what was opened is closed. */
export function* corrected(sys: Sys, { port, answered }: Told): Program {
  yield* openLog(sys);
  const socks: Socket[] = [];
  try {
    for (let i = 0; i < 2; i++) socks.push(yield* Socket.create(sys));
    for (const s of socks) yield* s.connect(sys, { host: HOST, port });
    for (const message of MESSAGES) {
      const sent = encode(message);
      for (const s of socks) yield* s.sendall(sys, sent);
      for (const s of socks) {
        const data = yield* s.recvExactly(sys, sent.length);
        if (data === undefined) return;
        yield* say(sys, `received "${bytesText(data)}"`);
        answered(sent, data);
      }
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    for (const s of socks) yield* s.close(sys);
  }
}
