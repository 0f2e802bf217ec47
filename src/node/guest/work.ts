/**
 * Work that Node gives to its thread pool or to V8's, where nothing of it shows in JavaScript: done
 * in place instead.
 */

import type { AsyncContext } from './async.ts';
import { define } from './clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import type { Present } from './present.ts';
import { noteCalls } from './uncontrolled.ts';

export function replaceWork(internals: Internals, present: Present): void {
  replaceZlib(internals.internalBinding('zlib'), present);
  replaceWebAssembly(present);
  silenceCollector(present);
}

/** A stream of zlib's that was made in a loop. */
interface Compressing {
  readonly loop: GuestLoop;
  readonly callback: () => void;
  readonly context: AsyncContext;
}

/**
 * zlib's streams: each write is done in place, and completed as an event of its own. What fails is
 * told then, and instead (CompressionStream::AfterThreadPoolWork in src/node_zlib.cc).
 */
function replaceZlib(zlib: Internal, present: Present): void {
  const kept = new WeakMap<object, Compressing>();
  for (const name of Object.keys(zlib)) {
    const prototype = zlib[name]?.prototype;
    if (typeof prototype?.writeSync !== 'function' || typeof prototype.init !== 'function')
      continue;
    const { init, write } = prototype;
    prototype.init = function (this: Internal, ...args: Internal[]): Internal {
      const loop = present.now;
      if (loop === undefined) return init.apply(this, args);
      const callback = args.find((argument) => typeof argument === 'function');
      kept.set(this, { loop, callback, context: loop.contexts.of(this) });
      return init.apply(this, args);
    };
    prototype.write = function (this: Internal, ...args: Internal[]): Internal {
      const stream = kept.get(this);
      if (stream === undefined) return write.apply(this, args);
      const { onerror } = this;
      let failed: Internal[] | undefined;
      this.onerror = (...said: Internal[]) => {
        failed = said;
      };
      this.writeSync(...args);
      this.onerror = onerror;
      stream.loop.complete(`zlib ${name}`, stream.context, () => {
        if (failed === undefined) stream.callback.call(this);
        else onerror.apply(this, failed);
      });
    };
  }
}

/**
 * V8 compiles in threads of its own, and undici (fetch, up to Node 22) waits for it at its first
 * use.
 */
function replaceWebAssembly(present: Present): void {
  const { WebAssembly } = globalThis as Internal;
  const { Module, Instance, compile: realCompile, instantiate: realInstantiate } = WebAssembly;
  const compile = async (bytes: Internal, ...rest: Internal[]): Promise<Internal> =>
    present.now === undefined ? realCompile(bytes, ...rest) : new Module(bytes);
  const instantiate = async (
    source: Internal,
    imports?: Internal,
    ...rest: Internal[]
  ): Promise<Internal> => {
    if (present.now === undefined) return realInstantiate(source, imports, ...rest);
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  };
  define(WebAssembly, 'compile', compile);
  define(WebAssembly, 'instantiate', instantiate);
  const streaming = ['compileStreaming', 'instantiateStreaming'];
  noteCalls(present, WebAssembly, streaming, (name) => `WebAssembly.${name}`);
  // What an addon does in threads of its own nobody sees.
  noteCalls(present, process as Internal, ['dlopen'], () => 'a native addon');
}

/**
 * When garbage is collected is nobody's choice: nothing is ever found to have been, which is always
 * allowed.
 */
function silenceCollector(present: Present): void {
  const own = {
    FinalizationRegistry: class<T> extends FinalizationRegistry<T> {
      readonly #silent = present.now !== undefined;

      override register(target: WeakKey, held: T, token?: WeakKey): void {
        if (!this.#silent) super.register(target, held, token);
      }
    },
    WeakRef: class<T extends WeakKey> extends WeakRef<T> {
      readonly #held: T | undefined;

      constructor(target: T) {
        super(target);
        this.#held = present.now === undefined ? undefined : target;
      }

      override deref(): T | undefined {
        return this.#held ?? super.deref();
      }
    },
  };
  for (const [name, by] of Object.entries(own)) define(globalThis, name, by);
}
