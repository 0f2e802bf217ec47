import os from 'node:os';
import { define } from './clock.ts';
import type { Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';

/** Who the program is. */
export function replaceIdentity({
  hostname,
  pid,
}: {
  readonly hostname: string;
  readonly pid: number;
}): void {
  define(process, 'pid', pid);
  define(process, 'ppid', 1);
  define(os, 'hostname', () => hostname);
}

/**
 * A program on a host is one of its own, whatever runs it: no thread of another.
 *
 * # Its working directory is that of the host run: a thread has no other.
 */
export function replaceThread({ requireBuiltin }: Internals): void {
  Object.assign(requireBuiltin('worker_threads'), {
    isMainThread: true,
    parentPort: null,
    threadId: 0,
    workerData: null,
    resourceLimits: {},
  });
  define(process, 'execArgv', []);
  define(process, 'title', 'node');
}

/** How the program ends: as the kernel sees it. */
export function replaceEnds({ requireBuiltin }: Internals, loop: GuestLoop): void {
  define(process, 'exit', (code?: number | string | null) => {
    if (code !== undefined && code !== null) process.exitCode = code;
    loop.exit(Number(process.exitCode ?? 0));
  });
  define(process, 'abort', () => loop.exit(134));
  const { onGlobalUncaughtException } = requireBuiltin('internal/process/execution');
  // What C++ calls for an error that nobody has caught, and for a rejection that nobody handles.
  define(process, '_fatalException', (error: unknown, fromPromise: boolean): boolean => {
    let handled: boolean;
    try {
      handled = onGlobalUncaughtException(error, fromPromise);
    } catch (inHandler) {
      return loop.die(inHandler, false);
    }
    return handled || loop.die(error, fromPromise);
  });
}
