import type { InetAddress } from '../../sys/sys.ts';
import { ANY_ADDRESS, addressesMeet, addressOn } from '../kernel/addresses.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import { PortSet } from './port-set.ts';

/** TCP_TIMEWAIT_LEN. */
const TIME_WAIT_MS = 60_000;
const NANOSECONDS_PER_MS = 1e6;

const NOBODY: readonly never[] = [];

/** The local ports in use towards one remote address. */
export class Destination {
  next: number;
  readonly used: PortSet;

  constructor(first: number) {
    this.next = first;
    this.used = new PortSet(first);
  }
}

/** What stands at a port and keeps others from it. */
interface Holder {
  readonly address: string;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly listens: boolean;
}

interface TimeWait extends Holder {
  untilNs: number;
}

/** fastreuseport: nobody, whoever else has SO_REUSEPORT, or who has it and a fitting address. */
type SharedBy = 'nobody' | 'anybody' | 'same address';

/** Who uses a port of one host (struct inet_bind_bucket). */
export class TcpPort {
  readonly number: number;
  readonly #host: string;
  readonly bound: Set<TcpSocket> = new Set();
  /** Those who listen here, each at its address; several at one only with SO_REUSEPORT. */
  #listeners: readonly TcpSocket[] = NOBODY;
  /** Accepted connections that live on it. */
  readonly connections: Set<TcpSocket> = new Set();
  /** Under which name it was reached last: its connections share the object. */
  reachedAs: InetAddress | null = null;
  /** By host, the ports there from which it is reached; null while nobody has tried. */
  reachedFrom: Map<string, Destination> | null = null;
  #timeWaits: readonly TimeWait[] = NOBODY;
  #fastReuse = false;
  #sharedBy: SharedBy = 'nobody';
  #sharedAt = ANY_ADDRESS;

  constructor(host: string, number: number) {
    this.#host = host;
    this.number = number;
  }

  // ---- who may have it: inet_csk_get_port ----

  /** Whether nothing at all stands here, so that what was remembered is forgotten. */
  #isEmpty(nowNs: number): boolean {
    if (this.#timeWaits.length > 0) {
      this.#timeWaits = this.#timeWaits.filter(({ untilNs }) => untilNs > nowNs);
    }
    return this.bound.size + this.connections.size + this.#timeWaits.length === 0;
  }

  /**
   * Whether `socket` may have it under `address`, or listen where it is bound already.
   *
   * # bind: who came before decides how closely Linux looks
   * A port keeps two answers of earlier binds, and whoever fits them is not compared with those who
   * stand there: all had SO_REUSEADDR and nobody listened, or the last had SO_REUSEPORT.
   */
  mayHave(socket: TcpSocket, address: string, listens: boolean, nowNs: number): boolean {
    const own = addressOn(this.#host, address);
    const isEmpty = this.#isEmpty(nowNs);
    const { reuseAddress, reusePort } = socket.options;
    const reuse = reuseAddress && !listens;
    const isShared = reusePort && this.#isSharedAt(own);
    const isSure = !isEmpty && ((this.#fastReuse && reuse) || isShared);
    if (!isSure && this.#isHeld(socket, own)) return false;
    if (isEmpty) this.#fastReuse = reuse;
    else if (!reuse) this.#fastReuse = false;
    if (!reusePort) {
      this.#sharedBy = 'nobody';
    } else if (isEmpty || !isShared) {
      this.#sharedBy = isEmpty ? 'anybody' : 'same address';
      this.#sharedAt = own;
    }
    return true;
  }

  /** sk_reuseport_match. */
  #isSharedAt(own: string): boolean {
    if (this.#sharedBy === 'nobody') return false;
    return this.#sharedBy === 'anybody' || this.#sharedAt === own || this.#sharedAt === ANY_ADDRESS;
  }

  #holderOf(socket: TcpSocket): Holder {
    const { options, state, local } = socket;
    return {
      address: addressOn(this.#host, (local as InetAddress).host),
      reuseAddress: options.reuseAddress,
      reusePort: options.reusePort,
      listens: state === 'LISTEN',
    };
  }

  /** inet_csk_bind_conflict. */
  #isHeld(socket: TcpSocket, own: string): boolean {
    const { reuseAddress, reusePort } = socket.options;
    const keepsOut = (holder: Holder): boolean => {
      if (!addressesMeet(own, holder.address)) return false;
      if (reuseAddress && holder.reuseAddress && !holder.listens) return false;
      return !(reusePort && holder.reusePort);
    };
    for (const other of this.connections) {
      if (other !== socket && keepsOut(this.#holderOf(other))) return true;
    }
    for (const other of this.bound) {
      if (other !== socket && keepsOut(this.#holderOf(other))) return true;
    }
    return this.#timeWaits.some(keepsOut);
  }

  /** Whether nobody at all stands in the way of one who asks for any port. */
  isFreeFor(address: string, nowNs: number): boolean {
    if (this.#isEmpty(nowNs)) return true;
    if (this.bound.size > 0) return false;
    const own = addressOn(this.#host, address);
    const meets = (holder: Holder): boolean => addressesMeet(own, holder.address);
    for (const other of this.connections) if (meets(this.#holderOf(other))) return false;
    return !this.#timeWaits.some(meets);
  }

  /** TIME_WAIT, for a port that programs may ask for by number. */
  rest(socket: TcpSocket, nowNs: number): void {
    const holder = this.#holderOf(socket);
    const untilNs = nowNs + TIME_WAIT_MS * NANOSECONDS_PER_MS;
    const alike = this.#timeWaits.find(
      ({ address, reuseAddress, reusePort }) =>
        address === holder.address &&
        reuseAddress === holder.reuseAddress &&
        reusePort === holder.reusePort,
    );
    if (alike !== undefined) alike.untilNs = untilNs;
    else this.#timeWaits = [...this.#timeWaits, { ...holder, listens: false, untilNs }];
  }

  // ---- who listens ----

  listen(socket: TcpSocket): void {
    this.#listeners = [...this.#listeners, socket];
  }

  unlisten(socket: TcpSocket): void {
    this.#listeners = this.#listeners.filter((other) => other !== socket);
  }

  /**
   * Who gets what comes to one of the host's addresses: who listens at that one, before who listens
   * at all (__inet_lookup_listener).
   */
  listenersAt(address: string): readonly TcpSocket[] {
    const listeners = this.#listeners;
    if (listeners.length === 0) return NOBODY;
    const own = addressOn(this.#host, address);
    const at = ({ local }: TcpSocket): string => addressOn(this.#host, (local as InetAddress).host);
    if (listeners.length === 1) {
      return addressesMeet(at(listeners[0] as TcpSocket), own) ? listeners : NOBODY;
    }
    const here = listeners.filter((listener) => at(listener) === own);
    return here.length > 0 ? here : listeners.filter((listener) => at(listener) === ANY_ADDRESS);
  }
}
