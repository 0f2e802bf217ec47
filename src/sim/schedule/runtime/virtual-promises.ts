import type { VirtualRuntime } from './virtual-runtime.ts';

/** What node:timers/promises takes. */
export interface PromisedOptions {
  readonly signal?: AbortSignal;
}

/** As Node's: says that it was aborted, and why. */
function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/** A promise for `value`, kept when what `arm` armed comes due. `arm` gives how to take it back. */
function promised<T>(
  arm: (due: () => void) => () => void,
  value: T,
  { signal }: PromisedOptions = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const disarm = arm(() => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    });
    const aborted = (): void => {
      disarm();
      reject(abortError(signal as AbortSignal));
    };
    signal?.addEventListener('abort', aborted, { once: true });
  });
}

export function promisedTimeout<T>(
  runtime: VirtualRuntime,
  delayMs: unknown,
  value: T,
  options?: PromisedOptions,
): Promise<T> {
  const arm = (due: () => void): (() => void) => {
    const handle = runtime.timers.set('setTimeout', due, delayMs, []);
    return () => runtime.timers.clear(handle);
  };
  return promised(arm, value, options);
}

export function promisedImmediate<T>(
  runtime: VirtualRuntime,
  value: T,
  options?: PromisedOptions,
): Promise<T> {
  const arm = (due: () => void): (() => void) => {
    const immediate = runtime.immediates.set(due, []);
    return () => immediate.clear();
  };
  return promised(arm, value, options);
}

/** A value each time the interval comes round; those that nobody has waited for are kept. */
export async function* promisedInterval<T>(
  runtime: VirtualRuntime,
  delayMs: unknown,
  value: T,
  { signal }: PromisedOptions = {},
): AsyncGenerator<T, void> {
  if (signal?.aborted) throw abortError(signal);
  let dueCount = 0;
  let wake = (): void => {};
  const due = (): void => {
    dueCount++;
    wake();
  };
  const aborted = (): void => wake();
  const handle = runtime.timers.set('setInterval', due, delayMs, []);
  signal?.addEventListener('abort', aborted, { once: true });
  try {
    for (;;) {
      if (dueCount === 0 && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal?.aborted) throw abortError(signal);
      dueCount--;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', aborted);
    runtime.timers.clear(handle);
  }
}

/** What AbortSignal.timeout gives. */
export function timeoutSignal(runtime: VirtualRuntime, delayMs: unknown): AbortSignal {
  const controller = new AbortController();
  const due = (): void => {
    const text = 'The operation was aborted due to timeout';
    controller.abort(new DOMException(text, 'TimeoutError'));
  };
  runtime.timers.set('setTimeout', due, delayMs, []);
  return controller.signal;
}
