/**
 * Select over the listener alone, answering `Got: ` and what one recv returned (seed 002).
 *
 * One task. It waits in select, but only for new connections: once it has one it stays with it, in
 * blocking calls, to the end. So there is a loop over events and nothing is concurrent; connections
 * wait for all that came before them, as in `got-sequential`.
 */
import { FD_SETSIZE, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError, isOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { forgotten, named } from './userland/references.ts';
import { select } from './userland/selectors.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, concat, encode, print } from './userland/text.ts';

const HOST = '';
const GOT = encode('Got: ');

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const sock = yield* Socket.create(sys);
  yield* sock.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* sock.bind(sys, { host: HOST, port });
  yield* sock.listen(sys, 5);
  const input = [sock];
  let client: Socket | undefined;
  while (true) {
    const { readable: r } = yield* select(sys, input, []);
    for (const s of r) {
      if (s === sock) {
        const [accepted, addr] = yield* sock.accept(sys);
        yield* forgotten(sys, client);
        client = named(accepted);
        yield* print(sys, `connect from ${addressText(addr)}`);
        yield* echoHandler(sys, client);
      }
    }
  }
}

function* echoHandler(sys: Sys, client: Socket): Program {
  while (true) {
    const data = yield* client.recv(sys, 10000);
    if (data.length === 0) break;
    yield* client.send(sys, concat(GOT, data));
  }
  yield* print(sys, 'connection closed.');
}

/**
 * The clients are watched as well: the loop reads or writes what is ready, and goes back to wait
 * for everybody. There are no more descriptors than select can take.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  yield* sys.setrlimit(FD_SETSIZE);
  const sock = yield* openListener(sys, { host: HOST, port });
  yield* sock.setblocking(sys, false);
  let input = [sock];
  /** Answers that wait for room; a client that has one is not read. */
  const unsent = new Map<Socket, Uint8Array>();
  let muted = false;

  function* accept(): Program {
    try {
      const [client, addr] = yield* sock.accept(sys);
      yield* client.setblocking(sys, false);
      yield* say(sys, `connect from ${addressText(addr)}`);
      input.push(client);
    } catch (error) {
      if (isFull(error)) muted = true;
      else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
  }

  /** False at the end of its stream. */
  function* serve(client: Socket): Program<boolean> {
    let answer = unsent.get(client);
    if (answer === undefined) {
      const data = yield* client.recv(sys, 10000);
      if (data.length === 0) return false;
      answer = concat(GOT, data);
      unsent.set(client, answer);
    }
    const rest = answer.subarray(yield* client.send(sys, answer));
    if (rest.length > 0) unsent.set(client, rest);
    else unsent.delete(client);
    return true;
  }

  function* attend(client: Socket): Program {
    let open: boolean;
    try {
      open = yield* serve(client);
    } catch (error) {
      exceptOSError(error);
      open = isOSError(error, 'EAGAIN');
    }
    if (open) return;
    input = input.filter((s) => s !== client);
    unsent.delete(client);
    yield* client.close(sys);
    yield* say(sys, 'connection closed.');
  }

  while (true) {
    const readers = input.filter((s) => !unsent.has(s) && !(muted && s === sock));
    const timeoutMs = muted ? FULL_PAUSE_MS : null;
    const { readable, writable } = yield* select(sys, readers, [...unsent.keys()], [], timeoutMs);
    muted = false;
    for (const s of readable) yield* s === sock ? accept() : attend(s);
    for (const s of writable) yield* attend(s);
  }
}
