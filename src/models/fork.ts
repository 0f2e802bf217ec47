/**
 * A process per connection (seed 001, section 2.1, which names it as the first of three models).
 *
 * One process waits in accept; each connection has a process of its own, which waits in recv and in
 * send for its client alone. Nobody waits for a stranger and nothing is shared, so nothing needs a
 * lock; but each connection costs a process, with a copy of everything its parent had open.
 */
import type { Address, Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { exceptOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { acceptPatiently, forkPatiently, openListener } from './userland/patience.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, print } from './userland/text.ts';
import { forked } from './userland/threading.ts';

const HOST = '127.0.0.1';

/**
 * # fork(2) copies every object of the parent's; tasks share them, so the child is given its copy
 */
const copied = (conn: Socket): Socket => new Socket(conn.fileno());

function* handleClient(
  sys: Sys,
  listener: number,
  conn: Socket,
  addr: Address,
  tell: typeof print,
): Program {
  yield* sys.close(listener);
  yield* tell(sys, `Connected by ${addressText(addr)}`);
  while (true) {
    const data = yield* conn.recv(sys, 1024);
    if (data.length === 0) break;
    yield* conn.sendall(sys, data);
  }
}

/** The server of the textbooks, but for one thing: nobody waits for the children. */
export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const s = yield* Socket.create(sys);
  yield* s.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* s.bind(sys, { host: HOST, port });
  yield* s.listen(sys);
  while (true) {
    const [conn, addr] = yield* s.accept(sys);
    const its = copied(conn);
    yield* forked(sys, 'handleClient', (sys) => handleClient(sys, s.fileno(), its, addr, print));
    yield* conn.close(sys);
  }
}

/**
 * A client's error ends its process quietly; and the process that serves is a grandchild, whose
 * parent has ended: no child of the server's is left to wait for.
 */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys);
  const s = yield* openListener(sys, { host: HOST, port });

  function* serve(sys: Sys, conn: Socket, addr: Address): Program {
    try {
      yield* handleClient(sys, s.fileno(), conn, addr, say);
    } catch (error) {
      exceptOSError(error);
    }
  }

  while (true) {
    const [conn, addr] = yield* acceptPatiently(sys, s);
    const its = copied(conn);
    const child = yield* forkPatiently(sys, 'child', function* (sys) {
      yield* forkPatiently(sys, 'handleClient', (sys) => serve(sys, its, addr));
    });
    yield* conn.close(sys);
    yield* waitFor(sys, child);
  }
}

function* waitFor(sys: Sys, child: number): Program {
  while (true) {
    try {
      yield* sys.waitpid(child);
      return;
    } catch (error) {
      exceptOSError(error); // EINTR
    }
  }
}
