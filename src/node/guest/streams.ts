import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../sys/errors.ts';
import type { Call, HandleId, HandleKind, LoopEvent, Post, SocketName } from '../wire.ts';
import type { AsyncContext } from './async.ts';
import { ReadCallbacks } from './callbacks.ts';
import { handleClass } from './handle-class.ts';
import type { Internal, Internals } from './internals.ts';
import type { EventTarget, GuestLoop } from './loop.ts';
import type { Present } from './present.ts';

/** A write of which the kernel has not taken everything yet. */
interface PendingWrite {
  readonly request: Internal;
  readonly bytes: number;
}

/** What the handle classes are made with. */
export interface StreamClasses {
  readonly TCP: Internal;
  readonly Pipe: Internal;
}

/**
 * The classes that Node's lib/net.js finds in C++'s place: `TCP` and `Pipe` over a simulated
 * kernel.
 *
 * They extend JSStream, Node's own StreamBase without a descriptor, so that C++ takes them wherever
 * it takes a socket: the HTTP parser, TLS and HTTP/2 read and write through them natively. Their
 * contract is all that lib/net.js of Node 20 to 26 asks for.
 */
function makeStreamClasses(
  { internalBinding }: Internals,
  callbacks: ReadCallbacks,
): StreamClasses {
  const { JSStream } = internalBinding('js_stream');
  const uv = internalBinding('uv');
  const { streamBaseState: state, ...indexes } = internalBinding('stream_wrap');
  const { kReadBytesOrError, kArrayBufferOffset, kBytesWritten, kLastWriteWasAsync } = indexes;

  abstract class SimStream extends JSStream implements EventTarget {
    readonly heddleId: HandleId;
    readonly #loop: GuestLoop;
    /** The async context that it was made in, in which the program is called back. */
    readonly #context: AsyncContext;
    readonly #isServer: boolean;
    #open = true;
    #referenced = true;
    #counted = false;
    #listening = false;
    #reading = false;
    #connecting: { request: Internal; context: AsyncContext } | null = null;
    readonly #writes: PendingWrite[] = [];
    #shutdown: Internal = null;
    /** TLS over it: who is told of errors. */
    tls: Internal = null;
    #bytesRead = 0;
    #bytesWritten = 0;
    declare onconnection: Internal;
    declare onread: Internal;

    readonly kind: HandleKind;

    constructor(loop: GuestLoop, kind: HandleKind, isServer: boolean, id: HandleId | undefined) {
      const announce = loop.contexts.hold();
      super();
      announce(`${kind.toUpperCase()}${isServer ? 'SERVER' : ''}WRAP`, this);
      this.#loop = loop;
      this.kind = kind;
      this.#isServer = isServer;
      this.heddleId = id ?? loop.nextHandleId();
      this.#context = loop.contexts.of(this);
      loop.handles.set(this.heddleId, this);
    }

    /** Say something to the kernel that needs no answer. */
    post(post: Post): void {
      this.#loop.post(post);
    }

    // ---- life ----

    /**
     * A handle keeps the program alive while it listens, connects, reads or writes, and is
     * referenced.
     */
    #count(): void {
      const busy =
        this.#listening || this.#reading || this.#connecting !== null || this.#writes.length > 0;
      const counts = this.#open && this.#referenced && (busy || this.#shutdown !== null);
      if (counts === this.#counted) return;
      this.#counted = counts;
      this.#loop.references += counts ? 1 : -1;
    }

    describe(): string {
      if (!this.#open) return '';
      if (this.#listening) return `${this.kind} server`;
      return this.#counted ? `${this.kind} socket` : '';
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

    close(callback?: () => void): void {
      this.#end('close', callback);
    }

    #end(how: 'close' | 'reset', callback?: () => void): void {
      if (!this.#open) return;
      this.#loop.post([how, this.heddleId]);
      this.#open = false;
      this.#listening = false;
      this.#reading = false;
      this.#loop.handles.delete(this.heddleId);
      const connecting = this.#connecting;
      this.#connecting = null;
      const writes = this.#writes.splice(0);
      const shutdown = this.#shutdown;
      this.#shutdown = null;
      this.#count();
      // uv__stream_destroy: what was pending is told in the closing phase, then the handle's own
      // callback.
      this.#loop.closeLater(() => {
        const canceled = uv.UV_ECANCELED;
        if (connecting !== null) this.#connectDone(connecting, canceled);
        for (const { request } of writes)
          this.#native(() => this['finishWrite'](request, canceled));
        if (shutdown !== null) this.#native(() => this['finishShutdown'](shutdown, canceled));
        if (callback !== undefined) this.#context.run(() => callback.call(this));
        this.#context.end();
      });
    }

    isClosing(): boolean {
      return !this.#open;
    }

    get bytesRead(): number {
      return this.#bytesRead;
    }

    get bytesWritten(): number {
      return this.#bytesWritten;
    }

    get writeQueueSize(): number {
      let bytes = 0;
      for (const write of this.#writes) bytes += write.bytes;
      return bytes;
    }

    // ---- servers and clients ----

    listen(backlog: number): number {
      if (!this.#open) return uv.UV_EBADF;
      const result = this.#loop.callNumber(['listen', this.heddleId, this.kind, backlog]);
      if (result === 0) {
        this.#listening = true;
        this.#count();
      }
      return result;
    }

    protected bindTo(host: string, port: number, v6Only: boolean): number {
      if (!this.#open) return uv.UV_EBADF;
      return this.#loop.callNumber(['bind', this.heddleId, this.kind, host, port, v6Only]);
    }

    protected connectTo(request: Internal, host: string, port: number): number {
      if (!this.#open) return uv.UV_EBADF;
      const result = this.#loop.callNumber(['connect', this.heddleId, this.kind, host, port]);
      if (result !== 0) return result;
      const type = `${this.kind.toUpperCase()}CONNECTWRAP`;
      this.#connecting = { request, context: this.#loop.contexts.begin(type, request) };
      this.#count();
      return 0;
    }

    /** What the program is told of a connection that cannot be. */
    protected connectErrno(errno: number): number {
      return errno;
    }

    #connectDone(
      { request, context }: { request: Internal; context: AsyncContext },
      status: number,
    ): void {
      const can = status === 0;
      context.run(() => request.oncomplete(status, this, request, can, can));
    }

    /**
     * C++ calls back in the right context, but what is thrown there comes out here, where that has
     * been left already.
     */
    #native(callBack: () => void): void {
      try {
        callBack();
      } catch (error) {
        this.#context.run(() => {
          throw error;
        });
      }
    }

    // ---- events ----

    on(event: LoopEvent, bytes: Uint8Array): void {
      switch (event[0]) {
        case 'read':
          // It may have been stopped meanwhile; the bytes are read all the same, as libuv's are.
          this.#bytesRead += bytes.length;
          if (event[2] !== undefined) this.#passed(event[2], event[3]);
          this.#native(() => callbacks.during(this.#loop, () => this['readBuffer'](bytes)));
          return;
        case 'end':
          this.#reading = false;
          this.#count();
          this.#native(() => callbacks.during(this.#loop, () => this['emitEOF']()));
          return;
        case 'failed':
          this.#reading = false;
          this.#count();
          this.#fail(this.#loop.errno(event[2]));
          return;
        case 'connection':
          this.#accept(event[2], this.#loop.errno(event[3]));
          return;
        case 'connected': {
          const connecting = this.#connecting;
          this.#connecting = null;
          this.#count();
          if (connecting !== null) {
            this.#connectDone(connecting, this.connectErrno(this.#loop.errno(event[2])));
          }
          return;
        }
        case 'written': {
          const write = this.#writes.shift();
          this.#count();
          if (write === undefined) return;
          this.#native(() => this['finishWrite'](write.request, this.#loop.errno(event[2])));
          return;
        }
        case 'shut': {
          const request = this.#shutdown;
          this.#shutdown = null;
          this.#count();
          if (request === null) return;
          this.#native(() => this['finishShutdown'](request, this.#loop.errno(event[2])));
          return;
        }
        default:
          return;
      }
    }

    /** LibuvStreamWrap::OnUvRead: a handle that has come with the bytes. */
    #passed(id: HandleId, kind: HandleKind | undefined): void {
      const Class = kind === 'tcp' ? classes.TCP : classes.Pipe;
      const loop = this.#loop;
      this['pendingHandle'] = loop.contexts.outside(this.#context, () => new Class(loop, 0, id));
    }

    /** ConnectionWrap::OnConnection: a new handle belongs to nobody's async context yet. */
    #accept(id: HandleId, status: number): void {
      const Class = this.constructor as new (
        loop: GuestLoop,
        type: number,
        id?: HandleId,
      ) => SimStream;
      const loop = this.#loop;
      const client =
        status === 0
          ? loop.contexts.outside(this.#context, () => new Class(loop, 0, id))
          : undefined;
      this.#context.run(() => this.onconnection(status, client));
    }

    /**
     * A read that failed. JSStream has no call for that, so it is said where lib/net.js hears it.
     */
    #fail(errno: number): void {
      const target = this.tls ?? this;
      state[kReadBytesOrError] = errno;
      state[kArrayBufferOffset] = 0;
      this.#context.run(() => target.onread(undefined));
    }

    // ---- reading: called by JSStream ----

    onreadstart(): number {
      return this.#read(true);
    }

    onreadstop(): number {
      return this.#read(false);
    }

    #read(on: boolean): number {
      if (!this.#open) return on ? uv.UV_EBADF : 0;
      if (this.#reading !== on) {
        this.#reading = on;
        this.#count();
        this.#loop.post(['reading', this.heddleId, on]);
      }
      return 0;
    }

    /** StreamBase::UseUserBuffer: what is read goes into this one, and no more than that. */
    useUserBuffer(buffer: Uint8Array): number {
      this.#loop.post(['readMax', this.heddleId, this.kind, buffer.length]);
      return super.useUserBuffer(buffer);
    }

    // ---- writing ----

    /** From lib/net.js: done at once if the kernel takes everything, as uv_try_write is. */
    writeBuffer(request: Internal, bytes: Uint8Array, passed?: Internal): Internal {
      if (!this.#open) return this.#written(uv.UV_EBADF, 0);
      const taken = bytes.length === 0 ? 0 : this.#loop.callNumber(this.#writing(passed), bytes);
      if (taken < 0) return this.#written(taken, 0);
      this.#bytesWritten += bytes.length;
      if (taken === bytes.length) return this.#written(0, bytes.length);
      // The kernel has the rest in its queue; C++ makes the request, and hands it to `onwrite`.
      this.#queued = bytes.length - taken;
      const result = super.writeBuffer(request, bytes.subarray(taken));
      state[kBytesWritten] = bytes.length;
      return result;
    }

    /** uv_write2: a handle may go with it, over the channel to another process. */
    #writing(passed: Internal): Call {
      if (passed == null) return ['write', this.heddleId];
      if (passed.heddleId !== undefined && passed.kind !== undefined) {
        return ['write', this.heddleId, passed.heddleId];
      }
      throw new UsageError(
        'a datagram socket was to be passed to another process, which is not simulated: have each process bind its own',
      );
    }

    /**
     * Bytes that the kernel has already, and for which C++ is about to make a request; -1 if there
     * are none.
     */
    #queued = -1;

    #written(result: number, bytes: number): number {
      state[kBytesWritten] = bytes;
      state[kLastWriteWasAsync] = 0;
      return result;
    }

    writev(request: Internal, chunks: Internal[], allBuffers: boolean): Internal {
      return this.writeBuffer(request, allBuffers ? Buffer.concat(chunks) : joined(chunks));
    }

    writeUtf8String(request: Internal, text: string, passed?: Internal): Internal {
      return this.writeBuffer(request, Buffer.from(text, 'utf8'), passed);
    }

    writeAsciiString(request: Internal, text: string): Internal {
      return this.writeBuffer(request, Buffer.from(text, 'latin1'));
    }

    writeLatin1String(request: Internal, text: string): Internal {
      return this.writeBuffer(request, Buffer.from(text, 'latin1'));
    }

    writeUcs2String(request: Internal, text: string): Internal {
      return this.writeBuffer(request, Buffer.from(text, 'ucs2'));
    }

    /** From C++ (TLS, HTTP/2, or `writeBuffer` above): always finished later. */
    onwrite(request: Internal, buffers: Uint8Array[]): number {
      if (!this.#open) return uv.UV_EBADF;
      if (this.#queued >= 0) {
        this.#waitFor(request, this.#queued);
        this.#queued = -1;
        return 0;
      }
      const bytes = buffers.length === 1 ? (buffers[0] as Uint8Array) : Buffer.concat(buffers);
      const taken = bytes.length === 0 ? 0 : this.#loop.callNumber(['write', this.heddleId], bytes);
      if (taken < 0) return taken;
      this.#bytesWritten += bytes.length;
      if (taken < bytes.length) this.#waitFor(request, bytes.length - taken);
      else if (this.tls === null) {
        // HTTP/2 takes it as done (Http2Session::SendPendingData); TLS wants to be told later
        // (TLSWrap::EncOut).
        this['finishWrite'](request, 0);
      } else {
        this.#loop.feed(() =>
          this.#native(() => this['finishWrite'](request, this.#open ? 0 : uv.UV_ECANCELED)),
        );
      }
      return 0;
    }

    #waitFor(request: Internal, bytes: number): void {
      this.#writes.push({ request, bytes });
      this.#count();
    }

    onshutdown(request: Internal): number {
      if (!this.#open) return uv.UV_EBADF;
      this.#shutdown = request;
      this.#count();
      this.#loop.post(['shutdown', this.heddleId]);
      return 0;
    }

    // ---- names ----

    protected nameInto(out: Record<string, unknown>, op: 'sockname' | 'peername'): number {
      if (!this.#open) return uv.UV_EBADF;
      const name = this.#loop.call([op, this.heddleId]);
      if (typeof name === 'number') return name;
      Object.assign(out, name satisfies SocketName);
      return 0;
    }

    protected resetNow(callback?: () => void): number {
      if (!this.#open) return uv.UV_EBADF;
      this.#end('reset', callback);
      return 0;
    }

    protected unlink(path: string): void {
      this.#loop.call(['unlink', path]);
    }

    get isServer(): boolean {
      return this.#isServer;
    }

    setBlocking(): number {
      return 0;
    }

    /** undefined where the descriptors are the real machine's. */
    protected openOn(fd: number): number | undefined {
      if (!this.#loop.hasThread) return undefined;
      return this.#loop.callNumber(['open', this.heddleId, this.kind, fd]);
    }

    open(fd: number): number {
      throw new UsageError(
        `a socket was opened on descriptor ${fd} of the real machine; a simulated program reaches the simulated network only`,
      );
    }
  }

  // As properties they keep their names, which stacks and `constructor.name` tell, in bundled code.
  const classes: StreamClasses = {
    TCP: class extends SimStream {
      constructor(loop: GuestLoop, type: number, id?: HandleId) {
        super(loop, 'tcp', type === 1, id);
      }

      bind(host: string, port: number): number {
        return this.bindTo(host, port, false);
      }

      bind6(host: string, port: number, flags = 0): number {
        return this.bindTo(host, port, (flags & 1) !== 0);
      }

      connect(request: Internal, host: string, port: number): number {
        return this.connectTo(request, host, port);
      }

      connect6(request: Internal, host: string, port: number): number {
        return this.connectTo(request, host, port);
      }

      getsockname(out: Record<string, unknown>): number {
        return this.nameInto(out, 'sockname');
      }

      getpeername(out: Record<string, unknown>): number {
        return this.nameInto(out, 'peername');
      }

      setNoDelay(on: boolean): number {
        this.post(['noDelay', this.heddleId, on]);
        return 0;
      }

      setKeepAlive(on: boolean, idleSeconds = 0): number {
        this.post(['keepAlive', this.heddleId, on, idleSeconds]);
        return 0;
      }

      setTypeOfService(): number {
        return 0;
      }

      getTypeOfService(): number {
        return 0;
      }

      reset(callback?: () => void): number {
        return this.resetNow(callback);
      }
    },

    Pipe: class extends SimStream {
      #path: string | undefined;
      #target = '';

      constructor(loop: GuestLoop, type: number, id?: HandleId) {
        super(loop, 'pipe', type === 1, id);
      }

      bind(path: string): number {
        // uv_pipe_bind: a folder that is not there is EACCES (unix/pipe.c); what is there already
        // has the name.
        if (!path.startsWith('\0')) {
          if (!existsSync(dirname(path))) return uv.UV_EACCES;
          if (existsSync(path)) return uv.UV_EADDRINUSE;
        }
        const name = nameOf(path);
        const result = this.bindTo(name, 0, false);
        if (result === 0) this.#path = name;
        return result;
      }

      connect(request: Internal, path: string): number {
        this.#target = path;
        return this.connectTo(request, nameOf(path), 0);
      }

      /** unix_find_other: something is there, but no socket. */
      protected override connectErrno(errno: number): number {
        const isFile = errno === uv.UV_ENOENT && existsSync(this.#target);
        return isFile ? uv.UV_ECONNREFUSED : errno;
      }

      /** uv_pipe_close takes the name away that uv_pipe_bind made. */
      override close(callback?: () => void): void {
        if (this.#path !== undefined && !this.isClosing()) this.unlink(this.#path);
        super.close(callback);
      }

      override open(fd: number): number {
        return this.openOn(fd) ?? super.open(fd);
      }

      fchmod(): number {
        return 0;
      }

      setPendingInstances(): void {}
    },
  };
  return classes;
}

/** A path is another one in another working directory; an abstract name is none. */
function nameOf(path: string): string {
  return path.startsWith('\0') ? path : resolve(path);
}

/** Chunks and their encodings, in turn, as one buffer. */
function joined(chunks: readonly Internal[]): Buffer {
  let size = 0;
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    size += typeof chunk === 'string' ? Buffer.byteLength(chunk, chunks[i + 1]) : chunk.length;
  }
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (let i = 0; i < chunks.length; i += 2) {
    const chunk = chunks[i];
    if (typeof chunk === 'string') at += whole.write(chunk, at, chunks[i + 1]);
    else {
      whole.set(chunk, at);
      at += chunk.length;
    }
  }
  // Of base64 and hex that is badly written there are fewer bytes than its length promises.
  return whole.subarray(0, at);
}

/** Put them where lib/net.js looks, and note which streams carry TLS. */
export function replaceStreams(internals: Internals, present: Present): void {
  const { internalBinding } = internals;
  const callbacks = new ReadCallbacks();
  callbacks.replace(internals);
  const classes = makeStreamClasses(internals, callbacks);
  const tcp = internalBinding('tcp_wrap');
  tcp.TCP = handleClass(tcp.TCP, classes.TCP, present);
  const pipe = internalBinding('pipe_wrap');
  pipe.Pipe = handleClass(pipe.Pipe, classes.Pipe, present);
  const tls = internalBinding('tls_wrap');
  const { wrap } = tls;
  tls.wrap = (handle: Internal, ...rest: unknown[]): Internal => {
    const wrapped = wrap(handle, ...rest);
    if (handle?.heddleId !== undefined) {
      handle.tls = wrapped;
      handle.post(['opaque', handle.heddleId, handle.kind]);
    }
    return wrapped;
  };
}
