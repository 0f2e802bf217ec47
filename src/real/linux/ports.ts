import { isAnyAddress, isInet } from '../../sim/kernel/addresses.ts';
import { EADDRINUSE } from '../../sys/errno.ts';
import type { Address, InetAddress } from '../../sys/sys.ts';
import type { Journal } from './journal.ts';
import type { Libc } from './libc.ts';
import { AF_INET, encodeInet } from './sockaddr.ts';
import { RealUnixNames } from './unix-names.ts';

/**
 * Below the range that the kernel takes ephemeral ports from, so that no client of anybody sits on
 * one of them.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;
const SOCK_STREAM_CLOEXEC = 0o2000001;

export interface PortsOptions {
  /** Whether a fixed port of a program stands for a free one. Default: true. */
  readonly mapPorts?: boolean;
  /** What the first host's address is where they are not mapped. Default: 127.0.0.1. */
  readonly address?: string;
}

/**
 * Addresses as programs know them, and as they really are.
 *
 * # Linux: loopback only
 * The first host is 127.0.0.1, the others 127.0.0.2 and so on; nothing is ever bound or reached
 * elsewhere, unless the run's options name another address for the first host. Binding 0.0.0.0
 * binds the host's loopback address, and getsockname(2) goes on saying 0.0.0.0.
 *
 * # Linux: ports are mapped
 * A program's fixed port stands for a free one, chosen when it is first mentioned, so that runs
 * side by side do not meet; programs only ever see their own. Ephemeral ports are as they are.
 */
export class Ports {
  readonly #first: string;
  readonly unixNames: RealUnixNames;
  readonly #libc: Libc;
  readonly #journal: Journal;
  readonly #mapped: boolean;
  readonly #hosts: string[] = [];
  readonly #real = new Map<string, number>();
  readonly #virtual = new Map<string, number>();
  /** Ports that the kernel chose and programs have been told of. */
  readonly #ephemeral = new Set<number>();

  constructor(libc: Libc, { mapPorts = true, address }: PortsOptions, journal: Journal) {
    this.#libc = libc;
    this.#journal = journal;
    this.unixNames = new RealUnixNames(journal);
    this.#mapped = mapPorts;
    this.#first = mapPorts || address === undefined ? '127.0.0.1' : address;
  }

  addHost(name: string): void {
    if (!this.#hosts.includes(name)) this.#hosts.push(name);
  }

  /** The address of a host: a loopback one, but perhaps for the first. */
  addressOf(host: string): string {
    return this.isFirst(host) ? this.#first : `127.0.0.${this.#hosts.indexOf(host) + 1}`;
  }

  /** Whether outgoing connections of that host have to be given its address. */
  isFirst(host: string): boolean {
    return this.#hosts[0] === host;
  }

  /** What `from` means by an address; undefined for a host that does not exist. */
  toReal(from: string, { host, port }: InetAddress): InetAddress | undefined {
    const own = host === 'localhost' || host.startsWith('127.') || isAnyAddress(host);
    const name = own ? from : host;
    if (!this.#hosts.includes(name)) return undefined;
    const address = this.addressOf(name);
    return { host: address, port: this.#realPort(address, port) };
  }

  #realPort(address: string, port: number): number {
    if (!this.#mapped || port === 0) return port;
    const key = `${address}:${port}`;
    const known = this.#real.get(key);
    if (known !== undefined) return known;
    if (this.#ephemeral.has(port)) return port;
    const real = this.#freePort(address);
    this.#real.set(key, real);
    this.#virtual.set(`${address}:${real}`, port);
    return real;
  }

  #freePort(address: string): number {
    const { bind, close, socket } = this.#libc;
    const count = LAST_PORT - FIRST_PORT;
    const start = this.#journal.told('port', () => Math.floor(Math.random() * count));
    for (let i = 0; i < count; i++) {
      const port = FIRST_PORT + ((start + i) % count);
      const fd = socket(AF_INET, SOCK_STREAM_CLOEXEC, 0);
      const name = encodeInet({ host: address, port });
      const bound = bind(fd, name, name.length);
      close(fd);
      if (bound === 0 && !this.#virtual.has(`${address}:${port}`)) return port;
    }
    return -EADDRINUSE;
  }

  /** What `to` is to be told for a real address. */
  toVirtual(to: string, address: Address): Address {
    if (!isInet(address)) return { path: this.unixNames.toVirtual(address.path) };
    const own = isAnyAddress(address.host) ? this.addressOf(to) : address.host;
    const known = this.#virtual.get(`${own}:${address.port}`);
    if (known === undefined) this.#ephemeral.add(address.port);
    const port = known ?? address.port;
    const name = this.#hosts[Number(address.host.split('.')[3]) - 1];
    if (!address.host.startsWith('127.') || name === undefined) return { ...address, port };
    return { host: name === to ? '127.0.0.1' : name, port };
  }
}
