import type { Libc } from './libc.ts';

const POLLFD_BYTES = 8;
const PLACES_MIN = 64;

/** An array of struct pollfd, kept and filled again for each poll(2). */
export class PollFds {
  readonly #libc: Libc;
  #bytes = new Uint8Array(POLLFD_BYTES * PLACES_MIN);
  #view = new DataView(this.#bytes.buffer);
  #count = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Empty, with room for so many. */
  clear(places: number): void {
    this.#count = 0;
    if (places * POLLFD_BYTES <= this.#bytes.length) return;
    this.#bytes = new Uint8Array(POLLFD_BYTES * places * 2);
    this.#view = new DataView(this.#bytes.buffer);
  }

  add(real: number, events: number): void {
    const at = this.#count++ * POLLFD_BYTES;
    this.#view.setInt32(at, real, true);
    this.#view.setInt16(at + 4, events, true);
    this.#view.setInt16(at + 6, 0, true);
  }

  /** poll(2) skips negative numbers. */
  leaveOut(place: number): void {
    this.#view.setInt32(place * POLLFD_BYTES, -1, true);
  }

  get places(): number[] {
    return Array.from({ length: this.#count }, (_, i) => i);
  }

  real(place: number): number {
    return this.#view.getInt32(place * POLLFD_BYTES, true);
  }

  asked(place: number): number {
    return this.#view.getUint16(place * POLLFD_BYTES + 4, true);
  }

  /** What the last poll(2) said. */
  reported(place: number): number {
    return this.#view.getUint16(place * POLLFD_BYTES + 6, true);
  }

  /** poll(2): how many have something to say, or a negated errno. */
  poll(timeoutMs: number): number {
    return this.#libc.poll(this.#bytes, this.#count, timeoutMs);
  }
}
