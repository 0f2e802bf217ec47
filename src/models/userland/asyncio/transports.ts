/**
 * `asyncio.Transport` over a socket, and the protocols that are called back by it.
 *
 * A transport writes at once what it can and buffers the rest. Above its high-water mark it asks
 * the protocol to pause writing, at its low-water mark to resume.
 */
import type { Address, Program, Sys } from '../../../sys/index.ts';
import { isOSError, RuntimeError } from '../errors.ts';
import { isFull } from '../patience.ts';
import { Socket } from '../sockets.ts';
import type { Coro } from './futures.ts';
import type { EventLoop } from './loop.ts';

/** What a transport calls, in this order: made, (received | paused | resumed)*, eof?, lost. */
export interface Protocol {
  connectionMade(transport: Transport): Program;
  dataReceived(data: Uint8Array): Program;
  /** True keeps the transport open for writing. */
  eofReceived(): Program<boolean>;
  connectionLost(error: unknown): Program;
  pauseWriting(): Program;
  resumeWriting(): Program;
}

/** `asyncio.BaseProtocol`: nothing is done about anything. */
export abstract class BaseProtocol implements Protocol {
  *connectionMade(_transport: Transport): Program {}
  *dataReceived(_data: Uint8Array): Program {}
  *eofReceived(): Program<boolean> {
    return false;
  }
  *connectionLost(_error: unknown): Program {}
  *pauseWriting(): Program {}
  *resumeWriting(): Program {}
}

/** As asyncio's max_size: what one reading takes at most. */
const READ_BYTES_MAX = 262_144;
const HIGH_WATER_BYTES = 65_536;

const BUFFER_BYTES_MIN = 1024;

/** Bytes that wait to be sent; to add some costs what they are long, however many wait already. */
class Buffer {
  #bytes = new Uint8Array(0);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  /** All of them, until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  append(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  #makeRoom(more: number): void {
    const waiting = this.bytes;
    this.#bytes = new Uint8Array(Math.max(BUFFER_BYTES_MIN, 2 * (waiting.length + more)));
    this.#bytes.set(waiting);
    this.#from = 0;
    this.#to = waiting.length;
  }

  /** The first so many have been sent. */
  drop(count: number): void {
    this.#from += count;
  }
}

function* peernameOf(sys: Sys, socket: Socket): Program<Address | undefined> {
  try {
    return yield* socket.getpeername(sys);
  } catch (error) {
    if (!isOSError(error)) throw error;
    return undefined;
  }
}

export class Transport {
  readonly #loop: EventLoop;
  readonly #sys: Sys;
  readonly #socket: Socket;
  readonly #protocol: Protocol;
  /**
   * `get_extra_info('peername')`: what accept said; of a connection that was made from here it is
   * asked for, and undefined when the peer was gone before.
   */
  readonly peername: Address | undefined;
  readonly #buffer = new Buffer();
  #highWaterBytes = HIGH_WATER_BYTES;
  #lowWaterBytes: number = HIGH_WATER_BYTES / 4;
  #eof = false;
  #closing = false;
  #lost = false;
  #paused = false;
  #readingPaused = false;

  private constructor(
    loop: EventLoop,
    socket: Socket,
    protocol: Protocol,
    peername: Address | undefined,
  ) {
    this.#loop = loop;
    this.#sys = loop.sys;
    this.#socket = socket;
    this.#protocol = protocol;
    this.peername = peername;
    loop.callSoon(() => protocol.connectionMade(this));
    loop.callSoon(() => this.#startReading());
  }

  /**
   * Takes a connected, non-blocking socket over.
   * @param accepted whom accept named; undefined for a connection that was made from here
   */
  static *create(
    loop: EventLoop,
    socket: Socket,
    protocol: Protocol,
    accepted?: Address,
  ): Program<Transport> {
    const peername = accepted ?? (yield* peernameOf(loop.sys, socket));
    yield* socket.setsockopt(loop.sys, 'TCP_NODELAY', 1);
    return new Transport(loop, socket, protocol, peername);
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  get writeBufferSize(): number {
    return this.#buffer.length;
  }

  canWriteEof(): boolean {
    return true;
  }

  setWriteBufferLimits(highBytes: number, lowBytes: number = highBytes >> 2): void {
    this.#highWaterBytes = highBytes;
    this.#lowWaterBytes = lowBytes;
  }

  // ---- writing ----

  *write(data: Uint8Array): Program {
    if (this.#eof) throw new RuntimeError('Cannot call write() after write_eof()');
    if (data.length === 0 || this.#lost) return;
    let rest = data;
    if (this.#buffer.length === 0) {
      try {
        rest = data.subarray(yield* this.#socket.send(this.#sys, data));
      } catch (error) {
        if (!isOSError(error, 'EAGAIN')) {
          yield* this.#fatalError(error);
          return;
        }
      }
      if (rest.length === 0) return;
      yield* this.#loop.addWriter(this.#socket, () => this.#writeReady());
    }
    this.#buffer.append(rest);
    if (!this.#paused && this.#buffer.length > this.#highWaterBytes) {
      this.#paused = true;
      yield* this.#protocol.pauseWriting();
    }
  }

  *#writeReady(): Program {
    if (this.#lost) return;
    try {
      this.#buffer.drop(yield* this.#socket.send(this.#sys, this.#buffer.bytes));
    } catch (error) {
      if (isOSError(error, 'EAGAIN')) return;
      yield* this.#fatalError(error);
      return;
    }
    if (this.#paused && this.#buffer.length <= this.#lowWaterBytes) {
      this.#paused = false;
      yield* this.#protocol.resumeWriting();
    }
    if (this.#buffer.length > 0) return;
    yield* this.#loop.removeWriter(this.#socket);
    if (this.#closing) yield* this.#connectionLost(undefined);
    else if (this.#eof) yield* this.#shutdown();
  }

  /** Ends its own stream once the buffer is empty. */
  *writeEof(): Program {
    if (this.#closing || this.#eof) return;
    this.#eof = true;
    if (this.#buffer.length === 0) yield* this.#shutdown();
  }

  *#shutdown(): Program {
    try {
      yield* this.#socket.shutdown(this.#sys, 'wr');
    } catch (error) {
      yield* this.#fatalError(error);
    }
  }

  // ---- reading ----

  *#startReading(): Program {
    if (this.#closing || this.#readingPaused) return;
    yield* this.#loop.addReader(this.#socket, () => this.#readReady());
  }

  *pauseReading(): Program {
    if (this.#closing || this.#readingPaused) return;
    this.#readingPaused = true;
    yield* this.#loop.removeReader(this.#socket);
  }

  *resumeReading(): Program {
    if (this.#closing || !this.#readingPaused) return;
    this.#readingPaused = false;
    yield* this.#startReading();
  }

  *#readReady(): Program {
    if (this.#lost) return;
    let data: Uint8Array;
    try {
      data = yield* this.#socket.recv(this.#sys, READ_BYTES_MAX);
    } catch (error) {
      if (!isOSError(error, 'EAGAIN')) yield* this.#fatalError(error);
      return;
    }
    if (data.length > 0) {
      yield* this.#protocol.dataReceived(data);
      return;
    }
    if (yield* this.#protocol.eofReceived()) yield* this.#loop.removeReader(this.#socket);
    else yield* this.close();
  }

  // ---- closing ----

  /** Once the buffer is empty. */
  *close(): Program {
    if (this.#closing) return;
    this.#closing = true;
    yield* this.#loop.removeReader(this.#socket);
    if (this.#buffer.length > 0) return;
    this.#lost = true;
    yield* this.#loop.removeWriter(this.#socket);
    this.#loop.callSoon(() => this.#connectionLost(undefined));
  }

  /** At once; what is buffered is lost. */
  *abort(error?: unknown): Program {
    if (this.#lost) return;
    if (this.#buffer.length > 0) {
      this.#buffer.drop(this.#buffer.length);
      yield* this.#loop.removeWriter(this.#socket);
    }
    if (!this.#closing) {
      this.#closing = true;
      yield* this.#loop.removeReader(this.#socket);
    }
    this.#lost = true;
    this.#loop.callSoon(() => this.#connectionLost(error));
  }

  /** Errors of the network are no news for the log. */
  *#fatalError(error: unknown): Program {
    if (!isOSError(error)) {
      yield* this.#loop.complain('Fatal error on transport', error);
    }
    yield* this.abort(error);
  }

  *#connectionLost(error: unknown): Program {
    this.#lost = true;
    try {
      yield* this.#protocol.connectionLost(error);
    } finally {
      yield* this.#socket.close(this.#sys);
    }
  }
}

/** `backlog=100`: also how many are accepted in a row. */
const BACKLOG = 100;
const ACCEPT_RETRY_MS = 1000;

/** `loop.create_server`: accepts whoever comes, for ever. */
export function* createServer(
  loop: EventLoop,
  factory: () => Protocol,
  address: Address,
  backlog: number = BACKLOG,
): Coro<Server> {
  const { sys } = loop;
  const listener = yield* Socket.create(sys);
  yield* listener.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* listener.bind(sys, address);
  yield* listener.setblocking(sys, false);
  yield* listener.listen(sys, backlog);
  const server = new Server(loop, listener, factory);
  yield* server.start();
  return server;
}

/** `asyncio.Server`. */
export class Server {
  readonly #loop: EventLoop;
  readonly #listener: Socket;
  readonly #factory: () => Protocol;

  constructor(loop: EventLoop, listener: Socket, factory: () => Protocol) {
    this.#loop = loop;
    this.#listener = listener;
    this.#factory = factory;
  }

  *start(): Program {
    yield* this.#loop.addReader(this.#listener, () => this.#accept());
  }

  /** `await server.serve_forever()`. */
  *serveForever(): Coro {
    yield* this.#loop.createFuture().wait();
  }

  *close(): Program {
    yield* this.#loop.removeReader(this.#listener);
    yield* this.#listener.close(this.#loop.sys);
  }

  /** As many as there are; without a free descriptor it looks away for a second. */
  *#accept(): Program {
    const loop = this.#loop;
    for (let i = 0; i < BACKLOG; i++) {
      try {
        const [socket, address] = yield* this.#listener.accept(loop.sys);
        yield* socket.setblocking(loop.sys, false);
        yield* Transport.create(loop, socket, this.#factory(), address);
      } catch (error) {
        if (isOSError(error, 'EAGAIN', 'ECONNABORTED')) return;
        if (!isFull(error)) throw error;
        yield* loop.complain('socket.accept() out of system resource', error);
        yield* loop.removeReader(this.#listener);
        yield* loop.callLater(ACCEPT_RETRY_MS, () => this.start());
        return;
      }
    }
  }
}

/** `loop.create_connection`. */
export function* createConnection(
  loop: EventLoop,
  factory: () => Protocol,
  address: Address,
): Coro<Transport> {
  const { sys } = loop;
  const socket = yield* Socket.create(sys);
  try {
    yield* socket.setblocking(sys, false);
    yield* loop.sockConnect(socket, address);
  } catch (error) {
    yield* socket.close(sys);
    throw error;
  }
  return yield* Transport.create(loop, socket, factory());
}
