import { ByteQueue } from '../kernel/byte-queue.ts';
import type { Link } from '../kernel/network.ts';
import { copyPayload } from '../kernel/payload.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import type { Carrier, CarrierId } from './carrier.ts';

/** Bytes that a socket may have on their way to the machine, unless SO_SNDBUF says otherwise. */
const SEND_BUFFER_BYTES = 65_536;

/**
 * One end of a connection that a {@link Carrier} carries. Back-pressure is honoured both ways: a
 * send takes what fits into the buffer, whose room comes back as the carrier gets rid of its bytes;
 * and the carrier is asked for more only once the socket has taken all that came before and has
 * room again.
 */
export class OutsideLink implements Link {
  readonly id: CarrierId;
  readonly socket: TcpSocket;
  /** The other end is not of this world. */
  readonly isForeign: boolean;
  /** The other end, once both have come up, if it is of this world. */
  peer: OutsideLink | null = null;
  readonly #carrier: Carrier;
  #unwritten = 0;
  #bytesSent = 0;
  #bytesArrived = 0;
  #finAsked = false;
  #finOut = false;
  /** Arrived, and the socket has no room for it. */
  readonly #undelivered: ByteQueue = new ByteQueue();
  /** The peer's FIN stands behind these bytes. */
  #finArrived = false;
  /** No more was asked for, because the socket is full. */
  #paused = true;
  /** Reset by us. */
  #over = false;

  constructor(carrier: Carrier, id: CarrierId, socket: TcpSocket, isForeign: boolean) {
    this.#carrier = carrier;
    this.id = id;
    this.socket = socket;
    this.isForeign = isForeign;
  }

  get room(): number {
    return Math.max(
      0,
      (this.socket.options.sendBufferBytes || SEND_BUFFER_BYTES) - this.#unwritten,
    );
  }

  get isFull(): boolean {
    return this.room === 0;
  }

  get counterpart(): null {
    return null;
  }

  get bytesInFlight(): number {
    return this.#unwritten;
  }

  send(bytes: Uint8Array, from: number): number {
    const size = Math.min(bytes.length - from, this.room);
    if (size === 0) return 0;
    this.#unwritten += size;
    this.#bytesSent += size;
    this.#carrier.write(this.id, copyPayload(bytes, from, size));
    return size;
  }

  sendAll(bytes: Uint8Array): boolean {
    return this.room >= bytes.length && this.send(bytes, 0) === bytes.length;
  }

  shutdown(): void {
    this.#finAsked = true;
    this.#carrier.end(this.id);
  }

  reset(): void {
    this.#over = true;
    this.#paused = false;
    this.#undelivered.clear();
    this.#carrier.reset(this.id);
  }

  windowOpened(): void {
    if (this.#paused) this.deliver();
  }

  /**
   * Hand over what has arrived, as far as there is room; then ask for more. A new link is first
   * asked for something here.
   */
  deliver(): void {
    const { socket } = this;
    const undelivered = this.#undelivered;
    while (undelivered.length > 0 && socket.receiveRoom > 0) {
      socket.onData(undelivered.take(socket.receiveRoom));
      if (this.#over) return;
    }
    const isEmpty = undelivered.length === 0;
    if (isEmpty && this.#finArrived) {
      this.#paused = false;
      socket.onFin();
      return;
    }
    this.#paused = !isEmpty || socket.receiveRoom === 0;
    if (!this.#paused) this.#carrier.resume(this.id);
  }

  arrived(bytes: Uint8Array): void {
    this.#bytesArrived += bytes.length;
    this.#undelivered.push(bytes);
    this.#paused = true;
    this.deliver();
  }

  finArrived(): void {
    this.#finArrived = true;
    this.#paused = true;
    this.deliver();
  }

  written(count: number): void {
    this.#unwritten -= count;
    this.socket.onWriteSpace();
  }

  finSent(): void {
    this.#finOut = true;
    this.socket.onFinAcknowledged();
  }

  /**
   * Whether something is still going to be heard of this end: bytes and a FIN of its own that have
   * not left, and what the peer has sent, unless there is no room for it. (A reset behind a FIN
   * goes unheard: nobody reads any more.)
   */
  get isMoving(): boolean {
    if (this.#unwritten > 0 || (this.#finAsked && !this.#finOut)) return true;
    const { peer } = this;
    if (this.#paused || this.#finArrived || peer === null) return false;
    return peer.#over || peer.#finAsked || peer.#bytesSent > this.#bytesArrived;
  }

  /** What is on its way, for reports; empty when nothing is. */
  describe(): string {
    const parts: string[] = [];
    if (this.#unwritten > 0) parts.push(`${this.#unwritten} B to send`);
    if (this.#undelivered.length > 0) parts.push(`${this.#undelivered.length} B to receive`);
    return parts.join(', ');
  }
}
