import type { Internals } from './internals.ts';
import type { Present } from './present.ts';

const NS_PER_S = 1_000_000_000n;

// The global, not node:perf_hooks: that is the same object, and loads all the rest of its module.
const { performance } = globalThis;

/** All that tells the time: Date (the HTTP header too), performance, hrtime, uptime. */
export function replaceClocks({ requireBuiltin }: Internals, present: Present): void {
  replaceDate(present);
  replaceHeader(requireBuiltin('internal/http'), present);
  const now = performance.now.bind(performance);
  define(performance, 'now', () => {
    const loop = present.now;
    return loop === undefined ? now() : loop.clock.look() / 1e6;
  });
  const { timeOrigin } = performance;
  defineGetter(performance, 'timeOrigin', () => present.now?.config.epochMs ?? timeOrigin);
  const { hrtime: real, uptime } = process;
  const ns = (): bigint => {
    const loop = present.now;
    return loop === undefined ? real.bigint() : BigInt(Math.round(loop.clock.look()));
  };
  const hrtime = (since?: [number, number]): [number, number] => {
    if (present.now === undefined) return real(since);
    const from = since === undefined ? 0n : BigInt(since[0]) * NS_PER_S + BigInt(since[1]);
    const passed = ns() - from;
    return [Number(passed / NS_PER_S), Number(passed % NS_PER_S)];
  };
  define(process, 'hrtime', Object.assign(hrtime, { bigint: ns }));
  define(process, 'uptime', () => {
    const loop = present.now;
    return loop === undefined ? uptime.call(process) : loop.clock.look() / 1e9;
  });
}

/** The date that lib/_http_outgoing.js sends, made once a second. */
function replaceHeader(http: { utcDate: () => string }, present: Present): void {
  const { utcDate } = http;
  let second = Number.NaN;
  let header = '';
  http.utcDate = (): string => {
    const loop = present.now;
    if (loop === undefined) return utcDate();
    const now = Math.floor(loop.dateMs(loop.clock.programNs) / 1000);
    if (now !== second) {
      second = now;
      header = new Date(now * 1000).toUTCString();
    }
    return header;
  };
}

/**
 * Node's own library keeps the real one; it asks it for nothing that a program sees but the HTTP
 * header.
 */
function replaceDate(present: Present): void {
  const Real = Date;
  const nowMs = (): number => {
    const loop = present.now;
    return loop === undefined ? Real.now() : loop.dateMs(loop.clock.look());
  };
  function VirtualDate(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new Real(nowMs()).toString();
    return Reflect.construct(Real, args.length === 0 ? [nowMs()] : args, new.target);
  }
  const more = { now: nowMs, parse: Real.parse, UTC: Real.UTC };
  for (const [name, value] of Object.entries(more)) define(VirtualDate, name, value);
  Object.defineProperty(VirtualDate, 'length', { value: 7 });
  Object.defineProperty(VirtualDate, 'name', { value: 'Date' });
  VirtualDate.prototype = Real.prototype;
  define(Real.prototype, 'constructor', VirtualDate);
  define(globalThis, 'Date', VirtualDate);
}

export function define(on: object, name: string, value: unknown): void {
  Object.defineProperty(on, name, { value, writable: true, configurable: true, enumerable: false });
}

/** A property that may be overwritten, as one that is a value may. */
export function defineGetter(on: object, name: string, get: () => unknown): void {
  const set = (value: unknown): void => define(on, name, value);
  Object.defineProperty(on, name, { get, set, configurable: true, enumerable: false });
}
