import type { Internal, Internals } from './internals.ts';

/** Gives the frame that was there before (lib/internal/async_context_frame.js, from Node 22.7). */
interface Frames {
  current(): unknown;
  exchange(frame: unknown): unknown;
}

/** Node 20 keeps what an AsyncLocalStorage holds on the resources themselves. */
const NO_FRAMES: Frames = { current: () => undefined, exchange: () => undefined };

/** How deep a callback stands in others' async contexts. */
interface ContextMark {
  readonly depth: number;
  readonly frame: unknown;
}

/**
 * Node's async contexts, for what C++ would call back: each request and each handle has an id, and
 * its callbacks run as C++ runs them (AsyncWrap::MakeCallback, src/async_wrap.cc).
 */
export class AsyncContexts {
  readonly hooks: Internal;
  readonly frames: Frames;
  /** What an error that nobody catches is told to; it comes back if the program goes on. */
  readonly failed: (error: unknown) => void;

  readonly #binding: Internal;

  constructor(internals: Internals, failed: (error: unknown) => void) {
    const { BuiltinModule, internalBinding, requireBuiltin } = internals;
    this.#binding = internalBinding('async_wrap');
    this.hooks = requireBuiltin('internal/async_hooks');
    const frames = 'internal/async_context_frame';
    this.frames = BuiltinModule.map.has(frames) ? requireBuiltin(frames) : NO_FRAMES;
    this.failed = failed;
  }

  /** Of an object that C++ has made: it has its id already, and Node's hooks have heard of it. */
  of(wrap: Internal): AsyncContext {
    return new AsyncContext(this, wrap.getAsyncId(), wrap, true);
  }

  /**
   * Before an object of C++ is made: the hooks hear of it only by what this gives, under the name
   * of what it stands for.
   */
  hold(): (type: string, wrap: Internal) => void {
    const { hooks } = this;
    const { async_hook_fields: fields, constants } = this.#binding;
    const before = fields[constants.kInit];
    fields[constants.kInit] = 0;
    return (type, wrap) => {
      fields[constants.kInit] = before;
      if (before > 0)
        hooks.emitInit(wrap.getAsyncId(), type, hooks.getDefaultTriggerAsyncId(), wrap);
    };
  }

  /** As C++ makes something between two callbacks: in no context, because of `cause`. */
  outside<T>(cause: AsyncContext, make: () => T): T {
    const { hooks, frames } = this;
    const before = frames.exchange(undefined);
    hooks.pushAsyncContext(0, 0, {});
    try {
      return hooks.defaultTriggerAsyncIdScope(cause.id, make);
    } finally {
      hooks.popAsyncContext(0);
      frames.exchange(before);
    }
  }

  /** Which context is entered now, and how many others around it. */
  mark(): ContextMark {
    return { depth: this.#depth, frame: this.frames.current() };
  }

  /** Leave what has been entered since, and was not left because something was thrown. */
  unwind({ depth, frame }: ContextMark): void {
    while (this.#depth > depth) this.hooks.popAsyncContext(this.hooks.executionAsyncId());
    this.frames.exchange(frame);
  }

  get #depth(): number {
    const { async_hook_fields: fields, constants } = this.#binding;
    return fields[constants.kStackLength];
  }

  /** Of a request that C++ would make here; `type` is what the hooks are told. */
  begin(type: string, resource: object = {}): AsyncContext {
    const { hooks } = this;
    const id = hooks.newAsyncId();
    if (hooks.initHooksExist()) {
      hooks.emitInit(id, type, hooks.getDefaultTriggerAsyncId(), resource);
    }
    return new AsyncContext(this, id, resource);
  }
}

/** One such context. */
export class AsyncContext {
  readonly #all: AsyncContexts;
  readonly id: number;
  readonly #triggerId: number;
  readonly #resource: object;
  readonly #frame: unknown;

  /** It is C++ that tells of its end, when it is collected. */
  readonly #isOfCpp: boolean;

  constructor(all: AsyncContexts, id: number, resource: object, isOfCpp = false) {
    this.#all = all;
    this.#isOfCpp = isOfCpp;
    this.id = id;
    this.#triggerId = all.hooks.getDefaultTriggerAsyncId();
    this.#resource = resource;
    this.#frame = all.frames.current();
  }

  /**
   * What the callback throws is told while its context is still entered, as C++ does: that leaves
   * all contexts (clearAsyncIdStack in lib/internal/process/execution.js), and 'after' is not told.
   */
  run(callback: () => void): void {
    const { hooks, frames, failed } = this.#all;
    const before = frames.exchange(this.#frame);
    hooks.emitBefore(this.id, this.#triggerId, this.#resource);
    try {
      callback();
    } catch (error) {
      failed(error);
    } finally {
      if (hooks.hasAsyncIdStack()) hooks.emitAfter(this.id);
      frames.exchange(before);
    }
  }

  /** A request that has been answered is nobody's any more. */
  end(): void {
    if (!this.#isOfCpp) this.#all.hooks.emitDestroy(this.id);
  }
}
