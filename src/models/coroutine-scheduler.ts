/**
 * Coroutines that yield system calls of their own to a scheduler over select (seed 004, after David
 * Beazley).
 *
 * One thread. A task waits by yielding ReadWait or WriteWait; the scheduler notes who waits for
 * which descriptor, and a task of its own waits in select for all of them. A connection costs a
 * generator and two entries in tables, and its part of every select.
 */
import { type Address, FD_SETSIZE, type Program, type Sys } from '../sys/index.ts';
import type { ServerOptions } from './model.ts';
import { type Coroutine, type Outcome, send } from './userland/coroutines.ts';
import { exceptException, exceptionText, exceptOSError, isOSError } from './userland/errors.ts';
import { openLog, say } from './userland/log.ts';
import { FULL_PAUSE_MS, isFull, openListener } from './userland/patience.ts';
import { type HasFileno, select } from './userland/selectors.ts';
import { Socket } from './userland/sockets.ts';
import { addressText, print } from './userland/text.ts';

const HOST = '';

/** `None` lets the others go first. */
type Word = SystemCall | null;
type Target = Coroutine<Word>;

class Task {
  readonly tid: number;
  readonly target: Target;
  sendval: unknown;

  constructor(tid: number, target: Target) {
    this.tid = tid;
    this.target = target;
  }

  run(): Program<Outcome<Word, void>> {
    return send(this.target, this.sendval);
  }
}

interface SystemCall {
  handle(task: Task, sched: Scheduler): void;
}

const descriptor = (fd: number): HasFileno => ({ fileno: () => fd });

class Scheduler {
  readonly sys: Sys;
  protected tell: typeof print = print;
  readonly ready: Task[] = [];
  readonly taskmap = new Map<number, Task>();
  #taskid = 0;
  readonly readWaiting: Map<number, Task> = new Map();
  readonly writeWaiting: Map<number, Task> = new Map();

  constructor(sys: Sys) {
    this.sys = sys;
  }

  waitForRead(task: Task, fd: number): void {
    this.readWaiting.set(fd, task);
  }

  waitForWrite(task: Task, fd: number): void {
    this.writeWaiting.set(fd, task);
  }

  new(target: Target): number {
    const newtask = new Task(++this.#taskid, target);
    this.taskmap.set(newtask.tid, newtask);
    this.schedule(newtask);
    return newtask.tid;
  }

  *iotask(): Target {
    while (true) {
      if (this.ready.length === 0) yield* this.iopoll(null);
      else yield* this.iopoll(0);
      yield null;
    }
  }

  *iopoll(timeoutMs: number | null): Program {
    if (this.readWaiting.size === 0 && this.writeWaiting.size === 0) return;
    const { readable, writable } = yield* select(
      this.sys,
      [...this.readWaiting.keys()].map(descriptor),
      [...this.writeWaiting.keys()].map(descriptor),
      [],
      timeoutMs,
    );
    for (const it of readable) this.schedule(pop(this.readWaiting, it.fileno()));
    for (const it of writable) this.schedule(pop(this.writeWaiting, it.fileno()));
  }

  schedule(task: Task): void {
    this.ready.push(task);
  }

  *exit(task: Task): Program {
    yield* this.tell(this.sys, `Task ${task.tid} terminated`);
    this.taskmap.delete(task.tid);
  }

  /**
   * `ready.get()`. # `queue.Queue` takes a lock first, for which this stands: a syscall, so that a
   * scheduler with nothing to wait for spins in view of the others
   */
  *next(): Program<Task> {
    yield* this.sys.gettid();
    return this.ready.shift() as Task;
  }

  *mainloop(): Program {
    this.new(this.iotask());
    while (this.taskmap.size > 0) {
      const task = yield* this.next();
      const result = yield* task.run();
      if (result.done) {
        yield* this.exit(task);
        continue;
      }
      if (result.word !== null) {
        result.word.handle(task, this);
        continue;
      }
      this.schedule(task);
    }
  }
}

function pop(waiting: Map<number, Task>, fd: number): Task {
  const task = waiting.get(fd) as Task;
  waiting.delete(fd);
  return task;
}

class ReadWait implements SystemCall {
  readonly #f: HasFileno;

  constructor(f: HasFileno) {
    this.#f = f;
  }

  handle(task: Task, sched: Scheduler): void {
    sched.waitForRead(task, this.#f.fileno());
  }
}

class WriteWait implements SystemCall {
  readonly #f: HasFileno;

  constructor(f: HasFileno) {
    this.#f = f;
  }

  handle(task: Task, sched: Scheduler): void {
    sched.waitForWrite(task, this.#f.fileno());
  }
}

class NewTask implements SystemCall {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  handle(task: Task, sched: Scheduler): void {
    task.sendval = sched.new(this.#target);
    sched.schedule(task);
  }
}

function* handleClient(sys: Sys, client: Socket, addr: Address): Target {
  yield* print(sys, `Connection from ${addressText(addr)}`);
  while (true) {
    yield new ReadWait(client);
    const data = yield* client.recv(sys, 65535);
    if (data.length === 0) break;
    yield new WriteWait(client);
    yield* client.send(sys, data);
  }
  yield* client.close(sys);
  yield* print(sys, `Client closed ${addressText(addr)}`);
}

function* listening(sys: Sys, port: number): Program<Socket> {
  yield* print(sys, `Server starting port: ${port}`);
  const sock = yield* Socket.create(sys);
  yield* sock.bind(sys, { host: HOST, port });
  yield* sock.listen(sys, 5);
  return sock;
}

export function* asWritten(sys: Sys, { port }: ServerOptions): Program {
  function* server(port: number): Target {
    const sock = yield* listening(sys, port);
    while (true) {
      yield new ReadWait(sock);
      const [client, addr] = yield* sock.accept(sys);
      yield new NewTask(handleClient(sys, client, addr));
    }
  }

  const sched = new Scheduler(sys);
  sched.new(server(port));
  yield* sched.mainloop();
}

/** Two tasks wait on the listener, each for one client. */
export function* twoReadersAsWritten(sys: Sys, { port }: ServerOptions): Program {
  const sock = yield* listening(sys, port);
  const sched = new Scheduler(sys);
  for (let i = 0; i < 2; i++) {
    sched.new(
      (function* (): Target {
        yield new ReadWait(sock);
        const [client, addr] = yield* sock.accept(sys);
        yield* handleClient(sys, client, addr);
      })(),
    );
  }
  yield* sched.mainloop();
}

// ---- corrected ----

/** A descriptor has any number of waiters, and an exception ends its task alone. */
class CorrectedScheduler extends Scheduler {
  protected override tell = say;
  readonly #readers = new Map<number, Task[]>();
  readonly #writers = new Map<number, Task[]>();
  readonly #resting: Task[] = [];

  override waitForRead(task: Task, fd: number): void {
    listAt(this.#readers, fd).push(task);
  }

  override waitForWrite(task: Task, fd: number): void {
    listAt(this.#writers, fd).push(task);
  }

  /** Until the next wait is over, or a moment has passed. */
  rest(task: Task): void {
    this.#resting.push(task);
  }

  override *iopoll(timeoutMs: number | null): Program {
    const { readable, writable } = yield* select(
      this.sys,
      [...this.#readers.keys()].map(descriptor),
      [...this.#writers.keys()].map(descriptor),
      [],
      this.#resting.length > 0 ? FULL_PAUSE_MS : timeoutMs,
    );
    const wake = (waiting: Map<number, Task[]>, fd: number): void => {
      for (const task of listAt(waiting, fd)) this.schedule(task);
      waiting.delete(fd);
    };
    for (const it of readable) wake(this.#readers, it.fileno());
    for (const it of writable) wake(this.#writers, it.fileno());
    for (const task of this.#resting.splice(0)) this.schedule(task);
  }

  override *mainloop(): Program {
    this.new(this.iotask());
    while (this.taskmap.size > 0) {
      const task = yield* this.next();
      let result: Outcome<Word, void>;
      try {
        result = yield* task.run();
      } catch (error) {
        exceptException(error);
        yield* say(this.sys, `Task ${task.tid}: ${exceptionText(error)}`);
        yield* this.exit(task);
        continue;
      }
      if (result.done) yield* this.exit(task);
      else if (result.word !== null) result.word.handle(task, this);
      else this.schedule(task);
    }
  }
}

function listAt(waiting: Map<number, Task[]>, fd: number): Task[] {
  let tasks = waiting.get(fd);
  if (tasks === undefined) {
    tasks = [];
    waiting.set(fd, tasks);
  }
  return tasks;
}

class Rest implements SystemCall {
  handle(task: Task, sched: Scheduler): void {
    (sched as CorrectedScheduler).rest(task);
  }
}

/**
 * Sockets do not block; readiness is a hint; what was not sent is sent when there is room; the end
 * closes, however it comes.
 */
function* handleClientCorrected(sys: Sys, client: Socket, addr: Address): Target {
  try {
    yield* say(sys, `Connection from ${addressText(addr)}`);
    while (true) {
      yield new ReadWait(client);
      const data = yield* attempt(() => client.recv(sys, 65535));
      if (data === undefined) continue;
      if (data.length === 0) break;
      let rest = data;
      while (rest.length > 0) {
        yield new WriteWait(client);
        rest = rest.subarray((yield* attempt(() => client.send(sys, rest))) ?? 0);
      }
    }
  } catch (error) {
    exceptOSError(error);
  } finally {
    yield* client.close(sys);
  }
  yield* say(sys, `Client closed ${addressText(addr)}`);
}

/** undefined: it was not ready after all. */
function* attempt<T>(call: () => Program<T>): Program<T | undefined> {
  try {
    return yield* call();
  } catch (error) {
    if (!isOSError(error, 'EAGAIN')) throw error;
    return undefined;
  }
}

function* acceptCorrected(
  sys: Sys,
  sock: Socket,
): Coroutine<Word, [client: Socket, addr: Address]> {
  while (true) {
    yield new ReadWait(sock);
    try {
      const [client, addr] = yield* sock.accept(sys);
      yield* client.setblocking(sys, false);
      return [client, addr];
    } catch (error) {
      if (isFull(error)) yield new Rest();
      else if (!isOSError(error, 'EAGAIN', 'ECONNABORTED')) throw error;
    }
  }
}

function* listeningCorrected(sys: Sys, port: number): Program<Socket> {
  yield* openLog(sys);
  yield* sys.setrlimit(FD_SETSIZE);
  yield* say(sys, `Server starting port: ${port}`);
  const sock = yield* openListener(sys, { host: HOST, port });
  yield* sock.setblocking(sys, false);
  return sock;
}

export function* corrected(sys: Sys, { port }: ServerOptions): Program {
  function* server(port: number): Target {
    const sock = yield* listeningCorrected(sys, port);
    while (true) {
      const [client, addr] = yield* acceptCorrected(sys, sock);
      yield new NewTask(handleClientCorrected(sys, client, addr));
    }
  }

  const sched = new CorrectedScheduler(sys);
  sched.new(server(port));
  yield* sched.mainloop();
}

export function* twoReadersCorrected(sys: Sys, { port }: ServerOptions): Program {
  const sock = yield* listeningCorrected(sys, port);
  const sched = new CorrectedScheduler(sys);
  for (let i = 0; i < 2; i++) {
    sched.new(
      (function* (): Target {
        const [client, addr] = yield* acceptCorrected(sys, sock);
        yield* handleClientCorrected(sys, client, addr);
      })(),
    );
  }
  yield* sched.mainloop();
}
