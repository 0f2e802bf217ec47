import { EADDRINUSE, EADDRNOTAVAIL, EHOSTUNREACH } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';
import { addressText, isAnyAddress } from '../kernel/addresses.ts';
import {
  type Choices,
  FAULT_DROP,
  FAULT_DUPLICATE,
  FAULT_REORDER,
  KIND,
  type Kind,
} from '../kernel/choices.ts';
import type { Arrival } from '../kernel/happening.ts';
import type { DatagramNetwork, UnderWay } from '../kernel/network.ts';
import type { UdpSocket } from '../kernel/udp.ts';
import { EnvironmentEvent, type EventList } from './events.ts';
import type { Segment, Tap } from './tap.ts';

/** What a network of datagrams is made of. */
export interface DatagramParts {
  readonly choices: Choices;
  readonly events: EventList;
  readonly tap: Tap | undefined;
  readonly adversarial: boolean;
  readonly ephemeralPorts: readonly [first: number, last: number];
  /** The host that `name` means when `from` says it, or undefined. */
  readonly resolve: (from: string, name: string) => string | undefined;
  /** Nothing comes through between these hosts now. */
  readonly isCut: (from: string, to: string) => boolean;
}

/**
 * Datagrams between simulated hosts. In loopback mode they arrive at once; in adversarial mode each
 * arrival is a step of its own, and between any two addresses they keep their order. Loss,
 * duplication and reordering are faults.
 *
 * # UDP: a refusal comes with the arrival
 * The ICMP message that nobody receives at an address is there in the same step in which the
 * datagram would have been.
 */
export class VirtualDatagrams implements DatagramNetwork {
  readonly parts: DatagramParts;
  /** By host and port; the last to be bound receives first. */
  readonly #bound = new Map<string, UdpSocket[]>();
  readonly #paths = new Map<string, Path>();

  constructor(parts: DatagramParts) {
    this.parts = parts;
  }

  #at(host: string, port: number): UdpSocket[] {
    const key = `${host}:${port}`;
    let sockets = this.#bound.get(key);
    if (sockets === undefined) {
      sockets = [];
      this.#bound.set(key, sockets);
    }
    return sockets;
  }

  bind(socket: UdpSocket, address: InetAddress): number {
    const { host } = socket;
    if (!isAnyAddress(address.host) && this.parts.resolve(host, address.host) !== host) {
      return -EADDRNOTAVAIL;
    }
    const port = address.port === 0 ? this.#freePort(host) : address.port;
    if (port < 0) return port;
    const sockets = this.#at(host, port);
    const shares = (other: UdpSocket): boolean =>
      (socket.reuseAddress && other.reuseAddress) || (socket.reusePort && other.reusePort);
    if (!sockets.every(shares)) return -EADDRINUSE;
    sockets.push(socket);
    socket.local = { host: address.host, port };
    socket.hasPort = true;
    return 0;
  }

  #freePort(host: string): number {
    const [first, last] = this.parts.ephemeralPorts;
    for (let port = first; port <= last; port++) {
      if ((this.#bound.get(`${host}:${port}`)?.length ?? 0) === 0) return port;
    }
    return -EADDRINUSE;
  }

  connect(socket: UdpSocket, address: InetAddress): number {
    const { host } = socket;
    const target = this.parts.resolve(host, address.host);
    if (target === undefined) return -EHOSTUNREACH;
    const here = target === host;
    const local = socket.local as InetAddress;
    if (isAnyAddress(local.host)) {
      socket.local = { host: here ? '127.0.0.1' : host, port: local.port };
    }
    socket.peer = { host: here ? '127.0.0.1' : address.host, port: address.port };
    return 0;
  }

  released(socket: UdpSocket): void {
    const { local } = socket;
    if (!socket.hasPort || local === null) return;
    const sockets = this.#at(socket.host, local.port);
    sockets.splice(sockets.indexOf(socket), 1);
    socket.hasPort = false;
    socket.local = null;
  }

  send(socket: UdpSocket, bytes: Uint8Array, to: InetAddress): number {
    const host = this.parts.resolve(socket.host, to.host);
    if (host === undefined) return -EHOSTUNREACH;
    if (this.parts.isCut(socket.host, host)) return 0;
    const here = host === socket.host;
    const port = (socket.local as InetAddress).port;
    const from = { host: here ? '127.0.0.1' : socket.host, port };
    const path = this.#path(from, host, { host: here ? '127.0.0.1' : to.host, port: to.port });
    path.add({ bytes, sender: socket });
    return 0;
  }

  #path(from: InetAddress, host: string, to: InetAddress): Path {
    const key = `${from.host}:${from.port}>${host}:${to.port}`;
    let path = this.#paths.get(key);
    if (path === undefined) {
      path = new Path(this, from, host, to);
      this.#paths.set(key, path);
    }
    return path;
  }

  /**
   * Who receives at `host` what `from` sends to `port` (compute_score): one who is connected to it,
   * before one who is connected to port 0 of its host, before one who is not.
   */
  receiver(host: string, port: number, from: InetAddress): UdpSocket | undefined {
    const sockets = this.#bound.get(`${host}:${port}`) ?? [];
    const connectedTo =
      (number: number) =>
      ({ peer }: UdpSocket): boolean =>
        peer !== null && peer.port === number && peer.host === from.host;
    return (
      sockets.findLast(connectedTo(from.port)) ??
      sockets.findLast(connectedTo(0)) ??
      sockets.findLast(({ peer }) => peer === null)
    );
  }

  describe(): UnderWay[] {
    return [...this.#paths.values()].flatMap((path) => path.describe());
  }
}

interface Sent {
  readonly bytes: Uint8Array;
  readonly sender: UdpSocket;
}

/** From one address to another; in adversarial mode the arrival of its first datagram is a step. */
class Path extends EnvironmentEvent {
  readonly #network: VirtualDatagrams;
  readonly #from: InetAddress;
  readonly #host: string;
  readonly #to: InetAddress;
  readonly #underWay: Sent[] = [];

  constructor(network: VirtualDatagrams, from: InetAddress, host: string, to: InetAddress) {
    super();
    this.#network = network;
    this.#from = from;
    this.#host = host;
    this.#to = to;
  }

  add(sent: Sent): void {
    this.#underWay.push(sent);
    this.#network.parts.tap?.departed(this.#segment(sent, undefined));
    if (this.#network.parts.adversarial) this.#network.parts.events.add(this);
    else this.fire();
  }

  fire(): void {
    const { choices, events } = this.#network.parts;
    const strikes = (bit: number, kind: Kind): boolean =>
      (choices.faults & bit) !== 0 && choices.decide(kind, 2, this) === 1;
    const reordered = this.#underWay.length > 1 && strikes(FAULT_REORDER, KIND.reorder);
    const [sent] = this.#underWay.splice(reordered ? 1 : 0, 1) as [Sent];
    // It leaves its sender's buffer before it is anybody else's (loopback_xmit).
    sent.sender.onSent();
    if (!strikes(FAULT_DROP, KIND.drop)) {
      this.#arrive(sent);
      if (strikes(FAULT_DUPLICATE, KIND.duplicate)) this.#arrive(sent);
    }
    if (this.#underWay.length === 0) events.remove(this);
  }

  #arrive({ bytes, sender }: Sent): void {
    const receiver = this.#network.receiver(this.#host, this.#to.port, this.#from);
    this.#network.parts.tap?.arrived(this.#segment({ bytes, sender }, receiver));
    if (receiver === undefined) sender.onRefused(this.#to);
    else receiver.onDatagram(bytes, this.#from);
  }

  #segment({ bytes, sender }: Sent, to: UdpSocket | undefined): Segment {
    const [fromAddress, toAddress] = [this.#from, this.#to];
    return { what: 'datagram', from: sender, to, fromAddress, toAddress, bytes };
  }

  happening(): Arrival {
    const bytes = this.#underWay[0]?.bytes.length ?? 0;
    return { kind: 'UDP', from: addressText(this.#from), to: addressText(this.#to), bytes };
  }

  describe(): UnderWay[] {
    const count = this.#underWay.length;
    if (count === 0) return [];
    const { from, to } = this.happening();
    return [{ path: `UDP ${from}→${to}`, what: `${count} datagram${count === 1 ? '' : 's'}` }];
  }
}
