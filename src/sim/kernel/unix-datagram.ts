import { MSG_OOB, MSG_PEEK, POLLERR, POLLHUP, POLLRDHUP } from '../../sys/constants.ts';
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from '../../sys/errno.ts';
import type { Address } from '../../sys/sys.ts';
import type { Footprint } from './footprint.ts';
import { copyPayload } from './payload.ts';
import { ARRIVED, ARRIVED_OR_ERROR, READABLE, WRITABLE_BANDS } from './readiness.ts';
import { SHUT_RD, SHUT_RDWR, SHUT_WR } from './socket.ts';
import type { Task } from './task.ts';
import { roomOf } from './unix-room.ts';
import { isWritable, pathOf, SEND_BUFFER_BYTES, UnixSocket } from './unix-socket.ts';
import { Waiter } from './waits.ts';

/** net.unix.max_dgram_qlen: one more fits. */
const QUEUE_MAX = 10;
/** unix_dgram_sendmsg: sk_sndbuf - 32, else EMSGSIZE. */
const MESSAGE_BYTES_MAX = SEND_BUFFER_BYTES - 32;

interface Message {
  readonly bytes: Uint8Array;
  readonly from: UnixDatagram;
}

/** Passes on that there is room in the peer's queue (unix_dgram_peer_wake_relay). */
class PeerWake extends Waiter {
  readonly #socket: UnixDatagram;

  constructor(socket: UnixDatagram) {
    super();
    this.#socket = socket;
  }

  override wake(key: number): boolean {
    this.leave();
    this.#socket.waits.wake(key, 1);
    return false;
  }

  override tells(footprint: Footprint): void {
    this.#socket.touchesOfArrival(footprint);
  }

  waitFor(peer: UnixDatagram): void {
    if (this.queue === null) peer.peerWaits.addFirst(this, false);
  }
}

/** AF_UNIX SOCK_DGRAM: messages that neither get lost nor change their order. */
export class UnixDatagram extends UnixSocket {
  override readonly socketType = 'dgram';
  override readonly acceptSleeps = false;
  #peer: UnixDatagram | null = null;
  #closed = false;
  readonly #received: Message[] = [];
  /** Bytes sent that nobody has read. */
  #bytesInUse = 0;
  readonly #peerWake = new PeerWake(this);
  /** In whose queue there was no room for what was sent; itself, if its own buffer was full. */
  #full: UnixDatagram = this;
  /** Whose room each sender sleeps for. */
  readonly #receivers = new Map<Task, UnixDatagram>();
  /** Who sends now has slept for room in its receiver's queue. */
  #resumes = false;
  #last: { readonly address: Address | null; readonly length: number } | null = null;

  override get exclusiveReaders(): boolean {
    return true;
  }

  override sleepReading(task: Task): void {
    task.sleepOn(this.waits, ARRIVED_OR_ERROR, true);
  }

  override get writersLine(): UnixDatagram | null {
    return this.#peer;
  }

  /**
   * # send of AF_UNIX datagrams: whoever sends to a full queue sleeps at that queue; such sleepers
   * are woken one by one.
   */
  override sleepWriting(task: Task): void {
    if (this.#full === this) {
      super.sleepWriting(task);
      return;
    }
    this.#receivers.set(task, this.#full);
    task.sleepOn(this.#full.peerWaits, WRITABLE_BANDS, true);
  }

  /** Who waits for a receiver is not told that there is room there, and does not ask. */
  override looksForRoom(task: Task): boolean {
    return !this.#receivers.has(task);
  }

  /** Another sender has heard already that the receiver is gone, which ended the connection. */
  override cutOff(task: Task): number {
    const receiver = this.#receivers.get(task);
    this.#receivers.delete(task);
    if (receiver === undefined) return 0;
    if (receiver !== this.#peer && receiver.#closed) return -ECONNRESET;
    this.#resumes = true;
    return 0;
  }

  override get keepsMessages(): boolean {
    return true;
  }

  override get counterpart(): UnixDatagram | null {
    return this.#peer;
  }

  join(other: UnixDatagram): void {
    this.#peer = other;
    other.#peer = this;
  }

  /**
   * unix_dgram_poll. # poll of AF_UNIX datagrams: the length of the queue does not count between
   * two sockets that are connected to each other.
   */
  override poll(): number {
    let mask = 0;
    if (this.error !== 0) mask |= POLLERR;
    if (this.shut === SHUT_RDWR) mask |= POLLHUP;
    if ((this.shut & SHUT_RD) !== 0) mask |= POLLRDHUP | READABLE;
    if (this.#received.length > 0) mask |= READABLE;
    const peer = this.#peer;
    if (peer !== null && this.#isFullFor(peer)) this.#peerWake.waitFor(peer);
    else if (isWritable(this.#bytesInUse)) mask |= WRITABLE_BANDS;
    return mask;
  }

  /** Without standing in the line of those who wait for room. */
  override look(): number {
    const peer = this.#peer;
    if (peer === null) return this.poll();
    const { queue } = this.#peerWake;
    const mask = this.poll();
    if (queue === null) this.#peerWake.leave();
    return mask;
  }

  #isFullFor(receiver: UnixDatagram): boolean {
    return receiver.#peer !== this && receiver.#received.length > QUEUE_MAX;
  }

  override writeSleeps(bytes: number): boolean {
    const peer = this.#peer;
    if (peer === null || this.error !== 0 || (this.shut & SHUT_WR) !== 0) return false;
    this.#full = this;
    if (this.#bytesInUse >= SEND_BUFFER_BYTES) return bytes <= MESSAGE_BYTES_MAX;
    if (peer.#closed || (peer.shut & SHUT_RD) !== 0 || !this.#isFullFor(peer)) return false;
    if (peer.#peer !== null || peer === this) return false;
    this.#full = peer;
    return true;
  }

  // ---- connecting ----

  #find(address: Address): UnixDatagram | number {
    const path = pathOf(address);
    if (path === undefined || path === '') return -EINVAL;
    return this.names.find(path, this.socketType) as UnixDatagram | number;
  }

  override connect(address: Address | null): number {
    const before = this.#peer;
    if (address === null) {
      this.#peer = null;
    } else {
      const other = this.#find(address);
      if (typeof other === 'number') return other;
      if (other.#peer !== null && other.#peer !== this) return -EPERM;
      this.#peer = other;
    }
    if (before !== null) {
      // Whose queue it was that kept the socket from being written to does not matter any more.
      this.#peerWake.leave();
      this.waits.wake(WRITABLE_BANDS);
      if (before !== this.#peer) this.#disconnectedFrom(before);
    }
    return 0;
  }

  override connectOutcome(): number {
    return -EISCONN;
  }

  /**
   * unix_dgram_disconnected: what is queued is dropped, and a peer that was connected back is told.
   */
  #disconnectedFrom(peer: UnixDatagram): void {
    if (this.#received.length === 0) return;
    this.#dropAll();
    if (peer.#closed || peer.#peer !== this) return;
    peer.error = ECONNRESET;
    peer.waits.wake(POLLERR);
  }

  #dropAll(): void {
    for (const message of this.#received.splice(0)) message.from.#delivered(message);
    this.peerWaits.wake(0);
  }

  #delivered(message: Message): void {
    this.#bytesInUse -= roomOf(message.bytes.length, false);
    this.#writeSpace();
  }

  #writeSpace(): void {
    if (!this.#closed && isWritable(this.#bytesInUse)) this.waits.wake(WRITABLE_BANDS);
  }

  // ---- data ----

  override send(bytes: Uint8Array, from: number, flags: number): number {
    return this.sendTo(bytes, from, flags, null);
  }

  /** unix_dgram_sendmsg. */
  override sendTo(
    bytes: Uint8Array,
    _from: number,
    flags: number,
    address: Address | null,
  ): number {
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (address !== null && pathOf(address) === undefined) return -EINVAL;
    if (bytes.length > MESSAGE_BYTES_MAX) return -EMSGSIZE;
    const unable = this.#makesMessage();
    if (unable < 0) return unable;
    const sent = this.#deliver(bytes, address);
    // The message was made before its receiver was looked at: letting go of it makes room
    // (sock_wfree).
    if (sent < 0) this.#writeSpace();
    return sent;
  }

  /**
   * sock_alloc_send_pskb: what keeps the socket itself from sending. Who has slept for its receiver
   * has a message already, and is not asked again.
   */
  #makesMessage(): number {
    const resumes = this.#resumes;
    this.#resumes = false;
    if (resumes) return 0;
    if (this.error !== 0) return -this.takeError();
    if ((this.shut & SHUT_WR) !== 0) return -EPIPE;
    this.#full = this;
    return this.#bytesInUse >= SEND_BUFFER_BYTES ? -EAGAIN : 0;
  }

  #deliver(bytes: Uint8Array, address: Address | null): number {
    const to = address === null ? (this.#peer ?? -ENOTCONN) : this.#find(address);
    if (typeof to === 'number') return to;
    if (to.#peer !== null && to.#peer !== this) return -EPERM;
    if (to.#closed) {
      this.#peer = null;
      this.#peerWake.leave();
      this.#disconnectedFrom(to);
      return -ECONNREFUSED;
    }
    if ((to.shut & SHUT_RD) !== 0) return -EPIPE;
    if (to !== this && this.#isFullFor(to)) {
      this.#full = to;
      // Who has sent to somebody else than its peer is not told of room.
      if (to === this.#peer) this.#peerWake.waitFor(to);
      return -EAGAIN;
    }
    this.#bytesInUse += roomOf(bytes.length, false);
    to.#received.push({ bytes: copyPayload(bytes, 0, bytes.length), from: this });
    to.waits.wake(ARRIVED);
    return bytes.length;
  }

  override recv(bytesMax: number, flags: number): Uint8Array | number {
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (this.error !== 0) return -this.takeError();
    const message = this.#received[0];
    this.#last = null;
    if (message === undefined) return -EAGAIN;
    const { bytes, from } = message;
    // unix_copy_addr: the name that the sender has by now.
    const address = from.name === '' ? null : { path: from.name };
    this.#last = { address, length: bytes.length };
    this.peerWaits.wake(WRITABLE_BANDS);
    if ((flags & MSG_PEEK) !== 0) return bytes.slice(0, bytesMax);
    this.#received.shift();
    message.from.#delivered(message);
    return bytes.length > bytesMax ? bytes.slice(0, bytesMax) : bytes;
  }

  override lastMessage(taken: Uint8Array): { address: Address | null; length: number } {
    return this.#last ?? super.lastMessage(taken);
  }

  override get endsBlockingRecv(): boolean {
    return (this.shut & SHUT_RD) !== 0;
  }

  /** FIONREAD: the first message alone. */
  override bytesReadable(): number {
    return this.#received[0]?.bytes.length ?? 0;
  }

  // ---- the rest ----

  override shutdown(how: number): number {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    this.shut |= how;
    this.waits.wake(0);
    return 0;
  }

  override listen(): number {
    return -EOPNOTSUPP;
  }

  override accept(): number {
    return -EOPNOTSUPP;
  }

  override peername(): Address | number {
    return this.#peer === null ? -ENOTCONN : { path: this.#peer.name };
  }

  override release(): void {
    super.release();
    this.#closed = true;
    this.#peer = null;
    this.peerWaits.wake(0);
    this.#peerWake.leave();
    this.#dropAll();
  }

  override describe(): string {
    const name = this.name === '' ? '' : ` ${this.name.replace('\0', '@')}`;
    return `unix dgram${name}  ${this.#received.length} messages queued`;
  }
}
