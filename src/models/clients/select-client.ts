/**
 * The client of `select-queues` (seed 001): two sockets, three messages, in lock step.
 *
 * One task, which waits in recv for one socket after the other.
 */
import type { Program, Sys } from '../../sys/index.ts';
import { Socket } from '../userland/sockets.ts';
import { addressText, bytesText, encode, print } from '../userland/text.ts';

const MESSAGES = ['This is the message. ', 'It will be sent ', 'in parts.'] as const;
const HOST = '127.0.0.1';
const STDERR = "<_io.TextIOWrapper name='<stderr>' mode='w' encoding='UTF-8'>";

export function* selectClient(sys: Sys, { port }: { readonly port: number }): Program {
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
      if (data.length === 0) {
        yield* print(sys, `${STDERR} closing socket ${name}`);
        yield* s.close(sys);
      }
    }
  }
}
