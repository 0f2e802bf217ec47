import type { Task } from '../../sim/kernel/task.ts';
import { GSS_REQUEST, PROTOCOL, SSL_REQUEST } from '../../sim/trace/protocols/postgres.ts';
import { type Program, Sys } from '../../sys/sys.ts';
import { resetsAtEnd } from '../at-once.ts';
import type { Peer } from '../serve.ts';
import type { Server } from './server.ts';
import { type Session, wakeReleased } from './session.ts';
import { CANCEL_REQUEST, int32, type Message, Messages, message, textsOf } from './wire.ts';

const RECV_BYTES = 1 << 16;
const NO = new Uint8Array([78]);

/** A connection from its first byte to its last. */
export function* connection(sys: Sys, server: Server, peer: Peer): Program {
  const messages = new Messages('untyped');
  let session: Session | undefined;
  if (server.faults.isDown) return resetsAtEnd(sys, peer.fd);
  try {
    session = yield* begin(sys, server, peer, messages);
    if (session !== undefined) yield* talk(sys, session, peer.fd, messages);
  } finally {
    if (session !== undefined) {
      sys.touches(server.memory);
      server.left(session);
      wakeReleased(sys, server);
    }
  }
}

/** The next message; undefined at the end of the stream, and where what comes is none. */
function* nextOf(sys: Sys, fd: number, messages: Messages): Program<Message | undefined> {
  for (;;) {
    try {
      const found = messages.take();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
    const bytes = yield* sys.recv(fd, RECV_BYTES);
    if (bytes.length === 0) return undefined;
    messages.push(bytes);
  }
}

/** Up to the session, if there is to be one. */
function* begin(
  sys: Sys,
  server: Server,
  peer: Peer,
  messages: Messages,
): Program<Session | undefined> {
  const { fd } = peer;
  for (;;) {
    const first = yield* nextOf(sys, fd, messages);
    if (first === undefined) return undefined;
    const { body } = first;
    const code = body.readInt32BE(0);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      messages.beginAgain();
      yield* sys.send(fd, NO);
      continue;
    }
    if (code === CANCEL_REQUEST) {
      server.withKey(body.readInt32BE(4), body.readInt32BE(8))?.cancel(sys);
      return undefined;
    }
    // What a newer minor version has is not spoken (NegotiateProtocolVersion).
    if (code !== PROTOCOL) yield* sys.send(fd, message('v', int32(0, 0)));
    const words = textsOf(body.subarray(4));
    const given: Record<string, string> = {};
    for (let i = 0; i + 1 < words.length; i += 2)
      given[words[i] as string] = words[i + 1] as string;
    sys.touches(server.memory);
    const session = server.open(given, peer);
    server.world.waitsBehind.set(Sys.ownerOf(sys) as Task, () => session.waits);
    yield* sys.send(fd, session.backend.greet());
    return session.isOver ? undefined : session;
  }
}

/** Until one of both ends it. */
function* talk(sys: Sys, session: Session, fd: number, messages: Messages): Program {
  for (;;) {
    const next = yield* nextOf(sys, fd, messages);
    if (next === undefined || next.type === 'X') return;
    const answer = yield* session.take(sys, next);
    if (answer.length > 0) yield* sys.send(fd, answer);
    if (session.isOver) return;
  }
}
