import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';

type Callback = (this: Internal, ...args: Internal[]) => Internal;

/**
 * What bytes from libuv make C++ call: after each such callback ticks and microtasks run
 * (InternalCallbackScope::Close, src/api/callback.cc), unless there is JavaScript below it, as
 * here. So it is done here, after the outermost ones. The HTTP parser skips it after
 * kOnMessageBegin, kOnHeadersComplete and kOnMessageComplete (src/node_http_parser.cc).
 */
export class ReadCallbacks {
  /** Whose bytes are read, while no callback runs. */
  #reader: GuestLoop | undefined;
  readonly #drained = new WeakMap<Callback, Callback>();

  /** C++ takes bytes, and calls back what {@link replace} has found. */
  during(loop: GuestLoop, read: () => void): void {
    this.#reader = loop;
    try {
      read();
    } finally {
      this.#reader = undefined;
    }
  }

  replace({ internalBinding, requireBuiltin }: Internals): void {
    const { HTTPParser } = internalBinding('http_parser');
    for (const name of ['kOnHeaders', 'kOnBody', 'kOnExecute']) {
      this.#property(HTTPParser.prototype, HTTPParser[name] | 0);
    }
    const { TLSWrap } = internalBinding('tls_wrap');
    for (const name of OF_TLS) this.#property(TLSWrap.prototype, name);
    const http2 = internalBinding('http2');
    const { setCallbackFunctions } = http2;
    http2.setCallbackFunctions = (...callbacks: Callback[]) =>
      setCallbackFunctions(...callbacks.map((each) => this.#drainingAfter(each)));
    // Of all streams: whoever is loaded again takes it from here.
    const commons = requireBuiltin('internal/stream_base_commons');
    commons.onStreamRead = this.#drainingAfter(commons.onStreamRead);
  }

  /** C++ looks for it on the object, and so finds what is inherited. */
  #property(prototype: Internal, name: string | number): void {
    const own = Symbol(String(name));
    const after = (callback: Internal): Internal => this.#drainingAfter(callback);
    Object.defineProperty(prototype, name, {
      get(this: Internal) {
        return this[own];
      },
      set(this: Internal, callback: Internal) {
        this[own] = after(callback);
      },
      configurable: true,
    });
  }

  #drainingAfter(callback: Internal): Internal {
    if (typeof callback !== 'function') return callback;
    let draining = this.#drained.get(callback);
    if (draining === undefined) {
      const outermost = (call: () => Internal): Internal => this.#outermost(call);
      // Stacks end at what has this name (own-frames.ts).
      draining = {
        draining(this: Internal, ...args: Internal[]): Internal {
          return outermost(() => callback.apply(this, args));
        },
      }.draining;
      this.#drained.set(callback, draining);
      this.#drained.set(draining, draining);
    }
    return draining;
  }

  #outermost(call: () => Internal): Internal {
    const reader = this.#reader;
    if (reader === undefined) return call();
    this.#reader = undefined;
    try {
      const result = call();
      reader.drain();
      return result;
    } finally {
      this.#reader = reader;
    }
  }
}

/** Those of lib/internal/tls/wrap.js. */
const OF_TLS = [
  ...['onhandshakestart', 'onhandshakedone', 'onclienthello', 'oncertcb', 'onnewsession'],
  ...['onocspresponse', 'onkeylog', 'onerror'],
];
