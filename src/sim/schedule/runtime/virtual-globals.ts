/**
 * What of the runtime is replaced while runs with async bodies execute: clocks, timers, ticks and
 * randomness, in the global objects and in the modules that hold them too.
 *
 * The replacements are put in place for a whole batch of runs. While no run is executing they pass
 * everything on to what stood there before; while one is, they ask its {@link VirtualRuntime}.
 */

import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { createClock } from '@sinonjs/fake-timers';
import { UsageError } from '../../../sys/errors.ts';
import { callerLine } from '../user-frame.ts';
import { replaceRandomness } from './virtual-crypto.ts';
import { VirtualImmediate } from './virtual-immediates.ts';
import {
  promisedImmediate,
  promisedInterval,
  promisedTimeout,
  timeoutSignal,
} from './virtual-promises.ts';
import { activeRuntime, type VirtualRuntime } from './virtual-runtime.ts';
import { VirtualTimers } from './virtual-timers.ts';

// biome-ignore lint/suspicious/noExplicitAny: stands for functions of every kind
export type AnyFunction = (...args: any[]) => any;
// biome-ignore lint/suspicious/noExplicitAny: arguments of functions of every kind
export type Virtual = (runtime: VirtualRuntime, args: any[], real: AnyFunction) => unknown;

/**
 * Note that while a run executes `on[name]` is `virtual`, and else what it is now. Gives what
 * stands in for both.
 */
export type Replace = (on: object, name: string, virtual: Virtual, more?: object) => AnyFunction;

/** One property of the runtime, what stands in for it, and what stood there before. */
interface Replacement {
  readonly on: object;
  readonly name: string;
  by: unknown;
  real: unknown;
  /** Undefined if it was inherited. */
  before: PropertyDescriptor | undefined;
}

type Put = (on: object, name: string, by: unknown) => Replacement;

/** util.promisify asks a function for its promised version under this symbol. */
const PROMISIFY: unique symbol = Symbol.for('nodejs.util.promisify.custom') as never;
const NS_PER_S = 1_000_000_000n;

let replacements: readonly Replacement[] | undefined;
let installed = false;

/** Put the replacements in place. */
export function installGlobals(): void {
  if (installed) return;
  if (Object.isFrozen(Math)) {
    throw new UsageError(
      'a run replaces clocks, timers and randomness, which --frozen-intrinsics forbids: start node without it',
    );
  }
  installed = true;
  replacements ??= allReplacements();
  for (const replacement of replacements) {
    const { on, name, by } = replacement;
    const before = Object.getOwnPropertyDescriptor(on, name);
    replacement.before = before;
    replacement.real = Reflect.get(on, name);
    const enumerable = before?.enumerable ?? true;
    Object.defineProperty(on, name, { value: by, writable: true, configurable: true, enumerable });
  }
  syncBuiltinESMExports();
}

/** Whether the replacements are in place. */
export function hasVirtualGlobals(): boolean {
  return installed;
}

/** Put back what stood there before. */
export function restoreGlobals(): void {
  if (!installed) return;
  installed = false;
  for (const { on, name, before } of replacements as readonly Replacement[]) {
    if (before === undefined) Reflect.deleteProperty(on, name);
    else Object.defineProperty(on, name, before);
  }
  syncBuiltinESMExports();
}

function allReplacements(): Replacement[] {
  const list: Replacement[] = [];
  const put: Put = (on, name, by) => {
    const replacement = { on, name, by, real: undefined, before: undefined };
    list.push(replacement);
    return replacement;
  };
  const replace: Replace = (on, name, virtual, more = {}) => {
    const replacement = put(on, name, undefined);
    function standIn(this: unknown, ...args: unknown[]): unknown {
      const runtime = activeRuntime();
      const real = replacement.real as AnyFunction;
      return runtime === null ? Reflect.apply(real, this, args) : virtual(runtime, args, real);
    }
    replacement.by = Object.assign(standIn, more);
    return standIn;
  };
  replaceTimers(replace, put);
  replacePromisedTimers(replace);
  replaceTicks(replace);
  replaceClocks(replace, put);
  replaceRandomness(replace);
  return list;
}

function replaceTimers(replace: Replace, put: Put): void {
  /** Functions that node:timers has as well. */
  const both = (name: string, virtual: Virtual, promised?: AnyFunction): void => {
    const more = promised === undefined ? {} : { [PROMISIFY]: promised };
    put(timers, name, replace(globalThis, name, virtual, more));
  };
  for (const kind of ['setTimeout', 'setInterval'] as const) {
    const promised = (delayMs: unknown, value: unknown): unknown =>
      timersPromises.setTimeout(delayMs as number, value);
    both(
      kind,
      (runtime, [callback, delayMs, ...args], real) =>
        // What is no function is refused in Node's own words.
        typeof callback === 'function'
          ? runtime.timers.set(kind, told(runtime, kind, callback, delayMs), delayMs, args)
          : real(callback),
      kind === 'setTimeout' ? promised : undefined,
    );
  }
  both(
    'setImmediate',
    (runtime, [callback, ...args], real) =>
      typeof callback === 'function' ? runtime.immediates.set(callback, args) : real(callback),
    (value: unknown): unknown => timersPromises.setImmediate(value),
  );
  for (const name of ['clearTimeout', 'clearInterval']) {
    both(name, (runtime, [handle], real) => {
      if (VirtualTimers.gave(handle)) runtime.timers.clear(handle);
      else real(handle);
    });
  }
  both('clearImmediate', (_, [handle], real) => {
    if (handle instanceof VirtualImmediate) handle.clear();
    else real(handle);
  });
}

/** The callback of a timer, which is told of where the run is. */
function told(
  { world }: VirtualRuntime,
  kind: string,
  callback: AnyFunction,
  delayMs: unknown,
): AnyFunction {
  const { code, tasks } = world;
  const [task] = tasks;
  if (code === undefined || task === undefined) return callback;
  const where = callerLine();
  const enter = code.timer(callback);
  return (...args) => {
    world.tell(task, { is: 'timer', what: `${kind} ${Number(delayMs ?? 1)} ms`, where });
    enter();
    callback(...args);
  };
}

function replaceTicks(replace: Replace): void {
  replace(globalThis, 'queueMicrotask', (runtime, [callback], real) => {
    if (typeof callback !== 'function') return real(callback);
    return real(() => {
      try {
        callback();
      } catch (error) {
        runtime.uncaught('a queueMicrotask callback', error);
      }
    });
  });
  replace(process, 'nextTick', (runtime, [callback, ...args], real) => {
    if (typeof callback !== 'function') return real(callback);
    runtime.ticks.add(callback, args);
  });
}

function replacePromisedTimers(replace: Replace): void {
  const timeout: Virtual = (runtime, [delayMs, value, options]) =>
    promisedTimeout(runtime, delayMs, value, options);
  replace(timersPromises, 'setTimeout', timeout);
  replace(timersPromises, 'setImmediate', (runtime, [value, options]) =>
    promisedImmediate(runtime, value, options),
  );
  replace(timersPromises, 'setInterval', (runtime, [delayMs, value, options]) =>
    promisedInterval(runtime, delayMs, value, options),
  );
  const { scheduler } = timersPromises;
  replace(scheduler, 'wait', (runtime, [delayMs, options]) =>
    promisedTimeout(runtime, delayMs, undefined, options),
  );
  replace(scheduler, 'yield', (runtime) => promisedImmediate(runtime, undefined));
  replace(AbortSignal, 'timeout', (runtime, [delayMs]) => timeoutSignal(runtime, delayMs));
}

function replaceClocks(replace: Replace, put: Put): void {
  const { Date: VirtualDate } = createClock(0);
  const date = put(globalThis, 'Date', VirtualDate);
  // fake-timers' Date asks its clock for the time, whatever that clock is.
  Object.assign(VirtualDate, {
    clock: {
      get now(): number {
        return activeRuntime()?.dateMs ?? (date.real as typeof Date).now();
      },
    },
  });
  replace(performance, 'now', (runtime) => runtime.nowNs / 1e6);
  const { bigint: realBigint } = process.hrtime;
  const bigint = (): bigint => {
    const runtime = activeRuntime();
    return runtime === null ? realBigint() : BigInt(Math.round(runtime.nowNs));
  };
  const hrtime: Virtual = (_, args) => {
    const since = args[0] as [number, number] | undefined;
    const sinceNs = since === undefined ? 0n : BigInt(since[0]) * NS_PER_S + BigInt(since[1]);
    const ns = bigint() - sinceNs;
    const seconds = ns >= 0n || ns % NS_PER_S === 0n ? ns / NS_PER_S : ns / NS_PER_S - 1n;
    return [Number(seconds), Number(ns - seconds * NS_PER_S)];
  };
  replace(process, 'hrtime', hrtime, { bigint });
}
