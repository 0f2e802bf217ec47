import { Random } from '../../sim/schedule/random.ts';
import { streamSeed } from '../../sim/schedule/runtime/entropy.ts';
import type { AsyncContext } from './async.ts';
import { define } from './clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { waitForReal } from './uncontrolled.ts';

/**
 * Math.random and all of crypto's random bytes: the schedule says which stream they come from, when
 * the first of them is asked for.
 */
export function replaceRandomness(internals: Internals, loop: GuestLoop, seed: number): void {
  let drawn: Random | undefined;
  const stream = (): Random => {
    drawn ??= new Random(streamSeed(seed, loop.call(['chance']) as number));
    return drawn;
  };
  define(Math, 'random', () => {
    const random = stream();
    const high = random.bits() >>> 5;
    const low = random.bits() >>> 6;
    return (high * 0x4000000 + low) / 2 ** 53;
  });
  const fill = (bytes: Uint8Array): void => {
    const random = stream();
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.bits() >>> 24;
  };
  replaceJobs(internals.internalBinding('crypto'), loop, fill);
}

/**
 * Crypto's jobs, in the thread pool otherwise: done in place, and completed as an event of their
 * own. Random bytes are a job too, the one behind randomBytes, randomInt, randomUUID and
 * getRandomValues.
 */
function replaceJobs(crypto: Internal, loop: GuestLoop, fill: (bytes: Uint8Array) => void): void {
  const { kCryptoJobAsync, kCryptoJobSync } = crypto;
  for (const name of Object.keys(crypto)) {
    if (!name.endsWith('Job') || typeof crypto[name] !== 'function') continue;
    const Job = crypto[name];
    const isRandomBytes = name === 'RandomBytesJob';
    crypto[name] = class extends Job {
      /** Where it is called back; undefined where it is done at once. */
      readonly #context: AsyncContext | undefined;
      /** WebCrypto, from Node 24.20: C++ gives a promise, and makes the keys itself. */
      readonly #promises: boolean;
      readonly #target: Uint8Array | undefined;

      constructor(mode: number, ...rest: Internal[]) {
        const promises = mode !== kCryptoJobAsync && mode !== kCryptoJobSync;
        super(promises ? mode : kCryptoJobSync, ...rest);
        this.#promises = promises;
        if (mode === kCryptoJobAsync) this.#context = loop.contexts.of(this);
        if (isRandomBytes) this.#target = bytesOf(rest[0], rest[1], rest[2]);
      }

      run(): Internal {
        if (this.#promises) {
          const promise = waitForReal(super.run());
          loop.stirred?.();
          return promise;
        }
        let result: Internal;
        if (this.#target === undefined) result = super.run();
        else {
          fill(this.#target);
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
