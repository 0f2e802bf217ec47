import { promiseHooks } from 'node:v8';
import { placeOfFrame, relativePlace } from '../../sim/schedule/places.ts';

/** Places that are told; the last ones say most. */
const PLACES_MAX = 4;

/**
 * The lines at which a program awaits what has not come: where a promise is made out of another
 * one, which is what `await` and `then` do. Taken note of where a failing run is told, and only
 * there.
 */
export class Awaits {
  readonly #pending = new Map<object, string>();

  /** From now on. */
  begin(): void {
    const { stackTraceLimit } = Error;
    promiseHooks.onInit((promise, parent) => {
      if (parent === undefined) return;
      const here: { stack?: string } = {};
      Error.stackTraceLimit = 2 + stackTraceLimit;
      Error.captureStackTrace(here);
      Error.stackTraceLimit = stackTraceLimit;
      const place = ownPlace(here.stack ?? '');
      if (place !== undefined) this.#pending.set(promise, place);
    });
    promiseHooks.onSettled((promise) => this.#pending.delete(promise));
  }

  /** Each place once, the last ones. */
  get places(): readonly string[] {
    return [...new Set(this.#pending.values())].slice(-PLACES_MAX);
  }
}

/** The innermost line of the program's own that is not in a package: `answer (server.js:4:9)`. */
function ownPlace(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const place = placeOfFrame(line);
    if (place === undefined || OTHERS.test(place)) continue;
    const near = relativePlace(process.cwd(), place);
    const called = /^\s*at (?:async )?(.+) \(.+\)$/.exec(line)?.[1];
    return called === undefined ? near : `${called} (${near})`;
  }
  return undefined;
}

const OTHERS = /node:|\/node_modules\/|\/guest\/thread\.c?js/;
