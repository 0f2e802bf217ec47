import { Random } from '../random.ts';

/** The same in every run: what is replayed are the decisions, and these are none. */
const SEED = 0x6865_6464;

/** The randomness that programs see in a run: `Math.random` and `node:crypto`. */
export class Entropy {
  readonly #random = new Random(SEED);

  /** A fraction in [0, 1) with 53 bits, as Math.random gives. */
  fraction(): number {
    const high = this.#random.bits() >>> 5;
    const low = this.#random.bits() >>> 6;
    return (high * 0x4000000 + low) / 2 ** 53;
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#random.bits() >>> 24;
  }

  /** A random UUID, version 4. */
  uuid(): string {
    const bytes = Buffer.alloc(16);
    this.fill(bytes);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}
