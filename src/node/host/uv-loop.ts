import { KIND } from '../../sim/kernel/choices.ts';
import type { Task } from '../../sim/kernel/task.ts';
import { drawChance } from '../../sim/schedule/runtime/entropy.ts';
import { placeIn } from '../../sim/schedule/user-frame.ts';
import type { World } from '../../sim/schedule/world.ts';
import { POLLIN } from '../../sys/constants.ts';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EBADF,
  ECONNABORTED,
  ECONNREFUSED,
  EINPROGRESS,
  EINTR,
  EMFILE,
  ENETUNREACH,
  ENFILE,
  ENOTCONN,
} from '../../sys/errno.ts';
import { InternalError } from '../../sys/errors.ts';
import type { Address, InetAddress, Program, Sys } from '../../sys/sys.ts';
import { type HttpExchange, lineOf } from '../notes.ts';
import type {
  Answer,
  Call,
  Command,
  FileAsked,
  FromGuest,
  GuestDeath,
  HandleId,
  HandleKind,
  LoopEvent,
  Post,
  ProcessCall,
  SocketName,
  ToldKind,
  TurnEnd,
} from '../wire.ts';
import { driveNow } from './drive-now.ts';
import type { FileWork } from './file-work.ts';
import { type Guest, Hop, UncaughtInProgram } from './guest.ts';
import { SIGNALS } from './loop-signals.ts';
import { is6, Names } from './names.ts';
import { Pool } from './pool.ts';
import type { Processes, ProcessLoop } from './processes.ts';
import { errnoOf, NO_BYTES, UvStream } from './uv-stream.ts';

/** uv__io_poll's array of events. */
const EVENTS_MAX = 1024;
/** epoll's mark for what the pool has finished. */
const WAKE = 0;
const STDERR = 2;
const PENDING_ROUNDS = 8;
const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const EAI_NONAME = -3008;
const ACCEPTED_FIRST = 1;

/** What a loop takes note of. */
export interface Seen {
  /** Work that nobody controls, by what it was. */
  readonly uncontrolled: Map<string, number>;
  /** HTTP requests as the program has seen them. */
  readonly exchanges: HttpExchange[];
  /** What it has said last. */
  readonly said: { out: string; err: string };
}

export interface LoopOptions {
  /** Deals with other processes for its program. Default: there are none for it. */
  readonly processes?: (loop: ProcessLoop) => Processes;
  /** Works on the simulated disk. Default: its program's files are the real ones. */
  readonly files?: FileWork;
  /** A timer may fire so many milliseconds late: 0 to this many, as the schedule decides. */
  readonly lateMsMax: number;
}

/** The program was taken away in the middle of what it did. */
export class Crash extends Error {}

/** How a program ended. */
export interface LoopExit {
  readonly code: number;
  /** What kept it from ending sooner, and was still open: sockets, servers, timers. */
  readonly open: readonly string[];
}

/**
 * libuv's event loop as a task of the kernel (docs/node.md has the rule for each freedom and its
 * source).
 *
 * Everything here is a syscall of the simulated kernel, so faults, limits and back-pressure work on
 * it, and each of them is a place where others may come first. What the program does lies between:
 * it runs in the guest, and its calls come back here.
 */
export class UvLoop {
  readonly #sys: Sys;
  readonly #task: Task;
  readonly #world: World;
  readonly #names: Names;
  readonly #guest: Guest;
  readonly #options: LoopOptions;
  readonly #pool: Pool;
  readonly #streams = new Map<HandleId, UvStream>();
  /** Whose interest may have changed since epoll was told. */
  readonly #changed = new Set<UvStream>();
  /** What happens at the beginning of the next iteration (uv__run_pending, uv__io_feed). */
  #pending: (() => Program<unknown>)[] = [];
  /** What the pool has finished, in its order. */
  readonly #finished: (readonly [event: LoopEvent, bytes: Uint8Array])[] = [];
  readonly #files: FileWork | undefined;
  /** It has been taken away: what the pool had not done is not done. */
  #gone = false;
  #acceptedIds = ACCEPTED_FIRST;
  #epoll = -1;
  #wake = -1;
  #exit: LoopExit | undefined;
  #crashes = false;
  /** Callbacks that are left until it crashes; 0 for never. */
  #eventsLeft = 0;
  readonly #seen: Seen;
  readonly #processes: Processes | undefined;
  /** What came with the answer to the last call. */
  #answered: Uint8Array = NO_BYTES;

  constructor(task: Task, guest: Guest, options: LoopOptions, seen: Seen) {
    this.#seen = seen;
    this.#task = task;
    this.#sys = task.sys;
    this.#world = task.surroundings as World;
    this.#names = Names.of(this.#world);
    this.#guest = guest;
    this.#options = options;
    this.#pool = new Pool(this.#world, task.name);
    this.#files = options.files;
    this.#processes = options.processes?.({
      task,
      deliver: this.#deliver,
      epoll: () => this.#epoll,
      stream: (id) => this.#streams.get(id),
      take: (id, kind, fd) => {
        const stream = this.#stream(id, kind);
        stream.fd = fd;
        return stream;
      },
      accept: (kind, fd) => this.#newAccepted(kind, fd),
    });
  }

  /** uv_run. Ends as the program ends; throws what the program did not catch. */
  *run(start: Command): Program<LoopExit> {
    yield* this.open();
    return yield* this.turns(start);
  }

  /** uv_loop_init. */
  *open(): Program<void> {
    const sys = this.#sys;
    this.#world.programs.add(this.#task);
    this.#world.tell(this.#task, { is: 'program' });
    this.#epoll = yield* sys.epollCreate();
    this.#wake = yield* sys.eventfd(0, { nonblock: true });
    yield* sys.epollCtl(this.#epoll, 'add', this.#wake, POLLIN, WAKE);
  }

  /** One iteration after the other, on a loop that is open. */
  *turns(start: Command): Program<LoopExit> {
    let end = endOf(yield* this.#turn(start));
    while (end.exitCode === null && this.#exit === undefined) {
      // What was pending may have queued anything, so the poll does not sleep after it (uv_run:
      // can_sleep).
      const mayWait = !end.soon && this.#pending.length === 0;
      if (this.#pending.length > 0) {
        for (const callback of this.#pending.splice(0)) yield* callback();
        if (this.#exit !== undefined) break;
      }
      yield* this.#poll(mayWait, end.dueMs);
      yield* this.#runPending();
      end = endOf(yield* this.#turn(FINISH));
    }
    return this.#exit ?? { code: end.exitCode ?? 0, open: end.open };
  }

  /**
   * What was finished meanwhile is told before the check phase, in a few rounds: uv_run (core.c,
   * since libuv 1.45).
   */
  *#runPending(): Program<void> {
    for (let round = 0; round < PENDING_ROUNDS && this.#pending.length > 0; round++) {
      for (const callback of this.#pending.splice(0)) yield* callback();
    }
  }

  /**
   * Take the program away, as by SIGKILL: it runs no further than to where it stands now, and `run`
   * throws a {@link Crash}. Its descriptors are still open, see {@link closeAll}.
   */
  crash(): void {
    this.#crashes = true;
    if (this.#wake >= 0) this.wake();
  }

  /** Crashes it before the program is called back, or asks for a file, for the `count`th time. */
  crashAt(count: number): void {
    this.#eventsLeft = count;
  }

  /** What the kernel does for a process that is gone. */
  *closeAll(): Program<void> {
    this.#gone = true;
    for (const stream of this.#streams.values()) {
      if (stream.listening) this.#names.unlistens(this.#host, stream.port);
    }
    const { descriptors } = this.#task.process;
    for (const [fd] of [...descriptors.entries()]) {
      if (fd > STDERR) yield* this.#sys.close(fd);
    }
  }

  // ---- poll ----

  /** uv__io_poll. */
  *#poll(mayWait: boolean, dueMs: number | null): Program<void> {
    if (this.#changed.size > 0) yield* this.#watch();
    const timeoutMs = mayWait && this.#pending.length === 0 ? this.#timeoutMs(dueMs) : 0;
    // A turn is over: what is under way arrives before the next one begins.
    this.#task.endTurn();
    let events: readonly { events: number; data: number }[];
    try {
      events = yield* this.#sys.epollWait(this.#epoll, EVENTS_MAX, timeoutMs);
    } catch (error) {
      if (errnoOf(error) !== EINTR) throw error;
      return;
    }
    let signalled = false;
    for (const { events: bits, data } of events) {
      if (data === WAKE) {
        yield* this.#completions();
        continue;
      }
      if (data === SIGNALS) {
        signalled = true;
        continue;
      }
      // A callback of this batch may have closed it, or stopped it (uv__platform_invalidate_fd).
      const stream = this.#streams.get(data);
      if (stream === undefined || stream.interest === 0) continue;
      if (stream.listening) yield* this.#accept(stream);
      else if (stream.kind === 'udp') yield* this.#receive(stream);
      else yield* stream.io(this.#sys, bits, this.#deliver);
      if (stream.interest !== stream.watched) this.#changed.add(stream);
    }
    if (signalled) yield* (this.#processes as Processes).heed();
  }

  /**
   * # A timer may be late: nobody promises that a machine is on time, and what is due together then
   * fires in one batch.
   */
  #timeoutMs(dueMs: number | null): number | null {
    if (dueMs === null) return null;
    const waitMs = Math.max(0, Math.ceil(dueMs - this.#world.clock.nowNs / 1e6));
    const { lateMsMax } = this.#options;
    if (waitMs === 0 || lateMsMax === 0) return waitMs;
    return waitMs + this.#world.decide(KIND.late, lateMsMax + 1, this.#task);
  }

  /** Tell epoll what has changed. */
  *#watch(): Program<void> {
    for (const stream of this.#changed) {
      const { interest, watched } = stream;
      if (interest === watched || stream.closed) continue;
      const op = watched === 0 ? 'add' : interest === 0 ? 'del' : 'mod';
      stream.watched = interest;
      yield* this.#sys.epollCtl(this.#epoll, op, stream.fd, interest, stream.id);
    }
    this.#changed.clear();
  }

  *#completions(): Program<void> {
    try {
      yield* this.#sys.read(this.#wake, ONE.length);
    } catch (error) {
      if (errnoOf(error) !== EAGAIN) throw error;
    }
    for (const [event, bytes] of this.#finished.splice(0)) yield* this.#deliver(event, bytes);
  }

  #poolDone(event: LoopEvent, bytes: Uint8Array = NO_BYTES): void {
    this.#finished.push([event, bytes]);
    this.wake();
  }

  /** uv__server_io. */
  *#accept(stream: UvStream): Program<void> {
    let errno = 0;
    let accepted = 0;
    try {
      const { fd, address } = yield* this.#sys.accept(stream.fd, { nonblock: true, cloexec: true });
      accepted = this.#adopt(stream, fd, address).id;
    } catch (error) {
      errno = errnoOf(error);
      if (errno === EAGAIN || errno === ECONNABORTED || errno === EINTR) return;
      if (errno === EMFILE || errno === ENFILE) return;
    }
    yield* this.#deliver(['connection', stream.id, accepted, -errno]);
  }

  #adopt(listener: UvStream, fd: number, address: Address): UvStream {
    const stream = this.#newAccepted(listener.kind, fd);
    stream.family = listener.family;
    if (listener.family === 'mapped' && 'port' in address) {
      if (this.#names.connected6(address.host, address.port)) stream.family = 'v6';
    }
    return stream;
  }

  *#receive(stream: UvStream): Program<void> {
    try {
      const { bytes, address } = yield* this.#sys.recvfrom(stream.fd, 65_536);
      const from = this.#show(address as InetAddress, stream);
      yield* this.#deliver(['message', stream.id, from], bytes);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === EAGAIN || errno === EINTR) return;
      yield* this.#deliver(['failed', stream.id, -errno]);
    }
  }

  // ---- the guest ----

  /**
   * The program is called back when this is called; what is left to be done after that, if
   * anything, is in what it gives.
   */
  readonly #deliver = (event: LoopEvent, bytes: Uint8Array = NO_BYTES): Program<unknown> => {
    if (this.#exit !== undefined) return NOTHING;
    if (this.#eventsLeft > 0 && --this.#eventsLeft === 0) throw new Crash();
    const said = this.#enter({ do: 'deliver', event }, bytes);
    if (said instanceof Hop || said.posts.length > 0 || said.spentNs > 0) return this.#heed(said);
    return said.next.is === 'delivered' ? NOTHING : this.#heed(said);
  };

  #turn(command: Command): Program<FromGuest['next'] | undefined> {
    return this.#exit !== undefined ? NOTHING : this.#heed(this.#enter(command, NO_BYTES));
  }

  #enter(command: Command, bytes: Uint8Array): FromGuest | Hop {
    if (this.#crashes) throw new Crash();
    return this.#guest.enter({ nowNs: this.#world.clock.nowNs, command }, bytes);
  }

  /** What the guest calls for is done, until it has done what it was asked to do. */
  *#heed(first: FromGuest | Hop): Program<FromGuest['next']> {
    for (let said = first; ; ) {
      const { posts, spentNs, next } =
        said instanceof Hop ? ((yield said as never) as FromGuest) : said;
      const given = this.#guest.bytes;
      // It was at work for so long, and others were not stopped by that.
      if (spentNs > 0) yield* this.#spend(spentNs);
      if (posts.length > 0) yield* this.posts(posts);
      if (next.is === 'exit') {
        this.#exit = { code: next.code, open: next.open };
        return next;
      }
      if (next.is === 'died') throw this.#died(next.death);
      if (next.is !== 'call') return next;
      const value = yield* this.call(next.call, given);
      said = this.#enter({ do: 'answer', value }, this.#answered);
      this.#answered = NO_BYTES;
    }
  }

  /** A signal takes nothing away from the time that it was at work. */
  *#spend(ns: number): Program<void> {
    const untilNs = this.#world.clock.nowNs + ns;
    for (let leftNs = ns; leftNs > 0; leftNs = untilNs - this.#world.clock.nowNs) {
      try {
        yield* this.#sys.nanosleep({ ns: leftNs });
        return;
      } catch (error) {
        if (errnoOf(error) !== EINTR) throw error;
      }
    }
  }

  #died(death: GuestDeath): UncaughtInProgram {
    const error = new UncaughtInProgram(death);
    const what = `${error.name}: ${error.message}`;
    this.#world.tell(this.#task, { is: 'dies', what, where: placeIn(death.stack) });
    return error;
  }

  // ---- calls ----

  /** What the program has said without waiting for an answer. */
  *posts(posts: readonly Post[]): Program<void> {
    for (const post of posts) yield* this.#post(post);
  }

  /** The loop looks again at what it waits for, however long it meant to sleep (uv_async_send). */
  wake(): void {
    this.#task.process.descriptors.get(this.#wake)?.file.write(ONE, 0);
  }

  /** What the program waits for the answer of. */
  call(call: Call, bytes: Uint8Array): Program<Answer> {
    switch (call[0]) {
      case 'bind':
        return this.#bind(call[1], call[2], call[3], call[4], call[5]);
      case 'listen':
        return this.#listen(call[1], call[2], call[3]);
      case 'connect':
        return this.#connect(call[1], call[2], call[3], call[4]);
      case 'write':
        return this.#write(call[1], bytes, call[2]);
      case 'sockname':
        return this.#name(call[1], false);
      case 'peername':
        return this.#name(call[1], true);
      case 'send':
        return this.#send(call[1], call[2], call[3], bytes);
      case 'disconnect':
        return this.#attempt(call[1], ({ fd }) => this.#sys.connect(fd, null));
      case 'unlink':
        return this.#unlink(call[1]);
      case 'hasPath':
        return this.#hasPath(call[1]);
      case 'file':
        return this.#file(call[1], bytes);
      case 'fileLater':
        return this.#fileLater(call[1], call[2], bytes);
      case 'chance':
        return this.#chance();
      default:
        return this.#callForProcess(call, bytes);
    }
  }

  *#callForProcess(call: ProcessCall, bytes: Uint8Array): Program<Answer> {
    if (this.#processes === undefined) {
      return {
        refused: `${call[0]} of a process was asked for: a program that shares its thread with heddle has no other processes. Give it a host of its own, with heddle run --hosts or nodeProgram: there it may start some`,
      };
    }
    const answer = yield* this.#processes.call(call, bytes);
    this.#answered = this.#processes.answered;
    this.#processes.answered = NO_BYTES;
    return answer;
  }

  *#post(post: Post): Program<void> {
    switch (post[0]) {
      case 'reading':
        this.#withStream(post[1], (stream) => {
          stream.reading = post[2];
        });
        return;
      case 'readMax':
        this.#stream(post[1], post[2]).readMax = post[3];
        return;
      case 'shutdown':
        this.#shutdown(post[1]);
        return;
      case 'close':
        yield* this.#close(post[1], false);
        return;
      case 'reset':
        yield* this.#close(post[1], true);
        return;
      case 'noDelay':
        yield* this.#option(post[1], 'TCP_NODELAY', post[2] ? 1 : 0);
        return;
      case 'keepAlive':
        yield* this.#option(post[1], 'SO_KEEPALIVE', post[2] ? 1 : 0);
        if (post[2] && post[3] > 0) yield* this.#option(post[1], 'TCP_KEEPIDLE', post[3]);
        return;
      case 'opaque':
        this.#stream(post[1], post[2]).opaque = true;
        return;
      case 'pool':
        this.#work(post[1], post[2]);
        return;
      case 'lookup':
        this.#lookUp(post[1], post[2], post[3]);
        return;
      case 'output':
        yield* this.#output(post[1], post[2]);
        return;
      case 'exchange': {
        const [, side, method, path, status, error] = post;
        this.#seen.exchanges.push({
          side,
          method,
          path,
          status: status ?? undefined,
          error: error ?? undefined,
        });
        return;
      }
      case 'uncontrolled':
        count(this.#seen.uncontrolled, post[1]);
        return;
      case 'told':
        this.#told(post[1], post[2], post[3], post[4]);
        return;
      default:
        throw new InternalError(`no post ${String(post satisfies never)}`);
    }
  }

  #told(is: ToldKind, what: string, stack: string, ask = 0): void {
    const where = placeIn(stack);
    if (is === 'at') this.#world.tell(this.#task, { is, where, stack, ask });
    else if (is === 'asks') this.#world.tell(this.#task, { is, where, ask });
    else this.#world.tell(this.#task, { is, what, where });
  }

  #withStream(id: HandleId, change: (stream: UvStream) => void): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    change(stream);
    this.#changed.add(stream);
  }

  #stream(id: HandleId, kind: HandleKind): UvStream {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = new UvStream(id, kind);
      this.#streams.set(id, stream);
    }
    return stream;
  }

  /** maybe_new_socket: its descriptor comes with the first call that needs one. */
  *#open(id: HandleId, kind: HandleKind): Program<UvStream> {
    const stream = this.#stream(id, kind);
    if (stream.fd < 0) {
      const family = kind === 'pipe' ? 'unix' : 'inet';
      const type = kind === 'udp' ? 'dgram' : 'stream';
      stream.fd = yield* this.#sys.socket(family, type, { nonblock: true, cloexec: true });
    }
    return stream;
  }

  /** A syscall on a handle's descriptor: 0, or the negated errno it failed with. */
  *#attempt(
    id: HandleId,
    call: (stream: UvStream) => Program<number> | Iterable<unknown>,
  ): Program<number> {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.fd < 0) return -EBADF;
    try {
      yield* call(stream) as Program<number>;
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  *#bind(
    id: HandleId,
    kind: HandleKind,
    host: string,
    port: number,
    v6Only: boolean,
  ): Program<number> {
    const sys = this.#sys;
    try {
      const stream = yield* this.#open(id, kind);
      if (kind === 'pipe') {
        yield* sys.bind(stream.fd, { path: host });
        return 0;
      }
      const target = this.#names.target(this.#host, host);
      if (target === undefined || (target !== '127.0.0.1' && target !== '0.0.0.0')) {
        return -EADDRNOTAVAIL;
      }
      if (host.includes(':')) stream.family = v6Only || host === '::1' ? 'v6' : 'mapped';
      if (kind === 'tcp') yield* sys.setsockopt(stream.fd, 'SO_REUSEADDR', 1);
      try {
        yield* sys.bind(stream.fd, { host: target, port });
      } catch (error) {
        // uv__tcp_bind: that the address is taken is told by listen and connect. uv__udp_bind tells
        // it at once.
        if (errnoOf(error) !== EADDRINUSE || kind === 'udp') throw error;
        stream.delayedErrno = EADDRINUSE;
      }
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  *#listen(id: HandleId, kind: HandleKind, backlog: number): Program<number> {
    try {
      const stream = yield* this.#open(id, kind);
      if (stream.delayedErrno !== 0) return -stream.delayedErrno;
      yield* this.#sys.listen(stream.fd, backlog);
      // Whoever has started it waits for it as long.
      const placed = this.#world.placedBy.get(this.#task);
      if (placed !== undefined) placed.process.isService = true;
      stream.listening = true;
      this.#changed.add(stream);
      if (kind === 'tcp') {
        const { port } = (yield* this.#sys.getsockname(stream.fd)) as InetAddress;
        stream.port = port;
        this.#names.listens(this.#host, port, stream.family);
      }
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  /** uv__tcp_connect, uv_pipe_connect. */
  *#connect(id: HandleId, kind: HandleKind, host: string, port: number): Program<number> {
    const sys = this.#sys;
    try {
      const stream = yield* this.#open(id, kind);
      if (stream.delayedErrno !== 0 && kind === 'tcp') {
        // Told by the callback.
        this.#connectLater(stream);
        return 0;
      }
      const address = kind === 'pipe' ? { path: host } : this.#target(stream, host, port);
      if (typeof address === 'number') return address;
      if (kind === 'udp') {
        yield* sys.connect(stream.fd, address);
        return 0;
      }
      if (stream.delayedErrno !== 0) {
        this.#connectLater(stream);
        return 0;
      }
      try {
        yield* sys.connect(stream.fd, address);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno !== EINPROGRESS) {
          // A pipe's connect tells all of its errors later, TCP's only this one.
          if (kind === 'tcp' && errno !== ECONNREFUSED) return -errno;
          stream.delayedErrno = errno;
          this.#connectLater(stream);
          return 0;
        }
      }
      stream.connecting = true;
      if (kind === 'pipe') this.#connectLater(stream);
      else if (is6(host)) yield* this.#note6(stream);
      this.#changed.add(stream);
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  #target(stream: UvStream, host: string, port: number): InetAddress | number {
    const target = this.#names.target(this.#host, host);
    if (target === undefined) return -ENETUNREACH;
    const to = target === '127.0.0.1' || target === '0.0.0.0' ? this.#host : target;
    const by6 = is6(host);
    stream.family = by6 ? 'v6' : host.includes(':') ? 'mapped' : 'v4';
    if (stream.kind === 'tcp' && !this.#names.reaches(to, port, by6)) {
      stream.delayedErrno = ECONNREFUSED;
    }
    return { host: target, port };
  }

  /** The callback comes in the next iteration (uv__io_feed). */
  #connectLater(stream: UvStream): void {
    stream.connecting = true;
    this.#pending.push(() => stream.finishConnect(this.#sys, this.#deliver));
  }

  *#note6(stream: UvStream): Program<void> {
    const { port } = (yield* this.#sys.getsockname(stream.fd)) as InetAddress;
    stream.port = port;
    this.#names.connects6('127.0.0.1', port);
  }

  *#write(id: HandleId, bytes: Uint8Array, passed?: HandleId): Program<number> {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.fd < 0) return -EBADF;
    const handle = passed === undefined ? undefined : this.#processes?.passed(passed);
    const taken = yield* stream.write(this.#sys, bytes, handle);
    if (taken < bytes.length) this.#changed.add(stream);
    return taken;
  }

  #newAccepted(kind: HandleKind, fd: number): UvStream {
    const id = this.#acceptedIds;
    this.#acceptedIds += 2;
    const stream = new UvStream(id, kind);
    stream.fd = fd;
    this.#streams.set(id, stream);
    return stream;
  }

  #shutdown(id: HandleId): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      // Never opened: uv_shutdown says so.
      this.#pending.push(() => this.#deliver(['shut', id, -ENOTCONN]));
      return;
    }
    stream.shutting = true;
    if (stream.writes.length === 0) {
      this.#pending.push(() => stream.drain(this.#sys, this.#deliver));
    }
  }

  /** uv_close, uv_tcp_close_reset. */
  *#close(id: HandleId, resets: boolean): Program<void> {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    stream.closed = true;
    if (stream.listening) this.#names.unlistens(this.#host, stream.port);
    else if (stream.port !== 0) this.#names.disconnects6('127.0.0.1', stream.port);
    if (stream.fd < 0) return;
    if (stream.watched !== 0) yield* this.#sys.epollCtl(this.#epoll, 'del', stream.fd);
    if (resets && stream.kind === 'tcp') yield* this.#sys.setsockopt(stream.fd, 'SO_LINGER', 0);
    yield* this.#sys.close(stream.fd);
  }

  *#option(
    id: HandleId,
    option: 'TCP_NODELAY' | 'SO_KEEPALIVE' | 'TCP_KEEPIDLE',
    value: number,
  ): Program<void> {
    yield* this.#attempt(id, ({ fd }) => this.#sys.setsockopt(fd, option, value));
  }

  *#name(id: HandleId, ofPeer: boolean): Program<number | SocketName> {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.fd < 0) return ofPeer ? -ENOTCONN : -EBADF;
    try {
      const { fd } = stream;
      const address = yield* ofPeer ? this.#sys.getpeername(fd) : this.#sys.getsockname(fd);
      if ('path' in address) return { address: address.path, port: 0, family: 'IPv4' };
      return this.#show(address, stream);
    } catch (error) {
      return -errnoOf(error);
    }
  }

  #show(address: InetAddress, stream: UvStream): SocketName {
    return this.#names.show(address, stream.family);
  }

  *#send(id: HandleId, host: string, port: number, bytes: Uint8Array): Program<number> {
    try {
      const stream = yield* this.#open(id, 'udp');
      let to: InetAddress | null = null;
      if (host !== '') {
        const target = this.#names.target(this.#host, host);
        if (target === undefined) return -ENETUNREACH;
        to = { host: target, port };
      }
      return yield* this.#sys.sendto(stream.fd, bytes, to, 0);
    } catch (error) {
      return -errnoOf(error);
    }
  }

  get #disk(): FileWork {
    if (this.#files !== undefined) return this.#files;
    throw new InternalError('a program whose files are real asked for a simulated disk');
  }

  *#file(asked: FileAsked, bytes: Uint8Array): Program<Answer> {
    // It could be taken away at any moment, and not only between two callbacks.
    if (this.#eventsLeft > 0 && --this.#eventsLeft === 0) throw new Crash();
    const files = this.#disk;
    const answer = yield* files.do(asked, bytes);
    this.#answered = files.bytes;
    return answer;
  }

  /**
   * # Files: a thread of the pool does what was asked for in one step, at which it is done too
   * So of several requests under way any may come first.
   */
  *#fileLater(request: number, asked: FileAsked, bytes: Uint8Array): Program<number> {
    this.#pool.add({
      what: `fs ${asked[0]}`,
      slow: false,
      done: () => {
        if (this.#gone || this.#task.process.status !== undefined) return;
        const files = this.#disk;
        const work = files.do(asked, bytes);
        const answer = driveNow(work, (call) => this.#world.callWithin(this.#task, call));
        this.#poolDone(['filed', request, answer], files.bytes);
      },
    });
    return 0;
  }

  *#chance(): Program<number> {
    return drawChance(this.#world, this.#task.name);
  }

  /** Not a syscall of its own: who asks has asked the real machine's files already. */
  *#hasPath(path: string): Program<number> {
    return this.#task.process.kernel.unixNames.hasPath(path) ? 1 : 0;
  }

  *#unlink(path: string): Program<number> {
    try {
      yield* this.#sys.unlink(path);
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  *#output(fd: 1 | 2, text: string): Program<void> {
    const line = lineOf(text);
    if (line !== '') this.#seen.said[fd === 1 ? 'out' : 'err'] = line;
    yield* this.#sys.write(fd, new TextEncoder().encode(text));
  }

  #work(request: number, what: string): void {
    this.#pool.add({ what, slow: false, done: () => this.#poolDone(['done', request]) });
  }

  #lookUp(request: number, name: string, family: number): void {
    this.#pool.add({
      what: `getaddrinfo ${name}`,
      slow: true,
      done: () => {
        const found = this.#names.lookUp(this.#host, name, family);
        this.#poolDone(['found', request, found.length === 0 ? EAI_NONAME : 0, found]);
      },
    });
  }

  get #host(): string {
    return this.#task.process.kernel.host;
  }
}

const FINISH: Command = { do: 'finish' };

const NOTHING: Program<undefined> = (function* nothing() {
  return undefined;
})();
NOTHING.next();

const ENDED: TurnEnd = { exitCode: 0, soon: false, dueMs: null, open: [] };

const endOf = (next: FromGuest['next'] | undefined): TurnEnd =>
  next?.is === 'turned' ? next.end : ENDED;

function count(times: Map<string, number>, what: string): void {
  times.set(what, (times.get(what) ?? 0) + 1);
}
