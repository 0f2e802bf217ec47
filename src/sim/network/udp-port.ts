import type { InetAddress } from '../../sys/sys.ts';
import { ANY_ADDRESS, addressesMeet, addressOn } from '../kernel/addresses.ts';
import type { UdpSocket } from '../kernel/udp.ts';

const NOBODY: readonly never[] = [];

/** Who has a UDP port of one host (net/ipv4/udp.c). */
export class UdpPort {
  readonly #host: string;
  /** In the order of bind(2). */
  readonly #bound: UdpSocket[] = [];
  /** In the order in which they have come to their present address. */
  readonly #placed: UdpSocket[] = [];
  /** Those who had SO_REUSEPORT and one address when they were bound: they share what comes. */
  readonly #groups = new Map<UdpSocket, Set<UdpSocket>>();

  constructor(host: string) {
    this.#host = host;
  }

  get isFree(): boolean {
    return this.#bound.length === 0;
  }

  #addressOf({ local }: UdpSocket): string {
    return addressOn(this.#host, (local as InetAddress).host);
  }

  /**
   * udp_lib_lport_inuse, the last to be bound first. Among those who share by SO_REUSEPORT the
   * first found is enough.
   */
  mayHave(socket: UdpSocket, address: string): boolean {
    const own = addressOn(this.#host, address);
    const other = this.#bound.findLast(
      (each) =>
        !(socket.reuseAddress && each.reuseAddress) && addressesMeet(own, this.#addressOf(each)),
    );
    return other === undefined || (socket.reusePort && other.reusePort);
  }

  /** It has this port under its address from now on. */
  add(socket: UdpSocket): void {
    if (socket.reusePort) this.#joinGroup(socket);
    this.#bound.push(socket);
    this.#placed.push(socket);
  }

  /** udp_reuseport_add_sock. */
  #joinGroup(socket: UdpSocket): void {
    const own = this.#addressOf(socket);
    const other = this.#bound.findLast((each) => each.reusePort && this.#addressOf(each) === own);
    const group = (other && this.#groups.get(other)) ?? new Set(other === undefined ? [] : [other]);
    group.add(socket);
    for (const member of group) this.#groups.set(member, group);
  }

  #leaveGroup(socket: UdpSocket): void {
    this.#groups.get(socket)?.delete(socket);
    this.#groups.delete(socket);
  }

  /** udp_lib_rehash: its address is another now. */
  moved(socket: UdpSocket): void {
    this.#leaveGroup(socket);
    remove(this.#placed, socket);
    this.#placed.push(socket);
  }

  remove(socket: UdpSocket): void {
    this.#leaveGroup(socket);
    remove(this.#bound, socket);
    remove(this.#placed, socket);
  }

  /**
   * Those who may get what `from` sends to one of the host's addresses, one of them: who is at that
   * address, before who is at any (__udp4_lib_lookup); the last to have come there.
   */
  receivers(address: string, from: InetAddress): readonly UdpSocket[] {
    const own = addressOn(this.#host, address);
    const here = this.#best(own, from);
    return here.length > 0 ? here : this.#best(ANY_ADDRESS, from);
  }

  /** compute_score: connected to the sender, to port 0 of its host, or not at all. */
  #best(own: string, from: InetAddress): readonly UdpSocket[] {
    const connectedTo = (port: number) => (each: UdpSocket) =>
      this.#addressOf(each) === own && each.peer?.port === port && each.peer.host === from.host;
    const best =
      this.#placed.findLast(connectedTo(from.port)) ??
      this.#placed.findLast(connectedTo(0)) ??
      this.#placed.findLast((each) => this.#addressOf(each) === own && each.peer === null);
    if (best === undefined) return NOBODY;
    const group = this.#groups.get(best);
    if (best.peer !== null || !best.reusePort || group === undefined) return [best];
    return [...group].filter(({ peer }) => peer === null);
  }
}

function remove(sockets: UdpSocket[], socket: UdpSocket): void {
  const at = sockets.indexOf(socket);
  if (at >= 0) sockets.splice(at, 1);
}
