import type { Address, InetAddress } from '../../sys/sys.ts';
import { isInet } from './addresses.ts';
import { EPOLL_MARK, NETWORK_MARK } from './conflict-bits.ts';
import { EpollItem } from './epoll.ts';
import type { Footprint } from './footprint.ts';
import type { Link } from './network.ts';
import { SHUT_RD, SHUT_WR, Socket } from './socket.ts';
import type { TcpState } from './tcp-state.ts';

/** The part of a TCP socket that says what steps touch of it. */
export abstract class TcpFootprint extends Socket {
  abstract readonly state: TcpState;
  abstract readonly link: Link | null;
  abstract readonly error: number;
  abstract readonly shut: number;
  abstract readonly orphan: boolean;
  abstract readonly network: object;
  abstract readonly acceptQueue: readonly TcpFootprint[];
  abstract readonly acceptQueueLength: number;
  abstract readonly acceptRoom: number;
  abstract readonly receiveRoom: number;
  abstract override get counterpart(): TcpFootprint | null;
  /** What connecting would touch besides the socket itself; false if that may be anything. */
  abstract touchesOfSyn(address: InetAddress, into: Footprint): boolean;

  private get listens(): boolean {
    return this.state === 'LISTEN';
  }

  override touchesOfChange(into: Footprint): void {
    into.write(this, this.mark);
    // A connection that ends gives a port back, which others may ask for.
    into.read(this.network, NETWORK_MARK);
    this.waits.tells(into);
  }

  override touchesOfAll(into: Footprint): void {
    this.touchesOfChange(into);
    if (this.listens) into.write(this.acceptQueue, this.mark);
    this.counterpart?.touchesOfChange(into);
  }

  override touchesOfLook(into: Footprint): void {
    into.read(this, this.mark);
    if (this.listens) into.read(this.acceptQueue, this.mark);
  }

  override touchesOfRead(into: Footprint): void {
    if (this.receivesPlainly) into.write(this, this.mark);
    else this.touchesOfAll(into);
  }

  override touchesOfWrite(bytes: number, into: Footprint): void {
    const { link } = this;
    if (link === null || !this.sendsPlainly(bytes)) {
      this.touchesOfAll(into);
      return;
    }
    into.read(this, this.mark);
    into.write(link, this.mark);
    link.counterpart?.touchesOfArrival(into);
  }

  override touchesOfAccept(into: Footprint): void {
    if (!this.listens) {
      this.touchesOfAll(into);
    } else if (this.acceptQueueLength === 0) {
      this.touchesOfLook(into);
    } else {
      into.read(this, this.mark);
      into.write(this.acceptQueue, this.mark);
    }
  }

  /**
   * In loopback mode it reaches its listener at once, and only the network knows which one that is.
   */
  override touchesOfConnect(address: Address | null | undefined, into: Footprint): void {
    this.touchesOfChange(into);
    if (address === undefined) return;
    const known = address !== null && isInet(address) && this.touchesOfSyn(address, into);
    if (!known) into.touchEverything();
  }

  /**
   * A connection comes to stand in the queue of a listener: at its end, so whoever accepts the
   * first cannot tell, unless this is the first, or there is no more room.
   */
  touchesOfQueueing(into: Footprint): void {
    this.touchesOfArrival(into);
    if (this.acceptQueueLength === 0 || this.acceptRoom <= 1) {
      into.write(this.acceptQueue, this.mark);
    }
  }

  override touchesOfRelease(into: Footprint): void {
    // The connections that wait in it are reset.
    if (this.listens) into.touchEverything();
    else this.touchesOfEnd(into);
  }

  override touchesAfterRelease(into: Footprint): void {
    if (this.link === null) into.touchEverything();
    else this.touchesOfEnd(into);
  }

  /**
   * A connection ends, and the epolls that watch it lose it: the others that are ready keep their
   * places.
   */
  private touchesOfEnd(into: Footprint): void {
    into.write(this, this.mark);
    into.read(this.network, NETWORK_MARK);
    for (let waiter = this.waits.head; waiter !== null; waiter = waiter.next) {
      if (waiter instanceof EpollItem) into.write(waiter.epoll.sleepers, EPOLL_MARK);
    }
    this.counterpart?.touchesOfChange(into);
  }

  /**
   * A send of so many bytes would do nothing but hand all of them on, to a peer that takes them in.
   */
  sendsPlainly(bytes: number): boolean {
    const { link } = this;
    if (link === null || this.error !== 0 || this.tuning !== null || link.room <= bytes)
      return false;
    if ((this.shut & SHUT_WR) !== 0) return false;
    if (this.state !== 'ESTABLISHED' && this.state !== 'CLOSE_WAIT') return false;
    const { counterpart } = link;
    if (counterpart === null) return true;
    return link.bytesInFlight === 0 && counterpart.takesInPlainly(bytes);
  }

  /** So many bytes that arrive are queued, and that is all. */
  takesInPlainly(bytes: number): boolean {
    return !this.orphan && (this.shut & SHUT_RD) === 0 && this.receiveRoom > bytes;
  }

  /**
   * A recv would do nothing but take from the receive queue: no error is told, and nobody waits for
   * the room.
   */
  get receivesPlainly(): boolean {
    if (this.state === 'LISTEN' || this.error !== 0 || this.tuning !== null) return false;
    const other = this.counterpart;
    return other === null || other.link === null || other.link.bytesInFlight === 0;
  }
}
