import os from 'node:os';
import { define, defineGetter } from './clock.ts';
import type { Internals } from './internals.ts';
import type { Present } from './present.ts';

/** Whose child it is where nothing else has started it. */
const INIT = 1;

/** Who the program is. */
export function replaceIdentity(present: Present): void {
  const { pid, ppid } = process;
  const { hostname } = os;
  defineGetter(process, 'pid', () => present.now?.config.pid ?? pid);
  defineGetter(process, 'ppid', () => {
    const loop = present.now;
    if (loop === undefined) return ppid;
    return loop.hasThread ? loop.callNumber(['ppid']) : INIT;
  });
  define(os, 'hostname', () => present.now?.config.hostname ?? hostname());
}

/** A program on a host is one of its own, whatever runs it: no thread of another. */
export function replaceThread({ requireBuiltin }: Internals): void {
  Object.assign(requireBuiltin('worker_threads'), {
    isMainThread: true,
    parentPort: null,
    threadId: 0,
    workerData: null,
    resourceLimits: {},
  });
  // Before Node 24 V8 keeps what reads the title in C++ behind a property that is only redefined.
  Reflect.deleteProperty(process, 'title');
  define(process, 'title', 'node');
}

/**
 * How a program ends, and what becomes of an error that nobody has caught: as its loop has it. One
 * that leaves its end to Node has Node's own.
 */
export function replaceEnds({ requireBuiltin }: Internals, present: Present): void {
  const { exit, abort } = process;
  const fatalException = (process as unknown as { _fatalException: Fatal })._fatalException;
  define(process, 'exit', (code?: number | string | null) => {
    const loop = present.now;
    if (loop === undefined || !loop.ends) return exit.call(process, code);
    if (loop.endless) return loop.exit(Number(code ?? 0));
    if (code !== undefined && code !== null) process.exitCode = code;
    return loop.exit(Number(process.exitCode ?? 0));
  });
  define(process, 'abort', () => {
    const loop = present.now;
    if (loop === undefined || !loop.ends) return abort.call(process);
    if (!loop.hasThread) return loop.exit(ABORTED);
    loop.callAny(['kill', loop.config.pid, SIGABRT]);
    return undefined;
  });
  const { onGlobalUncaughtException } = requireBuiltin('internal/process/execution');
  // What C++ calls for an error that nobody has caught, and for a rejection that nobody handles.
  define(process, '_fatalException', (error: unknown, fromPromise: boolean): boolean => {
    const loop = present.now;
    if (loop === undefined || !loop.ends) return fatalException.call(process, error, fromPromise);
    if (loop.uncaught !== undefined) {
      loop.uncaught(error);
      return true;
    }
    let handled: boolean;
    try {
      handled = onGlobalUncaughtException(error, fromPromise);
    } catch (inHandler) {
      return loop.die(inHandler, false);
    }
    return handled || loop.die(error, fromPromise);
  });
}

type Fatal = (error: unknown, fromPromise: boolean) => boolean;

const SIGABRT = 6;
const ABORTED = 128 + SIGABRT;
