/**
 * Python's `socket` module, as far as the models use it: sockets as objects over descriptors.
 *
 * Each method takes the `sys` of the task that calls it, because an object may be handed to another
 * thread. Two things happen here because Python does them for its programs, right or wrong: a call
 * that a signal interrupts is made again (PEP 475), and a socket with a timeout is a non-blocking
 * one that is polled before each call.
 */
import {
  type Address,
  ETIMEDOUT,
  FIONBIO,
  POLLIN,
  POLLOUT,
  type Program,
  type ShutdownHow,
  type SocketOption,
  type Sys,
  type Syscall,
  SysError,
} from '../../sys/index.ts';
import { exceptOSError, isOSError } from './errors.ts';
import { addressText, concat } from './text.ts';

/** What `listen()` without an argument asks for. */
const BACKLOG_DEFAULT = 128;

/** PEP 475: make the call again as long as a signal interrupts it. */
export function* retrying<T>(call: () => Syscall<T>): Program<T> {
  for (;;) {
    try {
      return yield* call();
    } catch (error) {
      if (!isOSError(error, 'EINTR')) throw error;
    }
  }
}

/** `socket.socket`. */
export class Socket {
  #fd: number;
  /** `null` sleeps without end, 0 never sleeps. */
  #timeoutMs: number | null = null;

  /** Takes over a descriptor. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** `socket.socket(socket.AF_INET, socket.SOCK_STREAM)`. */
  static *create(sys: Sys): Program<Socket> {
    return new Socket(yield* sys.socket('inet', 'stream', { cloexec: true }));
  }

  /** The descriptor's number; -1 once closed. */
  fileno(): number {
    return this.#fd;
  }

  /** `repr(socket)`, which asks the kernel for both of its addresses. */
  *repr(sys: Sys): Program<string> {
    if (this.#fd < 0) return '<socket.socket [closed] fd=-1, family=2, type=1, proto=0>';
    const own = yield* this.#addressText(() => sys.getsockname(this.#fd));
    const peer = yield* this.#addressText(() => sys.getpeername(this.#fd));
    const addresses = `${own === '' ? '' : `, laddr=${own}`}${peer === '' ? '' : `, raddr=${peer}`}`;
    return `<socket.socket fd=${this.#fd}, family=2, type=1, proto=0${addresses}>`;
  }

  /** Empty where there is none. */
  *#addressText(ask: () => Syscall<Address>): Program<string> {
    try {
      return addressText(yield* ask());
    } catch (error) {
      exceptOSError(error);
      return '';
    }
  }

  /** The empty host is every address of this machine's, as in Python. */
  *bind(sys: Sys, address: Address): Program {
    const isAny = 'host' in address && address.host === '';
    yield* sys.bind(this.#fd, isAny ? { ...address, host: '0.0.0.0' } : address);
  }

  *listen(sys: Sys, backlog: number = BACKLOG_DEFAULT): Program {
    yield* sys.listen(this.#fd, backlog);
  }

  *accept(sys: Sys): Program<[connection: Socket, address: Address]> {
    for (;;) {
      if (this.#timed) yield* this.#wait(sys, 'accept', POLLIN);
      try {
        const { fd, address } = yield* sys.accept(this.#fd, { cloexec: true });
        return [new Socket(fd), address];
      } catch (error) {
        if (!this.#again(error)) throw error;
      }
    }
  }

  /**
   * # An interrupted connect goes on by itself, and asking twice is an error; so its end is waited
   * for (PEP 475)
   */
  *connect(sys: Sys, address: Address): Program {
    try {
      yield* sys.connect(this.#fd, address);
    } catch (error) {
      if (!isOSError(error, 'EINTR')) throw error;
      yield* retrying(() => sys.poll([{ fd: this.#fd, events: POLLOUT }]));
      const errno = yield* sys.getsockopt(this.#fd, 'SO_ERROR');
      if (errno !== 0) throw new SysError('connect', errno);
    }
  }

  *recv(sys: Sys, bytesMax: number, flags = 0): Program<Uint8Array> {
    for (;;) {
      if (this.#timed) yield* this.#wait(sys, 'recv', POLLIN);
      try {
        return yield* sys.recv(this.#fd, bytesMax, flags);
      } catch (error) {
        if (!this.#again(error)) throw error;
      }
    }
  }

  /** That many bytes, in as many calls as it takes; undefined where the stream ends before. */
  *recvExactly(sys: Sys, bytes: number): Program<Uint8Array | undefined> {
    let data: Uint8Array = new Uint8Array(0);
    while (data.length < bytes) {
      const more = yield* this.recv(sys, bytes - data.length);
      if (more.length === 0) return undefined;
      data = concat(data, more);
    }
    return data;
  }

  /** The number of bytes taken, which may be fewer than were offered. */
  *send(sys: Sys, bytes: Uint8Array, flags = 0): Program<number> {
    for (;;) {
      if (this.#timed) yield* this.#wait(sys, 'send', POLLOUT);
      try {
        return yield* sys.send(this.#fd, bytes, flags);
      } catch (error) {
        if (!this.#again(error)) throw error;
      }
    }
  }

  /**
   * A loop over `send`. # The timeout counts from the last byte taken; CPython's bounds the whole
   * call
   */
  *sendall(sys: Sys, bytes: Uint8Array): Program {
    let rest = bytes;
    do {
      rest = rest.subarray(yield* this.send(sys, rest));
    } while (rest.length > 0);
  }

  *shutdown(sys: Sys, how: ShutdownHow): Program {
    yield* sys.shutdown(this.#fd, how);
  }

  /** Closing twice does nothing: the number may be another's by then. */
  *close(sys: Sys): Program {
    const fd = this.#fd;
    if (fd < 0) return;
    this.#fd = -1;
    yield* sys.close(fd);
  }

  *setblocking(sys: Sys, blocking: boolean): Program {
    this.#timeoutMs = blocking ? null : 0;
    yield* sys.ioctl(this.#fd, FIONBIO, blocking ? 0 : 1);
  }

  /** Calls that take longer raise `TimeoutError`, which is ETIMEDOUT here. */
  *settimeout(sys: Sys, timeoutMs: number): Program {
    yield* this.setblocking(sys, false);
    this.#timeoutMs = timeoutMs;
  }

  *setsockopt(sys: Sys, option: SocketOption, value: number): Program {
    yield* sys.setsockopt(this.#fd, option, value);
  }

  *getpeername(sys: Sys): Program<Address> {
    return yield* sys.getpeername(this.#fd);
  }

  *getsockname(sys: Sys): Program<Address> {
    return yield* sys.getsockname(this.#fd);
  }

  get #timed(): boolean {
    return this.#timeoutMs !== null && this.#timeoutMs > 0;
  }

  #again(error: unknown): boolean {
    return isOSError(error, 'EINTR') || (this.#timed && isOSError(error, 'EAGAIN'));
  }

  /** # An interrupted wait begins again; CPython waits for what is left of it */
  *#wait(sys: Sys, syscall: string, events: number): Program {
    const entries = [{ fd: this.#fd, events }];
    const ready = yield* retrying(() => sys.poll(entries, this.#timeoutMs));
    if (ready.length === 0) throw new SysError(syscall, ETIMEDOUT);
  }
}
