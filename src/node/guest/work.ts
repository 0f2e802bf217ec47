/**
 * Work that Node gives to its thread pool or to V8's, where nothing of it shows in JavaScript: done
 * in place instead.
 */

import type { AsyncContext } from './async.ts';
import { define } from './clock.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { noteCalls } from './uncontrolled.ts';

export function replaceWork(internals: Internals, loop: GuestLoop): void {
  replaceZlib(internals.internalBinding('zlib'), loop);
  replaceWebAssembly(loop);
  silenceCollector();
}

/**
 * zlib's streams: each write is done in place, and completed as an event of its own. What fails is
 * told then, and instead (CompressionStream::AfterThreadPoolWork in src/node_zlib.cc).
 */
function replaceZlib(zlib: Internal, loop: GuestLoop): void {
  const kept = new WeakMap<object, { callback: () => void; context: AsyncContext }>();
  for (const name of Object.keys(zlib)) {
    const prototype = zlib[name]?.prototype;
    if (typeof prototype?.writeSync !== 'function' || typeof prototype.init !== 'function')
      continue;
    const { init } = prototype;
    prototype.init = function (this: Internal, ...args: Internal[]): Internal {
      const callback = args.find((argument) => typeof argument === 'function');
      kept.set(this, { callback, context: loop.contexts.of(this) });
      return init.apply(this, args);
    };
    prototype.write = function (this: Internal, ...args: Internal[]): void {
      const stream = kept.get(this);
      const { onerror } = this;
      let failed: Internal[] | undefined;
      this.onerror = (...said: Internal[]) => {
        failed = said;
      };
      this.writeSync(...args);
      this.onerror = onerror;
      if (stream === undefined) return;
      loop.complete(`zlib ${name}`, stream.context, () => {
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
function replaceWebAssembly(loop: GuestLoop): void {
  const { WebAssembly } = globalThis as Internal;
  const { Module, Instance } = WebAssembly;
  const compile = async (bytes: Internal): Promise<Internal> => new Module(bytes);
  const instantiate = async (source: Internal, imports?: Internal): Promise<Internal> => {
    if (source instanceof Module) return new Instance(source, imports);
    const module = new Module(source);
    return { module, instance: new Instance(module, imports) };
  };
  define(WebAssembly, 'compile', compile);
  define(WebAssembly, 'instantiate', instantiate);
  const streaming = ['compileStreaming', 'instantiateStreaming'];
  noteCalls(loop, WebAssembly, streaming, (name) => `WebAssembly.${name}`);
  // What an addon does in threads of its own nobody sees.
  noteCalls(loop, process as Internal, ['dlopen'], () => 'a native addon');
}

/**
 * When garbage is collected is nobody's choice: nothing is ever found to have been, which is always
 * allowed.
 */
function silenceCollector(): void {
  class SilentRegistry {
    register(): void {}

    unregister(): boolean {
      return false;
    }
  }
  Object.defineProperty(SilentRegistry, 'name', { value: 'FinalizationRegistry' });
  define(SilentRegistry.prototype, Symbol.toStringTag as never, 'FinalizationRegistry');
  define(globalThis, 'FinalizationRegistry', SilentRegistry);
  class StrongRef {
    readonly #target: object;

    constructor(target: object) {
      this.#target = target;
    }

    deref(): object {
      return this.#target;
    }
  }
  define(StrongRef.prototype, Symbol.toStringTag as never, 'WeakRef');
  define(globalThis, 'WeakRef', StrongRef);
}
