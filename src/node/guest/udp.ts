import type { HandleId, LoopEvent } from '../wire.ts';
import type { AsyncContext } from './async.ts';
import type { Internal, Internals } from './internals.ts';
import type { EventTarget, GuestLoop } from './loop.ts';

/**
 * `UDP`, as lib/dgram.js asks for it. # No multicast: joining a group succeeds, and nobody sends to
 * one.
 */
export function replaceDatagrams({ internalBinding }: Internals, loop: GuestLoop): void {
  const uv = internalBinding('uv');
  class SimUDP implements EventTarget {
    readonly heddleId: HandleId = loop.nextHandleId();
    readonly #context: AsyncContext = loop.contexts.begin('UDPWRAP', this);
    #open = true;
    #referenced = true;
    #counted = false;
    #receiving = false;
    declare onmessage: Internal;

    constructor() {
      loop.handles.set(this.heddleId, this);
    }

    #count(): void {
      const counts = this.#open && this.#referenced && this.#receiving;
      if (counts === this.#counted) return;
      this.#counted = counts;
      loop.references += counts ? 1 : -1;
    }

    describe(): string {
      return this.#counted ? 'udp socket' : '';
    }

    getAsyncId(): number {
      return this.#context.id;
    }

    getProviderType(): number {
      return 0;
    }

    bind(host: string, port: number): number {
      return loop.callNumber(['bind', this.heddleId, 'udp', host, port, false]);
    }

    bind6(host: string, port: number, flags = 0): number {
      return loop.callNumber(['bind', this.heddleId, 'udp', host, port, (flags & 1) !== 0]);
    }

    connect(host: string, port: number): number {
      return loop.callNumber(['connect', this.heddleId, 'udp', host, port]);
    }

    connect6(host: string, port: number): number {
      return this.connect(host, port);
    }

    disconnect(): number {
      return loop.callNumber(['disconnect', this.heddleId]);
    }

    /**
     * send(req, list, count, port, host, hasCallback), or without port and host where it is
     * connected.
     */
    send(request: Internal, list: Uint8Array[], _count: number, ...rest: Internal[]): number {
      const connected = rest.length < 3;
      const [port, host] = connected ? [0, ''] : [rest[0], rest[1]];
      const hasCallback = rest.at(-1) === true;
      const bytes = Buffer.concat(list);
      const sent = loop.callNumber(['send', this.heddleId, host, port], bytes);
      if (sent < 0) return sent;
      // uv_udp_try_send: done already, which is told as the length and one more.
      if (hasCallback) request.oncomplete ??= undefined;
      return bytes.length + 1;
    }

    send6(request: Internal, list: Uint8Array[], count: number, ...rest: Internal[]): number {
      return this.send(request, list, count, ...rest);
    }

    recvStart(): number {
      return this.#receive(true);
    }

    recvStop(): number {
      return this.#receive(false);
    }

    #receive(on: boolean): number {
      if (!this.#open) return uv.UV_EBADF;
      this.#receiving = on;
      this.#count();
      loop.post(['reading', this.heddleId, on]);
      return 0;
    }

    on(event: LoopEvent, bytes: Uint8Array): void {
      const { onmessage } = this;
      if (event[0] === 'message') {
        const from = { ...event[2], size: bytes.length };
        const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
        this.#context.run(() => onmessage.call(this, bytes.length, this, buffer, from));
      } else if (event[0] === 'failed') {
        this.#context.run(() => onmessage.call(this, loop.errno(event[2]), this));
      }
    }

    getsockname(out: object): number {
      return this.#nameInto(out, 'sockname');
    }

    getpeername(out: object): number {
      return this.#nameInto(out, 'peername');
    }

    #nameInto(out: object, op: 'sockname' | 'peername'): number {
      const name = loop.call([op, this.heddleId]);
      if (typeof name === 'number') return name;
      Object.assign(out, name);
      return 0;
    }

    close(callback?: () => void): void {
      if (!this.#open) return;
      this.#open = false;
      this.#receiving = false;
      this.#count();
      loop.handles.delete(this.heddleId);
      loop.post(['close', this.heddleId]);
      loop.closeLater(() => {
        if (callback !== undefined) this.#context.run(() => callback.call(this));
        this.#context.end();
      });
    }

    ref(): void {
      this.#referenced = true;
      this.#count();
    }

    unref(): void {
      this.#referenced = false;
      this.#count();
    }

    hasRef(): boolean {
      return this.#open && this.#referenced;
    }

    get fd(): number {
      return this.#open ? this.heddleId : -1;
    }
  }
  const none = (): number => 0;
  for (const name of [
    ...[
      'setMulticastInterface',
      'setMulticastTTL',
      'setMulticastLoopback',
      'setBroadcast',
      'setTTL',
    ],
    ...['addMembership', 'dropMembership', 'addSourceSpecificMembership'],
    ...['dropSourceSpecificMembership', 'getSendQueueSize', 'getSendQueueCount'],
  ]) {
    Object.defineProperty(SimUDP.prototype, name, { value: none });
  }
  Object.defineProperty(SimUDP.prototype, 'bufferSize', {
    value: (size: number) => size || 212_992,
  });
  internalBinding('udp_wrap').UDP = SimUDP;
}
