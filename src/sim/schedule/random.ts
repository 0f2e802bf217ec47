/** 2**32 divided by the golden ratio: the step of splitmix32's state. */
const GOLDEN = 0x9e3779b9 | 0;

function splitmix32(state: number): number {
  let z = state | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/**
 * xoshiro128** (Blackman and Vigna, 2018), all in 32-bit integers; seeded through splitmix32, so
 * that neighbouring seeds give unrelated streams.
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  constructor(seed: number) {
    this.reseed(seed);
  }

  reseed(seed: number): void {
    this.a = splitmix32(seed + GOLDEN);
    this.b = splitmix32(seed + 2 * GOLDEN);
    this.c = splitmix32(seed + 3 * GOLDEN);
    this.d = splitmix32(seed + 4 * GOLDEN) | 1;
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const b = this.b;
    let result = Math.imul(b, 5);
    result = Math.imul((result << 7) | (result >>> 25), 9);
    const t = b << 9;
    this.c ^= this.a;
    this.d ^= b;
    this.b = b ^ this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /**
   * A whole number from 0 to `n - 1`, for n up to 65,536 by multiply and shift, above that by
   * modulo.
   */
  below(n: number): number {
    const bits = this.bits();
    if (n <= 0x10000) return ((bits >>> 16) * n) >>> 16;
    return (bits >>> 1) % n;
  }

  /** A fraction in [0, 1) with 24 bits. */
  fraction(): number {
    return (this.bits() >>> 8) / 0x1000000;
  }
}
