import { POLLERR, POLLHUP, POLLRDHUP } from '../../sys/constants.ts';
import { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOTCONN } from '../../sys/errno.ts';
import type { Address, SocketOption } from '../../sys/sys.ts';
import { ARRIVED, READABLE, WRITABLE_BANDS } from './readiness.ts';
import { backlogOf, type Incoming, SHUT_RD, SHUT_RDWR, SHUT_WR } from './socket.ts';
import type { Task } from './task.ts';
import { isWritable, pathOf, SEND_BUFFER_BYTES, UnixSocket } from './unix-socket.ts';

/**
 * An AF_UNIX socket with connections: stream or seqpacket. There is no network between the two:
 * connect(2) is done when it returns, and what is sent is in the peer's queue at once.
 */
export abstract class UnixConnection extends UnixSocket {
  state: 'CLOSE' | 'LISTEN' | 'ESTABLISHED' = 'CLOSE';
  peer: UnixConnection | null = null;
  /** Who has sent all that there is to receive, even if it is gone by now. */
  #sender: UnixConnection | null = null;
  #backlog = 0;
  readonly #acceptQueue: UnixConnection[] = [];
  /** In whose queue there was no place when it wanted to connect. */
  #full: UnixConnection = this;

  /** A fresh socket of the same kind: the other end of a connection that is made. */
  abstract makeSibling(): UnixConnection;

  /** Bytes received and not yet read. */
  abstract readonly bytesQueued: number;

  override get counterpart(): UnixConnection | null {
    return this.peer;
  }

  /** Both ends of socketpair(2). */
  join(other: UnixConnection): void {
    this.peer = other;
    other.peer = this;
    this.#sender = other;
    other.#sender = this;
    this.state = 'ESTABLISHED';
    other.state = 'ESTABLISHED';
  }

  /** unix_copy_addr: the sender's name at the time of the recv; null if it has none. */
  get senderAddress(): Address | null {
    return this.#senderName === '' ? null : { path: this.#senderName };
  }

  get #senderName(): string {
    return this.#sender?.name ?? '';
  }

  /** What is sent and the peer has not read takes so much of the send buffer. */
  abstract readonly bytesInUse: number;

  /** The peer was shut for reading, perhaps before it connected, which shows in no flag of ours. */
  get peerIsDeaf(): boolean {
    return this.peer !== null && (this.peer.shut & SHUT_RD) !== 0;
  }

  /** unix_writable: at most a quarter of the buffer in use. */
  get writable(): boolean {
    return this.state !== 'LISTEN' && isWritable(this.bytesInUse);
  }

  override poll(): number {
    let mask = 0;
    if (this.error !== 0) mask |= POLLERR;
    if (this.shut === SHUT_RDWR || this.state === 'CLOSE') mask |= POLLHUP;
    if ((this.shut & SHUT_RD) !== 0) mask |= POLLRDHUP | READABLE;
    if (this.bytesQueued > 0 || this.hasMessage || this.#acceptQueue.length > 0) mask |= READABLE;
    if (this.writable) mask |= WRITABLE_BANDS;
    return mask;
  }

  /** Something is queued, even if it is empty. */
  get hasMessage(): boolean {
    return this.bytesQueued > 0;
  }

  /** What is queued makes a close a reset. */
  get hasUnread(): boolean {
    return this.hasMessage;
  }

  /** unix_write_space: the peer has read one message of this socket's to its end. */
  messageRead(): void {
    if (this.writable) this.waits.wake(WRITABLE_BANDS);
  }

  // ---- listening ----

  /** A listener has no data to wait for and takes none. */
  override readSleeps(bytesMax: number): boolean {
    return this.state !== 'LISTEN' && super.readSleeps(bytesMax);
  }

  /**
   * # send on AF_UNIX: it does not sleep where an error or the end awaits it
   * (sock_alloc_send_pskb).
   */
  override writeSleeps(): boolean {
    if (this.peer === null || this.error !== 0 || (this.shut & SHUT_WR) !== 0) return false;
    return this.bytesInUse >= SEND_BUFFER_BYTES;
  }

  override listen(backlog: number): number {
    if (!this.isBound || this.state === 'ESTABLISHED') return -EINVAL;
    const before = this.#backlog;
    this.state = 'LISTEN';
    this.#backlog = backlogOf(backlog);
    if (this.#backlog > before) this.peerWaits.wake(0);
    return 0;
  }

  override get acceptSleeps(): boolean {
    return this.state === 'LISTEN' && this.#acceptQueue.length === 0 && (this.shut & SHUT_RD) === 0;
  }

  get acceptQueueLength(): number {
    return this.#acceptQueue.length;
  }

  override accept(): Incoming | number {
    if (this.state !== 'LISTEN') return -EINVAL;
    const socket = this.#acceptQueue.shift();
    if (socket === undefined) return -EAGAIN;
    this.peerWaits.wake(0, 1);
    return { socket, address: { path: socket.#senderName } };
  }

  // ---- connecting ----

  /** unix_wait_for_peer: one by one, whatever else happens to the socket. */
  override sleepConnecting(task: Task): void {
    task.sleepOn(this.#full.peerWaits, 0, true);
  }

  override connect(address: Address | null): number {
    const path = pathOf(address);
    if (path === undefined || path === '') return -EINVAL;
    const listener = this.names.find(path, this.socketType);
    if (typeof listener === 'number') return listener;
    const other = listener as UnixConnection;
    if (other.state !== 'LISTEN' || (other.shut & SHUT_RD) !== 0) return -ECONNREFUSED;
    if (other.#acceptQueue.length > other.#backlog) {
      this.#full = other;
      return -EAGAIN;
    }
    if (this.state === 'ESTABLISHED') return -EISCONN;
    if (this.state === 'LISTEN') return -EINVAL;
    const server = other.makeSibling();
    server.name = other.name;
    this.join(server);
    other.#acceptQueue.push(server);
    other.waits.wake(ARRIVED);
    return 0;
  }

  override connectOutcome(): number {
    return this.state === 'ESTABLISHED' ? -EISCONN : -EINVAL;
  }

  override peername(): Address | number {
    return this.state === 'ESTABLISHED' ? { path: this.#senderName } : -ENOTCONN;
  }

  // ---- closing ----

  override shutdown(how: number): number {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    this.shut |= how;
    this.waits.wake(0);
    const { peer } = this;
    if (peer !== null) {
      if ((how & SHUT_RD) !== 0) peer.shut |= SHUT_WR;
      if ((how & SHUT_WR) !== 0) peer.shut |= SHUT_RD;
      peer.waits.wake(0);
    }
    return 0;
  }

  override release(): void {
    super.release();
    this.peerWaits.wake(0);
    this.#leavePeer(this.hasUnread);
    // Nobody will accept those who wait: to them it is as if the other end had been reset.
    for (const child of this.#acceptQueue.splice(0)) child.#leavePeer(true);
    this.state = 'CLOSE';
  }

  /** unix_release_sock, as the peer sees it. */
  #leavePeer(withReset: boolean): void {
    const { peer } = this;
    this.peer = null;
    if (peer === null) return;
    peer.peer = null;
    peer.shut = SHUT_RDWR;
    if (withReset) peer.error = ECONNRESET;
    peer.waits.wake(0);
  }

  override getOption(option: SocketOption): number {
    if (option === 'SO_ACCEPTCONN') return this.state === 'LISTEN' ? 1 : 0;
    return super.getOption(option);
  }

  override bytesReadable(): number {
    return this.state === 'LISTEN' ? -EINVAL : this.bytesQueued;
  }

  override describe(): string {
    const name = this.name === '' ? '' : ` ${this.name.replace('\0', '@')}`;
    const what = `unix ${this.socketType}${name}`;
    if (this.state === 'LISTEN') {
      return `${what}  LISTEN backlog ${this.#acceptQueue.length}/${this.#backlog}`;
    }
    const gone = this.state === 'ESTABLISHED' && this.peer === null ? '  peer closed' : '';
    return `${what}  recv ${this.bytesQueued} B${gone}`;
  }
}
