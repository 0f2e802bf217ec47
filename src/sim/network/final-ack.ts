import type { InetAddress } from '../../sys/sys.ts';
import { addressText } from '../kernel/addresses.ts';
import type { Footprint } from '../kernel/footprint.ts';
import type { Happening } from '../kernel/happening.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import { Timer, type TimerTarget } from '../kernel/timers.ts';
import type { Channel } from './channel.ts';
import { EnvironmentEvent } from './events.ts';
import { type Segment, syn } from './tap.ts';
import type { VirtualNetwork } from './virtual.ts';

/**
 * tcp_synack_retries: a SYN-ACK that got no answer is sent again after 1, 2, 4, … seconds, this
 * many times.
 */
const SYN_ACK_RETRIES_MAX = 5;

/**
 * The ACK that completes a handshake, on its way to the listener: its arrival puts the connection
 * into the accept queue. The client has been connected since the SYN-ACK; whatever it does
 * meanwhile, sending, closing, dying, travels behind. In adversarial mode the arrival is a step.
 *
 * # TCP: the last segment of a handshake may find the accept queue full
 * A SYN is dropped where the accept queue is full, but connections on their way to it hold no place
 * in it (tcp_conn_request). So more may come than fit: the ACK of one that does not is ignored, and
 * the SYN-ACK sent again until there is a place or the patience is at an end (tcp_check_req,
 * reqsk_timer_handler; tcp_abort_on_overflow is off). On Linux the client's data, sent again, may
 * open the door before that; here it is the SYN-ACK alone.
 */
export class FinalAck extends EnvironmentEvent implements TimerTarget {
  readonly #network: VirtualNetwork;
  readonly #listener: TcpSocket;
  /** From the client to the server's end. */
  readonly #outward: Channel;
  #timer: Timer | null = null;
  #retries = 0;

  constructor(network: VirtualNetwork, listener: TcpSocket, outward: Channel) {
    super();
    this.#network = network;
    this.#listener = listener;
    this.#outward = outward;
    network.tap?.departed(this.#segment);
    outward.shut();
  }

  start(): void {
    if (this.#network.adversarial) this.#network.events.add(this);
    else this.fire();
  }

  expire(): void {
    if (this.#retries <= SYN_ACK_RETRIES_MAX) this.start();
    else this.#outward.abandon();
  }

  fire(): void {
    this.#network.events.remove(this);
    const listener = this.#listener;
    const outward = this.#outward;
    // An RST that came behind an ACK in vain has taken the request away.
    if (this.#retries > 0 && outward.isReset) return;
    if (listener.state !== 'LISTEN') {
      // Nobody listens any more: the ACK itself is answered with RST.
      outward.reverse.reset();
      return;
    }
    if (listener.acceptRoom <= 0) {
      this.#ignored();
      return;
    }
    this.#network.tap?.arrived(this.#segment);
    this.#network.inherit(outward.to, listener);
    listener.onAcceptable(outward.to);
    outward.open();
  }

  get #segment(): Segment {
    const { from, to } = this.#outward;
    return { ...syn(from, to, to.local as InetAddress), what: 'ACK' };
  }

  #ignored(): void {
    this.#timer ??= new Timer(this);
    const { clock } = this.#network;
    clock.timers.arm(this.#timer, clock.nowNs + 1e9 * 2 ** this.#retries++);
  }

  override touches(footprint: Footprint): void {
    const listener = this.#listener;
    const { from, to } = this.#outward;
    to.touchesOfChange(footprint);
    if (listener.state === 'LISTEN') listener.touchesOfQueueing(footprint);
    else listener.touchesOfChange(footprint);
    // It comes of the client's handshake.
    if (listener.acceptRoom <= 0) from.touchesOfChange(footprint);
    else footprint.read(from);
  }

  happening(): Happening {
    const from = addressText(this.#outward.from.local as InetAddress);
    const to = addressText(this.#outward.to.local as InetAddress);
    return { kind: 'ACK', from, to, bytes: 0 };
  }
}
