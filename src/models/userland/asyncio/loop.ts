/**
 * `asyncio`'s event loop on a selector: what is ready runs first come, first served; then it waits
 * for descriptors and times.
 */
import { type Address, type Program, type Sys, SysError } from '../../../sys/index.ts';
import { exceptException, isOSError, tracebackText } from '../errors.ts';
import {
  DefaultSelector,
  EVENT_READ,
  EVENT_WRITE,
  type HasFileno,
  type Selector,
} from '../selectors.ts';
import type { Socket } from '../sockets.ts';
import { printError } from '../text.ts';
import { type Callback, type Coro, Future, Task } from './futures.ts';

/** A callback that may still be called off. */
export class Handle {
  readonly callback: Callback;
  cancelled = false;

  constructor(callback: Callback) {
    this.callback = callback;
  }

  cancel(): void {
    this.cancelled = true;
  }
}

class TimerHandle extends Handle {
  readonly whenMs: number;

  constructor(whenMs: number, callback: Callback) {
    super(callback);
    this.whenMs = whenMs;
  }
}

interface Watch {
  reader: Handle | null;
  writer: Handle | null;
}

/** A call that has to be made again when its socket is ready the next time. */
const NOT_YET: unique symbol = Symbol('not yet');

export class EventLoop {
  readonly sys: Sys;
  readonly #selector: Selector<Watch>;
  readonly #ready: Handle[] = [];
  /** By time, then by birth. */
  readonly #scheduled: TimerHandle[] = [];
  #stopping = false;
  #tasks = 0;

  private constructor(sys: Sys, selector: Selector<Watch>) {
    this.sys = sys;
    this.#selector = selector;
  }

  /** `asyncio.new_event_loop()`. */
  static *create(sys: Sys): Program<EventLoop> {
    return new EventLoop(sys, yield* DefaultSelector.create<Watch>(sys));
  }

  // ---- running ----

  *runForever(): Program {
    while (!this.#stopping) yield* this.#runOnce();
    this.#stopping = false;
  }

  *runUntilComplete<T>(awaitable: Coro<T> | Future<T>): Program<T> {
    const future = awaitable instanceof Future ? awaitable : this.createTask(awaitable);
    future.addDoneCallback(() => this.stop());
    yield* this.runForever();
    return future.result();
  }

  /** After the present round. */
  stop(): void {
    this.#stopping = true;
  }

  *close(): Program {
    yield* this.#selector.close(this.sys);
  }

  *#runOnce(): Program {
    const events = yield* this.#selector.select(this.sys, yield* this.#timeoutMs());
    for (const [{ data }, mask] of events) {
      if ((mask & EVENT_READ) !== 0 && data.reader !== null) this.#ready.push(data.reader);
      if ((mask & EVENT_WRITE) !== 0 && data.writer !== null) this.#ready.push(data.writer);
    }
    yield* this.#timersDue();
    // What becomes ready meanwhile has its turn in the next round.
    for (let todo = this.#ready.length; todo > 0; todo--) yield* this.#run(this.#ready.shift());
  }

  *#run(handle: Handle | undefined): Program {
    if (handle === undefined || handle.cancelled) return;
    try {
      const program = handle.callback();
      if (program !== undefined) yield* program;
    } catch (error) {
      exceptException(error);
      yield* this.complain('Exception in callback', error);
    }
  }

  *#timeoutMs(): Program<number | null> {
    if (this.#ready.length > 0 || this.#stopping) return 0;
    const next = this.#scheduled.find(({ cancelled }) => !cancelled);
    if (next === undefined) return null;
    return Math.max(0, Math.ceil(next.whenMs - (yield* this.time())));
  }

  *#timersDue(): Program {
    if (this.#scheduled.length === 0) return;
    const nowMs = yield* this.time();
    while (this.#scheduled.length > 0 && (this.#scheduled[0] as TimerHandle).whenMs <= nowMs) {
      this.#ready.push(this.#scheduled.shift() as TimerHandle);
    }
  }

  /** The default exception handler: it logs on descriptor 2. */
  *complain(message: string, error: unknown): Program {
    yield* printError(this.sys, `${message}\n${tracebackText(error)}`);
  }

  // ---- callbacks and tasks ----

  callSoon(callback: Callback): Handle {
    const handle = new Handle(callback);
    this.#ready.push(handle);
    return handle;
  }

  *callLater(ms: number, callback: Callback): Program<Handle> {
    const handle = new TimerHandle((yield* this.time()) + ms, callback);
    const later = this.#scheduled.findIndex(({ whenMs }) => whenMs > handle.whenMs);
    this.#scheduled.splice(later < 0 ? this.#scheduled.length : later, 0, handle);
    return handle;
  }

  /** `loop.time()`, in milliseconds. */
  *time(): Program<number> {
    return yield* this.sys.clockGettime();
  }

  createFuture<T = void>(): Future<T> {
    return new Future(this);
  }

  /** @param name of the function whose coroutine it is, for what is printed of it */
  createTask<T>(coro: Coro<T>, name = 'coro'): Task<T> {
    return new Task(this, coro, name, ++this.#tasks);
  }

  /** `asyncio.sleep`. */
  *sleep(ms: number): Coro {
    if (ms <= 0) {
      yield null;
      return;
    }
    const future = this.createFuture();
    const handle = yield* this.callLater(ms, () => {
      if (!future.done) future.setResult();
    });
    try {
      yield* future.wait();
    } finally {
      handle.cancel();
    }
  }

  /** `asyncio.gather`: all results, or the first exception. */
  *gather<T>(...awaitables: readonly (Coro<T> | Future<T>)[]): Coro<T[]> {
    const futures = this.#ensureFutures(awaitables);
    const outer = this.createFuture();
    let left = futures.length;
    for (const future of futures) {
      future.addDoneCallback(() => {
        left--;
        if (outer.done) return;
        if (future.exception !== undefined) outer.setException(future.exception);
        else if (left === 0) outer.setResult();
      });
    }
    if (futures.length > 0) yield* outer.wait();
    return futures.map((future) => future.result());
  }

  /** `asyncio.wait`: until all are done, however they end. */
  *wait(awaitables: readonly (Coro<unknown> | Future<unknown>)[]): Coro {
    const futures = this.#ensureFutures(awaitables).filter(({ done }) => !done);
    const waiter = this.createFuture();
    let left = futures.length;
    for (const future of futures) {
      future.addDoneCallback(() => {
        if (--left === 0 && !waiter.done) waiter.setResult();
      });
    }
    if (futures.length > 0) yield* waiter.wait();
  }

  #ensureFutures<T>(awaitables: readonly (Coro<T> | Future<T>)[]): Future<T>[] {
    return awaitables.map((it) => (it instanceof Future ? it : this.createTask(it)));
  }

  // ---- descriptors ----

  *addReader(socket: HasFileno, callback: Callback): Program<Handle> {
    return yield* this.#add(socket, EVENT_READ, 'reader', callback);
  }

  *addWriter(socket: HasFileno, callback: Callback): Program<Handle> {
    return yield* this.#add(socket, EVENT_WRITE, 'writer', callback);
  }

  *removeReader(socket: HasFileno): Program {
    yield* this.#remove(socket, EVENT_READ, 'reader');
  }

  *removeWriter(socket: HasFileno): Program {
    yield* this.#remove(socket, EVENT_WRITE, 'writer');
  }

  *#add(socket: HasFileno, event: number, side: keyof Watch, callback: Callback): Program<Handle> {
    const handle = new Handle(callback);
    const key = this.#selector.keyOf(socket);
    if (key === undefined) {
      const watch: Watch = { reader: null, writer: null };
      watch[side] = handle;
      yield* this.#selector.register(this.sys, socket, event, watch);
    } else {
      key.data[side]?.cancel();
      key.data[side] = handle;
      yield* this.#selector.modify(this.sys, socket, key.events | event, key.data);
    }
    return handle;
  }

  *#remove(socket: HasFileno, event: number, side: keyof Watch): Program {
    const key = this.#selector.keyOf(socket);
    const handle = key?.data[side];
    if (key === undefined || handle == null) return;
    handle.cancel();
    key.data[side] = null;
    const left = key.events & ~event;
    if (left === 0) yield* this.#selector.unregister(this.sys, socket);
    else yield* this.#selector.modify(this.sys, socket, left, key.data);
  }

  // ---- sockets ----

  *sockAccept(socket: Socket): Coro<[connection: Socket, address: Address]> {
    const accepted = yield* this.#whenReady(socket, 'reader', () => socket.accept(this.sys));
    yield* accepted[0].setblocking(this.sys, false);
    return accepted;
  }

  *sockRecv(socket: Socket, bytesMax: number): Coro<Uint8Array> {
    return yield* this.#whenReady(socket, 'reader', () => socket.recv(this.sys, bytesMax));
  }

  *sockSendall(socket: Socket, bytes: Uint8Array): Coro {
    let sent = 0;
    const { sys } = this;
    function* sendMore(): Program<typeof NOT_YET | undefined> {
      sent += yield* socket.send(sys, bytes.subarray(sent));
      return sent < bytes.length ? NOT_YET : undefined;
    }
    yield* this.#whenReady(socket, 'writer', sendMore);
  }

  *sockConnect(socket: Socket, address: Address): Coro {
    try {
      yield* socket.connect(this.sys, address);
      return;
    } catch (error) {
      if (!isOSError(error, 'EINPROGRESS')) throw error;
    }
    yield* this.#waitFor(socket, 'writer', function* (): Program {});
    const errno = yield* this.sys.getsockopt(socket.fileno(), 'SO_ERROR');
    if (errno !== 0) throw new SysError('connect', errno);
  }

  *#whenReady<T>(
    socket: Socket,
    side: keyof Watch,
    call: () => Program<T | typeof NOT_YET>,
  ): Coro<T> {
    try {
      const result = yield* call();
      if (result !== NOT_YET) return result;
    } catch (error) {
      if (!isOSError(error, 'EAGAIN')) throw error;
    }
    return yield* this.#waitFor(socket, side, call);
  }

  /**
   * The loop calls when the socket is ready, as often as it takes, and gives the result to a
   * future: who waits is woken once.
   */
  *#waitFor<T>(
    socket: Socket,
    side: keyof Watch,
    call: () => Program<T | typeof NOT_YET>,
  ): Coro<T> {
    const future = this.createFuture<T>();
    function* attempt(): Program {
      if (future.done) return;
      try {
        const result = yield* call();
        if (result !== NOT_YET) future.setResult(result);
      } catch (error) {
        if (!isOSError(error, 'EAGAIN')) future.setException(error);
      }
    }
    const handle = yield* side === 'reader'
      ? this.addReader(socket, attempt)
      : this.addWriter(socket, attempt);
    const remove = () =>
      side === 'reader' ? this.removeReader(socket) : this.removeWriter(socket);
    future.addDoneCallback(() => (handle.cancelled ? undefined : remove()));
    return yield* future.wait();
  }
}

/** `asyncio.run(main())`, given what makes `main` once there is a loop. */
export function* run<T>(sys: Sys, main: (loop: EventLoop) => Coro<T>): Program<T> {
  const loop = yield* EventLoop.create(sys);
  try {
    return yield* loop.runUntilComplete(main(loop));
  } finally {
    yield* loop.close();
  }
}

/**
 * `loop.create_task(main()); loop.run_forever()`: what `main` dies of is its own task's affair, and
 * the loop goes on.
 */
export function runForever(sys: Sys, main: (loop: EventLoop) => Coro): Program {
  return run(sys, function* (loop): Coro {
    loop.createTask(main(loop));
    yield* loop.createFuture().wait();
  });
}
