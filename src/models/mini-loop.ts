/**
 * An event loop in thirty lines, under the server of `got-asyncio` (seed 002, after David Beazley).
 *
 * One thread. A coroutine waits by yielding `read_wait` or `write_wait`; the loop registers it with
 * a selector, and takes it out again when its socket is ready. A connection costs a coroutine, and
 * two calls to epoll for every wait.
 */
import type { Address, Program, Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { type Coroutine, type Outcome, send } from './userland/coroutines.ts';
import { exceptException, exceptionText, exceptOSError, isOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { DefaultSelector, EVENT_READ, EVENT_WRITE, type Selector } from './userland/selectors.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, concat, encode, print } from './userland/text.ts';

const HOST = '';
const GOT = encode('Got: ');

type Word = readonly [op: 'readWait' | 'writeWait', sock: Socket];
type Coro<T = void> = Coroutine<Word, T>;

function* readWait(sock: Socket): Coro {
  yield ['readWait', sock];
}

function* writeWait(sock: Socket): Coro {
  yield ['writeWait', sock];
}

class Loop {
  readonly ready: Coro[] = [];
  readonly sys: Sys;
  readonly #selector: Selector<Coro>;
  #currentTask: Coro | undefined;

  constructor(sys: Sys, selector: Selector<Coro>) {
    this.sys = sys;
    this.#selector = selector;
  }

  *sockRecv(sock: Socket, maxbytes: number): Coro<Uint8Array> {
    yield* readWait(sock);
    return yield* sock.recv(this.sys, maxbytes);
  }

  *sockAccept(sock: Socket): Coro<[Socket, Address]> {
    yield* readWait(sock);
    return yield* sock.accept(this.sys);
  }

  *sockSendall(sock: Socket, data: Uint8Array): Coro {
    while (data.length > 0) {
      yield* writeWait(sock);
      const n = yield* sock.send(this.sys, data);
      data = data.subarray(n);
    }
  }

  createTask(coro: Coro): void {
    this.ready.push(coro);
  }

  *runForever(): Program {
    while (true) {
      while (this.ready.length === 0) {
        const events = yield* this.#selector.select(this.sys);
        for (const [key] of events) {
          this.ready.push(key.data);
          yield* this.#selector.unregister(this.sys, key.fileobj);
        }
      }
      while (this.ready.length > 0) {
        this.#currentTask = this.ready.shift() as Coro;
        const answer: Outcome<Word, void> = yield* send(this.#currentTask);
        if (answer.done) continue;
        const [op, sock] = answer.word;
        yield* this[op](sock);
      }
    }
  }

  *readWait(sock: Socket): Program {
    yield* this.#selector.register(this.sys, sock, EVENT_READ, this.#currentTask as Coro);
  }

  *writeWait(sock: Socket): Program {
    yield* this.#selector.register(this.sys, sock, EVENT_WRITE, this.#currentTask as Coro);
  }
}

function* echoHandler(sys: Sys, loop: Loop, client: Socket): Coro {
  try {
    while (true) {
      const data = yield* loop.sockRecv(client, 10000);
      if (data.length === 0) break;
      yield* loop.sockSendall(client, concat(GOT, data));
    }
  } finally {
    yield* client.close(sys);
  }
  yield* print(sys, 'connection closed');
}

function* listening(sys: Sys, port: number): Program<Socket> {
  const sock = yield* Socket.create(sys);
  yield* sock.setsockopt(sys, 'SO_REUSEADDR', 1);
  yield* sock.bind(sys, { host: HOST, port });
  yield* sock.listen(sys, 5);
  yield* sock.setblocking(sys, false);
  return sock;
}

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  const loop = new Loop(sys, yield* DefaultSelector.create<Coro>(sys));

  function* echoServer(): Coro {
    const sock = yield* listening(sys, port);
    while (true) {
      const [client, addr] = yield* loop.sockAccept(sock);
      yield* print(sys, `connect from ${addressText(addr)}`);
      loop.createTask(echoHandler(sys, loop, client));
    }
  }

  loop.createTask(echoServer());
  yield* loop.runForever();
}

/** Two tasks wait on the listener, each for one client. */
export function* twoReadersAsWritten(sys: Sys, { port }: ServerOptions): Program {
  const loop = new Loop(sys, yield* DefaultSelector.create<Coro>(sys));
  const sock = yield* listening(sys, port);
  for (let i = 0; i < 2; i++) {
    loop.createTask(
      (function* (): Coro {
        const [client, addr] = yield* loop.sockAccept(sock);
        yield* print(sys, `connect from ${addressText(addr)}`);
        yield* echoHandler(sys, loop, client);
      })(),
    );
  }
  yield* loop.runForever();
}

// ---- corrected ----

type CorrectedWord = Word | readonly ['rest'];
type CorrectedCoro<T = void> = Coroutine<CorrectedWord, T>;

interface Waiters {
  readonly readers: CorrectedCoro[];
  readonly writers: CorrectedCoro[];
}

/**
 * A socket has any number of waiters, not ready after all is waited for again, and an exception
 * ends its task alone.
 */
class CorrectedLoop {
  readonly sys: Sys;
  readonly #ready: CorrectedCoro[] = [];
  readonly #selector: Selector<Waiters>;
  /** Until the next wait is over, or a moment has passed. */
  readonly #resting: CorrectedCoro[] = [];

  constructor(sys: Sys, selector: Selector<Waiters>) {
    this.sys = sys;
    this.#selector = selector;
  }

  *#whenReady<T>(word: Word, call: () => Program<T>): CorrectedCoro<T> {
    while (true) {
      yield word;
      try {
        return yield* call();
      } catch (error) {
        if (!isOSError(error, 'EAGAIN')) throw error;
      }
    }
  }

  *sockRecv(sock: Socket, maxbytes: number): CorrectedCoro<Uint8Array> {
    return yield* this.#whenReady(['readWait', sock], () => sock.recv(this.sys, maxbytes));
  }

  *sockAccept(sock: Socket): CorrectedCoro<[Socket, Address]> {
    while (true) {
      try {
        const accepted = yield* this.#whenReady(['readWait', sock], () => sock.accept(this.sys));
        yield* accepted[0].setblocking(this.sys, false);
        return accepted;
      } catch (error) {
        if (isFull(error)) yield ['rest'];
        else if (!isOSError(error, 'ECONNABORTED')) throw error;
      }
    }
  }

  *sockSendall(sock: Socket, data: Uint8Array): CorrectedCoro {
    let rest = data;
    while (rest.length > 0) {
      const n = yield* this.#whenReady(['writeWait', sock], () => sock.send(this.sys, rest));
      rest = rest.subarray(n);
    }
  }

  createTask(coro: CorrectedCoro): void {
    this.#ready.push(coro);
  }

  *runForever(): Program {
    while (true) {
      while (this.#ready.length === 0) yield* this.#wait();
      const task = this.#ready.shift() as CorrectedCoro;
      let answer: Outcome<CorrectedWord, void>;
      try {
        answer = yield* send(task);
      } catch (error) {
        exceptException(error);
        yield* say(this.sys, exceptionText(error));
        continue;
      }
      if (answer.done) continue;
      if (answer.word[0] === 'rest') this.#resting.push(task);
      else yield* this.#register(answer.word, task);
    }
  }

  *#wait(): Program {
    const timeoutMs = this.#resting.length > 0 ? FULL_PAUSE_MS : null;
    for (const [{ fileobj, data }, mask] of yield* this.#selector.select(this.sys, timeoutMs)) {
      if ((mask & EVENT_READ) !== 0) this.#ready.push(...data.readers.splice(0));
      if ((mask & EVENT_WRITE) !== 0) this.#ready.push(...data.writers.splice(0));
      const left = eventsOf(data);
      if (left === 0) yield* this.#selector.unregister(this.sys, fileobj);
      else yield* this.#selector.modify(this.sys, fileobj, left, data);
    }
    this.#ready.push(...this.#resting.splice(0));
  }

  *#register([op, sock]: Word, task: CorrectedCoro): Program {
    const known = this.#selector.keyOf(sock);
    const waiters = known?.data ?? { readers: [], writers: [] };
    (op === 'readWait' ? waiters.readers : waiters.writers).push(task);
    const events = eventsOf(waiters);
    if (known === undefined) yield* this.#selector.register(this.sys, sock, events, waiters);
    else yield* this.#selector.modify(this.sys, sock, events, waiters);
  }
}

function eventsOf({ readers, writers }: Waiters): number {
  return (readers.length > 0 ? EVENT_READ : 0) | (writers.length > 0 ? EVENT_WRITE : 0);
}

function* echoHandlerCorrected(sys: Sys, loop: CorrectedLoop, client: Socket): CorrectedCoro {
  try {
    while (true) {
      const data = yield* loop.sockRecv(client, 10000);
      if (data.length === 0) break;
      yield* loop.sockSendall(client, concat(GOT, data));
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    yield* client.close(sys);
  }
  yield* say(sys, 'connection closed');
}

function* listeningCorrected(sys: Sys, port: number): Program<Socket> {
  yield* openLog(sys);
  const sock = yield* openListener(sys, { host: HOST, port });
  yield* sock.setblocking(sys, false);
  return sock;
}

export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  const loop = new CorrectedLoop(sys, yield* DefaultSelector.create<Waiters>(sys));

  function* echoServer(): CorrectedCoro {
    const sock = yield* listeningCorrected(sys, port);
    while (true) {
      const [client, addr] = yield* loop.sockAccept(sock);
      yield* say(sys, `connect from ${addressText(addr)}`);
      loop.createTask(echoHandlerCorrected(sys, loop, client));
    }
  }

  loop.createTask(echoServer());
  yield* loop.runForever();
}

export function* twoReadersCorrected(sys: Sys, { port }: ServerOptions): Program {
  const loop = new CorrectedLoop(sys, yield* DefaultSelector.create<Waiters>(sys));
  const sock = yield* listeningCorrected(sys, port);
  for (let i = 0; i < 2; i++) {
    loop.createTask(
      (function* (): CorrectedCoro {
        const [client, addr] = yield* loop.sockAccept(sock);
        yield* say(sys, `connect from ${addressText(addr)}`);
        yield* echoHandlerCorrected(sys, loop, client);
      })(),
    );
  }
  yield* loop.runForever();
}
