import { Random } from '../../sim/schedule/random.ts';
import { streamSeed } from '../../sim/schedule/runtime/entropy.ts';
import type { AsyncContext } from './async.ts';
import { define } from './clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { Present } from './present.ts';
import { waitForReal } from './uncontrolled.ts';

/** The random numbers of one program. */
export class Randomness {
  readonly #random: Random;

  /** @param chance the stream, see `KIND.chance` */
  constructor(seed: number, chance: number) {
    this.#random = new Random(streamSeed(seed, chance));
  }

  /** A fraction in [0, 1) with 53 bits, as Math.random gives. */
  fraction(): number {
    const high = this.#random.bits() >>> 5;
    const low = this.#random.bits() >>> 6;
    return (high * 0x4000000 + low) / 2 ** 53;
  }

  fill(bytes: Uint8Array): void {
    const random = this.#random;
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.bits() >>> 24;
  }
}

/** Math.random and all of crypto's random bytes. */
export function replaceRandomness({ internalBinding }: Internals, present: Present): void {
  const real = Math.random;
  define(Math, 'random', () => {
    const loop = present.now;
    return loop === undefined ? real() : loop.random.fraction();
  });
  replaceJobs(internalBinding('crypto'), present);
}

/**
 * Crypto's jobs, in the thread pool otherwise: done in place, and completed as an event of their
 * own. Random bytes are a job too, the one behind randomBytes, randomInt, randomUUID and
 * getRandomValues.
 */
function replaceJobs(crypto: Internal, present: Present): void {
  const { kCryptoJobAsync, kCryptoJobSync } = crypto;
  for (const name of Object.keys(crypto)) {
    if (!name.endsWith('Job') || typeof crypto[name] !== 'function') continue;
    const Job = crypto[name];
    const isRandomBytes = name === 'RandomBytesJob';
    crypto[name] = class extends Job {
      /** Undefined where nobody is present. */
      readonly #loop: GuestLoop | undefined;
      /** Where it is called back; undefined where it is done at once. */
      readonly #context: AsyncContext | undefined;
      /** WebCrypto, from Node 24.20: C++ gives a promise, and makes the keys itself. */
      readonly #promises: boolean;
      readonly #target: Uint8Array | undefined;

      constructor(mode: number, ...rest: Internal[]) {
        const loop = present.now;
        const promises = mode !== kCryptoJobAsync && mode !== kCryptoJobSync;
        super(promises || loop === undefined ? mode : kCryptoJobSync, ...rest);
        this.#loop = loop;
        this.#promises = promises;
        if (loop === undefined) return;
        if (mode === kCryptoJobAsync) this.#context = loop.contexts.of(this);
        if (isRandomBytes) this.#target = bytesOf(rest[0], rest[1], rest[2]);
      }

      run(): Internal {
        const loop = this.#loop;
        if (loop === undefined) return super.run();
        if (this.#promises) {
          const promise = waitForReal(super.run());
          loop.stirred?.();
          return promise;
        }
        let result: Internal;
        if (this.#target === undefined) result = super.run();
        else {
          loop.random.fill(this.#target);
          result = [undefined, undefined];
        }
        if (this.#context === undefined) return result;
        loop.complete(`crypto ${name}`, this.#context, () => this['ondone'](...result));
        return undefined;
      }
    };
  }
}

function bytesOf(target: Internal, offset: number, size: number): Uint8Array {
  const buffer = ArrayBuffer.isView(target) ? target.buffer : target;
  const from = ArrayBuffer.isView(target) ? target.byteOffset : 0;
  return new Uint8Array(buffer, from + offset, size);
}
