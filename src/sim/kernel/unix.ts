import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
} from '../../sys/constants.ts';
import { EAGAIN, ECONNRESET, EINVAL, EISCONN, ENOTCONN, EPIPE } from '../../sys/errno.ts';
import { UnsupportedError } from '../../sys/errors.ts';
import type { Address, SocketOption } from '../../sys/sys.ts';
import { ByteQueue } from './byte-queue.ts';
import { type Incoming, SHUT_RD, SHUT_RDWR, SHUT_WR, Socket } from './socket.ts';

/** net.core.wmem_default. */
const SEND_BUFFER_BYTES = 212_992;
const FLAGS_KNOWN = MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL;
const EMPTY = new Uint8Array(0);

/**
 * An AF_UNIX stream socket as socketpair(2) makes it (unix(7), net/unix/af_unix.c).
 *
 * # Only pairs
 * Names (bind, listen, connect) throw an UnsupportedError: nothing is guessed.
 */
export class UnixStream extends Socket {
  override readonly type = 'unix';
  override readonly acceptSleeps = false;
  #peer: UnixStream | null = null;
  #connected = false;
  /** RD: what I will not read or my peer will not write; WR likewise. A shutdown marks both ends. */
  #shut = 0;
  #error = 0;
  readonly #received = new ByteQueue();

  static pair(): [UnixStream, UnixStream] {
    const a = new UnixStream();
    const b = new UnixStream();
    a.#peer = b;
    b.#peer = a;
    a.#connected = true;
    b.#connected = true;
    return [a, b];
  }

  override get counterpart(): UnixStream | null {
    return this.#peer;
  }

  /** unix_writable: at most a quarter of the buffer in use. */
  get #writable(): boolean {
    return this.#inUse * 4 <= SEND_BUFFER_BYTES;
  }

  /** Bytes sent that the peer has not read. */
  get #inUse(): number {
    return this.#peer === null ? 0 : this.#peer.#received.length;
  }

  override poll(): number {
    let mask = 0;
    if (this.#error !== 0) mask |= POLLERR;
    if (this.#shut === SHUT_RDWR || !this.#connected) mask |= POLLHUP;
    if ((this.#shut & SHUT_RD) !== 0) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (this.#received.length > 0) mask |= POLLIN | POLLRDNORM;
    if (this.#writable) mask |= POLLOUT | POLLWRNORM;
    return mask;
  }

  override bytesReadable(): number {
    return this.#received.length;
  }

  override send(bytes: Uint8Array, from: number, flags: number): number {
    if ((flags & ~FLAGS_KNOWN) !== 0)
      throw new UnsupportedError(`send flags 0x${flags.toString(16)}`);
    if (!this.#connected) return -ENOTCONN;
    const peer = this.#peer;
    if (peer === null || (this.#shut & SHUT_WR) !== 0) return -EPIPE;
    if (bytes.length === from) return 0;
    const size = Math.min(bytes.length - from, SEND_BUFFER_BYTES - this.#inUse);
    if (size <= 0) return -EAGAIN;
    peer.#received.push(new Uint8Array(bytes.subarray(from, from + size)));
    peer.waits.wake(POLLIN);
    return size;
  }

  override recv(bytesMax: number, flags: number): Uint8Array | number {
    if ((flags & ~FLAGS_KNOWN) !== 0)
      throw new UnsupportedError(`recv flags 0x${flags.toString(16)}`);
    if (!this.#connected) return -EINVAL;
    const received = this.#received;
    if (received.length > 0) {
      if ((flags & MSG_PEEK) !== 0) return received.peek(bytesMax);
      const chunks = received.chunkCount;
      const bytes = received.take(bytesMax);
      // The sender's buffer is given back message by message.
      if (received.chunkCount < chunks) this.#peer?.waits.wake(POLLOUT);
      return bytes;
    }
    if (this.#error !== 0) {
      const error = this.#error;
      this.#error = 0;
      return -error;
    }
    return (this.#shut & SHUT_RD) !== 0 ? EMPTY : -EAGAIN;
  }

  override shutdown(how: number): number {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    this.#shut |= how;
    const peer = this.#peer;
    if (peer !== null) {
      if ((how & SHUT_RD) !== 0) peer.#shut |= SHUT_WR;
      if ((how & SHUT_WR) !== 0) peer.#shut |= SHUT_RD;
      peer.waits.wake(0);
    }
    this.waits.wake(0);
    return 0;
  }

  override release(): void {
    const peer = this.#peer;
    this.#peer = null;
    if (peer === null) return;
    peer.#peer = null;
    peer.#shut = SHUT_RDWR;
    if (this.#received.length > 0) peer.#error = ECONNRESET;
    peer.waits.wake(0);
  }

  override sockname(): Address | number {
    return { path: '' };
  }

  override peername(): Address | number {
    return this.#connected ? { path: '' } : -ENOTCONN;
  }

  override getOption(option: SocketOption): number {
    if (option === 'SO_ERROR') {
      const error = this.#error;
      this.#error = 0;
      return error;
    }
    if (option === 'SO_SNDBUF') return SEND_BUFFER_BYTES;
    throw new UnsupportedError(`getsockopt ${option} on an AF_UNIX socket`);
  }

  override setOption(option: SocketOption): number {
    throw new UnsupportedError(`setsockopt ${option} on an AF_UNIX socket`);
  }

  override bind(): number {
    throw new UnsupportedError('bind of an AF_UNIX socket');
  }
  override listen(): number {
    throw new UnsupportedError('listen on an AF_UNIX socket');
  }
  override accept(): Incoming | number {
    return -EINVAL;
  }
  override connect(address: Address | null): number {
    return address === null || 'port' in address ? -EINVAL : -EISCONN;
  }
  override connectOutcome(): number {
    return -EISCONN;
  }

  override describe(): string {
    return `unix stream  recv ${this.#received.length} B${this.#peer === null ? '  peer closed' : ''}`;
  }
}
