import crypto from 'node:crypto';
import type { AnyFunction, Replace } from './virtual-globals.ts';
import type { VirtualRuntime } from './virtual-runtime.ts';

/**
 * Math.random, node:crypto and WebCrypto.
 *
 * The real function is asked first, and its answer thrown away or overwritten: so it objects to
 * what it objects to otherwise. Answers that go to a callback come as an immediate.
 */
export function replaceRandomness(replace: Replace): void {
  replace(Math, 'random', (runtime) => runtime.entropy.fraction());
  const answer = (runtime: VirtualRuntime, callback: AnyFunction | undefined, value: unknown) => {
    if (callback === undefined) return value;
    runtime.immediates.set(callback, [null, value]);
  };
  replace(crypto, 'randomBytes', (runtime, [size, callback], real) => {
    const bytes = real(size) as Buffer;
    runtime.entropy.fill(bytes);
    return answer(runtime, callback, bytes);
  });
  replace(crypto, 'randomInt', (runtime, args, real) => {
    const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    real(...args);
    const [min, max] = args.length > 1 && args[1] !== undefined ? args : [0, args[0]];
    return answer(runtime, callback, min + Math.floor(runtime.entropy.fraction() * (max - min)));
  });
  const fill = (runtime: VirtualRuntime, args: unknown[], real: AnyFunction): unknown => {
    const target = real(...args);
    runtime.entropy.fill(filledPart(target, args[1] as number, args[2] as number));
    return target;
  };
  replace(crypto, 'randomFillSync', fill);
  replace(crypto, 'randomFill', (runtime, args) => {
    const callback = args.pop() as AnyFunction;
    answer(runtime, callback, crypto.randomFillSync(...(args as [Uint8Array])));
  });
  replace(crypto, 'randomUUID', (runtime, args, real) => {
    real(...args);
    return runtime.entropy.uuid();
  });
  const { webcrypto } = crypto;
  replace(webcrypto, 'getRandomValues', (runtime, [target], real) =>
    fill(runtime, [target], real.bind(webcrypto)),
  );
  replace(webcrypto, 'randomUUID', (runtime) => runtime.entropy.uuid());
}

/** The bytes that randomFill means by an offset and a size, which count elements. */
function filledPart(target: ArrayBuffer | ArrayBufferView, offset = 0, size?: number): Uint8Array {
  if (!ArrayBuffer.isView(target)) return new Uint8Array(target, offset, size);
  const unit = (target as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const start = offset * unit;
  const length = size === undefined ? target.byteLength - start : size * unit;
  return new Uint8Array(target.buffer, target.byteOffset + start, length);
}
