const LOOK_NS = 1_000;
/** After so many looks while no time has passed the program is taken to wait for the clock. */
const LOOKS_QUICK = 1_000;
const SLOW_LOOK_NS = 100_000;
/** Shorter work is no event of its own. */
const SPENT_NS_MIN = 1_000_000;

/**
 * The clock as one program sees it: the kernel's, and a little ahead of it.
 *
 * # Looking takes time
 * A callback runs while the kernel's clock stands still, and so may thousands. So that a loop that
 * waits for the clock ends, whatever it does or awaits meanwhile, and nothing is ever measured to
 * take no time at all, each look after the first takes a microsecond, and a tenth of a millisecond
 * from the thousandth on during which no other time has passed. Once they come to a millisecond,
 * the kernel's clock goes on by that.
 */
export class GuestClock {
  #nowNs = 0;
  #aheadNs = 0;
  #seenNs = -1;
  #looks = 0;
  /** Of what looks have taken: the kernel is about to go on by it. */
  #spentNs = 0;

  /** The kernel's. */
  get nowNs(): number {
    return this.#nowNs;
  }

  set nowNs(ns: number) {
    const passedNs = ns - this.#nowNs;
    if (passedNs > this.#spentNs) this.#looks = 0;
    this.#spentNs = Math.max(0, this.#spentNs - passedNs);
    this.#nowNs = ns;
  }

  get aheadNs(): number {
    return this.#aheadNs;
  }

  /** The program's, for Node's own use: not a look. */
  get programNs(): number {
    return this.#nowNs + this.#aheadNs;
  }

  /** The program asks what time it is. */
  look(): number {
    this.#looks++;
    if (this.programNs <= this.#seenNs) {
      const took = this.#looks > LOOKS_QUICK ? SLOW_LOOK_NS : LOOK_NS;
      this.#aheadNs = this.#seenNs + took - this.#nowNs;
    }
    this.#seenNs = this.programNs;
    return this.#seenNs;
  }

  /** Whole milliseconds that the kernel's clock is to go on by. */
  spend(): number {
    if (this.#aheadNs < SPENT_NS_MIN) return 0;
    const spentNs = Math.floor(this.#aheadNs / SPENT_NS_MIN) * SPENT_NS_MIN;
    this.#aheadNs -= spentNs;
    this.#spentNs += spentNs;
    return spentNs;
  }
}
