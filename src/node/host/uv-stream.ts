import type { Description } from '../../sim/kernel/file.ts';
import type { UnixRights } from '../../sim/kernel/unix-rights.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, MSG_NOSIGNAL } from '../../sys/constants.ts';
import { EAGAIN, EINPROGRESS, EINTR } from '../../sys/errno.ts';
import { SysError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import type { HandleId, HandleKind, LoopEvent } from '../wire.ts';
import type { Family } from './names.ts';

/** What libuv asks for in one read. */
const READ_BYTES = 65_536;
export const NO_BYTES: Uint8Array = new Uint8Array(0);

interface QueuedWrite {
  readonly bytes: Uint8Array;
  offset: number;
  passed: Passed | undefined;
}

/** A handle that goes to another process. */
export interface Passed {
  /** It has a reference for the way. */
  readonly description: Description;
  readonly of: Pick<UvStream, 'kind' | 'family' | 'port'>;
}

/** A stream to another process, over which handles are passed. */
export interface Channel {
  readonly incoming: UnixRights;
  readonly outgoing: UnixRights;
  /** Give a handle that has come an id; 0 where there is no room for it. */
  adopt(passed: Passed): HandleId;
}

/**
 * Tells the program of an event, at once; bytes travel beside it. What it gives is still to be
 * done.
 */
export type Deliver = (event: LoopEvent, bytes?: Uint8Array) => Program<unknown>;

/**
 * A handle of libuv: a descriptor, and what its program wants of it. Named after the functions of
 * libuv's unix/stream.c.
 */
export class UvStream {
  readonly id: HandleId;
  readonly kind: HandleKind;
  fd = -1;
  /** How its addresses are written. */
  family: Family = 'v4';
  reading = false;
  listening = false;
  connecting = false;
  /** An error of bind or connect that is told later. */
  delayedErrno = 0;
  readonly writes: QueuedWrite[] = [];
  shutting = false;
  closed = false;
  opaque = false;
  /** How much it reads at a time. */
  readMax: number = READ_BYTES;
  /** What epoll watches it for. */
  watched = 0;
  /** Of a listener. */
  port = 0;
  channel: Channel | undefined;
  /** Its last read took as much as it may: there may be more. */
  #readWhole = false;

  constructor(id: HandleId, kind: HandleKind) {
    this.id = id;
    this.kind = kind;
  }

  /** What epoll should watch it for. */
  get interest(): number {
    if (this.fd < 0 || this.closed) return 0;
    const wantsIn = this.reading || this.listening;
    const wantsOut = this.connecting || this.writes.length > 0;
    return (wantsIn ? EPOLLIN : 0) | (wantsOut ? EPOLLOUT : 0);
  }

  /** uv__stream_connect. */
  *finishConnect(sys: Sys, deliver: Deliver): Program<void> {
    if (this.closed || !this.connecting) return;
    const errno = this.delayedErrno || (yield* sys.getsockopt(this.fd, 'SO_ERROR'));
    if (errno === EINPROGRESS) return;
    this.delayedErrno = 0;
    this.connecting = false;
    yield* deliver(['connected', this.id, -errno]);
    if (errno !== 0) yield* this.#failWrites(-errno, deliver);
    else yield* this.drain(sys, deliver);
  }

  /** uv__try_write: as much as goes now. Gives how many bytes that is, or a negated errno. */
  *write(sys: Sys, bytes: Uint8Array, passed?: Passed): Program<number> {
    let taken = 0;
    // While it connects, and behind what waits already, it has to wait.
    if (!this.connecting && this.writes.length === 0) {
      try {
        taken = yield* this.#send(sys, bytes);
        if (this.channel !== undefined) this.#pass(taken, passed);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno !== EAGAIN && errno !== EINTR) {
          passed?.description.drop();
          return -errno;
        }
      }
    }
    if (taken < bytes.length) {
      this.writes.push({ bytes, offset: taken, passed: taken === 0 ? passed : undefined });
    }
    return taken;
  }

  #pass(bytes: number, passed: Passed | undefined): void {
    this.channel?.outgoing.send(bytes, passed?.description, passed?.of);
  }

  #send(sys: Sys, bytes: Uint8Array): Syscall<number> {
    const call = sys.send(this.fd, bytes, MSG_NOSIGNAL);
    if (this.opaque) call.opaque = true;
    return call;
  }

  /** uv__write: what waits goes out. */
  *flush(sys: Sys, deliver: Deliver): Program<void> {
    const finished: number[] = [];
    for (let first = this.writes[0]; first !== undefined; first = this.writes[0]) {
      try {
        const { bytes, offset } = first;
        const rest = offset === 0 ? bytes : bytes.subarray(offset);
        const sent = yield* this.#send(sys, rest);
        first.offset += sent;
        if (this.channel !== undefined) this.#pass(sent, first.passed);
        first.passed = undefined;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === EAGAIN || errno === EINTR) break;
        first.passed?.description.drop();
        finished.push(-errno);
        this.writes.shift();
        continue;
      }
      if (first.offset < first.bytes.length) continue;
      this.writes.shift();
      finished.push(0);
    }
    // uv__write_callbacks: after all of them.
    for (const errno of finished) yield* deliver(['written', this.id, errno]);
    if (!this.closed) yield* this.drain(sys, deliver);
  }

  /** uv__drain: nothing waits any more, so a shutdown may go out. */
  *drain(sys: Sys, deliver: Deliver): Program<void> {
    if (this.closed || !this.shutting || this.connecting || this.writes.length > 0) return;
    this.shutting = false;
    let errno = 0;
    try {
      yield* sys.shutdown(this.fd, 'wr');
    } catch (error) {
      errno = errnoOf(error);
    }
    yield* deliver(['shut', this.id, -errno]);
  }

  /**
   * uv__read.
   *
   * # One read for an event
   * libuv reads on while its buffer of 64 KiB is filled, up to 32 times. Here the rest is the next
   * turn's, as if it had come later.
   */
  *read(sys: Sys, deliver: Deliver): Program<void> {
    let bytes: Uint8Array;
    const most = this.channel?.incoming.most(this.readMax) ?? this.readMax;
    try {
      const call = sys.recv(this.fd, most);
      if (this.opaque) call.opaque = true;
      bytes = yield* call;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === EAGAIN || errno === EINTR) return;
      this.reading = false;
      yield* deliver(['failed', this.id, -errno]);
      return;
    }
    this.#readWhole = bytes.length === most;
    if (bytes.length === 0) yield* this.#ended(deliver);
    else yield* deliver(this.#readEvent(bytes.length), bytes);
  }

  /** uv__stream_recv_cmsg: with the handle that has come with the bytes. */
  #readEvent(bytes: number): LoopEvent {
    const came = this.channel?.incoming.receive(bytes);
    if (came === undefined) return ['read', this.id];
    const of = came.about as Passed['of'];
    const id = this.channel?.adopt({ description: came.description, of }) ?? 0;
    return id === 0 ? ['read', this.id] : ['read', this.id, id, of.kind];
  }

  /** uv__stream_eof. */
  #ended(deliver: Deliver): Program<unknown> {
    this.reading = false;
    return deliver(['end', this.id]);
  }

  /** uv__stream_io. */
  io(sys: Sys, events: number, deliver: Deliver): Program<void> {
    if (this.connecting) return this.finishConnect(sys, deliver);
    if (this.reading && events === EPOLLIN) return this.read(sys, deliver);
    return this.#readAndFlush(sys, events, deliver);
  }

  *#readAndFlush(sys: Sys, events: number, deliver: Deliver): Program<void> {
    const broken = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if (this.reading && ((events & EPOLLIN) !== 0 || broken)) yield* this.read(sys, deliver);
    if (this.closed) return;
    // Nothing more comes from a process that is gone: its end is told in the same turn.
    const isOver = this.kind === 'pipe' && (events & EPOLLHUP) !== 0 && !this.#readWhole;
    if (isOver && this.reading) yield* this.#ended(deliver);
    if (this.closed) return;
    if (this.writes.length > 0 && ((events & EPOLLOUT) !== 0 || broken)) {
      yield* this.flush(sys, deliver);
    }
  }

  *#failWrites(errno: number, deliver: Deliver): Program<void> {
    for (const _ of this.writes.splice(0)) yield* deliver(['written', this.id, errno]);
  }
}

/** The errno of a syscall that failed; anything else that was thrown goes on. */
export function errnoOf(error: unknown): number {
  if (!(error instanceof SysError)) throw error;
  return -error.errno;
}
