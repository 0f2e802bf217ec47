/**
 * The client of article 000's servers: it sends one message and reads once (seed 000).
 *
 * One task, which waits in recv. It takes whatever the first recv gives it for the answer.
 */
import type { Program, Sys } from '../sys/index.ts';
import type { ClientOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { Socket } from './userland/sockets.ts';
import { bytesText, encode, print } from './userland/text.ts';

const HOST = '127.0.0.1';
const MESSAGE = encode('Hello, world');

export function* asWritten(sys: Sys, { port, answered }: ClientOptions): Program {
  const s = yield* Socket.create(sys);
  let data: Uint8Array;
  try {
    yield* s.connect(sys, { host: HOST, port });
    yield* s.sendall(sys, MESSAGE);
    data = yield* s.recv(sys, 1024);
  } finally {
    yield* s.close(sys);
  }
  yield* print(sys, `Received ${bytesText(data)}`);
  answered(MESSAGE, data);
}

/** Reads as much as it has sent; what the world does to it ends it quietly. */
export function* corrected(sys: Sys, { port, answered }: ClientOptions): Program {
  yield* openLog(sys);
  let s: Socket | undefined;
  try {
    s = yield* Socket.create(sys);
    yield* s.connect(sys, { host: HOST, port });
    yield* s.sendall(sys, MESSAGE);
    const data = yield* s.recvExactly(sys, MESSAGE.length);
    if (data === undefined) return;
    yield* say(sys, `Received ${bytesText(data)}`);
    answered(MESSAGE, data);
  } catch (error) {
    exceptOSError(error);
  } finally {
    if (s !== undefined) yield* s.close(sys);
  }
}
