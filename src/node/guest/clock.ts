import type { GuestLoop } from './loop.ts';

const NS_PER_S = 1_000_000_000n;

// The global, not node:perf_hooks: that is the same object, and loads all the rest of its module.
const { performance } = globalThis;

/** All that tells the time: Date (the HTTP header too), performance, hrtime, uptime. */
export function replaceClocks(loop: GuestLoop, epochMs: number): void {
  const { clock } = loop;
  const dateMs = (ns: number): number => epochMs + Math.floor(ns / 1e6);
  replaceDate(() => dateMs(clock.look()));
  const http = loop.internals.requireBuiltin('internal/http');
  let second = Number.NaN;
  let header = '';
  http.utcDate = (): string => {
    const now = Math.floor(dateMs(clock.programNs) / 1000);
    if (now !== second) {
      second = now;
      header = new Date(now * 1000).toUTCString();
    }
    return header;
  };
  const now = (): number => clock.look() / 1e6;
  define(performance, 'now', now);
  define(performance, 'timeOrigin', epochMs);
  const ns = (): bigint => BigInt(Math.round(clock.look()));
  const hrtime = (since?: readonly [number, number]): [number, number] => {
    const from = since === undefined ? 0n : BigInt(since[0]) * NS_PER_S + BigInt(since[1]);
    const passed = ns() - from;
    return [Number(passed / NS_PER_S), Number(passed % NS_PER_S)];
  };
  define(process, 'hrtime', Object.assign(hrtime, { bigint: ns }));
  define(process, 'uptime', () => clock.look() / 1e9);
}

/**
 * Node's own library keeps the real one; it asks it for nothing that a program sees but the HTTP
 * header.
 */
function replaceDate(nowMs: () => number): void {
  const Real = Date;
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
