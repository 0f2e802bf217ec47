import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { hasVirtualGlobals, restoreGlobals } from '../schedule/runtime/virtual-globals.ts';
import { askerOf } from '../schedule/user-frame.ts';

// biome-ignore lint/suspicious/noExplicitAny: stands for functions of every kind
type AnyFunction = (...args: any[]) => any;

/** Told of a call that no schedule controls, by whatever stands in for what is called. */
type Saw = (what: string, standIn: AnyFunction) => void;

/** So many are named: one of them is the reason, and each is a line to look at. */
const SEEN_MAX = 5;

/**
 * Do `work`, and say what it has asked the machine for, past the schedule, with the lines:
 * `Math.random() at src/retry.ts:8:3`. What a run gives its code in their place is not among it.
 */
export function seenOnTheWay<T>(work: () => T): readonly [result: T, seen: readonly string[]] {
  if (hasVirtualGlobals()) return [work(), []];
  const seen = new Set<string>();
  const saw: Saw = (what, standIn) => {
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, standIn);
    const asker = askerOf(holder.stack ?? '');
    if (asker !== undefined && seen.size < SEEN_MAX) seen.add(`${what} at ${asker}`);
  };
  const restore = [
    ...watched(Math, 'Math', ['random'], saw),
    ...watched(performance, 'performance', ['now'], saw),
    ...watched(process, 'process', ['hrtime'], saw),
    ...watched(crypto, 'crypto', ['randomBytes', 'randomInt', 'randomUUID'], saw),
    ...watched(globalThis.crypto, 'crypto', ['getRandomValues', 'randomUUID'], saw),
    watchedDate(saw),
  ];
  syncBuiltinESMExports();
  try {
    return [work(), [...seen]];
  } finally {
    // Async code may have had them put in place over these.
    restoreGlobals();
    for (const put of restore.reverse()) put();
    syncBuiltinESMExports();
  }
}

/** Gives what puts each back. */
function watched(on: object, name: string, members: readonly string[], saw: Saw): (() => void)[] {
  return members.map((member) => {
    const real = Reflect.get(on, member) as AnyFunction;
    const before = Object.getOwnPropertyDescriptor(on, member);
    const standIn = function (this: unknown, ...args: unknown[]): unknown {
      saw(`${name}.${member}()`, standIn);
      return Reflect.apply(real, this, args);
    };
    const value = Object.assign(standIn, real);
    Object.defineProperty(on, member, { value, writable: true, configurable: true });
    return () => {
      if (before === undefined) Reflect.deleteProperty(on, member);
      else Object.defineProperty(on, member, before);
    };
  });
}

/** A date of a time that is given is the same in every run. */
function watchedDate(saw: Saw): () => void {
  const real = Date;
  const now = (): number => {
    saw('Date.now()', now);
    return real.now();
  };
  const construct = (target: typeof Date, args: unknown[], newTarget: AnyFunction): object => {
    if (args.length === 0) saw('new Date()', construct);
    return Reflect.construct(target, args, newTarget);
  };
  globalThis.Date = new Proxy(real, {
    construct,
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  return () => {
    globalThis.Date = real;
  };
}
