import { EIO, errnoCode } from '../../sys/errno.ts';
import type {
  Answer,
  Call,
  FileAnswer,
  FileAsked,
  FromGuest,
  GuestDeath,
  HandleId,
  Identity,
  LoopEvent,
  Post,
  RequestId,
  SocketName,
  TurnEnd,
} from '../wire.ts';
import { pointAtThrow } from './arrow.ts';
import { type AsyncContext, AsyncContexts } from './async.ts';
import { Randomness } from './entropy.ts';
import { GuestClock } from './guest-clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { Teller } from './tell.ts';
import type { Timers } from './timers.ts';

/** How a guest reaches its kernel. */
export interface Door {
  /** Say something, with bytes if it comes with any; gives what the kernel has to say to a call. */
  call(posts: readonly Post[], call: Call, bytes?: Uint8Array): Answer;
  /** What came with the last answer; undefined where the program's files are the real ones. */
  readonly answered?: Uint8Array | undefined;
  /**
   * The program is over. Does not return from an exit; from a death it does once its run is over.
   */
  leave(posts: readonly Post[], next: FromGuest['next']): void;
}

/** A handle of this thread's programs, as events find it. */
export interface EventTarget {
  on(event: LoopEvent, bytes: Uint8Array): void;
  /** For laws: what it is, if it is open. */
  describe(): string;
}

/** A request without a handle. */
interface LoopRequest {
  readonly context: AsyncContext;
  readonly done: (event: LoopEvent, bytes: Uint8Array) => void;
}

/**
 * The program's side of libuv's loop: who is open, what keeps the program alive, and the order of
 * Node's phases. Time, events and whatever blocks belong to the kernel's side (host/uv-loop.ts).
 */
export class GuestLoop {
  readonly internals: Internals;
  readonly door: Door;
  /** Who its program is, and what it begins with. */
  readonly config: Identity;
  readonly clock: GuestClock = new GuestClock();
  /** The program's first line has run. */
  started = false;
  /** Node's timers, where they come in this loop's turns. */
  timers: Timers | undefined;
  /** Only where the run is recorded. */
  teller: Teller | undefined;
  /**
   * Called when the program asks for something, in whatever turn; for a kernel in the same thread,
   * which may be asleep.
   */
  stirred: (() => void) | undefined;
  /** Called when what keeps the program alive may have changed, for the same kernel. */
  keptAlive: (() => void) | undefined;
  /**
   * Whether the program's end is this loop's affair: not where Node itself is to find that nothing
   * is left.
   */
  ends = true;
  /** Its program has a thread of its own: all of that thread is one simulated process. */
  hasThread = false;
  /** It goes on although nothing keeps it alive: whoever has it says when it is over. */
  endless = false;
  /** Its run is over: nothing that is asked of it happens any more. */
  dead = false;
  /** Told of what nobody has caught, where that is not Node's affair. */
  uncaught: ((error: unknown) => void) | undefined;
  /** What waits for the check phase. */
  immediates: Immediates;
  #references = 0;
  readonly handles: Map<HandleId, EventTarget> = new Map();
  readonly #requests = new Map<RequestId, LoopRequest>();
  #requestIds = 0;
  #handleIds = 0;
  #posts: Post[] = [];
  /** Closing callbacks (uv__run_closing_handles). */
  #closing: (() => void)[] = [];
  /** What was finished in place and is told in the next phase. */
  #fed: (() => void)[] = [];
  readonly #tick: () => void;
  readonly contexts: AsyncContexts;
  #random: Randomness | undefined;
  /** The callback that runs has thrown what nobody caught. */
  #threw = false;
  readonly #errnos = new Map<number, number>();

  constructor(internals: Internals, door: Door, config: Identity) {
    this.internals = internals;
    this.door = door;
    this.config = config;
    this.immediates = allImmediates(internals.internalBinding('timers').immediateInfo);
    this.#tick = (process as Internal)._tickCallback;
    this.contexts = new AsyncContexts(internals, (error) => this.failed(error));
  }

  /** Milliseconds since 1970 at a moment of its clock. */
  dateMs(ns: number): number {
    return this.config.epochMs + Math.floor(ns / 1e6);
  }

  /** Its random numbers: the schedule says which, when the first of them is asked for. */
  get random(): Randomness {
    this.#random ??= new Randomness(this.config.seed, this.callNumber(['chance']));
    return this.#random;
  }

  // ---- to the kernel ----

  post(post: Post): void {
    if (this.dead) return;
    this.#place(post);
    this.#posts.push(post);
    this.stirred?.();
  }

  takePosts(): readonly Post[] {
    const posts = this.#posts;
    if (posts.length > 0) this.#posts = [];
    return posts;
  }

  /** Where the run is recorded, the line that something comes from is said before it. */
  #place(said: Call | Post): void {
    const place = this.teller?.placeOf(this, said);
    if (place !== undefined) this.#posts.push(place);
  }

  /** Gives the kernel's answer; a negated errno is this platform's. */
  call(call: Call, bytes?: Uint8Array): number | SocketName {
    const value = this.callAny(call, bytes) as number | SocketName;
    return typeof value === 'number' ? this.errno(value) : value;
  }

  /** As `call`, for what answers with more than a number. */
  callAny(call: Call, bytes?: Uint8Array): Answer {
    if (this.dead) return this.internals.internalBinding('uv').UV_ENETDOWN;
    this.#place(call);
    return this.door.call(this.takePosts(), call, bytes);
  }

  /** Ask the simulated disk; the bytes that come are in {@link Door.answered}. */
  askFiles(asked: FileAsked, bytes?: Uint8Array): FileAnswer {
    if (this.dead) return { errno: -EIO, value: null };
    const call: Call = ['file', asked];
    this.#place(call);
    return this.door.call(this.takePosts(), call, bytes) as FileAnswer;
  }

  /** As `askFiles`, by the thread pool. */
  askFilesLater(
    context: AsyncContext,
    asked: FileAsked,
    bytes: Uint8Array | undefined,
    done: (answer: FileAnswer, bytes: Uint8Array) => void,
  ): void {
    if (this.dead) return;
    const id = this.request(context, (event, read) => {
      done((event as Extract<LoopEvent, readonly ['filed', ...unknown[]]>)[2], read);
    });
    const call: Call = ['fileLater', id, asked];
    this.#place(call);
    this.door.call(this.takePosts(), call, bytes);
  }

  /** As `call`, for what answers with a number. */
  callNumber(call: Call, bytes?: Uint8Array): number {
    return this.call(call, bytes) as number;
  }

  /** A negated errno of Linux as libuv has it on this platform; other numbers stay. */
  errno(value: number): number {
    // C++ takes no -0 for an integer.
    if (value === 0) return 0;
    if (value > 0 || process.platform === 'linux') return value;
    let own = this.#errnos.get(value);
    if (own === undefined) {
      const uv = this.internals.internalBinding('uv');
      own = (uv[`UV_${errnoCode(-value)}`] as number | undefined) ?? value;
      this.#errnos.set(value, own);
    }
    return own;
  }

  nextHandleId(): HandleId {
    this.#handleIds += 2;
    return this.#handleIds;
  }

  /** A request of the program's: `done` is called, in that context, when it is answered. */
  request(context: AsyncContext, done: LoopRequest['done']): RequestId {
    const id = ++this.#requestIds;
    this.references++;
    this.#requests.set(id, { context, done });
    return id;
  }

  /**
   * Work that was done in place; `done` is called when the pool would have finished it. Before the
   * program's first line it is Node's loader that asks, for which no kernel runs yet.
   */
  complete(what: string, context: AsyncContext, done: () => void): void {
    if (this.dead) return;
    if (!this.started) {
      queueMicrotask(done);
      return;
    }
    this.post(['pool', this.request(context, done), what]);
  }

  // ---- phases ----

  /**
   * Call back, then everything that queues: ticks and microtasks, in Node's own order. After a
   * callback that threw they wait for the next one (InternalCallbackScope::Close in
   * src/api/callback.cc).
   */
  run(callback: () => void): void {
    this.#threw = false;
    const before = this.contexts.mark();
    try {
      callback();
    } catch (error) {
      if (this.uncaught !== undefined) this.contexts.unwind(before);
      this.failed(error);
    }
    if (!this.#threw) this.drain();
  }

  drain(): void {
    const before = this.contexts.mark();
    try {
      this.#tick.call(process);
    } catch (error) {
      if (this.uncaught !== undefined) this.contexts.unwind(before);
      this.failed(error);
    }
  }

  /**
   * As C++ tells of an error that nobody has caught: to whoever listens; else the program dies of
   * it. What comes back has left all async contexts.
   */
  failed(error: unknown): void {
    this.#threw = true;
    if (this.uncaught !== undefined) {
      this.uncaught(error);
      return;
    }
    // Reading the line is work of the program's own: only where Node prints it.
    const prints = !this.ends && process.listenerCount('uncaughtException') === 0;
    if (prints) pointAtThrow(this.internals, error);
    this.internals.internalBinding('errors').triggerUncaughtException(error, false);
  }

  deliver(event: LoopEvent, bytes: Uint8Array): void {
    const id = event[1];
    if (event[0] === 'done' || event[0] === 'found' || event[0] === 'filed') {
      const request = this.#requests.get(id);
      if (request === undefined) return;
      this.#requests.delete(id);
      this.references--;
      const { context, done } = request;
      this.run(() => context.run(() => done(event, bytes)));
      context.end();
      return;
    }
    const target = this.handles.get(id);
    if (target !== undefined) this.run(() => target.on(event, bytes));
  }

  /** In the next check phase, before all immediates: Environment::SetImmediate of C++. */
  feed(callback: () => void): void {
    this.#fed.push(callback);
    this.references++;
    this.stirred?.();
  }

  closeLater(callback: () => void): void {
    this.#closing.push(callback);
    this.references++;
    this.stirred?.();
  }

  /** The check phase begins; the immediates that wait are Node's affair. */
  check(): void {
    if (this.#fed.length > 0) this.#callBack(this.#fed.splice(0));
  }

  /** What comes after the check phase: closing callbacks, timers. */
  finish(): TurnEnd {
    if (this.#closing.length > 0) this.#callBack(this.#closing.splice(0));
    this.timers?.run(this);
    const ends = this.ends && !this.endless;
    if (ends && !this.alive) this.#beforeExit();
    return {
      exitCode: !ends || this.alive ? null : this.#exit(),
      soon: this.#soon,
      dueMs: this.timers?.dueMs ?? null,
      open: [],
    };
  }

  /** Of a loop that is over: what was still to be called back is, and gives how much that was. */
  closeAll(): number {
    const callbacks = [...this.#fed.splice(0), ...this.#closing.splice(0)];
    this.#callBack(callbacks);
    return callbacks.length;
  }

  #callBack(callbacks: readonly (() => void)[]): void {
    for (const callback of callbacks) {
      this.references--;
      this.run(callback);
    }
  }

  /** Immediates that were set and have not run. */
  get #soon(): boolean {
    return this.immediates.count > 0 || this.#fed.length + this.#closing.length > 0;
  }

  /** Open handles and requests that keep the program alive. */
  get references(): number {
    return this.#references;
  }

  set references(count: number) {
    this.#references = count;
    this.keptAlive?.();
  }

  /** uv_loop_alive. */
  get alive(): boolean {
    return this.references > 0 || this.immediates.refCount > 0 || this.timers?.alive === true;
  }

  #beforeExit(): void {
    this.run(() => process.emit('beforeExit', exitCodeNow()));
  }

  #exit(): number {
    this.run(() => process.emit('exit', exitCodeNow()));
    return exitCodeNow();
  }

  /** For laws: what is open, by kind. */
  describeOpen(): readonly string[] {
    const open = [...this.handles.values()].map((handle) => handle.describe());
    if (this.timers?.alive === true) open.push('timer');
    return open.filter((each) => each !== '');
  }

  // ---- the end ----

  /**
   * The run is over, but the thread goes on: nothing that is asked happens any more, and nobody
   * hears of an error. One that nobody caught leaves all async contexts
   * (lib/internal/process/execution.js).
   */
  outlive(): void {
    const { clearAsyncIdStack } = this.internals.requireBuiltin('internal/async_hooks');
    this.dead = true;
    this.uncaught = clearAsyncIdStack;
  }

  exit(code: number): void {
    if (this.endless) {
      this.door.leave([], { is: 'exit', code, open: [] });
      return;
    }
    const open = this.describeOpen();
    try {
      process.emit('exit', code);
    } catch (error) {
      this.failed(error);
    }
    this.door.leave(this.takePosts(), { is: 'exit', code, open });
  }

  /** Gives whether the error has been dealt with: a thread may go on when its program is dead. */
  die(error: unknown, fromPromise: boolean): true {
    this.door.leave(this.takePosts(), { is: 'died', death: deathOf(error, fromPromise) });
    this.uncaught?.(error);
    return true;
  }
}

/** How many immediates wait, and how many of those keep the program alive. */
export interface Immediates {
  readonly count: number;
  readonly refCount: number;
}

/**
 * C++'s own among them, which are counted with those that keep the program alive, and nowhere else
 * (Environment::SetImmediate in src/env-inl.h).
 */
function allImmediates(info: Uint32Array): Immediates {
  return {
    get count(): number {
      return Math.max(info[0] as number, info[1] as number);
    },
    get refCount(): number {
      return info[1] as number;
    },
  };
}

function exitCodeNow(): number {
  return Number(process.exitCode ?? 0);
}

function deathOf(thrown: unknown, fromPromise: boolean): GuestDeath {
  if (!(thrown instanceof Error) && !isErrorLike(thrown)) {
    const text = `${typeof thrown} ${String(thrown)}`;
    return { name: 'Error', message: text, stack: text, code: undefined, fromPromise };
  }
  const error = thrown as NodeJS.ErrnoException;
  return {
    name: String(error.name),
    message: String(error.message),
    stack: String(error.stack ?? `${error.name}: ${error.message}`),
    code: error.code === undefined ? undefined : String(error.code),
    fromPromise,
  };
}

function isErrorLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}
