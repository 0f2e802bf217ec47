/**
 * asyncio's protocols: an echo server and its client as objects that are called back (seed 003).
 *
 * One thread. The loop waits in epoll for everybody and calls the protocol of a connection when
 * something has happened to it; its transport buffers what is written until there is room. A
 * connection costs a transport and a protocol.
 */
import { type Address, type Program, SOMAXCONN, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import {
  BaseProtocol,
  type Coro,
  createConnection,
  createServer,
  EventLoop,
  type Future,
  type Server,
  type Transport,
} from './userland/asyncio/index.ts';
import { onceThereIsRoom } from './userland/asyncio/patience.ts';
import { exceptionText } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { bytesText, encode, printError } from './userland/text.ts';

const HOST = '127.0.0.1';

/** `logging` to standard error, as `name: message`; where that is gone, logging says nothing. */
function* log(sys: Sys, name: string, message: string): Program {
  yield* printError(sys, `${name}: ${message}\n`);
}

/** The log of a server that waits for nobody who reads it. */
function tell(sys: Sys, name: string, message: string): Program {
  return say(sys, `${name}: ${message}`, STDERR);
}

const STDERR = 2;

class EchoServer extends BaseProtocol {
  readonly #sys: Sys;
  protected transport!: Transport;
  #name = '';

  constructor(sys: Sys) {
    super();
    this.#sys = sys;
  }

  protected readonly write: typeof log = log;

  protected log(message: string): Program {
    return this.write(this.#sys, this.#name, message);
  }

  override *connectionMade(transport: Transport): Program {
    this.transport = transport;
    this.#name = `EchoServer_${nameOf(transport.peername)}`;
    yield* this.log('connection accepted');
  }

  override *dataReceived(data: Uint8Array): Program {
    yield* this.log(`received ${bytesText(data)}`);
    yield* this.transport.write(data);
    yield* this.log(`sent ${bytesText(data)}`);
  }

  override *eofReceived(): Program<boolean> {
    yield* this.log('received EOF');
    if (this.transport.canWriteEof()) yield* this.transport.writeEof();
    return false;
  }

  override *connectionLost(error: unknown): Program {
    if (error !== undefined) yield* this.log(`ERROR: ${exceptionText(error)}`);
    else yield* this.log('closing');
  }
}

/** `'{}_{}'.format(*self.address)`, of a peer that is gone before it was asked for: a TypeError. */
function nameOf(address: Address | undefined): string {
  if (address === undefined || !('port' in address)) {
    throw new TypeError('format() argument after * must be an iterable, not NoneType');
  }
  return `${address.host}_${address.port}`;
}

/** Serves until something stops the loop (Ctrl-C); then it puts everything away. */
function* forEver(
  sys: Sys,
  port: number,
  eventLoop: EventLoop,
  server: Server,
  write: typeof log,
): Program {
  yield* write(sys, 'main', `starting up on localhost port ${port}`);
  try {
    yield* eventLoop.runForever();
  } finally {
    yield* write(sys, 'main', 'closing server');
    yield* server.close();
    yield* write(sys, 'main', 'closing event loop');
    yield* eventLoop.close();
  }
}

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const eventLoop = yield* EventLoop.create(sys);
  const factory = createServer(eventLoop, () => new EchoServer(sys), { host: HOST, port });
  const server = yield* eventLoop.runUntilComplete(factory);
  yield* forEver(sys, port, eventLoop, server, log);
}

/**
 * Stops reading while more is buffered than the transport likes: a client that does not read does
 * not fill the memory.
 */
class EchoServerCorrected extends EchoServer {
  #pausesReading = false;
  protected override readonly write = tell;

  override *dataReceived(data: Uint8Array): Program {
    yield* super.dataReceived(data);
    if (this.#pausesReading) yield* this.transport.pauseReading();
  }

  override *pauseWriting(): Program {
    this.#pausesReading = true;
  }

  override *resumeWriting(): Program {
    this.#pausesReading = false;
    yield* this.transport.resumeReading();
  }
}

/** And a full table of descriptors is waited out; what is logged keeps nobody waiting. */
export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  yield* openLog(sys, STDERR);
  const eventLoop = yield* EventLoop.create(sys);
  const created = onceThereIsRoom(eventLoop, () =>
    createServer(eventLoop, () => new EchoServerCorrected(sys), { host: HOST, port }, SOMAXCONN),
  );
  const server = yield* eventLoop.runUntilComplete(created);
  yield* forEver(sys, port, eventLoop, server, tell);
}

// ---- the client ----

export const MESSAGES: readonly string[] = [
  'This is the message. ',
  'It will be sent ',
  'in parts.',
];

class EchoClient extends BaseProtocol {
  readonly #sys: Sys;
  readonly #future: Future<boolean>;
  #transport!: Transport;

  constructor(sys: Sys, future: Future<boolean>) {
    super();
    this.#sys = sys;
    this.#future = future;
  }

  #log(message: string): Program {
    return log(this.#sys, 'EchoClient', message);
  }

  override *connectionMade(transport: Transport): Program {
    this.#transport = transport;
    const peer = transport.peername;
    if (peer !== undefined && 'port' in peer) {
      yield* this.#log(`connecting to ${peer.host} port ${peer.port}`);
    }
    for (const text of MESSAGES) {
      const msg = encode(text);
      yield* transport.write(msg);
      yield* this.#log(`sending ${bytesText(msg)}`);
    }
    if (transport.canWriteEof()) yield* transport.writeEof();
  }

  override *dataReceived(data: Uint8Array): Program {
    yield* this.#log(`received ${bytesText(data)}`);
  }

  override *eofReceived(): Program<boolean> {
    yield* this.#log('received EOF');
    yield* this.#transport.close();
    if (!this.#future.done) this.#future.setResult(true);
    return false;
  }

  override *connectionLost(): Program {
    yield* this.#log('server closed connection');
    yield* this.#transport.close();
    if (!this.#future.done) this.#future.setResult(true);
  }
}

export function* client(sys: Sys, { port }: ServerOptions): Program {
  const eventLoop = yield* EventLoop.create(sys);
  const completed = eventLoop.createFuture<boolean>();
  const factory = () => new EchoClient(sys, completed);
  const connecting: Coro<Transport> = createConnection(eventLoop, factory, { host: HOST, port });
  yield* log(sys, 'main', 'waiting for client to complete');
  try {
    yield* eventLoop.runUntilComplete(connecting);
    yield* eventLoop.runUntilComplete(completed);
  } finally {
    yield* log(sys, 'main', 'closing event loop');
    yield* eventLoop.close();
  }
}
