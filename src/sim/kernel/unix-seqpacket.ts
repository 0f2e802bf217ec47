import { MSG_OOB, MSG_PEEK } from '../../sys/constants.ts';
import { EAGAIN, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPIPE } from '../../sys/errno.ts';
import type { Address } from '../../sys/sys.ts';
import { copyPayload } from './payload.ts';
import { ARRIVED, ARRIVED_OR_ERROR } from './readiness.ts';
import { SHUT_RD, SHUT_WR } from './socket.ts';
import type { Task } from './task.ts';
import { UnixConnection } from './unix-connection.ts';
import { roomOf } from './unix-room.ts';
import { SEND_BUFFER_BYTES } from './unix-socket.ts';

const EMPTY = new Uint8Array(0);
/** unix_dgram_sendmsg: sk_sndbuf - 32, else EMSGSIZE. */
const MESSAGE_BYTES_MAX = SEND_BUFFER_BYTES - 32;

/**
 * AF_UNIX SOCK_SEQPACKET: connections that keep the boundaries of messages; an empty message reads
 * as 0, like the end.
 */
export class UnixSeqpacket extends UnixConnection {
  override readonly socketType = 'seqpacket';
  readonly #received: Uint8Array[] = [];
  #bytesQueued = 0;
  #room = 0;
  #lastLength = 0;
  #lastSender: Address | null = null;

  override get exclusiveReaders(): boolean {
    return true;
  }

  override sleepReading(task: Task): void {
    task.sleepOn(this.waits, ARRIVED_OR_ERROR, true);
  }

  override get keepsMessages(): boolean {
    return true;
  }

  override makeSibling(): UnixSeqpacket {
    return new UnixSeqpacket(this.names);
  }

  override get bytesQueued(): number {
    return this.#bytesQueued;
  }

  override get hasMessage(): boolean {
    return this.#received.length > 0;
  }

  /**
   * unix_release_sock takes an empty message in front for the place of an urgent byte that was
   * read, and looks behind it.
   */
  override get hasUnread(): boolean {
    const [first] = this.#received;
    return this.#received.length > 1 || (first !== undefined && first.length > 0);
  }

  override get bytesInUse(): number {
    return this.peer === null ? 0 : (this.peer as UnixSeqpacket).#room;
  }

  override send(bytes: Uint8Array, _from: number, flags: number): number {
    if (this.error !== 0) return -this.takeError();
    if (this.state !== 'ESTABLISHED') return -ENOTCONN;
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (bytes.length > MESSAGE_BYTES_MAX) return -EMSGSIZE;
    if (this.peer === null || (this.shut & SHUT_WR) !== 0) return -EPIPE;
    if (this.bytesInUse >= SEND_BUFFER_BYTES) return -EAGAIN;
    if (this.peerIsDeaf) return -EPIPE;
    const peer = this.peer as UnixSeqpacket;
    peer.#received.push(copyPayload(bytes, 0, bytes.length));
    peer.#bytesQueued += bytes.length;
    peer.#room += roomOf(bytes.length, false);
    peer.waits.wake(ARRIVED);
    return bytes.length;
  }

  /** # sendto on a connected SOCK_SEQPACKET: the address is ignored. */
  override sendTo(bytes: Uint8Array, from: number, flags: number): number {
    return this.send(bytes, from, flags);
  }

  /** # recv on SOCK_SEQPACKET: the pending error comes before what is queued. */
  override recv(bytesMax: number, flags: number): Uint8Array | number {
    if (this.state !== 'ESTABLISHED') return -ENOTCONN;
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (this.error !== 0) return -this.takeError();
    const message = this.#received[0];
    this.#lastLength = 0;
    this.#lastSender = null;
    if (message === undefined) return (this.shut & SHUT_RD) !== 0 ? EMPTY : -EAGAIN;
    this.#lastLength = message.length;
    this.#lastSender = this.senderAddress;
    if ((flags & MSG_PEEK) !== 0) return message.slice(0, bytesMax);
    this.#received.shift();
    this.#bytesQueued -= message.length;
    this.#room -= roomOf(message.length, false);
    (this.peer as UnixSeqpacket | null)?.messageRead();
    return message.length > bytesMax ? message.slice(0, bytesMax) : message;
  }

  override lastMessage(taken: Uint8Array): { address: Address | null; length: number } {
    return { address: this.#lastSender, length: Math.max(taken.length, this.#lastLength) };
  }
}
