/**
 * A client of an echo service, in several manners: from the one that waits for its answer to those
 * that leave, reset, or never read. What the world does to it (a refused connection, a reset) is no
 * error of the client's: it notes how it went, and whoever reads the notes judges.
 *
 * An honest client reads while it sends. One that sends everything first and reads then is stuck,
 * together with its server, as soon as the message is longer than the buffers on the way.
 */
import {
  type Address,
  MSG_DONTWAIT,
  MSG_OOB,
  POLLIN,
  POLLOUT,
  type Program,
  type Sys,
} from '../../sys/index.ts';
import { isOSError } from '../userland/errors.ts';
import { retrying, Socket } from '../userland/sockets.ts';
import { concat, encode } from '../userland/text.ts';
import type { Company } from './company.ts';

/** How a client behaves, the simplest first. */
export const MANNERS = [
  /** Sends everything, reads everything back, closes. */
  'plain',
  /** Ends its stream right behind its bytes, then reads to the end of the server's. */
  'half-close',
  /** Keeps its connection until every other client has been served. */
  'stays',
  /** Waits for the answer to each piece before it sends the next. */
  'in-turn',
  /** Sleeps before each read, and reads little. */
  'slow',
  /** Closes as soon as it is connected. */
  'leaves',
  /** Sends, and closes with SO_LINGER 0: a reset. */
  'resets',
  /** Sends what fits, never reads, and closes after a while. */
  'deaf',
  /** A client that keeps its connection until every other client has been served. */
  'deaf-stays',
  /** Says nothing, and keeps its connection until every other client has been served. */
  'silent',
  /**
   * Waits for its answer for a while at a time; then ends its stream, and reads to the end of the
   * server's.
   */
  'impatient',
] as const;

/** Sends an urgent byte behind its message, where the network has those; and may end its stream. */
export const URGENT_MANNERS = ['urgent', 'urgent-end'] as const;

export type Manner = (typeof MANNERS)[number] | (typeof URGENT_MANNERS)[number];

const UNDEMANDING: ReadonlySet<Manner> = new Set([
  'leaves',
  'resets',
  'deaf',
  'deaf-stays',
  'silent',
]);
const STAYING: ReadonlySet<Manner> = new Set(['stays', 'deaf-stays', 'silent']);

/** Manners whose clients want all their bytes back. */
export function wantsAll(manner: Manner): boolean {
  return !UNDEMANDING.has(manner);
}

export interface EchoClientOptions {
  readonly port: number;
  readonly host?: string;
  readonly manner: Manner;
  /** The message, in the pieces in which it is sent. */
  readonly pieces: readonly Uint8Array[];
  /** Size of this client's own buffers. Default: the system's. */
  readonly bufferBytes?: number | undefined;
  /**
   * Whether `received` answers the first `sentBytes` bytes of the message. Default: as many bytes.
   */
  readonly isAnswered?: (received: Uint8Array, sentBytes: number) => boolean;
  /** It notes the address that it was given. Default: not. */
  readonly notesAddress?: boolean;
  /** Who waits for whom. */
  readonly company: Company;
  /** Where it notes how it went. */
  readonly notes: EchoNotes;
}

/** What a client has to tell. */
export class EchoNotes {
  readonly name: string;
  readonly manner: Manner;
  /** What it means to send. */
  readonly message: Uint8Array;
  /** How much of that its kernel has taken. */
  sentBytes = 0;
  received: Uint8Array = new Uint8Array(0);
  connected = false;
  /** Its own address, if it was to note it. */
  address: Address | undefined;
  /** The server has ended its stream. */
  ended = false;
  /** The errno that ended it, as `ECONNRESET`. */
  error: string | undefined;
  /** It has done what it came for, or has given up. */
  done = false;

  constructor(name: string, manner: Manner, pieces: readonly Uint8Array[]) {
    this.name = name;
    this.manner = manner;
    this.message = pieces.reduce(concat, new Uint8Array(0));
  }
}

/** It is no part of the stream, so nobody who does not ask for it reads it. */
const URGENT: Uint8Array = encode('!');
const READ_BYTES = 1024;
const SLOW_READ_BYTES = 64;
const SLOW_MS = 5;
const DEAF_MS = 100;
const PATIENCE_MS = 100;

export function* echoClient(sys: Sys, options: EchoClientOptions): Program {
  const { notes } = options;
  let socket: Socket | undefined;
  try {
    socket = yield* connected(sys, options);
    notes.connected = true;
    if (options.notesAddress === true) notes.address = yield* socket.getsockname(sys);
    yield* behave(sys, socket, options);
  } catch (error) {
    if (!isOSError(error)) throw error;
    notes.error = error.code;
  }
  if (!notes.done) yield* done(sys, options);
  if (STAYING.has(options.manner)) yield* options.company.allServed(sys);
  if (socket !== undefined) yield* socket.close(sys);
}

function* done(sys: Sys, { notes, company }: EchoClientOptions): Program {
  notes.done = true;
  yield* company.served(sys);
}

function* connected(sys: Sys, options: EchoClientOptions): Program<Socket> {
  const socket = yield* Socket.create(sys);
  try {
    if (options.bufferBytes !== undefined) {
      yield* socket.setsockopt(sys, 'SO_RCVBUF', options.bufferBytes);
      yield* socket.setsockopt(sys, 'SO_SNDBUF', options.bufferBytes);
    }
    yield* socket.connect(sys, { host: options.host ?? '127.0.0.1', port: options.port });
  } catch (error) {
    yield* socket.close(sys);
    throw error;
  }
  return socket;
}

function* behave(sys: Sys, socket: Socket, options: EchoClientOptions): Program {
  const { manner, notes, pieces } = options;
  switch (manner) {
    case 'plain':
    case 'stays':
    case 'slow':
      yield* exchange(sys, socket, options, pieces);
      return;
    case 'in-turn':
      for (const piece of pieces) yield* exchange(sys, socket, options, [piece]);
      return;
    case 'half-close':
      yield* exchange(sys, socket, options, pieces);
      while (!notes.ended) yield* receive(sys, socket, options, 0);
      return;
    case 'impatient':
      yield* send(sys, socket, options, pieces);
      while (!isOver(options)) {
        const entries = [{ fd: socket.fileno(), events: POLLIN }];
        const ready = yield* retrying(() => sys.poll(entries, PATIENCE_MS));
        if (ready.length === 0) break;
        yield* receive(sys, socket, options, MSG_DONTWAIT);
      }
      yield* socket.shutdown(sys, 'wr');
      while (!notes.ended) yield* receive(sys, socket, options, 0);
      return;
    case 'urgent':
    case 'urgent-end':
      yield* send(sys, socket, options, pieces);
      yield* socket.send(sys, URGENT, MSG_OOB);
      if (manner === 'urgent-end') yield* socket.shutdown(sys, 'wr');
      while (!isOver(options)) yield* receive(sys, socket, options, 0);
      return;
    case 'leaves':
    case 'silent':
      return;
    case 'resets':
      yield* sendWhatFits(sys, socket, options);
      yield* socket.setsockopt(sys, 'SO_LINGER', 0);
      return;
    case 'deaf':
      yield* sendWhatFits(sys, socket, options);
      yield* sys.nanosleep({ ms: DEAF_MS });
      return;
    case 'deaf-stays':
      yield* sendWhatFits(sys, socket, options);
      return;
    default:
      manner satisfies never;
  }
}

/**
 * Send `pieces`, and read meanwhile and afterwards until all that was sent is answered or the
 * server has ended its stream.
 */
function* exchange(
  sys: Sys,
  socket: Socket,
  options: EchoClientOptions,
  pieces: readonly Uint8Array[],
): Program {
  yield* send(sys, socket, options, pieces);
  if (options.manner === 'half-close') yield* socket.shutdown(sys, 'wr');
  while (!isOver(options)) yield* receive(sys, socket, options, 0);
}

/** Whether all that was sent is answered, or the server has ended its stream. */
function isOver({ notes, isAnswered = sameLength }: EchoClientOptions): boolean {
  return notes.ended || isAnswered(notes.received, notes.sentBytes);
}

/** Send `pieces`, and read while there is no room for them. */
function* send(
  sys: Sys,
  socket: Socket,
  options: EchoClientOptions,
  pieces: readonly Uint8Array[],
): Program {
  const { notes } = options;
  for (const piece of pieces) {
    let rest = piece;
    while (rest.length > 0) {
      const taken = yield* trySend(sys, socket, rest);
      notes.sentBytes += taken;
      rest = rest.subarray(taken);
      if (taken > 0) continue;
      const fd = socket.fileno();
      const [ready] = yield* retrying(() => sys.poll([{ fd, events: POLLIN | POLLOUT }]));
      if (ready !== undefined && (ready.revents & ~POLLOUT) !== 0 && !notes.ended) {
        yield* receive(sys, socket, options, MSG_DONTWAIT);
      }
    }
  }
}

const sameLength = (received: Uint8Array, sentBytes: number): boolean =>
  received.length >= sentBytes;

function* receive(sys: Sys, socket: Socket, options: EchoClientOptions, flags: number): Program {
  const { notes, manner } = options;
  const slow = manner === 'slow';
  if (slow) yield* sys.nanosleep({ ms: SLOW_MS });
  try {
    const data = yield* socket.recv(sys, slow ? SLOW_READ_BYTES : READ_BYTES, flags);
    if (data.length === 0) notes.ended = true;
    notes.received = concat(notes.received, data);
  } catch (error) {
    if (!isOSError(error, 'EAGAIN')) throw error;
  }
}

/** The number of bytes taken; 0 when there is no room. */
function* trySend(sys: Sys, socket: Socket, bytes: Uint8Array): Program<number> {
  try {
    return yield* socket.send(sys, bytes, MSG_DONTWAIT);
  } catch (error) {
    if (!isOSError(error, 'EAGAIN')) throw error;
    return 0;
  }
}

/** Send the message until nothing more has been taken for a while. */
function* sendWhatFits(sys: Sys, socket: Socket, options: EchoClientOptions): Program {
  const { notes } = options;
  while (notes.sentBytes < notes.message.length) {
    const taken = yield* trySend(sys, socket, notes.message.subarray(notes.sentBytes));
    notes.sentBytes += taken;
    if (taken > 0) continue;
    const entries = [{ fd: socket.fileno(), events: POLLOUT }];
    const ready = yield* retrying(() => sys.poll(entries, DEAF_MS));
    if (ready.length === 0) return;
  }
}
