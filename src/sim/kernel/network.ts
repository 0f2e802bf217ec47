import type { InetAddress } from '../../sys/sys.ts';
import type { Footprint } from './footprint.ts';
import type { TcpSocket } from './tcp.ts';
import type { UdpSocket } from './udp.ts';

/** What a network call gives back when its answer comes later, by an upcall. */
export const PENDING = 1;

/** What travels one way and has not arrived: `a:1→b:2`, `5 B, FIN`. */
export interface UnderWay {
  readonly path: string;
  readonly what: string;
}

/**
 * What lies between sockets, as a kernel's TCP sockets see it (ARCHITECTURE.md). Three
 * implementations: virtual, node:net, recorded. Calls go down through this interface and through
 * {@link Link}; what the world does comes up through `TcpSocket.on…`. Numbers are 0 or a negated
 * errno unless something else is said.
 */
export interface Network {
  /** Claim a local address (port 0: an ephemeral one) and set `socket.local`. */
  bind(socket: TcpSocket, address: InetAddress): number;

  /**
   * Accept connections for `socket.local`. Each comes up through {@link TcpSocket.onIncoming}.
   * PENDING when the answer comes through {@link TcpSocket.onListening}.
   */
  listen(socket: TcpSocket, backlog: number): number;

  /** No more connections for this listener. */
  unlisten(socket: TcpSocket): void;

  /**
   * Start connecting, from a port of its own if the socket has none (`local`, `hasPort`): {@link
   * TcpSocket.onEstablished} or {@link TcpSocket.onRefused} follows, perhaps before this returns.
   */
  connect(socket: TcpSocket, address: InetAddress): number;

  /** What a {@link connect} would touch besides the socket itself. Undefined: anything. */
  touchesOfConnect?(socket: TcpSocket, address: InetAddress, into: Footprint): void;

  /**
   * For so many milliseconds nothing comes through between two hosts. Undefined: it cannot be had.
   */
  partition?(one: string, other: string, ms: number): void;

  /**
   * From now on bytes travel so many milliseconds from one host to another, drawn again for each
   * departure. Undefined: it cannot be had.
   */
  delay?(from: string, to: string, msMin: number, msMax: number): void;

  /**
   * From now on what is under way may be parted at its ends or in its middle, and what is left may
   * come later. Undefined: it cannot be had.
   */
  part?(): void;

  /** The program has given up a connection attempt. */
  abortConnect(socket: TcpSocket): void;

  /**
   * The socket's connection is no more; `timeWait` where this side must remember it for a while.
   */
  disconnected(socket: TcpSocket, timeWait: boolean): void;

  /** The last descriptor has gone and the connection is over: an address that was bound is free. */
  released(socket: TcpSocket): void;

  /** What is on its way, for reports. */
  describe(): UnderWay[];

  /** What carries datagrams; undefined for a network without. */
  readonly datagrams?: DatagramNetwork;
}

/**
 * What UDP sockets ask of their network; arrivals come up through `UdpSocket.on…`. Numbers are 0 or
 * a negated errno.
 */
export interface DatagramNetwork {
  /** Claim a local address (port 0: an ephemeral one) and set `socket.local` and `hasPort`. */
  bind(socket: UdpSocket, address: InetAddress): number;
  /** Set `socket.peer`, and a local address that reaches it. */
  connect(socket: UdpSocket, address: InetAddress): number;
  /** The bytes are the network's now. */
  send(socket: UdpSocket, bytes: Uint8Array, to: InetAddress): number;
  /** A socket that keeps its port is at another address of its host from now on. */
  moved(socket: UdpSocket, address: string): void;
  /** The local address is free again. */
  released(socket: UdpSocket): void;
}

/** One end of an established connection, as its socket uses it. */
export interface Link {
  /** Bytes that `send` would take now. */
  readonly room: number;
  /** There is no {@link room}. */
  readonly isFull: boolean;
  /** Take as many of `bytes` from `from` on as there is `room` for, by copy; gives how many. */
  send(bytes: Uint8Array, from: number): number;
  /** Take all of `bytes`, by copy, if there is `room` for them; else none, and give false. */
  sendAll(bytes: Uint8Array): boolean;
  /**
   * Take one byte that is urgent, behind all that was sent; false if there is no room. Not every
   * network can do that.
   */
  sendUrgent?(byte: number): boolean;
  /** FIN, behind all that was sent. */
  shutdown(): void;
  /** RST: the peer learns of it, what was not yet under way is lost. */
  reset(): void;
  /** The socket has made room: bytes that wait for it may come. */
  windowOpened(): void;
  /**
   * The socket at the other end, where what is sent reaches it at once; null where an arrival is a
   * step of its own.
   */
  readonly counterpart: TcpSocket | null;
  /** Bytes sent and not yet with the peer's socket, for reports. */
  readonly bytesInFlight: number;
}
