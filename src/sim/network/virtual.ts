import { EADDRINUSE, EADDRNOTAVAIL, EHOSTUNREACH } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';
import { addressOn, isAnyAddress } from '../kernel/addresses.ts';
import {
  type Choices,
  FAULT_BYTE_AT_A_TIME,
  FAULT_JOIN,
  FAULT_RESET,
  FAULT_STALL,
  KIND,
  type Labelled,
} from '../kernel/choices.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Footprint } from '../kernel/footprint.ts';
import type { Network, UnderWay } from '../kernel/network.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import { Channel } from './channel.ts';
import { ConnectAttempt } from './connect-attempt.ts';
import { VirtualDatagrams } from './datagrams.ts';
import type { EventList } from './events.ts';
import { FinalAck } from './final-ack.ts';
import { syn, type Tap } from './tap.ts';
import { Destination, TcpPort } from './tcp-port.ts';

/** How the simulated network carries what is sent. @since 0.1.0 */
export interface VirtualNetworkOptions {
  /**
   * `loopback`: what is sent arrives at once, as on Linux's `lo`. `adversarial`: each arrival is a
   * step of its own.
   */
  readonly mode: 'loopback' | 'adversarial';
  /** In adversarial mode: whether what was sent together may arrive in pieces. Default: true. */
  readonly splits?: boolean;
  /**
   * How long bytes travel, in whole milliseconds of virtual time; drawn again for each departure.
   * Default: 0 to 0.
   */
  readonly latencyMsMin?: number;
  /** The longest latency, in milliseconds. Default: 0. */
  readonly latencyMsMax?: number;
  /** A sender's buffer, in bytes. Default: 131,072. */
  readonly sendBufferBytes?: number;
  /** First and last ephemeral port (ip_local_port_range). Default: 32,768 and 60,999. */
  readonly ephemeralPorts?: readonly [first: number, last: number];
}

/** ip_local_port_range of a stock Linux. */
const EPHEMERAL_PORTS = [32_768, 60_999] as const;
const SEND_BUFFER_BYTES = 131_072;

const NOBODY: readonly never[] = [];
const LOOPBACK = '127.0.0.1';

/**
 * The port that a socket is bound to or was accepted on, or where to it has connected from a port
 * that it did not choose.
 */
type Claim = TcpPort | Destination;

/**
 * The simulated network.
 *
 * # bind: the name of a host and 127.0.0.1 are one address
 * Whoever comes from another host, by name, reaches what is bound to 127.0.0.1 too; on Linux
 * another machine would not. 127.0.0.2 and the like are addresses of their own, as on Linux.
 */
export class VirtualNetwork implements Network {
  readonly clock: Clock;
  readonly choices: Choices;
  readonly events: EventList;
  readonly adversarial: boolean;
  /** An arrival may bring some prefix of what is under way. */
  readonly splits: boolean;
  /** Nothing can come between a send and its arrival. */
  readonly immediate: boolean;
  readonly sendBufferBytes: number;
  readonly tap: Tap | undefined;
  readonly #latencyMsMin: number;
  readonly #latencyMsMax: number;
  readonly #ephemeral: readonly [number, number];
  readonly #hosts = new Map<string, Map<number, TcpPort>>();
  readonly #attempts = new Map<TcpSocket, ConnectAttempt>();
  /** Between which hosts nothing comes through, until when. */
  readonly #cuts = new Map<string, number>();
  /** How long bytes travel, by the direction; what is not here is the scenario's. */
  readonly #delays = new Map<string, readonly [msMin: number, msMax: number]>();
  /** Places where it may be parted are few, and what is left may be late. */
  parts = false;
  /** Made when somebody first sends a datagram. */
  #datagrams: VirtualDatagrams | undefined;
  /** All channels of the run, kept only while it is recorded for a report. */
  readonly #channels: Channel[] | undefined;

  constructor(
    options: VirtualNetworkOptions,
    given: {
      clock: Clock;
      choices: Choices;
      events: EventList;
      recording: boolean;
      tap?: Tap | undefined;
    },
  ) {
    this.clock = given.clock;
    this.tap = given.tap;
    this.choices = given.choices;
    this.events = given.events;
    this.adversarial = options.mode === 'adversarial';
    this.splits = this.adversarial && (options.splits ?? true);
    this.#latencyMsMin = options.latencyMsMin ?? 0;
    this.#latencyMsMax = Math.max(this.#latencyMsMin, options.latencyMsMax ?? 0);
    // A buffer without room for a byte would be full while it is empty.
    this.sendBufferBytes = Math.max(1, options.sendBufferBytes ?? SEND_BUFFER_BYTES);
    this.#ephemeral = options.ephemeralPorts ?? EPHEMERAL_PORTS;
    const delaying = FAULT_JOIN | FAULT_RESET | FAULT_STALL;
    this.immediate =
      !this.adversarial && this.#latencyMsMax === 0 && (given.choices.faults & delaying) === 0;
    if (given.recording) this.#channels = [];
  }

  get datagrams(): VirtualDatagrams {
    this.#datagrams ??= new VirtualDatagrams({
      choices: this.choices,
      events: this.events,
      tap: this.tap,
      adversarial: this.adversarial,
      ephemeralPorts: this.#ephemeral,
      resolve: (from, name) => this.#resolve(from, name),
      isCut: (from, to) => this.cutMs(from, to) > 0,
    });
    return this.#datagrams;
  }

  addHost(name: string): void {
    this.#hosts.set(name, new Map());
  }

  drawLatencyMs(about: Channel): number {
    let min = this.#latencyMsMin;
    let max = this.#latencyMsMax;
    if (this.#delays.size > 0) {
      [min, max] = this.#delays.get(wayOf(about.from.host, about.to.host)) ?? [min, max];
    }
    return min === max ? min : min + this.choices.decide(KIND.latency, max - min + 1, about);
  }

  delay(from: string, to: string, msMin: number, msMax: number): void {
    this.#delays.set(wayOf(from, to), [msMin, msMax]);
  }

  part(): void {
    this.parts = true;
  }

  /**
   * For so long nothing comes through between two hosts. What is sent meanwhile arrives after it,
   * because TCP sends it again; so does the question for a connection, which is asked again after
   * 1, 2, 4, … seconds. Datagrams are lost.
   *
   * # world.partition: it stops what is sent, not what is under way
   * Bytes that left before still arrive, and so does a reset: nobody sends that again.
   */
  partition(one: string, other: string, ms: number): void {
    this.#cuts.set(pairOf(one, other), this.clock.nowNs + ms * 1e6);
  }

  /** How long it is until something comes through again; 0 without a partition. */
  cutMs(from: string, to: string): number {
    if (this.#cuts.size === 0 || from === to) return 0;
    const untilNs = this.#cuts.get(pairOf(from, to)) ?? 0;
    return Math.max(0, Math.ceil((untilNs - this.clock.nowNs) / 1e6));
  }

  // ---- ports ----

  #port(host: string, number: number): TcpPort {
    const ports = this.#hosts.get(host) as Map<number, TcpPort>;
    let port = ports.get(number);
    if (port === undefined) {
      port = new TcpPort(host, number);
      ports.set(number, port);
    }
    return port;
  }

  bind(socket: TcpSocket, address: InetAddress): number {
    if (!isAnyAddress(address.host) && this.#resolve(socket.host, address.host) !== socket.host) {
      return -EADDRNOTAVAIL;
    }
    const number = address.port === 0 ? this.#freePort(socket, address.host) : address.port;
    if (number < 0) return number;
    const port = this.#port(socket.host, number);
    if (!port.mayHave(socket, address.host, false, this.clock.nowNs)) return -EADDRINUSE;
    port.bound.add(socket);
    socket.claim = port;
    socket.local = { host: address.host, port: number };
    return 0;
  }

  /**
   * inet_csk_find_open_port: one at odd places, which connect(2) leaves alone as long as it can.
   */
  #freePort({ host }: TcpSocket, address: string): number {
    const [first, last] = this.#ephemeral;
    for (const start of [first + 1, first]) {
      for (let number = start; number <= last; number += 2) {
        const port = this.#hosts.get(host)?.get(number);
        if (port === undefined || port.isFreeFor(address, this.clock.nowNs)) return number;
      }
    }
    return -EADDRINUSE;
  }

  listen(socket: TcpSocket, _backlog: number): number {
    const port = socket.claim as TcpPort;
    const { host } = socket.local as InetAddress;
    // inet_csk_listen_start asks for the port again: connections may have come to live on it since
    // bind.
    if (!port.mayHave(socket, host, true, this.clock.nowNs)) return -EADDRINUSE;
    port.listen(socket);
    return 0;
  }

  unlisten(socket: TcpSocket): void {
    (socket.claim as TcpPort).unlisten(socket);
  }

  disconnected(socket: TcpSocket, timeWait: boolean): void {
    const claim = socket.claim as Claim | null;
    if (claim === null) return;
    if (claim instanceof Destination) {
      // A port in TIME_WAIT may be used again for connecting (tcp_tw_reuse is on for loopback).
      claim.used.delete((socket.local as InetAddress).port);
      socket.claim = null;
    } else {
      if (timeWait) claim.rest(socket, this.clock.nowNs);
      if (claim.connections.delete(socket)) socket.claim = null;
    }
    if (!socket.hasPort) this.released(socket);
  }

  released(socket: TcpSocket): void {
    const claim = socket.claim as Claim | null;
    if (claim instanceof TcpPort && claim.bound.delete(socket)) socket.claim = null;
  }

  // ---- connecting ----

  /** The host that `name` means when `from` says it, or undefined. */
  #resolve(from: string, name: string): string | undefined {
    if (name === 'localhost' || name.startsWith('127.') || isAnyAddress(name)) return from;
    return this.#hosts.has(name) ? name : undefined;
  }

  connect(socket: TcpSocket, asked: InetAddress): number {
    const host = this.#resolve(socket.host, asked.host);
    if (host === undefined) return -EHOSTUNREACH;
    const address = reached(socket, asked);
    const ownName = host === socket.host ? LOOPBACK : socket.host;
    if (socket.local === null || !socket.hasPort) {
      const destination = this.#destination(socket.host, host, address.port);
      const port = this.#freeLocalPort(socket.host, destination);
      if (port < 0) return port;
      destination.used.add(port);
      socket.claim = destination;
      socket.local = { host: ownName, port };
      socket.hasPort = true;
    } else if (isAnyAddress(socket.local.host)) {
      socket.local = { host: ownName, port: socket.local.port };
    }
    const attempt = new ConnectAttempt(this, socket, host, address);
    this.#attempts.set(socket, attempt);
    attempt.start();
    return 0;
  }

  /**
   * A local port is taken; where nothing is under way for long, the listener is reached as well.
   */
  touchesOfConnect(socket: TcpSocket, address: InetAddress, into: Footprint): void {
    into.read(this);
    const host = this.#resolve(socket.host, address.host);
    if (host === undefined) return;
    if (socket.local === null || !socket.hasPort) {
      into.write(this.#destination(socket.host, host, address.port));
    }
    if (this.adversarial) return;
    const listeners = this.listenersAt(host, reached(socket, address));
    for (const listener of listeners) listener.touchesOfQueueing(into);
  }

  #destination(from: string, to: string, port: number): Destination {
    const remote = this.#port(to, port);
    remote.reachedFrom ??= new Map();
    let destination = remote.reachedFrom.get(from);
    if (destination === undefined) {
      destination = new Destination(this.#ephemeral[0]);
      remote.reachedFrom.set(from, destination);
    }
    return destination;
  }

  /** inet_hash_connect: any port whose four-tuple is free. */
  #freeLocalPort(host: string, destination: Destination): number {
    const [first, last] = this.#ephemeral;
    const ports = this.#hosts.get(host) as Map<number, TcpPort>;
    for (let tried = first; tried <= last; tried++) {
      const port = destination.next;
      // The even places first, then the odd ones.
      if (port + 2 <= last) destination.next = port + 2;
      else destination.next = (port - first) % 2 === 0 && first < last ? first + 1 : first;
      if (!destination.used.has(port) && (ports.get(port)?.bound.size ?? 0) === 0) return port;
    }
    return -EADDRNOTAVAIL;
  }

  abortConnect(socket: TcpSocket): void {
    this.#attempts.get(socket)?.cancel();
    this.attemptEnded(socket);
  }

  attemptEnded(socket: TcpSocket): void {
    this.#attempts.delete(socket);
  }

  /** Those who listen there: several, if they share the port by SO_REUSEPORT. */
  listenersAt(host: string, { host: name, port: number }: InetAddress): readonly TcpSocket[] {
    const port = this.#hosts.get(host)?.get(number);
    return port === undefined ? NOBODY : port.listenersAt(name);
  }

  /**
   * Who gets the connection that `attempt` asks for.
   *
   * # SO_REUSEPORT: who gets a connection is a choice
   * Linux goes by a hash of the addresses, which no program can foresee; so any of those who share
   * the port may be the one. So it is with datagrams.
   */
  chooseListener(host: string, address: InetAddress, attempt: Labelled): TcpSocket | null {
    const listeners = this.listenersAt(host, address);
    if (listeners.length <= 1) return listeners[0] ?? null;
    const chosen = this.choices.decide(KIND.listener, listeners.length, attempt);
    return listeners[chosen] as TcpSocket;
  }

  /**
   * SYN and SYN-ACK are through: the client is connected, and its ACK is on its way to the
   * listener.
   */
  establish(client: TcpSocket, listener: TcpSocket, address: InetAddress): void {
    const clientAddress = client.local as InetAddress;
    this.attemptEnded(client);
    const port = listener.claim as TcpPort;
    const { host } = address;
    if (port.reachedAs?.host !== host) port.reachedAs = { host, port: port.number };
    const serverAddress = port.reachedAs;
    const server = listener.makeIncoming(serverAddress, clientAddress);
    const outward = new Channel(client);
    const inward = new Channel(server);
    outward.reverse = inward;
    inward.reverse = outward;
    server.link = inward;
    this.#channels?.push(outward, inward);
    if (
      (this.choices.faults & FAULT_BYTE_AT_A_TIME) !== 0 &&
      this.choices.decide(KIND.byteAtATime, 2, outward) === 1
    ) {
      server.tune().readBytesMax = 1;
      client.tune().readBytesMax = 1;
    }
    this.tap?.arrived(syn(client, server, serverAddress));
    const ack = new FinalAck(this, listener, outward);
    client.onEstablished(clientAddress, serverAddress, outward);
    ack.start();
  }

  /** The server's end of a connection lives on its listener's port from now on. */
  inherit(server: TcpSocket, listener: TcpSocket): void {
    const port = this.#port(listener.host, (server.local as InetAddress).port);
    server.claim = port;
    port.connections.add(server);
  }

  /**
   * A socket that connects to its own port meets itself: both SYNs cross (RFC 9293, simultaneous
   * open).
   */
  meetItself(socket: TcpSocket, address: InetAddress): boolean {
    const { local } = socket;
    const { host } = socket;
    if (local === null || local.port !== address.port) return false;
    if (this.#resolve(host, address.host) !== host) return false;
    if (addressOn(host, local.host) !== addressOn(host, address.host)) return false;
    this.attemptEnded(socket);
    const round = new Channel(socket);
    this.#channels?.push(round);
    socket.onMetItself(local, round);
    return true;
  }

  describe(): UnderWay[] {
    const found: UnderWay[] = [];
    for (const channel of this.#channels ?? []) {
      const underWay = channel.describe();
      if (underWay !== undefined) found.push(underWay);
    }
    return [...found, ...(this.#datagrams?.describe() ?? [])];
  }
}

/** Whom a socket means that asks for any address: its own, or 127.0.0.1 (ip_route_output). */
function reached({ local, hasPort }: TcpSocket, address: InetAddress): InetAddress {
  if (!isAnyAddress(address.host)) return address;
  const isOwn = local !== null && hasPort && !isAnyAddress(local.host);
  return { host: isOwn ? local.host : LOOPBACK, port: address.port };
}

const wayOf = (from: string, to: string): string => `${from}→${to}`;

/** Of two hosts, in either order. */
function pairOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
