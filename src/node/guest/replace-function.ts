import type { Internal } from './internals.ts';

/**
 * Give a function the name of what it stands in for, and whatever hangs on that: util.promisify
 * looks there.
 */
export function standInFor<T extends (...args: Internal[]) => unknown>(real: Internal, own: T): T {
  for (const key of Reflect.ownKeys(real)) {
    if (key === 'prototype') continue;
    const descriptor = Object.getOwnPropertyDescriptor(real, key) as PropertyDescriptor;
    Object.defineProperty(own, key, { ...descriptor, configurable: true });
  }
  return own;
}
