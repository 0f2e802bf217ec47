/**
 * `gevent`: greenlets, a hub that is one of them and waits for everybody, and sockets that switch
 * to it instead of sleeping.
 *
 * The hub runs what was made ready, first come first served, then waits in a selector for
 * descriptors and times. A greenlet that dies of an exception leaves a trace on descriptor 2, and
 * nobody else minds.
 */
import { type Address, type Program, type Sys, SysError } from '../../sys/index.ts';
import { exceptException, exceptionName, isOSError, tracebackText } from './errors.ts';
import { Greenlet, withGreenlets } from './greenlets.ts';
import { DefaultSelector, EVENT_READ, EVENT_WRITE, type Selector } from './selectors.ts';
import { Socket } from './sockets.ts';
import { printError } from './text.ts';

interface Waiters {
  reader: Greenlet | undefined;
  writer: Greenlet | undefined;
}

interface Alarm {
  readonly dueMs: number;
  readonly greenlet: Greenlet;
}

/** `gevent.Greenlet`: one that the hub started. */
export class Spawned {
  done = false;
  readonly joiners: Greenlet[] = [];
}

/** `gevent.hub.Hub`, with the functions of `gevent` as its methods. */
export class Hub {
  readonly #sys: Sys;
  readonly #hub: Greenlet;
  readonly #selector: Selector<Waiters>;
  readonly #ready: Greenlet[] = [];
  readonly #alarms: Alarm[] = [];
  /** Who runs when the hub does not. */
  #current: Greenlet;

  private constructor(sys: Sys, selector: Selector<Waiters>, main: Greenlet) {
    this.#sys = sys;
    this.#selector = selector;
    this.#current = main;
    this.#hub = new Greenlet(() => this.#loop());
  }

  /** A thread's main program under gevent. */
  static *run<T>(sys: Sys, main: (hub: Hub) => Program<T>): Program<T> {
    return yield* withGreenlets(function* (self) {
      const selector = yield* DefaultSelector.create<Waiters>(sys);
      return yield* main(new Hub(sys, selector, self));
    });
  }

  /** `gevent.spawn`: it begins in the hub's next round. */
  spawn(body: () => Program<unknown>): Spawned {
    const spawned = new Spawned();
    const greenlet: Greenlet = new Greenlet(() => this.#start(spawned, body), this.#hub);
    this.#ready.push(greenlet);
    return spawned;
  }

  *#start(spawned: Spawned, body: () => Program<unknown>): Program {
    try {
      yield* body();
    } catch (error) {
      exceptException(error);
      const end = `<Greenlet> failed with ${exceptionName(error)}\n\n`;
      yield* printError(this.#sys, `${tracebackText(error)}${end}`);
    }
    spawned.done = true;
    this.#ready.push(...spawned.joiners);
  }

  /** `gevent.joinall`. */
  *joinall(greenlets: readonly Spawned[]): Program {
    for (const spawned of greenlets) {
      while (!spawned.done) {
        spawned.joiners.push(this.#current);
        yield* this.#switchToHub();
      }
    }
  }

  /** `gevent.sleep`; 0 lets everybody else who is ready go first. */
  *sleep(ms: number): Program {
    if (ms <= 0) this.#ready.push(this.#current);
    else {
      const dueMs = (yield* this.#sys.clockGettime()) + ms;
      this.#alarms.push({ dueMs, greenlet: this.#current });
    }
    yield* this.#switchToHub();
  }

  /** Wait until a socket is ready. */
  *wait(socket: Socket, events: number): Program {
    const sys = this.#sys;
    const greenlet = this.#current;
    const key = this.#selector.keyOf(socket);
    const waiters = key?.data ?? { reader: undefined, writer: undefined };
    if ((events & EVENT_READ) !== 0) waiters.reader = greenlet;
    if ((events & EVENT_WRITE) !== 0) waiters.writer = greenlet;
    if (key === undefined) yield* this.#selector.register(sys, socket, events, waiters);
    else yield* this.#selector.modify(sys, socket, key.events | events, waiters);
    yield* this.#switchToHub();
  }

  *#switchToHub(): Program {
    const self = this.#current;
    yield* this.#hub.switch();
    this.#current = self;
  }

  *#loop(): Program<never> {
    for (;;) {
      // What becomes ready meanwhile has its turn in the next round.
      for (const greenlet of this.#ready.splice(0)) yield* this.#resume(greenlet);
      const events = yield* this.#selector.select(this.#sys, yield* this.#timeoutMs());
      for (const [key, mask] of events) yield* this.#wake(key.data, key.fileobj as Socket, mask);
      yield* this.#ring();
    }
  }

  /** The hub comes back here when the greenlet waits for something, or has ended. */
  *#resume(greenlet: Greenlet): Program {
    this.#current = greenlet;
    yield* greenlet.switch();
  }

  *#timeoutMs(): Program<number | null> {
    if (this.#ready.length > 0) return 0;
    if (this.#alarms.length === 0) return null;
    const nowMs = yield* this.#sys.clockGettime();
    return Math.max(0, Math.min(...this.#alarms.map(({ dueMs }) => dueMs)) - nowMs);
  }

  *#wake(waiters: Waiters, socket: Socket, mask: number): Program {
    const { reader, writer } = waiters;
    if ((mask & EVENT_READ) !== 0 && reader !== undefined) {
      waiters.reader = undefined;
      this.#ready.push(reader);
    }
    if ((mask & EVENT_WRITE) !== 0 && writer !== undefined) {
      waiters.writer = undefined;
      this.#ready.push(writer);
    }
    const left =
      (waiters.reader === undefined ? 0 : EVENT_READ) |
      (waiters.writer === undefined ? 0 : EVENT_WRITE);
    if (left === 0) yield* this.#selector.unregister(this.#sys, socket);
    else yield* this.#selector.modify(this.#sys, socket, left, waiters);
  }

  *#ring(): Program {
    if (this.#alarms.length === 0) return;
    const nowMs = yield* this.#sys.clockGettime();
    const due = this.#alarms.filter(({ dueMs }) => dueMs <= nowMs);
    due.sort((a, b) => a.dueMs - b.dueMs);
    for (const alarm of due) {
      this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
      this.#ready.push(alarm.greenlet);
    }
  }
}

/** `gevent.socket.socket`: each call tries, and waits in the hub while it would sleep. */
export class GreenSocket {
  readonly #hub: Hub;
  readonly #socket: Socket;

  private constructor(hub: Hub, socket: Socket) {
    this.#hub = hub;
    this.#socket = socket;
  }

  static *create(sys: Sys, hub: Hub): Program<GreenSocket> {
    return yield* GreenSocket.#of(sys, hub, yield* Socket.create(sys));
  }

  static *#of(sys: Sys, hub: Hub, socket: Socket): Program<GreenSocket> {
    yield* socket.setblocking(sys, false);
    return new GreenSocket(hub, socket);
  }

  /** The socket itself, for what never sleeps. */
  get plain(): Socket {
    return this.#socket;
  }

  *accept(sys: Sys): Program<[connection: GreenSocket, address: Address]> {
    const [socket, address] = yield* this.#patiently(EVENT_READ, () => this.#socket.accept(sys));
    return [yield* GreenSocket.#of(sys, this.#hub, socket), address];
  }

  *connect(sys: Sys, address: Address): Program {
    try {
      yield* this.#socket.connect(sys, address);
      return;
    } catch (error) {
      if (!isOSError(error, 'EINPROGRESS')) throw error;
    }
    yield* this.#hub.wait(this.#socket, EVENT_WRITE);
    const errno = yield* sys.getsockopt(this.#socket.fileno(), 'SO_ERROR');
    if (errno !== 0) throw new SysError('connect', errno);
  }

  *recv(sys: Sys, bytesMax: number): Program<Uint8Array> {
    return yield* this.#patiently(EVENT_READ, () => this.#socket.recv(sys, bytesMax));
  }

  /** As many bytes as there is room for. */
  *send(sys: Sys, bytes: Uint8Array): Program<number> {
    return yield* this.#patiently(EVENT_WRITE, () => this.#socket.send(sys, bytes));
  }

  *sendall(sys: Sys, bytes: Uint8Array): Program {
    let rest = bytes;
    do {
      rest = rest.subarray(yield* this.send(sys, rest));
    } while (rest.length > 0);
  }

  *close(sys: Sys): Program {
    yield* this.#socket.close(sys);
  }

  *#patiently<T>(events: number, call: () => Program<T>): Program<T> {
    for (;;) {
      try {
        return yield* call();
      } catch (error) {
        if (!isOSError(error, 'EAGAIN')) throw error;
      }
      yield* this.#hub.wait(this.#socket, events);
    }
  }
}
