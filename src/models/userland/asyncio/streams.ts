/**
 * `asyncio.start_server`, `StreamReader`, `StreamWriter`: transports as something to read from and
 * to write to.
 */
import { type Address, ECONNRESET, type Program, SysError } from '../../../sys/index.ts';
import { concat } from '../text.ts';
import type { Coro, Future } from './futures.ts';
import type { EventLoop } from './loop.ts';
import { BaseProtocol, createServer, type Server, type Transport } from './transports.ts';

/** The reader asks its transport to pause when it holds more than twice this. */
const LIMIT_BYTES = 65_536;

export class StreamReader {
  readonly #loop: EventLoop;
  transport: Transport | undefined;
  #buffer: Uint8Array = new Uint8Array(0);
  #eof = false;
  #paused = false;
  #waiter: Future | undefined;
  exception: unknown;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  *feedData(data: Uint8Array): Program {
    this.#buffer = concat(this.#buffer, data);
    this.#wake();
    if (!this.#paused && this.#buffer.length > 2 * LIMIT_BYTES && this.transport !== undefined) {
      this.#paused = true;
      yield* this.transport.pauseReading();
    }
  }

  feedEof(): void {
    this.#eof = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.exception = error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined && !waiter.done) waiter.setException(error);
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined && !waiter.done) waiter.setResult();
  }

  /** 1 to `bytesMax` bytes, as soon as there are any; empty at end of stream. */
  *read(bytesMax: number): Coro<Uint8Array> {
    if (this.exception !== undefined) throw this.exception;
    if (this.#buffer.length === 0 && !this.#eof) {
      this.#waiter = this.#loop.createFuture();
      try {
        yield* this.#waiter.wait();
      } finally {
        this.#waiter = undefined;
      }
    }
    const data = this.#buffer.slice(0, bytesMax);
    this.#buffer = this.#buffer.slice(bytesMax);
    if (this.#paused && this.#buffer.length <= LIMIT_BYTES && this.transport !== undefined) {
      this.#paused = false;
      yield* this.transport.resumeReading();
    }
    return data;
  }
}

class StreamReaderProtocol extends BaseProtocol {
  readonly #loop: EventLoop;
  readonly #reader: StreamReader;
  readonly #connected: ConnectedCallback;
  #paused = false;
  #lost = false;
  #drainers: Future[] = [];

  constructor(loop: EventLoop, reader: StreamReader, connected: ConnectedCallback) {
    super();
    this.#loop = loop;
    this.#reader = reader;
    this.#connected = connected;
  }

  override *connectionMade(transport: Transport): Program {
    this.#reader.transport = transport;
    const writer = new StreamWriter(this.#loop, transport, this, this.#reader);
    this.#loop.createTask(this.#connected(this.#reader, writer));
  }

  override *dataReceived(data: Uint8Array): Program {
    yield* this.#reader.feedData(data);
  }

  override *eofReceived(): Program<boolean> {
    this.#reader.feedEof();
    return true;
  }

  override *connectionLost(error: unknown): Program {
    if (error === undefined) this.#reader.feedEof();
    else this.#reader.fail(error);
    this.#lost = true;
    for (const waiter of this.#drainers.splice(0)) {
      if (waiter.done) continue;
      if (error === undefined) waiter.setResult();
      else waiter.setException(error);
    }
  }

  override *pauseWriting(): Program {
    this.#paused = true;
  }

  override *resumeWriting(): Program {
    this.#paused = false;
    for (const waiter of this.#drainers.splice(0)) if (!waiter.done) waiter.setResult();
  }

  /** `_drain_helper`. */
  *drain(): Coro {
    if (this.#lost) throw new SysError('drain', ECONNRESET);
    if (!this.#paused) return;
    const waiter = this.#loop.createFuture();
    this.#drainers.push(waiter);
    yield* waiter.wait();
  }
}

export class StreamWriter {
  readonly #loop: EventLoop;
  readonly #transport: Transport;
  readonly #protocol: StreamReaderProtocol;
  readonly #reader: StreamReader;

  constructor(
    loop: EventLoop,
    transport: Transport,
    protocol: StreamReaderProtocol,
    reader: StreamReader,
  ) {
    this.#loop = loop;
    this.#transport = transport;
    this.#protocol = protocol;
    this.#reader = reader;
  }

  /** `get_extra_info('peername')`. */
  get peername(): Address | undefined {
    return this.#transport.peername;
  }

  write(data: Uint8Array): Program {
    return this.#transport.write(data);
  }

  /** Until the transport's buffer has room again. */
  *drain(): Coro {
    if (this.#reader.exception !== undefined) throw this.#reader.exception;
    // A transport that is closing may have lost its connection; let that be said first.
    if (this.#transport.isClosing) yield* this.#loop.sleep(0);
    yield* this.#protocol.drain();
  }

  close(): Program {
    return this.#transport.close();
  }
}

export type ConnectedCallback = (reader: StreamReader, writer: StreamWriter) => Coro;

/** `asyncio.start_server`: a task for each connection. */
export function startServer(
  loop: EventLoop,
  connected: ConnectedCallback,
  address: Address,
  backlog?: number,
): Coro<Server> {
  const factory = () => new StreamReaderProtocol(loop, new StreamReader(loop), connected);
  return createServer(loop, factory, address, backlog);
}
