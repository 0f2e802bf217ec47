import v8 from 'node:v8';
import type { Moment } from '../moment.ts';
import { slashedPath } from '../places.ts';
import { callerLine, isUserScript } from '../user-frame.ts';

/**
 * Frames that are looked at to tell one call from another: between a body and its handlers lie
 * layers of packages and of Node's own library.
 */
const FRAMES_MAX = 200;

/** A call of one of the user's functions that is somewhere on the stack, or was resumed. */
interface Entry {
  readonly call: number;
  /** Its function, as frames name it; empty for what calls the user's code. */
  readonly code: string;
  /** How many frames there are from the bottom to its own; -1 while that is not known. */
  depth: number;
}

/** Who is told. */
type Tell = (moment: Moment) => void;

type Callback = (...args: never[]) => unknown;

/**
 * Where async code of the user's awaits, and when it goes on: of each `await` and `then` in the
 * user's own files the line, and the call of an async function that it belongs to. Taken note of
 * where a failing run is told, and only there; the run is the same without it.
 *
 * # Calls are told apart by the depth of the stack
 * V8 says when an async function makes its promise and when it awaits, but not that the two belong
 * together: a call is known by how deep it lies and by its function's name.
 */
export class CodeTrace {
  readonly #tell: Tell;
  readonly #awaits = new WeakMap<object, { readonly id: number; readonly call: number }>();
  readonly #code = new Map<number, string>();
  readonly #callers = new Map<number, number | undefined>();
  readonly #promises = new WeakMap<object, number>();
  #entries: Entry[] = [];
  #count = 0;
  #stop: (() => void) | undefined;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** From now on; nothing is heard where the engine does not tell, as in Bun and Deno. */
  begin(): void {
    try {
      this.#stop = v8.promiseHooks.createHook({
        init: this.#made,
        before: (promise) => this.#resumes(promise),
        after: () => {
          this.#entries = [];
        },
      }) as unknown as () => void;
    } catch {
      // The story is told by its steps alone.
    }
  }

  end(): void {
    this.#stop?.();
  }

  /** The call that goes on now; undefined while none of the user's does. */
  get call(): number | undefined {
    return this.#entries.at(-1)?.call;
  }

  /**
   * A timer is set, at a line of the user's. Its callback is a call beside the one that sets it, if
   * it is the user's own: what only settles a promise is not. Gives what enters it.
   */
  timer(callback: Callback): () => void {
    if (/\[native code\]\s*\}$/.test(Function.prototype.toString.call(callback))) return NOTHING;
    const where = callerLine();
    const by = this.call === undefined ? undefined : this.#callers.get(this.call);
    return () => this.enter(this.#begins(by, '', where));
  }

  /** What runs from now on is part of a call; of none where it is undefined. */
  enter(call: number | undefined): void {
    this.#entries = call === undefined ? [] : [{ call, code: '', depth: 0 }];
  }

  #begins(by: number | undefined, code: string, where: string): number {
    const call = ++this.#count;
    this.#callers.set(call, by);
    this.#code.set(call, code);
    this.#tell({ is: 'calls', call, by, where });
    return call;
  }

  /** A promise was made: by a call of an async function, or out of another promise. */
  readonly #made = (promise: object, parent: object | undefined): void => {
    const frames = framesNow(this.#made);
    const own = frames.findIndex((frame) => scriptOf(frame) !== '');
    const frame = frames[own];
    if (frame === undefined || !isUserScript(scriptOf(frame))) return;
    if (parent === undefined) {
      // What lies above the user's frame is V8's own: Promise.all, the constructor.
      if (own > 0) return;
      // The frame is the new call's.
      const by = this.#enclosing(frames.slice(1));
      const call = this.#begins(by?.call, codeOf(frame), callerLine());
      this.#promises.set(promise, call);
      this.#entries.push({ call, code: codeOf(frame), depth: frames.length });
      return;
    }
    const by = this.#enclosing(frames);
    // What is no promise is awaited by way of one.
    if (by !== undefined && this.#promises.get(parent) === by.call) return;
    if (frames.slice(0, own).some((one) => GATHERS.has(one.getFunctionName() ?? ''))) return;
    const where = callerLine();
    const isAwait = own === 0 && by?.depth === frames.length;
    // What `then` is given is called by itself.
    const call = isAwait ? by.call : this.#begins(by?.call, '', where);
    const id = ++this.#count;
    this.#awaits.set(promise, { id, call });
    this.#tell({ is: 'awaits', id, call, where });
  };

  #resumes(promise: object): void {
    const awaited = this.#awaits.get(promise);
    if (awaited === undefined) {
      this.#entries = [];
      return;
    }
    const { id, call } = awaited;
    this.#entries = [{ call, code: this.#code.get(call) ?? '', depth: -1 }];
    this.#tell({ is: 'resumes', id });
  }

  /** The innermost call that is on the stack; those that have returned are forgotten. */
  #enclosing(frames: readonly NodeJS.CallSite[]): Entry | undefined {
    for (;;) {
      const entry = this.#entries.at(-1);
      if (entry === undefined || entry.code === '') return entry;
      if (entry.depth < 0) {
        const place = frames.findLastIndex((frame) => codeOf(frame) === entry.code);
        if (place >= 0) entry.depth = frames.length - place;
      }
      const frame = frames[frames.length - entry.depth];
      if (frame !== undefined && codeOf(frame) === entry.code) return entry;
      this.#entries.pop();
    }
  }
}

const NOTHING = (): void => {};

/** They await many at once, and the user's `await` of what they give is told. */
const GATHERS: ReadonlySet<string> = new Set(['all', 'allSettled', 'any', 'race']);

/** The frames that are on the stack now, the innermost first, without those that await. */
function framesNow(above: (...args: never[]) => unknown): readonly NodeJS.CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const here: { stack?: readonly NodeJS.CallSite[] } = {};
  Error.stackTraceLimit = FRAMES_MAX;
  Error.prepareStackTrace = (_, sites) => sites;
  Error.captureStackTrace(here, above);
  const { stack = [] } = here;
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace as never;
  return stack.filter((site) => !isAsync(site) && !HOOKS.test(scriptOf(site)));
}

/** Node's own layer between V8 and who listens. */
const HOOKS = /^node:internal\/(?:promise_hooks|async_hooks)$/;

const isAsync = (site: NodeJS.CallSite): boolean =>
  (site as { isAsync?: () => boolean }).isAsync?.() === true;

const scriptOf = (site: NodeJS.CallSite): string => slashedPath(site.getFileName() ?? '');

const codeOf = (site: NodeJS.CallSite): string =>
  `${scriptOf(site)} ${site.getFunctionName() ?? ''}`;
