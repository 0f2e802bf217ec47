import { CHANCE_STREAMS, type Choices, KIND } from '../../kernel/choices.ts';
import { Random } from '../random.ts';

/** Of the usual stream. */
const SEED = 0x6865_6464;

/** Which stream of random numbers `whose` are: a decision. */
export function drawChance(choices: Choices, whose: string): number {
  return choices.decide(KIND.chance, CHANCE_STREAMS, {
    label: () => `random numbers of ${whose}`,
    alternativeText: (chance) => (chance === 0 ? 'the usual ones' : `stream ${chance}`),
  });
}

/** The seed of stream `chance`, 0 being the usual one, whose seed this is. */
export function streamSeed(seed: number, chance: number): number {
  return seed ^ Math.imul(chance, 0x9e3779b1);
}

/**
 * The randomness that programs see in a run: `Math.random` and `node:crypto`. Which stream of
 * numbers it is, is a decision; the numbers themselves are none.
 */
export class Entropy {
  readonly #random: Random;

  /** @param chance the stream, see `KIND.chance` */
  constructor(chance: number) {
    this.#random = new Random(streamSeed(SEED, chance));
  }

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
