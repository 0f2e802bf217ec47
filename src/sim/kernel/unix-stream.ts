import { MSG_OOB, MSG_PEEK, MSG_WAITALL, POLLPRI } from '../../sys/constants.ts';
import { EAGAIN, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } from '../../sys/errno.ts';
import type { Address } from '../../sys/sys.ts';
import { copyPayload } from './payload.ts';
import { ARRIVED } from './readiness.ts';
import { SHUT_RD, SHUT_WR } from './socket.ts';
import { UnixConnection } from './unix-connection.ts';
import { UnixInbox } from './unix-inbox.ts';
import type { UnixRights } from './unix-rights.ts';
import { STREAM_MESSAGE_BYTES_MAX } from './unix-room.ts';
import { SEND_BUFFER_BYTES } from './unix-socket.ts';

const EMPTY = new Uint8Array(0);

/**
 * AF_UNIX SOCK_STREAM: a stream of bytes in which each send is still a message of its own as far as
 * wake-ups are concerned.
 */
export class UnixStream extends UnixConnection {
  override readonly socketType = 'stream';
  readonly #received = new UnixInbox();
  /** What comes to this end beside its bytes; null where nothing is passed. */
  rights: UnixRights | null = null;
  #lastSender: Address | null = null;
  #lastWasUrgent = false;

  override release(): void {
    super.release();
    this.rights?.drop();
  }

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

  override takesParts(): boolean {
    return true;
  }

  override cutOff(): number {
    return -this.takeError();
  }

  override makeSibling(): UnixStream {
    return new UnixStream(this.names);
  }

  override get bytesQueued(): number {
    return this.#received.length;
  }

  /** # send on AF_UNIX: a pending error is not its to tell, the end of the peer shows as EPIPE. */
  override send(bytes: Uint8Array, from: number, flags: number): number {
    const isUrgent = (flags & MSG_OOB) !== 0;
    if (isUrgent && bytes.length === 0) return -EOPNOTSUPP;
    if (this.state !== 'ESTABLISHED') return -ENOTCONN;
    if (this.peer === null || (this.shut & SHUT_WR) !== 0) return -EPIPE;
    if (bytes.length === from) return 0;
    if (this.peerIsDeaf) return -EPIPE;
    const peer = this.peer as UnixStream;
    const end = isUrgent ? bytes.length - 1 : bytes.length;
    let at = from;
    while (at < bytes.length && this.bytesInUse < SEND_BUFFER_BYTES) {
      const size = at === end ? 1 : Math.min(end - at, STREAM_MESSAGE_BYTES_MAX);
      peer.#received.push(copyPayload(bytes, at, size), at === end);
      peer.waits.wake(ARRIVED);
      at += size;
    }
    return at === from ? -EAGAIN : at - from;
  }

  /** A message that was read in part takes as much room as before. */
  override get bytesInUse(): number {
    return this.peer === null ? 0 : (this.peer as UnixStream).#received.room;
  }

  override sendTo(bytes: Uint8Array, from: number, flags: number, address: Address | null): number {
    if (address === null || (flags & MSG_OOB) !== 0) return this.send(bytes, from, flags);
    return this.state === 'ESTABLISHED' ? -EISCONN : -EOPNOTSUPP;
  }

  override get hasMessage(): boolean {
    return !this.#received.isEmpty;
  }

  override get hasUnread(): boolean {
    return this.#received.hasUnread;
  }

  override poll(): number {
    return super.poll() | (this.#received.hasUrgent ? POLLPRI : 0);
  }

  override bytesReadable(): number {
    return this.state === 'LISTEN' ? -EINVAL : this.#received.counted;
  }

  override get atMark(): number {
    // unix_ioctl: a connection that waits to be accepted is an empty message.
    return this.#received.isAtMark || this.acceptQueueLength > 0 ? 1 : 0;
  }

  get #urgentInline(): boolean {
    return this.getOption('SO_OOBINLINE') === 1;
  }

  /** # MSG_TRUNC on AF_UNIX: a stream throws nothing away; only TCP does. */
  override recv(bytesMax: number, flags: number): Uint8Array | number {
    if (this.state !== 'ESTABLISHED') return -EINVAL;
    const received = this.#received;
    const { bytesQueued } = this;
    this.#lastSender = null;
    this.#lastWasUrgent = (flags & MSG_OOB) !== 0;
    const bytes =
      (flags & MSG_OOB) === 0
        ? received.read(bytesMax, flags, this.#urgentInline)
        : received.takeUrgent(bytesMax, flags, this.#urgentInline);
    for (let i = received.takeFinished(); i > 0; i--) this.peer?.messageRead();
    if (bytes !== undefined) {
      if ((flags & MSG_OOB) !== 0) return bytes;
      this.#lastSender = this.senderAddress;
      if ((flags & MSG_PEEK) === 0) this.#swallowError(bytesQueued, bytesMax, flags);
      return bytes;
    }
    if (this.error !== 0) return -this.takeError();
    return (this.shut & SHUT_RD) !== 0 ? EMPTY : -EAGAIN;
  }

  /**
   * unix_stream_read_generic: one that would have liked more than there is does not tell of the
   * error that stands behind it.
   */
  #swallowError(bytesQueued: number, bytesMax: number, flags: number): void {
    const wanted =
      (flags & MSG_WAITALL) !== 0 ? bytesMax : Math.min(bytesMax, this.receiveLowWater);
    if (bytesQueued < wanted) this.cutShort();
  }

  /** The error is told to nobody, though the call slept before it came. */
  cutShort(): void {
    this.error = 0;
  }

  /** unix_stream_recv_urg says 1 of an urgent byte, whether or not there was room for it. */
  override lastMessage(taken: Uint8Array): { address: Address | null; length: number } {
    const length = this.#lastWasUrgent ? 1 : taken.length;
    return { address: this.#lastSender, length };
  }
}
