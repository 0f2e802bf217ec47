/**
 * What a recorded run is told of the program besides its syscalls: the lines that they come from,
 * timers that fire, requests that TLS hides. A run that is not recorded has none of it, and the two
 * are the same run: nothing here is asked for by the program, and nothing of it waits.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Call, Post } from '../wire.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { standInFor } from './replace-function.ts';

/** What becomes a syscall of the program's own, whose line is of interest. */
const PLACED: ReadonlySet<string> = new Set<(Call | Post)[0]>([
  ...(['bind', 'listen', 'connect', 'write', 'send', 'close', 'reset', 'output'] as const),
]);
/** Between a program's line and the socket lie layers of packages and of Node's own library. */
const FRAMES_MAX = 64;
/** Of those, what is sent: the program's line and the package's that made the call. */
const FRAMES_TOLD = 6;

/** The script or the folder of scripts that this is, as frames of stacks begin it. */
const OWN = scriptOf(new Error().stack?.split('\n')[1] ?? '').replace(/guest\/tell\.[jt]s$/, '');

/** `/home/me/server.mjs` of a frame of a stack. */
function scriptOf(frame: string): string {
  return /(?:\(|at (?:async )?)([^()]+?):\d+:\d+\)?$/.exec(frame)?.[1] ?? '';
}

/** The stack as V8 writes it, whatever the program has made of it; only frames of files. */
function stackNow(): string {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = FRAMES_MAX;
  Error.prepareStackTrace = undefined as never;
  const stack = String(new Error().stack);
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace as never;
  const frames = stack.split('\n').filter((frame) => {
    const script = scriptOf(frame);
    return (
      script.includes('/') && !script.startsWith('node:') && (OWN === '' || !script.startsWith(OWN))
    );
  });
  const program = frames.findIndex(isProgram);
  // The package's first, then the program's, however deep that lies.
  const told = frames.slice(0, FRAMES_TOLD);
  return [...told, ...(program >= FRAMES_TOLD ? [frames[program]] : [])].join('\n');
}

const isProgram = (frame: string): boolean => !frame.includes('/node_modules/');
const hasProgram = (stack: string): boolean => stack !== '' && stack.split('\n').some(isProgram);

/** Tells the kernel's side of what the program does, while a run is recorded. */
export class Teller {
  readonly #loop: GuestLoop;
  /** Where a request, a socket or a handle was made. */
  readonly #made = new WeakMap<object, string>();
  readonly #owner: symbol;

  constructor(loop: GuestLoop) {
    this.#loop = loop;
    this.#owner = loop.internals.requireBuiltin('internal/async_hooks').symbols.owner_symbol;
  }

  /** What is said before this, if it comes from a line of the program's. */
  placeOf([op, id]: Call | Post): Post | undefined {
    if (!this.#loop.started || !PLACED.has(op)) return undefined;
    const here = stackNow();
    const stack = hasProgram(here) ? here : (this.#requestOf(id) ?? here);
    return ['told', 'at', '', stack];
  }

  /** What is written on a socket in a later turn is what a request asked for. */
  #requestOf(id: unknown): string | undefined {
    const handle = this.#loop.handles.get(id as number) as Internal;
    const owner = handle?.[this.#owner];
    for (const one of [owner?._httpMessage, owner, handle]) {
      const stack = one == null ? undefined : this.#made.get(one);
      if (stack !== undefined) return stack;
    }
    return undefined;
  }

  begin(internals: Internals): void {
    this.#noteMakers();
    this.#noteHidden();
    this.#wrapTimers(internals);
  }

  #tell(is: 'timer' | 'request' | 'response', what: string, stack: string): void {
    if (this.#loop.started) this.#loop.post(['told', is, what, stack]);
  }

  /** Node's library tells of sockets and requests while whoever makes them is on the stack. */
  #noteMakers(): void {
    const note = (one: object): void => {
      const stack = stackNow();
      if (hasProgram(stack)) this.#made.set(one, stack);
    };
    subscribe('net.client.socket', ({ socket }: Internal) => note(socket));
    subscribe('http.client.request.start', ({ request }: Internal) => note(request));
    subscribe('undici:request:create', ({ request }: Internal) => note(request));
    subscribe('undici:client:sendHeaders', ({ request, socket }: Internal) => {
      const stack = this.#made.get(request);
      if (stack !== undefined) this.#made.set(socket, stack);
    });
  }

  /** Requests whose bytes are encrypted. */
  #noteHidden(): void {
    const line = ({ method, path, url }: Internal): string => `${method} ${path ?? url}`;
    subscribe('http.client.request.start', ({ request }: Internal) => {
      if (request.protocol !== 'https:') return;
      this.#tell('request', `${line(request)} → ${request.host}`, this.#made.get(request) ?? '');
    });
    subscribe('http.client.response.finish', ({ request, response }: Internal) => {
      if (request.protocol !== 'https:') return;
      this.#tell('response', `gets ${response.statusCode} for ${line(request)}`, '');
    });
    subscribe('undici:request:create', ({ request }: Internal) => {
      if (!isEncrypted(request)) return;
      const stack = this.#made.get(request) ?? '';
      this.#tell('request', `${line(request)} → ${hostOf(request)}`, stack);
    });
    subscribe('undici:request:headers', ({ request, response }: Internal) => {
      if (!isEncrypted(request)) return;
      this.#tell('response', `gets ${response.statusCode} for ${line(request)}`, '');
    });
    subscribe('http.server.request.start', ({ request, socket }: Internal) => {
      if (socket.encrypted === true) this.#tell('request', `gets ${line(request)}`, '');
    });
    subscribe('http.server.response.finish', ({ request, response }: Internal) => {
      if (request.socket?.encrypted !== true) return;
      this.#tell('response', `${response.statusCode} for ${line(request)}`, stackNow());
    });
  }

  /** A timer's callback says when it is called, and for which line. */
  #wrapTimers({ requireBuiltin }: Internals): void {
    const timers = requireBuiltin('timers');
    const promises = requireBuiltin('timers/promises');
    const { timerListMap } = requireBuiltin('internal/timers');
    for (const name of ['setTimeout', 'setInterval'] as const) {
      const announce = (timer: Internal, stack: string): void => {
        this.#announce(timer, `${name} ${timer?._idleTimeout} ms`, stack);
      };
      const real = timers[name];
      const told = standInFor(real, function (this: unknown, ...args: Internal[]): Internal {
        const timer = real.apply(this, args);
        announce(timer, stackNow());
        return timer;
      });
      timers[name] = told;
      Object.defineProperty(globalThis, name, {
        ...Object.getOwnPropertyDescriptor(globalThis, name),
        value: told,
      });
      if (name === 'setInterval') continue;
      const later = promises[name];
      promises[name] = standInFor(later, function (this: unknown, ...args: Internal[]): Internal {
        const promise = later.apply(this, args);
        // The timer is not given away; it is the newest in Node's list of those that take as long.
        const ms = Number(args[0] ?? 1);
        announce(timerListMap[ms >= 1 ? Math.trunc(ms) : 1]?._idleNext, stackNow());
        return promise;
      });
    }
  }

  #announce(timer: Internal, what: string, stack: string): void {
    const callback = timer?._onTimeout;
    if (typeof callback !== 'function') return;
    const tell = (): void => this.#tell('timer', what, stack);
    timer._onTimeout = function (this: unknown, ...args: Internal[]): Internal {
      tell();
      return callback.apply(this, args);
    };
  }
}

function isEncrypted({ origin }: Internal): boolean {
  return String(origin).startsWith('https:');
}

function hostOf({ origin }: Internal): string {
  return String(origin).replace(/^https:\/\//, '');
}
