import { syncBuiltinESMExports } from 'node:module';
import { define } from './clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { Present } from './present.ts';

/** What fits into the six bytes that Node draws for each (lib/internal/crypto/random.js). */
const RANGE_MAX = 2 ** 48 - 1;

/**
 * Node draws random bytes for several calls of these at once, and keeps the rest: in a realm with
 * many runs the next one would find what the one before has left over.
 */
export function replacePools({ requireBuiltin }: Internals, present: Present): void {
  const crypto = requireBuiltin('crypto');
  const { randomUUID, randomInt } = crypto;
  define(crypto, 'randomUUID', (options?: object) =>
    present.now === undefined
      ? randomUUID(options)
      : randomUUID({ ...options, disableEntropyCache: true }),
  );
  define(Object.getPrototypeOf(crypto.webcrypto), 'randomUUID', () => crypto.randomUUID());
  define(crypto, 'randomInt', (...args: Internal[]): Internal => {
    const loop = present.now;
    const callback = typeof args.at(-1) === 'function' ? args.at(-1) : undefined;
    const [min, max] = rangeOf(callback === undefined ? args : args.slice(0, -1));
    const isRange = Number.isSafeInteger(min) && Number.isSafeInteger(max) && min < max;
    // What Node refuses, it refuses in its own words, and draws nothing.
    if (loop === undefined || !isRange || max - min > RANGE_MAX) return randomInt(...args);
    const drawn = min + Math.floor(loop.random.fraction() * (max - min));
    if (callback === undefined) return drawn;
    process.nextTick(callback, undefined, drawn);
    return undefined;
  });
  syncBuiltinESMExports();
}

const rangeOf = (args: Internal[]): [number, number] =>
  args.length < 2 || args[1] === undefined ? [0, args[0]] : [args[0], args[1]];
