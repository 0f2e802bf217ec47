import { isAnyAddress } from '../../sim/kernel/addresses.ts';
import type { World } from '../../sim/schedule/world.ts';
import type { SocketName } from '../wire.ts';

/**
 * Addresses as Node programs write them, over hosts that the simulated network knows by name.
 *
 * # One network, 10.0.0.0/24
 * The first host of a world is 10.0.0.1, the second 10.0.0.2; a name means that address wherever it
 * is looked up.
 *
 * # IPv6 is a way of writing
 * The network carries IPv4. A listener on `::` takes both, one on `::1` only those who say `::1`;
 * whether a client has said that is known here by its port.
 */
export class Names {
  readonly #world: World;
  /** What listens at `host:port`. */
  readonly #listeners = new Map<string, Family>();
  /** Clients that have connected to an IPv6 address, as `host:port`. */
  readonly #clients6 = new Set<string>();

  private constructor(world: World) {
    this.#world = world;
  }

  static of(world: World): Names {
    let names = all.get(world);
    if (names === undefined) {
      names = new Names(world);
      all.set(world, names);
    }
    return names;
  }

  /**
   * What getaddrinfo(3) gives; empty if nobody has that name.
   *
   * # One address for a name
   * Where both families are asked for, IPv4 is given, as on a machine whose /etc/hosts has no other
   * `localhost`.
   */
  lookUp(from: string, name: string, family: number): readonly string[] {
    if (name === 'localhost' || name === from) {
      return family === 6 ? ['::1'] : ['127.0.0.1'];
    }
    const address = this.#addressOf(name);
    return address === undefined || family === 6 ? [] : [address];
  }

  #addressOf(host: string): string | undefined {
    const index = this.#world.hosts.findIndex((kernel) => kernel.host === host);
    return index < 0 ? undefined : `10.0.0.${index + 1}`;
  }

  /**
   * How the network calls the host that `from` means by a numeric address; undefined for nobody.
   */
  target(from: string, written: string): string | undefined {
    const address = plain(written);
    if (address.startsWith('127.') || address === '::1') return '127.0.0.1';
    if (isAny(address)) return '0.0.0.0';
    const host = this.#world.hosts.find((kernel) => this.#addressOf(kernel.host) === address)?.host;
    return host === from ? '127.0.0.1' : host;
  }

  /** An address of the network, as Node shows it. */
  show({ host: name, port }: InetName, family: Family): SocketName {
    if (isAny(name)) {
      return family === 'v4'
        ? { address: '0.0.0.0', port, family: 'IPv4' }
        : { address: '::', port, family: 'IPv6' };
    }
    const address = name.startsWith('127.') ? name : (this.#addressOf(name) ?? name);
    if (family === 'v4') return { address, port, family: 'IPv4' };
    if (family === 'mapped') return { address: `::ffff:${address}`, port, family: 'IPv6' };
    return { address: '::1', port, family: 'IPv6' };
  }

  // ---- IPv6 ----

  listens(host: string, port: number, how: Family): void {
    this.#listeners.set(`${host}:${port}`, how);
  }

  unlistens(host: string, port: number): void {
    this.#listeners.delete(`${host}:${port}`);
  }

  /** Whether the listener there can be reached by an address of this family. */
  reaches(host: string, port: number, by6: boolean): boolean {
    const listening = this.#listeners.get(`${host}:${port}`);
    return listening === undefined || listening === 'mapped' || (listening === 'v6') === by6;
  }

  connects6(host: string, port: number): void {
    this.#clients6.add(`${host}:${port}`);
  }

  /** Its port may be another's next. */
  disconnects6(host: string, port: number): void {
    this.#clients6.delete(`${host}:${port}`);
  }

  connected6(host: string, port: number): boolean {
    return this.#clients6.has(`${host}:${port}`);
  }
}

/** IPv4; IPv6 alone; both, with IPv4 addresses written as IPv6 (`::ffff:127.0.0.1`). */
export type Family = 'v4' | 'v6' | 'mapped';

interface InetName {
  readonly host: string;
  readonly port: number;
}

const all = new WeakMap<World, Names>();

export function is6(address: string): boolean {
  return address.includes(':') && !address.startsWith('::ffff:');
}

function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

function isAny(address: string): boolean {
  return isAnyAddress(address) || address === '::';
}
