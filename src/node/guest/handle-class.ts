import type { Internal } from './internals.ts';
import type { Present } from './present.ts';

/**
 * What Node's library finds in the place of a handle class of C++: a handle belongs to the loop in
 * which it is made, for all of its life; where nobody is present it is a real one.
 */
export function handleClass(real: Internal, own: Internal, present: Present): Internal {
  function Handle(...args: Internal[]): Internal {
    const loop = present.now;
    return loop === undefined ? new real(...args) : new own(loop, ...args);
  }
  Object.defineProperty(Handle, 'name', { value: real.name });
  Object.defineProperty(Handle, Symbol.hasInstance, {
    value: (object: unknown) => object instanceof real || object instanceof own,
  });
  return Handle;
}
