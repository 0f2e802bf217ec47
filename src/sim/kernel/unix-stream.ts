import { MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../../sys/constants.ts';
import { EAGAIN, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } from '../../sys/errno.ts';
import { UnsupportedError } from '../../sys/errors.ts';
import type { Address } from '../../sys/sys.ts';
import { ByteQueue } from './byte-queue.ts';
import { copyPayload } from './payload.ts';
import { ARRIVED } from './readiness.ts';
import { SHUT_RD, SHUT_WR } from './socket.ts';
import { UnixConnection } from './unix-connection.ts';
import { SEND_BUFFER_BYTES } from './unix-socket.ts';

const EMPTY = new Uint8Array(0);
/** SKB_MAX_HEAD(0) + UNIX_SKB_FRAGS_SZ: a longer send is several messages. */
const MESSAGE_BYTES_MAX = 36_544;

/**
 * AF_UNIX SOCK_STREAM: a stream of bytes in which each send is still a message of its own as far as
 * wake-ups are concerned.
 */
export class UnixStream extends UnixConnection {
  override readonly socketType = 'stream';
  readonly #received = new ByteQueue();
  #lastSender: Address | null = null;

  override get signalsBrokenPipe(): boolean {
    return true;
  }

  /**
   * # SIGPIPE of AF_UNIX: only a send that finds its peer gone raises it; one that slept is cut off
   * quietly.
   */
  override get signalsSleepers(): boolean {
    return false;
  }

  override cutOff(): number {
    if (this.error !== 0) return -this.takeError();
    return (this.shut & SHUT_WR) !== 0 ? -EPIPE : 0;
  }

  override makeSibling(): UnixStream {
    return new UnixStream(this.names);
  }

  override get bytesQueued(): number {
    return this.#received.length;
  }

  /** # send on AF_UNIX: a pending error is not its to tell, the end of the peer shows as EPIPE. */
  override send(bytes: Uint8Array, from: number, flags: number): number {
    // Linux has urgent bytes here too (since 5.15), if there is a byte.
    if ((flags & MSG_OOB) !== 0 && bytes.length === 0) return -EOPNOTSUPP;
    if ((flags & MSG_OOB) !== 0) throw new UnsupportedError('send MSG_OOB on an AF_UNIX stream');
    if (this.state !== 'ESTABLISHED') return -ENOTCONN;
    if (this.peer === null || (this.shut & SHUT_WR) !== 0) return -EPIPE;
    if (bytes.length === from) return 0;
    const peer = this.peer as UnixStream;
    let at = from;
    while (at < bytes.length && this.bytesInUse < SEND_BUFFER_BYTES) {
      const size = Math.min(bytes.length - at, MESSAGE_BYTES_MAX);
      peer.#received.push(copyPayload(bytes, at, size));
      peer.waits.wake(ARRIVED);
      at += size;
    }
    return at === from ? -EAGAIN : at - from;
  }

  /** A message that was read in part takes as much room as before. */
  override get bytesInUse(): number {
    return this.peer === null ? 0 : (this.peer as UnixStream).#received.bytesHeld;
  }

  override sendTo(bytes: Uint8Array, from: number, flags: number, address: Address | null): number {
    if (address === null || (flags & MSG_OOB) !== 0) return this.send(bytes, from, flags);
    return this.state === 'ESTABLISHED' ? -EISCONN : -EOPNOTSUPP;
  }

  /** # MSG_TRUNC on AF_UNIX: a stream throws nothing away; only TCP does. */
  override recv(bytesMax: number, flags: number): Uint8Array | number {
    // There never is an urgent byte.
    if (this.state !== 'ESTABLISHED' || (flags & MSG_OOB) !== 0) return -EINVAL;
    const received = this.#received;
    this.#lastSender = null;
    if (received.length > 0) {
      this.#lastSender = this.senderAddress;
      if ((flags & MSG_PEEK) !== 0) return received.peek(bytesMax);
      this.#swallowError(bytesMax, flags);
      const messages = received.chunkCount;
      const bytes = received.take(bytesMax);
      for (let i = received.chunkCount; i < messages; i++) this.peer?.messageRead();
      return bytes;
    }
    if (this.error !== 0) return -this.takeError();
    return (this.shut & SHUT_RD) !== 0 ? EMPTY : -EAGAIN;
  }

  /**
   * unix_stream_read_generic: one that would have liked more than there is does not tell of the
   * error that stands behind it.
   */
  #swallowError(bytesMax: number, flags: number): void {
    const wanted =
      (flags & MSG_WAITALL) !== 0 ? bytesMax : Math.min(bytesMax, this.receiveLowWater);
    if (this.bytesQueued < wanted) this.error = 0;
  }

  override lastMessage(taken: Uint8Array): { address: Address | null; length: number } {
    return { address: this.#lastSender, length: taken.length };
  }
}
