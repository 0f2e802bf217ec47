import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Carrier, CarrierId, Target, Upcall } from '../../sim/network/carrier.ts';
import { ECONNREFUSED, ECONNRESET, EHOSTUNREACH, EIO, errnoOf } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';

/**
 * SOMAXCONN: how many connections wait for a place is decided inside, by the backlog of the
 * program.
 */
const BACKLOG = 4096;
const LOOPBACK = '127.0.0.1';

/**
 * Carries connections over node:net.
 *
 * # node:net: Nagle is off
 * Small writes leave at once, whether a program has set TCP_NODELAY or not: on loopback waiting for
 * an acknowledgement that the peer delays would cost 40 ms and gain nothing.
 */
export class NodeCarrier implements Carrier {
  readonly #report: (upcall: Upcall) => void;
  readonly #nextIncoming: () => CarrierId;
  readonly #servers = new Map<CarrierId, Server>();
  /** What is carried; once a connection is reset or gone, nothing of it is reported any more. */
  readonly #sockets = new Map<CarrierId, Socket>();
  readonly #readings = new WeakMap<Socket, Reading>();
  /** All that hold a handle of the runtime. */
  readonly #open = new Set<Server | Socket>();

  constructor(report: (upcall: Upcall) => void, nextIncoming: () => CarrierId) {
    this.#report = report;
    this.#nextIncoming = nextIncoming;
  }

  // ---- listening ----

  listen(id: CarrierId, address: InetAddress | null): void {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    this.#keep(server);
    this.#servers.set(id, server);
    let answered = false;
    const answer = (errno: number): void => {
      if (answered || this.#servers.get(id) !== server) return;
      answered = true;
      this.#report({ id, what: 'listening', errno, port: portOf(server) });
    };
    server.once('listening', () => answer(0));
    server.on('error', (error) => answer(errnoIn(error)));
    server.on('connection', (socket) => this.#incoming(id, socket));
    const host = address?.host ?? LOOPBACK;
    server.listen({ host, port: address?.port ?? 0, backlog: BACKLOG, exclusive: true });
  }

  unlisten(id: CarrierId): void {
    this.#servers.get(id)?.close();
    this.#servers.delete(id);
  }

  /**
   * # node:net: a connection may be reset before it was taken
   * Node does not know any more whose it was: accept(2) names port 0 for it, where Linux still
   * tells the address.
   */
  #incoming(listener: CarrierId, socket: Socket): void {
    const id = this.#nextIncoming();
    this.#carry(id, socket);
    const local = { host: socket.localAddress ?? LOOPBACK, port: socket.localPort ?? 0 };
    const peer = { host: socket.remoteAddress ?? LOOPBACK, port: socket.remotePort ?? 0 };
    // Later in this turn: the client, if it is of this world, has heard by then that it is
    // connected, and so is known by its port.
    setImmediate(() => this.#report({ id, what: 'incoming', listener, local, peer }));
  }

  // ---- connecting ----

  connect(id: CarrierId, target: Target | null, from: InetAddress | null): void {
    const address = target === null ? undefined : this.#addressOf(target);
    if (address === undefined) {
      setImmediate(() => this.#report({ id, what: 'refused', errno: ECONNREFUSED }));
      return;
    }
    const socket = connect({
      host: address.host,
      port: address.port,
      family: 4,
      allowHalfOpen: true,
      noDelay: true,
      ...(from === null ? {} : { localPort: from.port }),
    });
    socket.pause();
    this.#carry(id, socket);
    socket.once('connect', () => {
      if (this.#sockets.get(id) !== socket) return;
      const local = { host: socket.localAddress ?? LOOPBACK, port: socket.localPort ?? 0 };
      const peer = { host: socket.remoteAddress ?? address.host, port: address.port };
      this.#report({ id, what: 'established', local, peer });
    });
  }

  #addressOf(target: Target): InetAddress | undefined {
    if ('address' in target) return target.address;
    const server = this.#servers.get(target.listener);
    const port = server === undefined ? 0 : portOf(server);
    return port === 0 ? undefined : { host: LOOPBACK, port };
  }

  abort(id: CarrierId): void {
    this.#sockets.get(id)?.destroy();
    this.#sockets.delete(id);
  }

  // ---- carrying ----

  #carry(id: CarrierId, socket: Socket): void {
    this.#keep(socket);
    this.#sockets.set(id, socket);
    const report = (upcall: Upcall): void => {
      if (this.#sockets.get(id) === socket) this.#report(upcall);
    };
    let isConnected = !socket.connecting;
    socket.once('connect', () => {
      isConnected = true;
    });
    const reading = new Reading(socket, (bytes) => report({ id, what: 'data', bytes }));
    this.#readings.set(socket, reading);
    // Node keeps a half-open socket, and its descriptor, until it is destroyed.
    const failed = (errno: number): void => {
      reading.flush();
      report({ id, what: isConnected ? 'reset' : 'refused', errno });
      this.#sockets.delete(id);
      socket.destroy();
    };
    socket.on('data', (chunk: Buffer) => reading.take(chunk));
    socket.on('end', () => {
      // Node tells the end of a paused socket too.
      reading.flush();
      if (isReset(socket)) failed(ECONNRESET);
      else report({ id, what: 'fin' });
    });
    socket.on('finish', () => report({ id, what: 'finSent' }));
    socket.on('error', (error) => failed(errnoIn(error)));
    socket.on('close', () => {
      if (!socket.readableEnded || !socket.writableFinished) failed(ECONNRESET);
      this.#sockets.delete(id);
    });
  }

  write(id: CarrierId, bytes: Uint8Array): void {
    const socket = this.#sockets.get(id);
    socket?.write(bytes, (error) => {
      if (error || this.#sockets.get(id) !== socket) return;
      this.#report({ id, what: 'written', count: bytes.length });
    });
  }

  end(id: CarrierId): void {
    this.#sockets.get(id)?.end();
  }

  reset(id: CarrierId): void {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    this.#sockets.delete(id);
    // A handle that is about to send its FIN refuses to be reset, and Node would lose it.
    const isEnding = socket.writableEnded && !socket.writableFinished;
    if (isEnding && !socket.destroyed) socket.once('finish', () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  }

  resume(id: CarrierId): void {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) this.#readings.get(socket)?.resume();
  }

  // ---- the end ----

  #keep(handle: Server | Socket): void {
    this.#open.add(handle);
    handle.once('close', () => this.#open.delete(handle));
  }

  /** Close everything; resolves when the runtime has let go of all handles. */
  async close(): Promise<void> {
    this.#sockets.clear();
    this.#servers.clear();
    await Promise.all([...this.#open].map(shut));
    // A listener says that it is closed one turn before it is.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * What comes from a socket, a chunk at a time: each is reported once there is room for it. To stop
 * and start a socket costs as much as to read from it, so one chunk is read ahead: reading goes on
 * until one comes for which there is no room yet, and that one is kept.
 */
class Reading {
  readonly #socket: Socket;
  readonly #report: (bytes: Uint8Array) => void;
  #hasRoom = false;
  #ahead: Uint8Array | null = null;

  constructor(socket: Socket, report: (bytes: Uint8Array) => void) {
    this.#socket = socket;
    this.#report = report;
  }

  take(chunk: Buffer): void {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#hasRoom) {
      this.#hasRoom = false;
      this.#report(bytes);
      return;
    }
    this.#socket.pause();
    this.#ahead = bytes;
  }

  /** There is room for one more. */
  resume(): void {
    this.#hasRoom = true;
    this.flush();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** What was read ahead is reported now. */
  flush(): void {
    if (this.#ahead === null) return;
    const ahead = this.#ahead;
    this.#ahead = null;
    this.#hasRoom = false;
    this.#report(ahead);
  }
}

function shut(handle: Server | Socket): Promise<void> {
  return new Promise((resolve) => {
    handle.once('close', () => resolve());
    if ('listen' in handle) handle.close();
    else handle.destroy();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * # node:net: a reset behind data looks like the end of the stream
 * Libuv reads what a connection has left, meets the hang-up, and reports the end without asking for
 * the error (uv__stream_io). But a connection that was reset has no peer any more, whereas one
 * whose peer has sent its FIN still has. Node gives no public way to ask again; where the handle is
 * not as it was, a reset behind data stays an end.
 */
function isReset(socket: Socket): boolean {
  if (socket.writableEnded) return false;
  const { _handle: handle } = socket as { _handle?: { getpeername?(out: object): number } | null };
  return handle?.getpeername !== undefined && handle.getpeername({}) !== 0;
}

/** The number on this kernel for an error of the runtime's, whatever machine it runs on. */
function errnoIn(error: Error): number {
  const { code = '' } = error as NodeJS.ErrnoException;
  // A name that nobody knows: connect(2) takes no names, so it has no number for this.
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return EHOSTUNREACH;
  return errnoOf(code) ?? EIO;
}
