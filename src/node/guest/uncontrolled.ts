import { placeOfFrame, relativePlace } from '../../sim/schedule/places.ts';
import type { Internal } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { Present } from './present.ts';
import { standInFor } from './replace-function.ts';

/**
 * Work of the real machine that the program has begun by calling `entrance`: counted, and told with
 * the program's own line.
 */
export function noteUncontrolled(loop: GuestLoop, what: string, entrance: Internal): void {
  // Node's loader asks for files too, before the program's first line.
  if (!loop.started) return;
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, entrance);
  const lines = (here.stack ?? '').split('\n').slice(1);
  const own = lines.map(placeOfFrame).find((place) => place !== undefined);
  const at = own === undefined ? '' : ` at ${relativePlace(process.cwd(), own)}`;
  loop.post(['uncontrolled', `${what}${at}`]);
}

/** Have the functions of these names noted where they are called. */
export function noteCalls(
  present: Present,
  on: Record<string, Internal>,
  names: readonly string[],
  called: (name: string) => string,
): void {
  for (const name of names) {
    const real = on[name];
    if (typeof real !== 'function') continue;
    const noted = function (this: unknown, ...args: Internal[]): Internal {
      const loop = present.now;
      if (loop !== undefined) noteUncontrolled(loop, called(name), noted);
      return real.apply(this, args);
    };
    Object.defineProperty(on, name, { ...Object.getOwnPropertyDescriptor(on, name), value: noted });
    standInFor(real, noted);
  }
}

let promised = 0;

/** Nothing else happens until the machine has kept this promise. */
export function waitForReal<T>(promise: Promise<T>): Promise<T> {
  promised++;
  const kept = (): void => {
    promised--;
  };
  promise.then(kept, kept);
  return promise;
}

/** Work of the machine is under way. */
export function realWork(): boolean {
  return promised > 0;
}
