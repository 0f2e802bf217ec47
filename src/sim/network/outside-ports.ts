import { EADDRINUSE, EADDRNOTAVAIL } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';
import { isAnyAddress } from '../kernel/addresses.ts';
import type { TcpSocket } from '../kernel/tcp.ts';

export interface OutsidePortsOptions {
  /** Whether a host of that name is part of the world. */
  readonly hasHost: (name: string) => boolean;
  /**
   * Ports are the world's own: each stands for a free one of the machine, so runs side by side do
   * not meet, and nothing but the world itself can be reached. Otherwise they are the machine's,
   * and so is everybody else.
   */
  readonly mapPorts: boolean;
  /**
   * The machine's address that hosts of the world listen on where ports are the machine's. Default:
   * 127.0.0.1.
   */
  readonly address?: string;
}

export const LOOPBACK = '127.0.0.1';

/** Where the ports that the world gives out itself begin (ip_local_port_range). */
const FIRST_EPHEMERAL_PORT = 32_768;

/** Who has which port of which host of the world, as its programs name them. */
export class OutsidePorts {
  readonly mapPorts: boolean;
  readonly address: string;
  readonly #hasHost: (name: string) => boolean;
  readonly #bound = new Map<string, Set<TcpSocket>>();
  readonly #keys = new WeakMap<TcpSocket, string>();
  readonly #listeners = new Map<string, TcpSocket>();
  #ephemeral = FIRST_EPHEMERAL_PORT;

  constructor(options: OutsidePortsOptions) {
    this.mapPorts = options.mapPorts;
    this.address = options.address ?? LOOPBACK;
    this.#hasHost = options.hasHost;
  }

  /** The host of the world that `name` means when `from` says it, or undefined. */
  resolve(from: string, name: string): string | undefined {
    if (name === 'localhost' || name.startsWith('127.') || isAnyAddress(name)) return from;
    return this.#hasHost(name) ? name : undefined;
  }

  bind(socket: TcpSocket, address: InetAddress): number {
    const { mapPorts } = this;
    const isOwn = this.resolve(socket.host, address.host) === socket.host;
    if (!isOwn && (mapPorts || this.#hasHost(address.host))) return -EADDRNOTAVAIL;
    const port = address.port === 0 && mapPorts ? this.#freePort(socket.host) : address.port;
    if (port !== 0) {
      const key = keyOf(socket.host, port);
      if (this.#conflicts(socket, key)) return -EADDRINUSE;
      const users = this.#bound.get(key) ?? new Set();
      this.#bound.set(key, users.add(socket));
      this.#keys.set(socket, key);
    }
    socket.local = { host: address.host, port };
    return 0;
  }

  /** Sharing a port needs SO_REUSEADDR on both sides and no listener. */
  #conflicts(socket: TcpSocket, key: string): boolean {
    if (this.#listeners.has(key)) return true;
    for (const other of this.#bound.get(key) ?? []) {
      if (!(socket.options.reuseAddress && other.options.reuseAddress)) return true;
    }
    return false;
  }

  #freePort(host: string): number {
    while (this.#bound.has(keyOf(host, this.#ephemeral))) this.#ephemeral++;
    return this.#ephemeral++;
  }

  release(socket: TcpSocket): void {
    const key = this.#keys.get(socket);
    if (key === undefined) return;
    this.#keys.delete(socket);
    const users = this.#bound.get(key);
    users?.delete(socket);
    if (users?.size === 0) this.#bound.delete(key);
  }

  listenerAt(host: string, port: number): TcpSocket | undefined {
    return this.#listeners.get(keyOf(host, port));
  }

  /** The socket is the listener on its port, if it has one yet; false if another is. */
  startListening(socket: TcpSocket): boolean {
    const port = socket.local?.port ?? 0;
    if (port === 0) return true;
    const key = keyOf(socket.host, port);
    if ((this.#listeners.get(key) ?? socket) !== socket) return false;
    this.#listeners.set(key, socket);
    return true;
  }

  stopListening(socket: TcpSocket): void {
    const key = keyOf(socket.host, socket.local?.port ?? 0);
    if (this.#listeners.get(key) === socket) this.#listeners.delete(key);
  }
}

function keyOf(host: string, port: number): string {
  return `${host}:${port}`;
}
