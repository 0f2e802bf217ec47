import type { Task } from '../../sim/kernel/task.ts';
import { SysError } from '../../sys/errors.ts';
import { type Address, type Body, type Program, Sys } from '../../sys/sys.ts';
import { atOnce } from '../at-once.ts';
import type { Server } from './server.ts';
import { type Session, wakeReleased } from './session.ts';
import {
  CANCEL_REQUEST,
  GSS_REQUEST,
  int32,
  type Message,
  Messages,
  message,
  PROTOCOL,
  SSL_REQUEST,
  textsOf,
} from './wire.ts';

const RECV_BYTES = 1 << 16;
const NO = new Uint8Array([78]);

/** Takes connections for as long as the run goes on, each as a task of its own. */
export function serve(makeServer: () => Server, port: number): Body {
  return function* postgres(sys) {
    const server = makeServer();
    // Before the first step of anybody: it has been there for a long time.
    const listener = atOnce(sys, sys.socket('inet', 'stream'));
    atOnce(sys, sys.bind(listener, { host: '0.0.0.0', port }));
    atOnce(sys, sys.listen(listener));
    for (;;) {
      const { fd, address } = yield* sys.accept(listener);
      const body: Body = (own) => connection(own, server, fd, addressText(address));
      yield* sys.spawn(body, { name: 'session' });
    }
  };
}

const addressText = (address: Address): string =>
  'host' in address ? `${address.host}:${address.port}` : address.path;

/** A connection from its first byte to its last. */
function* connection(sys: Sys, server: Server, fd: number, peer: string): Program {
  const messages = new Messages('untyped');
  const wakeFd = yield* sys.eventfd();
  let session: Session | undefined;
  try {
    session = yield* begin(sys, server, { fd, wakeFd, messages, peer });
    if (session !== undefined) yield* talk(sys, session, fd, messages);
  } catch (error) {
    // The client is gone.
    if (!(error instanceof SysError)) throw error;
  }
  if (session !== undefined) {
    sys.touches(server.memory);
    server.left(session);
    wakeReleased(sys, server);
  }
  yield* sys.close(wakeFd);
  yield* sys.close(fd);
}

interface Beginning {
  readonly fd: number;
  readonly wakeFd: number;
  readonly messages: Messages;
  readonly peer: string;
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
  { fd, wakeFd, messages, peer }: Beginning,
): Program<Session | undefined> {
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
    const { name } = Sys.ownerOf(sys) as Task;
    const session = server.open(given, { name, peer, fd, wakeFd });
    server.world.waitsBehind.set(Sys.ownerOf(sys) as Task, () => session.waits);
    yield* sys.send(fd, session.backend.greet());
    return session.backend.isOver ? undefined : session;
  }
}

/** Until one of both ends it. */
function* talk(sys: Sys, session: Session, fd: number, messages: Messages): Program {
  for (;;) {
    const next = yield* nextOf(sys, fd, messages);
    if (next === undefined || next.type === 'X') return;
    const answer = yield* session.take(sys, next);
    if (answer.length > 0) yield* sys.send(fd, answer);
    if (session.backend.isOver) return;
  }
}
