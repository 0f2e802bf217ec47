import { EADDRINUSE, EHOSTUNREACH } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';
import { addressText, isAnyAddress } from '../kernel/addresses.ts';
import { type Happening, labelOf } from '../kernel/happening.ts';
import { type Network, PENDING, type UnderWay } from '../kernel/network.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import type { Carrier, CarrierId, Upcall } from './carrier.ts';
import { EnvironmentEvent, type EventList } from './events.ts';
import { OutsideLink } from './outside-link.ts';
import { LOOPBACK, OutsidePorts, type OutsidePortsOptions } from './outside-ports.ts';

export interface OutsideOptions extends OutsidePortsOptions {
  readonly events: EventList;
}

/** A client of this world: what it is called, and its end of the connection. */
interface Client {
  readonly name: InetAddress;
  readonly link: OutsideLink;
}

type Incoming = Extract<Upcall, { what: 'incoming' }>;

/** What the network keeps about a socket. */
interface Claim {
  /** Its listening, or its attempt to connect. */
  id: CarrierId;
  link: OutsideLink | null;
  /** Where it connects to, as its program said; null for a place outside of the world. */
  asked: InetAddress | null;
}

/**
 * A network outside of the simulation, seen from inside: all of it that is determined by what the
 * programs do and by the upcalls of its carrier. What happens when, and what arrives, is the {@link
 * Carrier}'s affair: node:net, or a recording of it.
 *
 * Upcalls are taken in between steps ({@link admit}), and each is a step then, in the order of
 * their arrival.
 *
 * # node:net: bind claims a port only in this world
 * Node binds when it listens, so that a port which somebody else on the machine has is found out
 * by listen(2), which then fails with EADDRINUSE. Port 0 is chosen there as well where ports
 * are the machine's: getsockname(2) gives port 0 until then.
 *
 * # node:net: 0.0.0.0 is the loopback interface
 * A host of the world listens on 127.0.0.1 of the machine, whatever its program binds, unless the
 * run's options name another address.
 *
 * # node:net: no TIME_WAIT
 * Node listens with SO_REUSEADDR always, so a port is free as soon as nobody listens.
 *
 * # node:net: the accept queue ends in a waiting room
 * A connection for which the accept queue has no place is complete already as far as its client can
 * see; it waits here, and nothing of it is read. Linux would drop the client's SYN instead, and let
 * it try again.
 */
export abstract class OutsideNetwork implements Network {
  readonly #carrier: Carrier;
  readonly #events: EventList;
  readonly #ports: OutsidePorts;
  #ids = 0;
  /** Listeners and attempts to connect. */
  readonly #asking = new Map<CarrierId, TcpSocket>();
  readonly #links = new Map<CarrierId, OutsideLink>();
  /**
   * The clients of this world by the machine's port; an entry stays until the port is another's.
   */
  readonly #clients = new Map<number, Client>();
  /** What has been asked for and not answered, and clients whose servers have not heard of them. */
  readonly #pending = new Set<CarrierId>();
  readonly #inbox: Upcall[] = [];
  readonly #arrivals: UpcallEvent[] = [];
  /** Connections for which there was no place in the accept queue. */
  readonly #waitingRoom = new Map<TcpSocket, Incoming[]>();
  /** Connections with somebody who is not of this world. */
  foreignCount = 0;
  #incomingCount = 0;

  constructor(carrier: Carrier, options: OutsideOptions) {
    this.#carrier = carrier;
    this.#events = options.events;
    this.#ports = new OutsidePorts(options);
  }

  // ---- upcalls ----

  /** Something has happened outside; it takes effect after the next {@link admit}. */
  protected report(upcall: Upcall): void {
    this.#inbox.push(upcall);
  }

  /** A name for a connection that came from elsewhere. */
  protected nextIncoming(): CarrierId {
    return --this.#incomingCount;
  }

  /** Between two steps: what has happened outside may take effect now. Gives what that is. */
  admit(): readonly Upcall[] {
    if (this.#waitingRoom.size > 0) this.#callIn();
    if (this.#inbox.length === 0) return NONE;
    const admitted = this.#inbox.splice(0);
    for (const upcall of admitted) this.#arrive(upcall);
    return admitted;
  }

  /** Accept queues may have room by now. */
  #callIn(): void {
    for (const [listener, waiting] of this.#waitingRoom) {
      const called = waiting.splice(0, listener.acceptRoom);
      for (const incoming of called) this.#arrive(incoming);
      if (waiting.length === 0) this.#waitingRoom.delete(listener);
    }
  }

  #arrive(upcall: Upcall): void {
    const event = new UpcallEvent(this, upcall);
    this.#arrivals.push(event);
    if (this.#arrivals.length === 1) this.#events.add(event);
  }

  /** The first of the arrivals takes effect. */
  fire(event: UpcallEvent): void {
    this.#events.remove(event);
    this.#arrivals.shift();
    const next = this.#arrivals[0];
    if (next !== undefined) this.#events.add(next);
    this.#apply(event.upcall);
  }

  #apply(upcall: Upcall): void {
    switch (upcall.what) {
      case 'listening':
        this.#listening(upcall.id, upcall.errno, upcall.port);
        return;
      case 'incoming':
        this.#incoming(upcall);
        return;
      case 'established':
        this.#established(upcall.id, upcall.local, upcall.peer);
        return;
      case 'refused':
        this.#asking.get(upcall.id)?.onRefused(upcall.errno);
        return;
      case 'data':
        this.#links.get(upcall.id)?.arrived(upcall.bytes);
        return;
      case 'written':
        this.#links.get(upcall.id)?.written(upcall.count);
        return;
      case 'fin':
        this.#links.get(upcall.id)?.finArrived();
        return;
      case 'finSent':
        this.#links.get(upcall.id)?.finSent();
        return;
      case 'reset':
        this.#links.get(upcall.id)?.socket.onReset(upcall.errno);
        return;
      default:
        upcall satisfies never;
    }
  }

  happening({ id, ...upcall }: Upcall): Happening {
    const link = this.#links.get(id);
    const socket = link?.socket ?? this.#asking.get(id);
    const local = addressText(socket?.local ?? UNBOUND);
    const peer = addressText(socket?.peer ?? UNBOUND);
    const other = (text: string): Happening => ({ kind: 'other', text });
    switch (upcall.what) {
      case 'listening':
        return other(`${local} ${upcall.errno === 0 ? 'is open' : 'cannot be had'}`);
      case 'incoming': {
        const from = this.#clients.get(upcall.peer.port)?.name ?? upcall.peer;
        const to = this.#asking.get(upcall.listener)?.local ?? UNBOUND;
        return { kind: 'SYN', from: addressText(from), to: addressText(to), bytes: 0 };
      }
      case 'established':
        return other(`SYN ACK for port ${upcall.local.port}`);
      case 'refused':
        return other('RST for a SYN');
      case 'data':
        return { kind: 'data', from: peer, to: local, bytes: upcall.bytes.length };
      case 'written':
        return other(`${local}→${peer} ${upcall.count} B are out`);
      case 'fin':
        return { kind: 'FIN', from: peer, to: local, bytes: 0 };
      case 'finSent':
        return other(`${local}→${peer} FIN is out`);
      case 'reset':
        return { kind: 'RST', from: peer, to: local, bytes: 0 };
      default:
        return upcall satisfies never;
    }
  }

  /** A recording tells arrivals of data apart by how much there is. */
  label(upcall: Upcall): string {
    const happening = this.happening(upcall);
    const label = labelOf(happening);
    if (happening.kind === 'other') return `net ${label}`;
    return happening.kind === 'data' ? `${label} ${happening.bytes} B` : label;
  }

  // ---- ports ----

  bind(socket: TcpSocket, address: InetAddress): number {
    return this.#ports.bind(socket, address);
  }

  released(socket: TcpSocket): void {
    // A listen whose answer had not come.
    if (socket.link === null && this.#asking.has(claimOf(socket).id)) this.unlisten(socket);
    this.#ports.release(socket);
  }

  // ---- listening ----

  listen(socket: TcpSocket, backlog: number): number {
    const claim = claimOf(socket);
    if (!this.#ports.startListening(socket)) return -EADDRINUSE;
    claim.id = ++this.#ids;
    this.#asking.set(claim.id, socket);
    this.#pending.add(claim.id);
    this.#carrier.listen(claim.id, this.#realAddress(socket), backlog);
    return PENDING;
  }

  /** Where a listener listens on the machine; null for any free port. */
  #realAddress(socket: TcpSocket): InetAddress | null {
    if (this.#ports.mapPorts) return null;
    const { host, port } = socket.local as InetAddress;
    const isOwn = this.#ports.resolve(socket.host, host) !== undefined;
    return { host: isOwn ? this.#ports.address : host, port };
  }

  #listening(id: CarrierId, errno: number, realPort: number): void {
    this.#pending.delete(id);
    const socket = this.#asking.get(id);
    if (socket === undefined) return;
    const { host, port } = socket.local as InetAddress;
    if (errno !== 0) {
      this.#forgetListener(socket);
    } else if (port === 0) {
      socket.local = { host, port: realPort };
      this.#ports.startListening(socket);
    }
    socket.onListening(errno === 0 ? 0 : -errno);
  }

  unlisten(socket: TcpSocket): void {
    this.#carrier.unlisten(claimOf(socket).id);
    this.#forgetListener(socket);
    for (const { id } of this.#waitingRoom.get(socket) ?? NONE) this.#carrier.reset(id);
    this.#waitingRoom.delete(socket);
  }

  #forgetListener(socket: TcpSocket): void {
    const { id } = claimOf(socket);
    this.#asking.delete(id);
    this.#pending.delete(id);
    this.#ports.stopListening(socket);
  }

  #incoming(incoming: Incoming): void {
    const client = this.#clients.get(incoming.peer.port);
    if (client !== undefined) this.#pending.delete(client.link.id);
    const listener = this.#asking.get(incoming.listener);
    if (listener === undefined) {
      this.#carrier.reset(incoming.id);
      return;
    }
    if (listener.acceptRoom <= 0) {
      const waiting = this.#waitingRoom.get(listener) ?? [];
      waiting.push(incoming);
      this.#waitingRoom.set(listener, waiting);
      return;
    }
    const { host, port } = listener.local as InetAddress;
    const local = { host: isAnyAddress(host) ? incoming.local.host : host, port };
    const child = listener.onIncoming(local, client?.name ?? incoming.peer);
    const link = this.#linkUp(child, incoming.id, client === undefined);
    child.link = link;
    if (client !== undefined) {
      link.peer = client.link;
      client.link.peer = link;
    }
    link.deliver();
  }

  // ---- connecting ----

  connect(socket: TcpSocket, address: InetAddress): number {
    const { mapPorts } = this.#ports;
    const host = this.#ports.resolve(socket.host, address.host);
    if (host === undefined && mapPorts) return -EHOSTUNREACH;
    const listener = host === undefined ? undefined : this.#ports.listenerAt(host, address.port);
    const claim = claimOf(socket);
    claim.id = ++this.#ids;
    claim.asked = mapPorts || listener !== undefined ? address : null;
    this.#asking.set(claim.id, socket);
    this.#pending.add(claim.id);
    if (mapPorts) {
      const target = listener === undefined ? null : { listener: claimOf(listener).id };
      this.#carrier.connect(claim.id, target, null);
    } else {
      const own = isAnyAddress(this.#ports.address) ? LOOPBACK : this.#ports.address;
      const target = host === undefined ? address : { host: own, port: address.port };
      this.#carrier.connect(claim.id, { address: target }, boundAddress(socket));
    }
    return 0;
  }

  #established(id: CarrierId, local: InetAddress, peer: InetAddress): void {
    const socket = this.#asking.get(id);
    if (socket === undefined) return;
    this.#asking.delete(id);
    const { asked } = claimOf(socket);
    const link = this.#linkUp(socket, id, asked === null);
    const port = boundAddress(socket)?.port ?? local.port;
    socket.hasPort = true;
    if (asked === null) {
      this.#pending.delete(id);
      socket.onEstablished(local, peer, link);
    } else {
      const isHere = this.#ports.resolve(socket.host, asked.host) === socket.host;
      const name = { host: isHere ? LOOPBACK : socket.host, port };
      this.#clients.set(local.port, { name, link });
      const peerHost = isAnyAddress(asked.host) ? LOOPBACK : asked.host;
      socket.onEstablished(name, { host: peerHost, port: asked.port }, link);
    }
    link.deliver();
  }

  #linkUp(socket: TcpSocket, id: CarrierId, isForeign: boolean): OutsideLink {
    const link = new OutsideLink(this.#carrier, id, socket, isForeign);
    this.#links.set(id, link);
    claimOf(socket).link = link;
    if (isForeign) this.foreignCount++;
    return link;
  }

  abortConnect(socket: TcpSocket): void {
    this.#carrier.abort(claimOf(socket).id);
  }

  disconnected(socket: TcpSocket): void {
    const claim = claimOf(socket);
    this.#asking.delete(claim.id);
    this.#pending.delete(claim.id);
    const { link } = claim;
    if (link === null) return;
    claim.link = null;
    this.#links.delete(link.id);
    if (link.isForeign) this.foreignCount--;
  }

  /** Whether something is on its way that will be heard of, as far as this world knows. */
  get isMoving(): boolean {
    if (this.#inbox.length + this.#arrivals.length + this.#pending.size > 0) return true;
    for (const link of this.#links.values()) if (link.isMoving) return true;
    return false;
  }

  describe(): UnderWay[] {
    const found = this.#arrivals.map((event) => underWay(event.happening()));
    for (const link of this.#links.values()) {
      const what = link.describe();
      if (what !== '') found.push({ path: addressText(link.socket.local ?? UNBOUND), what });
    }
    return found;
  }
}

/** Something that has happened outside, on its way to become a step. */
class UpcallEvent extends EnvironmentEvent {
  readonly #network: OutsideNetwork;
  readonly upcall: Upcall;

  constructor(network: OutsideNetwork, upcall: Upcall) {
    super();
    this.#network = network;
    this.upcall = upcall;
  }

  fire(): void {
    this.#network.fire(this);
  }

  happening(): Happening {
    return this.#network.happening(this.upcall);
  }

  override label(): string {
    return this.#network.label(this.upcall);
  }
}

function underWay(happening: Happening): UnderWay {
  if (happening.kind === 'other') return { path: happening.text, what: 'to be told' };
  if (happening.kind === 'signal') return { path: happening.process, what: happening.signal };
  if (happening.kind === 'service') return { path: happening.service, what: happening.call };
  const { kind, from, to, bytes } = happening;
  return { path: `${from}→${to}`, what: kind === 'data' ? `${bytes} B` : kind };
}

const NONE: readonly never[] = [];
const UNBOUND: InetAddress = { host: '?', port: 0 };

function claimOf(socket: TcpSocket): Claim {
  socket.claim ??= { id: 0, link: null, asked: null } satisfies Claim;
  return socket.claim as Claim;
}

/** What it is bound to, if it has a port. */
function boundAddress({ hasPort, local }: TcpSocket): InetAddress | null {
  return hasPort && local !== null && local.port !== 0 ? local : null;
}
