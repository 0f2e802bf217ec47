import type { Internal } from '../guest/internals.ts';
import type { Present } from '../guest/present.ts';

/** Where vitest keeps the timers that it uses itself, out of the reach of fake ones. */
const KEPT = 'vitest:SAFE_TIMERS';

/**
 * The timers of a test runner in the same realm stay on the real clock: a test whose program waits
 * for a minute takes no time, and must not be said to have taken a minute. Node's timers all share
 * the one clock that is simulated; V8's own is still there.
 */
export function keepOuterTimersReal(): void {
  const realm = globalThis as Internal;
  for (const symbol of Object.getOwnPropertySymbols(realm)) {
    if (symbol.description !== KEPT) continue;
    Object.assign(realm[symbol], {
      setTimeout: realTimeout,
      clearTimeout: cancel,
      setInterval: realInterval,
      clearInterval: cancel,
    });
  }
}

/**
 * Of a test runner's timers, those that are set in the middle of a run wait until it is over: a
 * runner's console keeps what was printed until its timer comes. Gives what sets them.
 */
export function deferOuterTimers(present: Present): () => void {
  const waiting: DeferredTimer[] = [];
  const realm = globalThis as Internal;
  for (const symbol of Object.getOwnPropertySymbols(realm)) {
    if (symbol.description !== KEPT) continue;
    const timers = realm[symbol];
    for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const) {
      const set = timers[name];
      const clear = timers[name.replace('set', 'clear')];
      timers[name] = (...args: unknown[]): unknown => {
        if (present.now === undefined) return set(...args);
        const timer = new DeferredTimer(() => set(...args), clear);
        waiting.push(timer);
        return timer;
      };
      timers[name.replace('set', 'clear')] = (timer: unknown): void => {
        if (timer instanceof DeferredTimer) timer.cancel();
        else clear(timer);
      };
    }
  }
  return () => {
    for (const timer of waiting.splice(0)) timer.set();
  };
}

/** One that is set when the run is over. */
class DeferredTimer {
  readonly #set: () => unknown;
  readonly #clear: (timer: unknown) => void;
  #timer: unknown;
  #cancelled = false;

  constructor(set: () => unknown, clear: (timer: unknown) => void) {
    this.#set = set;
    this.#clear = clear;
  }

  set(): void {
    if (!this.#cancelled) this.#timer = this.#set();
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#timer !== undefined) this.#clear(this.#timer);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

/** One timer, as the runner holds it; it never keeps the program alive. */
class RealTimer {
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  cancelled = false;

  after(ms: number, done: () => void): this {
    const { async, value } = (Atomics as Internal).waitAsync(this.#cell, 0, 0, Math.max(1, ms));
    const look = (): void => {
      if (!this.cancelled) done();
    };
    if (async) value.then(look);
    else look();
    return this;
  }

  cancel(): void {
    this.cancelled = true;
    Atomics.notify(this.#cell, 0);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

function realTimeout(
  callback: (...args: unknown[]) => void,
  ms = 1,
  ...args: unknown[]
): RealTimer {
  return new RealTimer().after(ms, () => callback(...args));
}

function realInterval(
  callback: (...args: unknown[]) => void,
  ms = 1,
  ...args: unknown[]
): RealTimer {
  const timer = new RealTimer();
  const again = (): void => {
    timer.after(ms, () => {
      again();
      callback(...args);
    });
  };
  again();
  return timer;
}

/** Of the runner's timers; those that were set before are Node's own. */
function cancel(timer: unknown): void {
  if (timer instanceof RealTimer) timer.cancel();
  else clearTimeout(timer as NodeJS.Timeout);
}
