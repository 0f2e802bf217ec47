import { ECONNREFUSED, ETIMEDOUT } from '../../sys/errno.ts';
import type { InetAddress } from '../../sys/sys.ts';
import { addressText } from '../kernel/addresses.ts';
import { FAULT_BACKLOG, FAULT_REFUSE, FAULT_SLOW_CONNECT, KIND } from '../kernel/choices.ts';
import type { Footprint } from '../kernel/footprint.ts';
import type { Happening } from '../kernel/happening.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import { Timer, type TimerTarget } from '../kernel/timers.ts';
import { EnvironmentEvent } from './events.ts';
import { syn } from './tap.ts';
import type { VirtualNetwork } from './virtual.ts';

/** tcp_syn_retries: a dropped SYN is sent again after 1, 2, 4, … seconds, this many times. */
const SYN_RETRIES_MAX = 6;
const SLOW_CONNECT_MS = [0, 10, 500] as const;

/** A SYN under way; in adversarial mode its arrival is a step. */
export class ConnectAttempt extends EnvironmentEvent implements TimerTarget {
  readonly #network: VirtualNetwork;
  readonly #socket: TcpSocket;
  readonly #host: string;
  readonly #address: InetAddress;
  #timer: Timer | null = null;
  #retries = 0;

  constructor(network: VirtualNetwork, socket: TcpSocket, host: string, address: InetAddress) {
    super();
    this.#network = network;
    this.#socket = socket;
    this.#host = host;
    this.#address = address;
  }

  start(): void {
    const { choices, tap } = this.#network;
    tap?.departed(syn(this.#socket, undefined, this.#address));
    let delayMs = 0;
    if ((choices.faults & FAULT_SLOW_CONNECT) !== 0) {
      delayMs = SLOW_CONNECT_MS[
        choices.decide(KIND.slowConnect, SLOW_CONNECT_MS.length, this)
      ] as number;
    }
    if (delayMs > 0) this.#after(delayMs);
    else this.expire();
  }

  #after(ms: number): void {
    const { clock } = this.#network;
    this.#timer ??= new Timer(this);
    clock.timers.arm(this.#timer, clock.nowNs + ms * 1e6);
  }

  /** The SYN may arrive. */
  expire(): void {
    if (this.#network.adversarial) this.#network.events.add(this);
    else this.fire();
  }

  fire(): void {
    const network = this.#network;
    network.events.remove(this);
    const { choices } = network;
    if (network.cutMs(this.#socket.host, this.#host) > 0) {
      this.#again();
      return;
    }
    const listener = network.chooseListener(this.#host, this.#address, this);
    if (network.meetItself(this.#socket, this.#address)) return;
    const refused =
      listener === null ||
      ((choices.faults & FAULT_REFUSE) !== 0 && choices.decide(KIND.refuse, 2, this) === 1);
    if (refused) {
      const asked = syn(this.#socket, undefined, this.#address);
      network.tap?.arrived({ ...asked, what: 'refused' });
      this.#refuse(ECONNREFUSED);
      return;
    }
    const full =
      listener.acceptRoom <= 0 ||
      ((choices.faults & FAULT_BACKLOG) !== 0 && choices.decide(KIND.backlog, 2, this) === 1);
    if (!full) {
      network.establish(this.#socket, listener, this.#address);
      return;
    }
    this.#again();
  }

  /** The SYN is lost or dropped; the client tries again by itself. */
  #again(): void {
    if (this.#retries >= SYN_RETRIES_MAX) this.#refuse(ETIMEDOUT);
    else this.#after(1000 * 2 ** this.#retries++);
  }

  #refuse(errno: number): void {
    this.#network.attemptEnded(this.#socket);
    this.#socket.onRefused(errno);
  }

  cancel(): void {
    this.#network.events.remove(this);
    if (this.#timer !== null) this.#network.clock.timers.disarm(this.#timer);
  }

  override touches(footprint: Footprint): void {
    this.#socket.touchesOfChange(footprint);
    const listeners = this.#network.listenersAt(this.#host, this.#address);
    if (listeners.length === 0) footprint.touchEverything();
    // Another may begin to share the port.
    footprint.read(this.#network);
    for (const listener of listeners) footprint.read(listener);
  }

  happening(): Happening {
    const from = addressText(this.#socket.local as InetAddress);
    return { kind: 'SYN', from, to: addressText(this.#address), bytes: 0 };
  }
}
