import { UnsupportedError, UsageError } from './errors.ts';
import type { FileCall, RingEntry } from './sys.ts';

/**
 * What programs hand to a syscall, looked at before any kernel sees it: a misspelt key, or a value
 * of another kind, must not pass for one that was left out. TypeScript says as much; programs in
 * JavaScript hear it here.
 */

type Keys = Readonly<Record<string, true>>;

export const DESCRIPTOR: Keys = { nonblock: true, cloexec: true };
export const CLOEXEC: Keys = { cloexec: true };
export const PAIR: Keys = { nonblock: true, cloexec: true, family: true };
export const EPOLL: Keys = { cloexec: true, size: true };
export const EVENTFD: Keys = { nonblock: true, cloexec: true, semaphore: true };
export const TASK: Keys = { name: true };
export const WAITPID: Keys = { nohang: true };
export const DURATION: Keys = { s: true, ms: true, us: true, ns: true };
export const TIMER: Keys = { valueMs: true, intervalMs: true, absolute: true };
export const SELECT: Keys = { timeoutMs: true, otherwise: true };
export const CASE: Keys = { receive: true, send: true, value: true };
export const SETS: Keys = { read: true, write: true, except: true, nfds: true };
const ACTION: Keys = { handler: true, restart: true };
const ADDRESS: Keys = { host: true, port: true, path: true };

/**
 * `given`, if it is an object that has no other keys than these. Throws an {@link UnsupportedError}
 * that names the key.
 */
export function options<T extends object>(call: string, keys: Keys, given: T): T {
  if (typeof given !== 'object' || given === null) throw wrong(call, 'options', 'an object', given);
  for (const key in given) {
    if (keys[key] === true) continue;
    const known = Object.keys(keys).join(', ');
    throw new UnsupportedError(`${call} option ${key}`, `it takes ${known}`);
  }
  return given;
}

/** Whatever a program may hand over: what has no text is told by its type. */
function shown(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given);
  if (typeof given === 'bigint') return `the BigInt ${given}n`;
  if (typeof given === 'function') return 'a function';
  if (typeof given !== 'object' || given === null) return String(given);
  try {
    return JSON.stringify(given) ?? 'an object';
  } catch {
    return 'an object';
  }
}

export function wrong(call: string, what: string, wanted: string, given: unknown): UsageError {
  return new UsageError(`${call}: its ${what} must be ${wanted}, not ${shown(given)}`);
}

/** A call's plain arguments, where one of them is no number. */
export function wrongNumber(call: string, numbers: readonly unknown[]): UsageError {
  const given = numbers.find((one) => typeof one !== 'number');
  return wrong(call, 'descriptors, counts and flags', 'numbers', given);
}

/** An object of this class: memory that threads share. */
export function shared<T extends object>(
  call: string,
  what: string,
  of: abstract new (...args: never[]) => T,
  given: T,
): T {
  if (given instanceof of) return given;
  throw wrong(call, what, `a ${of.name} (world.${of.name.toLowerCase()} makes one)`, given);
}

/** A list. */
export function list<T extends readonly unknown[]>(call: string, what: string, given: T): T {
  if (Array.isArray(given)) return given;
  throw wrong(call, what, 'a list', given);
}

/** A text. */
export function text(call: string, what: string, given: string): string {
  if (typeof given === 'string') return given;
  throw wrong(call, what, 'a text', given);
}

/** How many bytes a call is to read. */
export function byteCount(call: string, bytesMax: number): number {
  if (Number.isInteger(bytesMax) && bytesMax >= 0) return bytesMax;
  throw wrong(call, 'number of bytes', 'a whole number from 0 on', bytesMax);
}

/** A Uint8Array of another realm. */
function isForeignBytes(bytes: unknown): boolean {
  return ArrayBuffer.isView(bytes) && Reflect.get(bytes, Symbol.toStringTag) === 'Uint8Array';
}

function isDetached({ buffer }: Uint8Array): boolean {
  try {
    return new Uint8Array(buffer) === undefined;
  } catch {
    return true;
  }
}

/** What a call is to send. */
export function payload(call: string, bytes: Uint8Array): Uint8Array {
  if (bytes instanceof Uint8Array || isForeignBytes(bytes)) {
    if (bytes.length > 0 || !isDetached(bytes)) return bytes;
    throw new UsageError(`${call}: its bytes are gone, their buffer was transferred elsewhere`);
  }
  throw wrong(call, 'bytes', 'a Uint8Array (new TextEncoder().encode makes one of a text)', bytes);
}

/** Members that are numbers, whichever. */
export function numbers<T extends object>(call: string, given: T, names: readonly (keyof T)[]): T {
  for (const name of names) {
    if (typeof given[name] !== 'number') throw wrong(call, String(name), 'a number', given[name]);
  }
  return given;
}

export function finite(call: string, what: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw wrong(call, what, 'a number', value);
}

/** An address; null where a call takes that for none. */
export function addressOrNone<T extends object | null>(call: string, given: T): T {
  return given === null ? given : address(call, given);
}

export function address<T extends object>(call: string, given: T): T {
  options(`${call} address`, ADDRESS, given as object);
  const { host, port, path } = given as { host?: unknown; port?: unknown; path?: unknown };
  const isInet = typeof host === 'string' && typeof port === 'number' && path === undefined;
  const isUnix = typeof path === 'string' && host === undefined && port === undefined;
  if (isInet || isUnix) return given;
  throw wrong(call, 'address', '{ host, port } or { path }', given);
}

/** The program that a task is to run. */
export function body<T>(call: string, given: T): T {
  if (typeof given === 'function') return given;
  throw wrong(call, 'program', 'a function that takes a sys', given);
}

export function signalAction<T>(action: T): T {
  if (action === 'default' || action === 'ignore') return action;
  if (typeof action !== 'object') throw wrong('sigaction', 'action', WHAT_ACTION, action);
  const { handler } = options('sigaction', ACTION, action as { handler?: unknown });
  if (typeof handler !== 'function') throw wrong('sigaction', 'handler', 'a function', handler);
  return action;
}
const WHAT_ACTION = "'default', 'ignore' or { handler }";

/** Whole, as heddle's own files of Node programs make them; of anything else, that it is none. */
export function fileCall(call: string, given: FileCall): FileCall {
  if (typeof given === 'object' && given !== null && FILE_CALLS.has(given.do)) {
    if (typeof given.at === 'string' || typeof given.at === 'number') return given;
  }
  throw wrong(call, 'request', '{ do, at, … }', given);
}
const FILE_CALLS = new Set(['status', 'symlink', 'readlink', 'realpath', 'change']);

/** Entries of poll(2): misspelt events would pass for none. */
export function pollEntries<T extends { fd: number; events: number }>(
  entries: readonly T[],
): readonly T[] {
  for (const entry of list('poll', 'entries', entries)) {
    if (typeof entry?.fd !== 'number' || typeof entry.events !== 'number') {
      throw wrong('poll', 'entries', '{ fd, events }', entry);
    }
  }
  return entries;
}

const FD = { op: true, data: true, fd: true } as const;
const RING: { readonly [op in RingEntry['op']]: Keys } = {
  nop: { op: true, data: true },
  accept: { ...FD, nonblock: true },
  connect: { ...FD, address: true },
  recv: { ...FD, bytesMax: true, flags: true },
  send: { ...FD, bytes: true, flags: true },
  read: { ...FD, bytesMax: true },
  write: { ...FD, bytes: true },
  poll: { ...FD, events: true },
  timeout: { op: true, data: true, ms: true, completions: true },
  cancel: { op: true, data: true, target: true },
  close: FD,
};

/** Requests to a ring, each with no other keys than its kind has. */
export function ringEntries(entries: readonly RingEntry[]): readonly RingEntry[] {
  for (const entry of list('ringSubmit', 'entries', entries)) {
    if (typeof entry?.op !== 'string') throw wrong('ringSubmit', 'entries', '{ op, … }', entry);
    if (!Object.hasOwn(RING, entry.op)) throw new UnsupportedError(`ring op ${entry.op}`);
    const call = `ring ${entry.op}`;
    options(call, RING[entry.op], entry);
    if ('fd' in entry) finite(call, 'descriptor', entry.fd);
    if ('bytesMax' in entry) byteCount(call, entry.bytesMax);
    if ('bytes' in entry) payload(call, entry.bytes);
    if ('address' in entry) address(call, entry.address);
    if ('events' in entry) finite(call, 'events', entry.events);
    if ('ms' in entry) finite(call, 'time', entry.ms);
    if ('flags' in entry && entry.flags !== undefined) finite(call, 'flags', entry.flags);
  }
  return entries;
}
