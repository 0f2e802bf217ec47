import { EADDRINUSE, EADDRNOTAVAIL, EHOSTUNREACH } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';
import { addressOn, addressText, isAnyAddress } from '../kernel/addresses.ts';
import {
  type Choices,
  FAULT_DROP,
  FAULT_DUPLICATE,
  FAULT_REORDER,
  KIND,
  type Kind,
  type Labelled,
} from '../kernel/choices.ts';
import type { Arrival } from '../kernel/happening.ts';
import type { DatagramNetwork, UnderWay } from '../kernel/network.ts';
import type { UdpSocket } from '../kernel/udp.ts';
import { EnvironmentEvent, type EventList } from './events.ts';
import type { Segment, Tap } from './tap.ts';
import { UdpPort } from './udp-port.ts';

const LOOPBACK = '127.0.0.1';

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
  /** By host and port. */
  readonly #ports = new Map<string, UdpPort>();
  readonly #paths = new Map<string, Path>();

  constructor(parts: DatagramParts) {
    this.parts = parts;
  }

  #port(host: string, number: number): UdpPort {
    const key = `${host}:${number}`;
    let port = this.#ports.get(key);
    if (port === undefined) {
      port = new UdpPort(host);
      this.#ports.set(key, port);
    }
    return port;
  }

  bind(socket: UdpSocket, address: InetAddress): number {
    const { host } = socket;
    if (!isAnyAddress(address.host) && this.parts.resolve(host, address.host) !== host) {
      return -EADDRNOTAVAIL;
    }
    const number = address.port === 0 ? this.#freePort(host) : address.port;
    if (number < 0) return number;
    const port = this.#port(host, number);
    if (!port.mayHave(socket, address.host)) return -EADDRINUSE;
    socket.local = { host: address.host, port: number };
    socket.hasPort = true;
    port.add(socket);
    return 0;
  }

  #freePort(host: string): number {
    const [first, last] = this.parts.ephemeralPorts;
    for (let port = first; port <= last; port++) {
      if (this.#ports.get(`${host}:${port}`)?.isFree ?? true) return port;
    }
    return -EADDRINUSE;
  }

  connect(socket: UdpSocket, address: InetAddress): number {
    const { host } = socket;
    const target = this.parts.resolve(host, address.host);
    if (target === undefined) return -EHOSTUNREACH;
    const here = target === host;
    const local = socket.local as InetAddress;
    const to = reached(host, local, address);
    if (isAnyAddress(local.host)) this.moved(socket, here ? LOOPBACK : host);
    socket.peer = here ? to : address;
    return 0;
  }

  moved(socket: UdpSocket, address: string): void {
    const { port } = socket.local as InetAddress;
    socket.local = { host: address, port };
    this.#port(socket.host, port).moved(socket);
  }

  released(socket: UdpSocket): void {
    const { local } = socket;
    if (!socket.hasPort || local === null) return;
    this.#port(socket.host, local.port).remove(socket);
    socket.hasPort = false;
    socket.local = null;
  }

  send(socket: UdpSocket, bytes: Uint8Array, to: InetAddress): number {
    const host = this.parts.resolve(socket.host, to.host);
    if (host === undefined) return -EHOSTUNREACH;
    if (this.parts.isCut(socket.host, host)) return 0;
    const here = host === socket.host;
    const local = socket.local as InetAddress;
    const ownName = isAnyAddress(local.host) ? LOOPBACK : addressOn(socket.host, local.host);
    const from = { host: here ? ownName : socket.host, port: local.port };
    const path = this.#path(from, host, here ? reached(host, local, to) : to);
    path.add({ bytes, sender: socket });
    return 0;
  }

  #path(from: InetAddress, host: string, to: InetAddress): Path {
    const key = `${from.host}:${from.port}>${host} ${to.host}:${to.port}`;
    let path = this.#paths.get(key);
    if (path === undefined) {
      path = new Path(this, from, host, to);
      this.#paths.set(key, path);
    }
    return path;
  }

  /** Who receives at `host` what `from` sends to an address there; `about` is on its way. */
  receiver(
    host: string,
    to: InetAddress,
    from: InetAddress,
    about: Labelled,
  ): UdpSocket | undefined {
    const receivers = this.#ports.get(`${host}:${to.port}`)?.receivers(to.host, from) ?? [];
    if (receivers.length <= 1) return receivers[0];
    return receivers[this.parts.choices.decide(KIND.listener, receivers.length, about)];
  }

  describe(): UnderWay[] {
    return [...this.#paths.values()].flatMap((path) => path.describe());
  }
}

/**
 * The address that a socket means by one of its own host; any address is its own, or 127.0.0.1
 * (ip_route_output).
 */
function reached(host: string, local: InetAddress, to: InetAddress): InetAddress {
  if (!isAnyAddress(to.host)) return { host: addressOn(host, to.host), port: to.port };
  const isOwn = !isAnyAddress(local.host);
  return { host: isOwn ? addressOn(host, local.host) : LOOPBACK, port: to.port };
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
    const [from, to] = [this.#from, this.#to];
    const receiver = this.#network.receiver(this.#host, to, from, this);
    this.#network.parts.tap?.arrived(this.#segment({ bytes, sender }, receiver));
    if (receiver !== undefined) receiver.onDatagram(bytes, from);
    // Whoever would receive an answer hears of it (__udp4_lib_err).
    else this.#network.receiver(sender.host, from, to, this)?.onRefused(to);
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
