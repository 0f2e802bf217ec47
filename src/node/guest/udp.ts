import type * as Ip from 'node:net';
import type { LoopEvent } from '../wire.ts';
import { handleClass } from './handle-class.ts';
import type { Internal, Internals } from './internals.ts';
import type { GuestLoop } from './loop.ts';
import { LoopHandle } from './loop-handle.ts';
import type { Present } from './present.ts';

/** net.core.rmem_default and wmem_default. */
const BUFFER_BYTES = 212_992;
/** Of hops: a byte of the IP header. */
const BYTE_MAX = 255;

/** `UDP`, as lib/dgram.js asks for it. */
export function replaceDatagrams(internals: Internals, present: Present): void {
  const { internalBinding, requireBuiltin } = internals;
  const uv = internalBinding('uv');
  // Not by import: whoever keeps what an import gave has a `net` from before it was loaded again.
  const ip: typeof Ip = requireBuiltin('internal/net');
  // As a property it keeps its name in bundled code.
  const own = {
    UDP: class extends UdpHandle {
      constructor(loop: GuestLoop) {
        super(loop, uv, ip);
      }
    },
  };
  const udp = internalBinding('udp_wrap');
  udp.UDP = handleClass(udp.UDP, own.UDP, present);
}

/** A view of any kind stands for its bytes. */
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/**
 * A handle of libuv's unix/udp.c. Numbers are 0 or a negated errno.
 *
 * # No multicast: joining a group succeeds, and nobody sends to one.
 */
class UdpHandle extends LoopHandle {
  readonly #uv: Internal;
  readonly #ip: typeof Ip;
  /** It has a socket; setters of one that has none fail. */
  #bound = false;
  readonly #groups = new Set<string>();
  readonly #bufferBytes: [send: number, receive: number] = [BUFFER_BYTES, BUFFER_BYTES];
  declare onmessage: Internal;

  constructor(loop: GuestLoop, uv: Internal, ip: typeof Ip) {
    super(loop, 'UDPWRAP', 'udp socket');
    this.#uv = uv;
    this.#ip = ip;
  }

  getProviderType(): number {
    return 0;
  }

  // ---- addresses ----

  bind(host: string, port: number, flags = 0): number {
    const only6 = (flags & 1) !== 0;
    return this.#binding(['bind', this.heddleId, 'udp', host, port >>> 0, only6]);
  }

  bind6(host: string, port: number, flags = 0): number {
    return this.bind(host, port, flags);
  }

  connect(host: string, port: number): number {
    return this.#binding(['connect', this.heddleId, 'udp', host, port]);
  }

  connect6(host: string, port: number): number {
    return this.connect(host, port);
  }

  #binding(call: Parameters<GuestLoop['callNumber']>[0]): number {
    if (!this.isOpen) return this.#uv.UV_EBADF;
    const result = this.loop.callNumber(call);
    this.#bound ||= result === 0;
    return result;
  }

  disconnect(): number {
    return this.loop.callNumber(['disconnect', this.heddleId]);
  }

  getsockname(out: object): number {
    return this.#nameInto(out, 'sockname');
  }

  getpeername(out: object): number {
    return this.#nameInto(out, 'peername');
  }

  #nameInto(out: object, op: 'sockname' | 'peername'): number {
    const name = this.loop.call([op, this.heddleId]);
    if (typeof name === 'number') return name;
    Object.assign(out, name);
    return 0;
  }

  // ---- messages ----

  /**
   * send(req, list, count, port, host, hasCallback), or without port and host where connected. Done
   * at once, as by uv_udp_try_send, which is told as the length and one more.
   */
  send(_request: Internal, list: ArrayBufferView[], _count: number, ...rest: Internal[]): number {
    const connected = rest.length < 3;
    const [port, host] = connected ? [0, ''] : [rest[0], rest[1]];
    const bytes = Buffer.concat(list.map(bytesOf));
    const sent = this.loop.callNumber(['send', this.heddleId, host, port], bytes);
    if (sent < 0) return sent;
    this.#bound = true;
    return bytes.length + 1;
  }

  send6(request: Internal, list: ArrayBufferView[], count: number, ...rest: Internal[]): number {
    return this.send(request, list, count, ...rest);
  }

  recvStart(): number {
    return this.#receive(true);
  }

  recvStop(): number {
    return this.#receive(false);
  }

  #receive(on: boolean): number {
    if (!this.isOpen) return this.#uv.UV_EBADF;
    this.working = on;
    this.loop.post(['reading', this.heddleId, on]);
    return 0;
  }

  on(event: LoopEvent, bytes: Uint8Array): void {
    if (event[0] === 'message') {
      const from = { ...event[2], size: bytes.length };
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      this.context.run(() => this.onmessage(bytes.length, this, buffer, from));
    } else if (event[0] === 'failed') {
      this.context.run(() => this.onmessage(this.loop.errno(event[2]), this));
    }
  }

  // ---- options ----

  #option(isValid = true): number {
    if (!isValid) return this.#uv.UV_EINVAL;
    return this.isOpen && this.#bound ? 0 : this.#uv.UV_EBADF;
  }

  setTTL(hops: number): number {
    return this.#option(hops >= 1 && hops <= BYTE_MAX);
  }

  setMulticastTTL(hops: number): number {
    return this.#option(hops >= 0 && hops <= BYTE_MAX);
  }

  setBroadcast(): number {
    return this.#option();
  }

  setMulticastLoopback(): number {
    return this.#option();
  }

  setMulticastInterface(address: string): number {
    return this.#option(this.#ip.isIP(address.replace(/%.*$/, '')) !== 0);
  }

  addMembership(group: string, at?: string): number {
    if (!this.#mayJoin(group, at)) return this.#uv.UV_EINVAL;
    if (this.#groups.has(`${group} ${at}`)) return this.#uv.UV_EADDRINUSE;
    this.#groups.add(`${group} ${at}`);
    return 0;
  }

  dropMembership(group: string, at?: string): number {
    if (!this.#mayJoin(group, at)) return this.#uv.UV_EINVAL;
    return this.#groups.delete(`${group} ${at}`) ? 0 : this.#uv.UV_EADDRNOTAVAIL;
  }

  addSourceSpecificMembership(source: string, group: string, at?: string): number {
    return this.#ip.isIP(source) === 0
      ? this.#uv.UV_EINVAL
      : this.addMembership(group, `${source} ${at}`);
  }

  dropSourceSpecificMembership(source: string, group: string, at?: string): number {
    return this.#ip.isIP(source) === 0
      ? this.#uv.UV_EINVAL
      : this.dropMembership(group, `${source} ${at}`);
  }

  #mayJoin(group: string, at: string | undefined): boolean {
    const own = at?.split(' ').at(-1);
    if (own !== undefined && own !== 'undefined' && this.#ip.isIP(own.replace(/%.*$/, '')) === 0)
      return false;
    if (!this.#ip.isIPv4(group)) return /^ff/i.test(group) && this.#ip.isIP(group) !== 0;
    const [first] = group.split('.').map(Number);
    return first !== undefined && first >= 224 && first <= 239;
  }

  /** Linux keeps twice of what is asked for (sk_setsockopt). An error is told in `about`. */
  bufferSize(size: number, ofReceive: boolean, about: Internal): number | undefined {
    if (!this.isOpen || !this.#bound) {
      const { UV_EBADF: errno } = this.#uv;
      const syscall = ofReceive ? 'uv_recv_buffer_size' : 'uv_send_buffer_size';
      Object.assign(about, { errno, code: 'EBADF', message: 'bad file descriptor', syscall });
      return undefined;
    }
    const which = ofReceive ? 1 : 0;
    if (size === 0) return this.#bufferBytes[which];
    this.#bufferBytes[which] = 2 * size;
    return size;
  }

  getSendQueueSize(): number {
    return 0;
  }

  getSendQueueCount(): number {
    return 0;
  }

  protected end(): void {
    this.loop.post(['close', this.heddleId]);
  }

  get fd(): number {
    return this.isOpen ? this.heddleId : -1;
  }
}
