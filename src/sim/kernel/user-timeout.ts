import { ETIMEDOUT } from '../../sys/errno.ts';
import type { Clock } from './clock.ts';
import { Timer, type TimerTarget } from './timers.ts';

/** What of a TCP socket it goes by. */
interface Connection {
  readonly link: { readonly bytesInFlight: number; reset(): void } | null;
  error: number;
  onReset(errno: number): void;
}

/**
 * TCP_USER_TIMEOUT (RFC 5482): if nothing of what was sent arrives for so long, be it for want of
 * room at the peer, the connection is given up with ETIMEDOUT.
 */
export class UserTimeout implements TimerTarget {
  readonly #socket: Connection;
  readonly #clock: Clock;
  readonly #timer: Timer = new Timer(this);
  timeoutMs = 0;

  constructor(socket: Connection, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  get #isWaiting(): boolean {
    const { link } = this.#socket;
    return link !== null && link.bytesInFlight > 0;
  }

  /** Something was sent. */
  sent(): void {
    if (this.timeoutMs > 0 && !this.#timer.armed && this.#isWaiting) this.#arm();
  }

  #arm(): void {
    this.#clock.timers.arm(this.#timer, this.#clock.nowNs + this.timeoutMs * 1e6);
  }

  /** Something has arrived. */
  progressed(): void {
    if (this.#timer.armed) this.#arm();
  }

  /**
   * # TCP_USER_TIMEOUT: the peer is told by an RST at once, where Linux gives up without a word and
   * answers the next segment with RST.
   */
  expire(): void {
    if (!this.#isWaiting) return;
    this.#socket.link?.reset();
    this.#socket.onReset(ETIMEDOUT);
    this.#socket.error = ETIMEDOUT;
  }
}
