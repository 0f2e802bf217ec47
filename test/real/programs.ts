/**
 * Small programs for the laws below: an echo server of each kind, and a client that offers all at
 * once.
 */
import {
  EPOLLIN,
  EPOLLOUT,
  POLLIN,
  POLLOUT,
  type Program,
  type Sys,
  type Syscall,
  SysError,
} from '../../src/sys/index.ts';

export const HOST = '127.0.0.1';

export function* openListener(sys: Sys, port: number, backlog = 128): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.bind(fd, { host: HOST, port });
  yield* sys.listen(fd, backlog);
  return fd;
}

export function* connected(sys: Sys, port: number, host: string = HOST): Program<number> {
  const fd = yield* sys.socket('inet', 'stream');
  yield* sys.connect(fd, { host, port });
  return fd;
}

/** The code of the error that `call` fails with, or what it gave. */
export function* outcome<T>(call: Program<T> | Syscall<T>): Program<T | string> {
  try {
    return yield* call as Program<T>;
  } catch (error) {
    if (error instanceof SysError) return error.code;
    throw error;
  }
}

/** Blocking, one connection after the other, `connections` of them. */
export function* sequentialEcho(
  sys: Sys,
  options: { port: number; connections: number; pauseMs?: number; backlog?: number },
): Program {
  const listener = yield* openListener(sys, options.port, options.backlog);
  for (let i = 0; i < options.connections; i++) {
    if (options.pauseMs !== undefined) yield* sys.nanosleep({ ms: options.pauseMs });
    const { fd } = yield* sys.accept(listener);
    for (;;) {
      const bytes = yield* sys.recv(fd, 65_536);
      if (bytes.length === 0) break;
      yield* sys.send(fd, bytes);
    }
    yield* sys.close(fd);
  }
  yield* sys.close(listener);
}

/** Waits for readiness: select, poll or epoll behind one face. */
interface Waiting {
  /** Watch for IN or OUT; 0 forgets the descriptor. */
  watch(fd: number, mask: number): Program;
  wait(): Program<readonly number[]>;
}

export type WaitKind = 'select' | 'poll' | 'epoll';

function* waiting(sys: Sys, kind: WaitKind): Program<Waiting> {
  const masks = new Map<number, number>();
  const having = (mask: number): number[] =>
    [...masks].filter(([, its]) => its === mask).map(([fd]) => fd);
  const epfd = kind === 'epoll' ? yield* sys.epollCreate() : -1;
  return {
    *watch(fd, mask) {
      const before = masks.get(fd);
      if (kind === 'epoll' && before !== mask) {
        const op = mask === 0 ? 'del' : before === undefined ? 'add' : 'mod';
        yield* sys.epollCtl(epfd, op, fd, mask === POLLIN ? EPOLLIN : EPOLLOUT);
      }
      if (mask === 0) masks.delete(fd);
      else masks.set(fd, mask);
    },
    *wait() {
      if (kind === 'epoll') return (yield* sys.epollWait(epfd, 64)).map(({ data }) => data);
      if (kind === 'select') {
        const { read, write } = yield* sys.select({ read: having(POLLIN), write: having(POLLOUT) });
        return [...read, ...write];
      }
      const entries = [...masks].map(([fd, events]) => ({ fd, events }));
      return (yield* sys.poll(entries)).map(({ fd }) => fd);
    },
  };
}

/**
 * Level-triggered and non-blocking; what could not be sent is kept, and nothing more is read until
 * it has been.
 */
export function* readinessEcho(
  sys: Sys,
  options: { port: number; connections: number; kind: WaitKind },
): Program {
  const listener = yield* openListener(sys, options.port);
  const ready = yield* waiting(sys, options.kind);
  const unsent = new Map<number, Uint8Array>();
  let left = options.connections;
  yield* ready.watch(listener, POLLIN);

  function* serve(fd: number): Program {
    const kept = unsent.get(fd) as Uint8Array;
    const bytes = kept.length > 0 ? kept : yield* sys.recv(fd, 65_536);
    if (bytes.length === 0) {
      yield* ready.watch(fd, 0);
      yield* sys.close(fd);
      left--;
      return;
    }
    const sent = yield* outcome(sys.send(fd, bytes));
    const rest = bytes.subarray(sent === 'EAGAIN' ? 0 : (sent as number));
    unsent.set(fd, rest);
    yield* ready.watch(fd, rest.length > 0 ? POLLOUT : POLLIN);
  }

  while (left > 0) {
    for (const fd of yield* ready.wait()) {
      if (fd === listener) {
        const accepted = yield* sys.accept(listener, { nonblock: true });
        unsent.set(accepted.fd, new Uint8Array(0));
        yield* ready.watch(accepted.fd, POLLIN);
      } else yield* serve(fd);
    }
  }
  yield* sys.close(listener);
}

/** What a client saw. */
export class Seen {
  received: Uint8Array[] = [];
  /** Sends that took less than was offered, and those that took nothing. */
  shortSends = 0;
  fullSends = 0;
  /** POLLOUT came back after a full send. */
  roomAgain = 0;

  get bytes(): Uint8Array {
    return Buffer.concat(this.received);
  }
}

/**
 * Offers everything at once on a non-blocking socket, reads (slowly, if `pauseMs` says so) whenever
 * there is something, ends its stream when all is sent, and reads to the end of the server's.
 */
export function* eagerClient(
  sys: Sys,
  options: { port: number; bytes: Uint8Array; seen: Seen; pauseMs?: number; host?: string },
): Program {
  const { seen } = options;
  const fd = yield* connected(sys, options.port, options.host);
  yield* sys.ioctl(fd, 0x5421, 1);
  let rest = options.bytes;
  let isFull = false;
  for (;;) {
    const events = rest.length > 0 ? POLLIN | POLLOUT : POLLIN;
    const [ready] = yield* sys.poll([{ fd, events }]);
    const revents = ready?.revents ?? 0;
    if ((revents & POLLOUT) !== 0) {
      if (isFull) seen.roomAgain++;
      isFull = false;
      while (rest.length > 0 && !isFull) {
        const sent = yield* outcome(sys.send(fd, rest));
        isFull = sent === 'EAGAIN';
        if (isFull) seen.fullSends++;
        else if ((sent as number) < rest.length) seen.shortSends++;
        rest = rest.subarray(isFull ? 0 : (sent as number));
      }
      if (rest.length === 0) yield* sys.shutdown(fd, 'wr');
    }
    if ((revents & ~POLLOUT) === 0) continue;
    if (options.pauseMs !== undefined) yield* sys.nanosleep({ ms: options.pauseMs });
    const bytes = yield* sys.recv(fd, 65_536);
    if (bytes.length === 0) break;
    seen.received.push(bytes);
  }
  yield* sys.close(fd);
}

/** Bytes that are not all alike. */
export function pattern(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let value = seed;
  for (let i = 0; i < size; i++) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = value >>> 16;
  }
  return bytes;
}
