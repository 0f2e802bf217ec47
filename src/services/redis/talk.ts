import type { Task } from '../../sim/kernel/task.ts';
import { type Program, Sys } from '../../sys/sys.ts';
import { resetsAtEnd } from '../at-once.ts';
import type { Peer } from '../serve.ts';
import type { Server } from './server.ts';
import { Stream } from './wire.ts';

const RECV_BYTES = 1 << 16;

/** A connection from its first byte to its last. */
export function* connection(sys: Sys, server: Server, peer: Peer): Program {
  const stream = new Stream();
  if (server.faults.isDown) return resetsAtEnd(sys, peer.fd);
  sys.touches(server.engine);
  const session = server.open(peer);
  server.world.waitsBehind.set(Sys.ownerOf(sys) as Task, () => session.waits);
  try {
    for (;;) {
      const bytes = yield* sys.recv(peer.fd, RECV_BYTES);
      if (bytes.length === 0) return;
      stream.push(bytes);
      for (let next = stream.command(); next !== undefined; next = stream.command()) {
        if (next.length === 0) continue;
        if (!(yield* session.take(sys, next)) || session.isOver) return;
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield* sys.send(peer.fd, Buffer.from(`-ERR Protocol error: ${error.message}\r\n`));
  } finally {
    sys.touches(server.engine);
    server.left(session);
  }
}
