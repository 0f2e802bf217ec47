/** What a server needs to outlive a moment in which the machine has nothing left to give. */
import { type Address, type Program, SOMAXCONN, type Sys, type Syscall } from '../../sys/index.ts';
import { isOSError } from './errors.ts';
import { Socket } from './sockets.ts';

/** `Thread(target=…).start()`, as soon as there is room for one more thread. */
export function* startPatiently(sys: Sys, name: string, target: (sys: Sys) => Program): Program {
  yield* onceThereIsRoom(sys, () => sys.spawn(target, { name }));
}

/** `os.fork()`, as soon as there is room for one more process. */
export function forkPatiently(
  sys: Sys,
  name: string,
  child: (sys: Sys) => Program,
): Program<number> {
  return onceThereIsRoom(sys, () => sys.fork(child, { name }));
}

function* onceThereIsRoom<T>(sys: Sys, make: () => Syscall<T>): Program<T> {
  for (;;) {
    try {
      return yield* make();
    } catch (error) {
      if (!isOSError(error, 'EAGAIN', 'ENOMEM')) throw error;
      yield* sys.nanosleep({ ms: FULL_PAUSE_MS });
    }
  }
}

/** accept(2): the table, or the memory, is full for now; the connection stays in the queue. */
const FULL = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'] as const;
/** How long to let others close something. */
export const FULL_PAUSE_MS = 10;

/** Whether the call may succeed once somebody has closed something. */
export function isFull(error: unknown): boolean {
  return isOSError(error, ...FULL);
}

/** Make something that needs a descriptor, as soon as there is one. */
export function* patiently<T>(sys: Sys, make: () => Program<T> | Syscall<T>): Program<T> {
  for (;;) {
    try {
      return yield* make() as Program<T>;
    } catch (error) {
      if (!isFull(error)) throw error;
      yield* sys.nanosleep({ ms: FULL_PAUSE_MS });
    }
  }
}

/**
 * accept(2) on a blocking listener, by a server that means to stay: whatever is wrong with one
 * connection is not its end.
 */
export function* acceptPatiently(
  sys: Sys,
  listener: Socket,
): Program<[connection: Socket, address: Address]> {
  for (;;) {
    try {
      return yield* listener.accept(sys);
    } catch (error) {
      if (isFull(error)) yield* sys.nanosleep({ ms: FULL_PAUSE_MS });
      else if (!isOSError(error, 'ECONNABORTED', 'EAGAIN')) throw error;
    }
  }
}

/**
 * A listening socket whose port may be taken again at once after a restart. With a queue as long as
 * the system grants (SOMAXCONN) unless told otherwise: where it overflows, Linux falls back on SYN
 * cookies and may reset connections that their clients hold for made.
 */
export function* openListener(
  sys: Sys,
  address: Address,
  backlog: number = SOMAXCONN,
): Program<Socket> {
  const listener = yield* patiently(sys, () => Socket.create(sys));
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, address);
  yield* listener.listen(sys, backlog);
  return listener;
}
