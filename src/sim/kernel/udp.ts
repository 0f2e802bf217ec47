import {
  AF_INET,
  IPPROTO_UDP,
  MSG_OOB,
  MSG_PEEK,
  POLLERR,
  POLLHUP,
  POLLRDHUP,
  SOCK_DGRAM,
} from '../../sys/constants.ts';
import {
  EAGAIN,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
} from '../../sys/errno.ts';
import type { Address, InetAddress, SocketOption } from '../../sys/sys.ts';
import { ANY_ADDRESS, addressText, isAnyAddress, isInet, wrongFamily } from './addresses.ts';
import type { DatagramNetwork } from './network.ts';
import { copyPayload } from './payload.ts';
import { ARRIVED, ARRIVED_OR_ERROR, READABLE, WRITABLE_BANDS } from './readiness.ts';
import {
  isReadOnly,
  keptValue,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  Socket,
  type SocketKind,
} from './socket.ts';
import type { Task } from './task.ts';

/** What fits into one IPv4 packet. */
const DATAGRAM_BYTES_MAX = 65_507;
/** net.core.rmem_default: what does not fit is lost. */
const RECEIVE_BUFFER_BYTES = 212_992;
/** What a datagram takes of the buffer beside its bytes. */
const OVERHEAD_BYTES = 768;

const KIND: SocketKind = { SO_DOMAIN: AF_INET, SO_TYPE: SOCK_DGRAM, SO_PROTOCOL: IPPROTO_UDP };

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: InetAddress;
}

/**
 * A UDP socket (udp(7), net/ipv4/udp.c). Sending never waits; what arrives and finds no room is
 * lost.
 */
export class UdpSocket extends Socket {
  override readonly type = 'udp';
  override readonly kind: SocketKind = KIND;
  override readonly acceptSleeps = false;
  readonly network: DatagramNetwork;
  readonly host: string;
  local: InetAddress | null = null;
  /** The network has given it a port. */
  hasPort = false;
  peer: InetAddress | null = null;
  reuseAddress = false;
  reusePort = false;
  #portChosen = false;
  #addressChosen = false;
  #shut = 0;
  #error = 0;
  readonly #received: Datagram[] = [];
  #bytesQueued = 0;
  #last: { readonly address: Address; readonly length: number } | null = null;
  readonly #options = new Map<SocketOption, number>();

  constructor(network: DatagramNetwork, host: string) {
    super();
    this.network = network;
    this.host = host;
  }

  override get exclusiveReaders(): boolean {
    return true;
  }

  override sleepReading(task: Task): void {
    task.sleepOn(this.waits, ARRIVED_OR_ERROR, true);
  }

  /** datagram_poll. */
  override poll(): number {
    let mask = WRITABLE_BANDS;
    if (this.#error !== 0) mask |= POLLERR;
    if ((this.#shut & SHUT_RD) !== 0) mask |= POLLRDHUP | READABLE;
    if (this.#shut === SHUT_RDWR) mask |= POLLHUP;
    if (this.#received.length > 0) mask |= READABLE;
    return mask;
  }

  override get keepsMessages(): boolean {
    return true;
  }

  // ---- naming ----

  override bind(address: Address): number {
    if (!isInet(address)) return wrongFamily(address);
    if (this.hasPort) return -EINVAL;
    const bound = this.network.bind(this, address);
    if (bound === 0) {
      this.#portChosen = address.port !== 0;
      this.#addressChosen = !isAnyAddress(address.host);
    }
    return bound;
  }

  #autobind(): number {
    if (this.hasPort) return 0;
    const host = this.#addressChosen ? (this.local as InetAddress).host : ANY_ADDRESS;
    return this.network.bind(this, { host, port: 0 });
  }

  override connect(address: Address | null): number {
    if (address === null) {
      this.#disconnect();
      return 0;
    }
    // inet_dgram_connect: whatever becomes of the call, the socket has a port.
    const bound = this.#autobind();
    if (bound < 0) return bound;
    if (!isInet(address)) return wrongFamily(address);
    return this.network.connect(this, address);
  }

  /** __udp_disconnect: what the program had not chosen itself is given back. */
  #disconnect(): void {
    const { local } = this;
    this.peer = null;
    if (local === null) return;
    const host = this.#addressChosen ? local.host : ANY_ADDRESS;
    if (this.#portChosen) {
      if (host !== local.host) this.network.moved(this, host);
      return;
    }
    this.network.released(this);
    this.local = { host, port: 0 };
  }

  override connectOutcome(): number {
    return -EISCONN;
  }

  // ---- data ----

  override send(bytes: Uint8Array, from: number, flags: number): number {
    return this.sendTo(bytes, from, flags, null);
  }

  override sendTo(
    bytes: Uint8Array,
    _from: number,
    flags: number,
    address: Address | null,
  ): number {
    // inet_send_prepare: whatever becomes of the call, the socket has a port.
    const bound = this.#autobind();
    if (bound < 0) return bound;
    if (bytes.length > 0xffff) return -EMSGSIZE;
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (address !== null && !isInet(address)) return wrongFamily(address);
    if (address !== null && address.port === 0) return -EINVAL;
    const to = address ?? this.peer;
    if (to === null) return -EDESTADDRREQ;
    if (this.#error !== 0) return -this.#takeError();
    if ((this.#shut & SHUT_WR) !== 0) return -EPIPE;
    if (bytes.length > DATAGRAM_BYTES_MAX) return -EMSGSIZE;
    const sent = this.network.send(this, copyPayload(bytes, 0, bytes.length), to);
    return sent < 0 ? sent : bytes.length;
  }

  /** Upcall: a datagram has arrived. */
  onDatagram(bytes: Uint8Array, from: InetAddress): void {
    const taken = this.#bytesQueued + this.#received.length * OVERHEAD_BYTES;
    if (taken > RECEIVE_BUFFER_BYTES) return;
    this.#received.push({ bytes, from });
    this.#bytesQueued += bytes.length;
    this.waits.wake(ARRIVED);
  }

  /** Upcall: what was sent has left the send buffer. */
  onSent(): void {
    this.waits.wake(WRITABLE_BANDS);
  }

  /**
   * Upcall, an ICMP message: nobody receives at `address`. Only who is connected to it hears of
   * that.
   */
  onRefused(address: InetAddress): void {
    const { peer } = this;
    if (peer === null || peer.host !== address.host) return;
    // Connected to port 0 it hears of every port of that host (__udp4_lib_err).
    if (peer.port !== 0 && peer.port !== address.port) return;
    this.#error = ECONNREFUSED;
    this.waits.wake(POLLERR);
  }

  override recv(bytesMax: number, flags: number): Uint8Array | number {
    if (this.#error !== 0) return -this.#takeError();
    const datagram = this.#received[0];
    this.#last = null;
    if (datagram === undefined) return -EAGAIN;
    const { bytes, from } = datagram;
    this.#last = { address: from, length: bytes.length };
    if ((flags & MSG_PEEK) !== 0) return bytes.slice(0, bytesMax);
    this.#received.shift();
    this.#bytesQueued -= bytes.length;
    return bytes.length > bytesMax ? bytes.slice(0, bytesMax) : bytes;
  }

  override lastMessage(taken: Uint8Array): { address: Address | null; length: number } {
    return this.#last ?? super.lastMessage(taken);
  }

  override get endsBlockingRecv(): boolean {
    return (this.#shut & SHUT_RD) !== 0;
  }

  override bytesReadable(): number {
    return this.#received[0]?.bytes.length ?? 0;
  }

  // ---- the rest ----

  /** # shutdown of UDP: on an unconnected socket it fails, and yet takes effect. */
  override shutdown(how: number): number {
    if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    this.#shut |= how;
    this.waits.wake(0);
    return this.peer === null ? -ENOTCONN : 0;
  }

  override listen(): number {
    return -EOPNOTSUPP;
  }

  override accept(): number {
    return -EOPNOTSUPP;
  }

  override sockname(): Address | number {
    return this.local ?? { host: '0.0.0.0', port: 0 };
  }

  override peername(): Address | number {
    // Connected to port 0 it has no peer as far as anybody asks (inet_getname).
    return this.peer === null || this.peer.port === 0 ? -ENOTCONN : this.peer;
  }

  #takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }

  override getOption(option: SocketOption): number {
    switch (option) {
      case 'SO_ERROR':
        return this.#takeError();
      case 'SO_REUSEADDR':
        return this.reuseAddress ? 1 : 0;
      case 'SO_REUSEPORT':
        return this.reusePort ? 1 : 0;
      case 'SO_ACCEPTCONN':
        return 0;
      case 'SO_SNDBUF':
      case 'SO_RCVBUF':
        return this.#options.get(option) ?? RECEIVE_BUFFER_BYTES;
      case 'SO_LINGER':
        return this.#options.get(option) ?? -1;
      default:
        return option.startsWith('TCP_') ? -EOPNOTSUPP : (this.#options.get(option) ?? 0);
    }
  }

  override setOption(option: SocketOption, value: number): number {
    if (isReadOnly(option) || option.startsWith('TCP_')) return -ENOPROTOOPT;
    if (option === 'SO_REUSEADDR') this.reuseAddress = value !== 0;
    else if (option === 'SO_REUSEPORT') this.reusePort = value !== 0;
    else this.#options.set(option, keptValue(option, value));
    return 0;
  }

  override release(): void {
    this.network.released(this);
  }

  override describe(): string {
    const here = this.local === null ? 'unbound' : addressText(this.local);
    const there = this.peer === null ? '' : ` ↔ ${addressText(this.peer)}`;
    return `udp ${here}${there}  ${this.#received.length} datagrams queued`;
  }
}
