/**
 * What a recorded run is told of the program besides its syscalls: the lines that they come from,
 * timers that fire, requests that TLS hides. A run that is not recorded has none of it, and the two
 * are the same run: nothing here is asked for by the program, and nothing of it waits.
 */
import { type AsyncHook, createHook, executionAsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { CodeTrace } from '../../sim/schedule/runtime/code-trace.ts';
import type { Call, Post, ToldKind } from '../wire.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { isOwn as isOfHeddle, scriptOf } from './own-frames.ts';

/** What becomes a syscall of the program's own, whose line is of interest. */
const PLACED: ReadonlySet<string> = new Set<(Call | Post)[0]>([
  ...(['bind', 'listen', 'connect', 'write', 'send', 'close', 'reset', 'output'] as const),
]);
/** Between a program's line and the socket lie layers of packages and of Node's own library. */
const FRAMES_MAX = 64;
/** Of those, what is sent: the program's line and the package's that made the call. */
const FRAMES_TOLD = 6;

/** What is told, as it stands in the post. */
export type Told = [is: ToldKind, what: string, stack: string, ask?: number];
type Say = (is: Exclude<ToldKind, 'at' | 'asks'>, what: string, stack: string) => void;
type IsOwn = (script: string) => boolean;
type Write = typeof Error.prepareStackTrace | undefined;

/** The stack as `write` has it, whatever the program has made of that. */
function rawStack(write?: Write): readonly string[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = FRAMES_MAX;
  Error.prepareStackTrace = write as never;
  const stack = String(new Error().stack);
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace as never;
  return stack.split('\n');
}

/** Only its frames of files that are not heddle's. */
function stackNow(write: Write, isOwn: IsOwn): string {
  const frames = rawStack(write).filter((frame) => {
    const script = scriptOf(frame);
    return script.includes('/') && !script.startsWith('node:') && !isOwn(script);
  });
  const program = frames.findIndex(isProgram);
  // The package's first, then the program's, however deep that lies.
  const told = frames.slice(0, FRAMES_TOLD);
  return [...told, ...(program >= FRAMES_TOLD ? [frames[program]] : [])].join('\n');
}

const isProgram = (frame: string): boolean => !frame.includes('/node_modules/');
const hasProgram = (stack: string): boolean => stack !== '' && stack.split('\n').some(isProgram);

const NONE = (): undefined => undefined;
const UNCOUNTED = (): number => 0;

/** Where something was asked for. */
interface Made {
  readonly stack: string;
  /** What it counts as, see {@link TellerOptions.ask}. */
  readonly ask: number;
}

interface TellerOptions {
  /**
   * How stacks are written in this realm: what a test runner transforms has its own lines by that.
   * Undefined: as V8 does.
   */
  readonly write?: Write;
  /** Whether a script is heddle's. Default: it is this one, or in the folder of this one. */
  readonly isOwn?: IsOwn;
  /** What hears of the program's async code, if anything does. */
  readonly code?: () => CodeTrace | undefined;
  /** Called while a line of the program's, on the stack, asks for something: as which number. */
  readonly ask?: (stack: string) => number;
}

/** Tells the kernel's side of what the program does, while a run is recorded. */
export class Teller {
  /** Where a request, a socket or a handle was made. */
  readonly #made = new WeakMap<object, Made>();
  readonly #owner: symbol;
  readonly #say: Say;
  readonly #isOwn: IsOwn;
  readonly #code: () => CodeTrace | undefined;
  readonly #write: Write;
  readonly #ask: (stack: string) => number;
  /** What was asked for last, and by what means. */
  #asked: Made & { readonly by: Set<string> } = { stack: '', ask: 0, by: new Set() };

  constructor(internals: Internals, say: Say, options: TellerOptions = {}) {
    const { write, isOwn = isOfHeddle, code = NONE, ask = UNCOUNTED } = options;
    this.#say = say;
    this.#isOwn = isOwn;
    this.#code = code;
    this.#write = write;
    this.#ask = ask;
    this.#owner = internals.requireBuiltin('internal/async_hooks').symbols.owner_symbol;
  }

  /** What is said before this, if it comes from a line of the program's. */
  placeOf({ started, handles }: GuestLoop, [op, id]: Call | Post): Post | undefined {
    if (!started || !PLACED.has(op)) return undefined;
    const stack = this.#stack();
    const handle = handles.get(id as number);
    const here = this.#madeBy(op, stack);
    // Where the line that listens is not known, whoever answers on its connections may be.
    if (op === 'listen' && here !== undefined) this.#made.set(handle as object, here);
    const made = here ?? this.#makerOf(handle) ?? { stack, ask: 0 };
    return ['told', 'at', '', made.stack, made.ask];
  }

  /**
   * By the line of the program's on a stack; undefined where none is. A request makes a socket, and
   * that connects: what one line does by different means is one thing.
   */
  #madeBy(means: string, stack: string): Made | undefined {
    if (!hasProgram(stack)) return undefined;
    if (this.#asked.stack !== stack || this.#asked.by.has(means)) {
      this.#asked = { stack, ask: this.#ask(stack), by: new Set() };
    }
    this.#asked.by.add(means);
    return this.#asked;
  }

  /**
   * What is written on a socket in a later turn is what a request asked for; what becomes of one
   * that was accepted is up to whoever listens.
   */
  #makerOf(handle: Internal): Made | undefined {
    const owner = handle?.[this.#owner];
    for (const one of [owner?._httpMessage, owner, handle, owner?.server?._handle]) {
      const made = one == null ? undefined : this.#made.get(one);
      if (made !== undefined) return made;
    }
    return undefined;
  }

  /** From now on; gives what ends it. */
  begin(): () => void {
    const timers = this.#noteTimers();
    const stops = [...this.#noteMakers(), ...this.#noteHidden()];
    return () => {
      timers.disable();
      for (const stop of stops) stop();
    };
  }

  #stack(): string {
    return stackNow(this.#write, this.#isOwn);
  }

  /** Node's library tells of sockets and requests while whoever makes them is on the stack. */
  #noteMakers(): Stop[] {
    const note = (means: string, one: object): void => {
      const made = this.#madeBy(means, this.#stack());
      if (made !== undefined) this.#made.set(one, made);
    };
    return [
      hear('net.client.socket', ({ socket }) => note('socket', socket)),
      hear('http.client.request.start', ({ request }) => note('request', request)),
      hear('undici:request:create', ({ request }) => note('fetch', request)),
      hear('undici:client:sendHeaders', ({ request, socket }) => {
        const made = this.#made.get(request);
        if (made !== undefined) this.#made.set(socket, made);
      }),
    ];
  }

  /** Requests whose bytes are encrypted. */
  #noteHidden(): Stop[] {
    const line = ({ method, path, url }: Internal): string => `${method} ${path ?? url}`;
    return [
      hear('http.client.request.start', ({ request }) => {
        if (request.protocol !== 'https:') return;
        this.#say(
          'request',
          `${line(request)} → ${request.host}`,
          this.#made.get(request)?.stack ?? '',
        );
      }),
      hear('http.client.response.finish', ({ request, response }) => {
        if (request.protocol !== 'https:') return;
        this.#say('response', `gets ${response.statusCode} for ${line(request)}`, '');
      }),
      hear('undici:request:create', ({ request }) => {
        if (!isEncrypted(request)) return;
        const stack = this.#made.get(request)?.stack ?? '';
        this.#say('request', `${line(request)} → ${hostOf(request)}`, stack);
      }),
      hear('undici:request:headers', ({ request, response }) => {
        if (!isEncrypted(request)) return;
        this.#say('response', `gets ${response.statusCode} for ${line(request)}`, '');
      }),
      hear('http.server.request.start', ({ request, socket }) => {
        if (socket.encrypted === true) this.#say('request', `gets ${line(request)}`, '');
      }),
      hear('http.server.response.finish', ({ request, response }) => {
        if (request.socket?.encrypted !== true) return;
        this.#say('response', `${response.statusCode} for ${line(request)}`, this.#stack());
      }),
    ];
  }

  /** A timer's callback says when it is called, and for which line. */
  #noteTimers(): AsyncHook {
    const set = new WeakMap<object, { readonly stack: string; readonly enter: () => void }>();
    const hook = createHook({
      init: (_, type, __, timer: Internal) => {
        const setter = type === 'Timeout' ? setterOfTimer() : undefined;
        if (setter === undefined) return;
        const code = setter.startsWith('node:') ? undefined : this.#code();
        const enter = code?.timer(timer._onTimeout);
        set.set(timer, { stack: this.#stack(), enter: enter ?? (() => {}) });
      },
      before: () => {
        const timer: Internal = executionAsyncResource();
        const made = set.get(timer);
        if (made === undefined) return;
        const kind = timer._repeat === null ? 'setTimeout' : 'setInterval';
        // A drawn time has sixteen digits.
        const ms = Number(timer._idleTimeout.toFixed(2));
        this.#say('timer', `${kind} ${ms} ms`, made.stack);
        made.enter();
      },
    });
    return hook.enable();
  }
}

type Stop = () => void;

function hear(channel: string, listener: (message: Internal) => void): Stop {
  subscribe(channel, listener);
  return () => unsubscribe(channel, listener);
}

/**
 * The script that sets the timer which is being made; undefined for those that Node's library makes
 * for itself, past what it gives to programs.
 */
function setterOfTimer(): string | undefined {
  const scripts = rawStack().map(scriptOf);
  const given = scripts.findIndex((script) => /^node:timers(?:\/promises)?$/.test(script));
  return given < 0 ? undefined : scripts[given + 1];
}

function isEncrypted({ origin }: Internal): boolean {
  return String(origin).startsWith('https:');
}

function hostOf({ origin }: Internal): string {
  return String(origin).replace(/^https:\/\//, '');
}
