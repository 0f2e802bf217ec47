import {
  address as addressOf,
  addressOrNone,
  body as bodyOf,
  byteCount,
  CASE,
  CLOEXEC,
  DESCRIPTOR,
  DURATION,
  EPOLL,
  EVENTFD,
  fileCall as fileCallOf,
  finite,
  list,
  numbers,
  options,
  PAIR,
  payload,
  pollEntries,
  ringEntries,
  SELECT,
  SETS,
  shared,
  signalAction,
  TASK,
  TIMER,
  text,
  WAITPID,
  wrong,
} from './arguments.ts';
import { UnsupportedError } from './errors.ts';
import {
  ABSENT,
  CLOCKS,
  FAMILIES,
  known,
  messageFlags,
  openFlags,
  SOCKET_OPTIONS,
  TYPES,
  waitedPid,
} from './fences.ts';
import { Cell, type CellAccess, Condition, type ConditionWait, Mutex } from './memory.ts';
import { OP } from './ops.ts';
import {
  Barrier,
  Channel,
  ChannelAsk,
  type ChannelCase,
  type Meeting,
  RwLock,
  type SelectCase,
  type Selected,
  Semaphore,
  type Taken,
  WaitGroup,
} from './sync.ts';
import type { Syscall, SyscallOwner } from './syscall.ts';
import type { Uninferred } from './uninferred.ts';

/** What a generator program is: it yields syscalls and may return a value. *
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: `yield*` gives each syscall its own result type
export type Program<T = void> = Generator<Syscall<any>, T, any>;

/**
 * The body of a task: a generator function or an async function over the `sys` of that task.
 *
 * @since 0.1.0
 */
export type Body<T = unknown> = (sys: Sys) => Program<T> | Promise<T>;

/** An IPv4 address and a port (ip(7)). @since 0.1.0 */
export interface InetAddress {
  /** Dotted, as `127.0.0.1`, or the name of a host of the scenario. */
  readonly host: string;
  /** 0 to 65,535. */
  readonly port: number;
}
/** A name in the file system, or an abstract one (unix(7)). @since 0.1.0 */
export interface UnixAddress {
  /** A path; a leading NUL byte makes it an abstract name. Empty for an unnamed socket. */
  readonly path: string;
}
/** Where a socket is, or whom it talks to. @since 0.1.0 */
export type Address = InetAddress | UnixAddress;

/** `AF_INET` or `AF_UNIX` (socket(2)). @since 0.1.0 */
export type SocketFamily = 'inet' | 'unix';
/** `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_SEQPACKET` (socket(2)). @since 0.1.0 */
export type SocketType = 'stream' | 'dgram' | 'seqpacket';
/** `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR` (shutdown(2)). @since 0.1.0 */
export type ShutdownHow = 'rd' | 'wr' | 'rdwr';
/** `CLOCK_MONOTONIC` or `CLOCK_REALTIME` (clock_gettime(2)). @since 0.1.0 */
export type ClockId = 'monotonic' | 'realtime';
/** `EPOLL_CTL_ADD`, `MOD` or `DEL` (epoll_ctl(2)). @since 0.1.0 */
export type EpollOp = 'add' | 'mod' | 'del';
/** The options of setsockopt(2) and getsockopt(2) that are simulated. @since 0.1.0 */
export type SocketOption =
  | 'SO_REUSEADDR'
  | 'SO_REUSEPORT'
  | 'SO_ERROR'
  | 'SO_SNDBUF'
  | 'SO_RCVBUF'
  | 'SO_LINGER'
  | 'SO_KEEPALIVE'
  | 'SO_ACCEPTCONN'
  | 'SO_TYPE'
  | 'SO_DOMAIN'
  | 'SO_PROTOCOL'
  | 'SO_OOBINLINE'
  | 'SO_RCVLOWAT'
  | 'SO_RCVTIMEO'
  | 'SO_SNDTIMEO'
  | 'TCP_NODELAY'
  | 'TCP_KEEPIDLE'
  | 'TCP_KEEPINTVL'
  | 'TCP_KEEPCNT'
  | 'TCP_USER_TIMEOUT'
  | 'TCP_INFO';

/** How a new descriptor is made. @since 0.1.0 */
export interface DescriptorFlags {
  /** SOCK_NONBLOCK: calls that would sleep fail with EAGAIN. Default: false. */
  readonly nonblock?: boolean;
  /** SOCK_CLOEXEC: closed by exec. Default: false. */
  readonly cloexec?: boolean;
}
/** What accept(2) gives. @since 0.1.0 */
export interface Accepted {
  /** Descriptor of the connection. */
  readonly fd: number;
  /** The peer's address. */
  readonly address: Address;
}
/** What sendto is given. @since 0.1.0 */
export interface Outgoing {
  /** One datagram. */
  readonly bytes: Uint8Array;
  /** Where to; null: the connected peer. */
  readonly address: Address | null;
}
/** What recvfrom gives. @since 0.1.0 */
export interface Received {
  /** What came, at most as much as was asked for. */
  readonly bytes: Uint8Array;
  /** Of the sender; null if it has none. */
  readonly address: Address | null;
  /** Bytes that the datagram had, where fewer were asked for. */
  readonly length: number;
}
/** The three sets of select(2), as lists of descriptors. @since 0.1.0 */
export interface SelectSets {
  /** Descriptors to be read from. Default: none. */
  readonly read?: readonly number[];
  /** Descriptors to be written to. Default: none. */
  readonly write?: readonly number[];
  /** Descriptors whose urgent data is waited for. Default: none. */
  readonly except?: readonly number[];
  /** Descriptors from this number on are not looked at. Default: all are. */
  readonly nfds?: number;
}
/** What a socketpair is made as. @since 0.2.0 */
export interface PairFlags extends DescriptorFlags {
  /** Default: `unix`, the only one that has pairs; others are EOPNOTSUPP. */
  readonly family?: SocketFamily;
}
/** What an epoll is made as. @since 0.2.0 */
export interface EpollFlags {
  /** EPOLL_CLOEXEC: closed by exec. Default: false. */
  readonly cloexec?: boolean;
  /** epoll_create(2)'s: it has to be above 0 and means nothing. Default: epoll_create1(2). */
  readonly size?: number;
}
/** What epoll_ctl(2) is given; null for a null pointer. @since 0.2.0 */
export type EpollRequest = EpollEvent | null;
/** What of its three sets select(2) found ready. @since 0.1.0 */
export interface SelectReady {
  /** Descriptors that can be read from. */
  readonly read: number[];
  /** Descriptors that can be written to. */
  readonly write: number[];
  /** Descriptors with urgent data. */
  readonly except: number[];
}
/** A descriptor, and what poll(2) is to look for. @since 0.1.0 */
export interface PollEntry {
  /** Descriptor; a negative one is ignored. */
  readonly fd: number;
  /** POLLIN | POLLOUT | …; POLLERR, POLLHUP and POLLNVAL are reported whether asked for or not. */
  readonly events: number;
}
/** A descriptor, and what poll(2) found. @since 0.1.0 */
export interface PollReady {
  /** Descriptor. */
  readonly fd: number;
  /** Bits that are ready, as `POLLIN | POLLHUP`. */
  readonly revents: number;
}
/** What epoll_wait(2) reports. @since 0.1.0 */
export interface EpollEvent {
  /** Bits that are ready, as `EPOLLIN | EPOLLHUP`. */
  readonly events: number;
  /** What was registered, returned untouched; by default the descriptor's number. */
  readonly data: number;
}
/** A span of time; the parts are added up. @since 0.1.0 */
export interface Duration {
  /** Seconds. Default: 0. */
  readonly s?: number;
  /** Milliseconds. Default: 0. */
  readonly ms?: number;
  /** Microseconds. Default: 0. */
  readonly us?: number;
  /** Nanoseconds. Default: 0. */
  readonly ns?: number;
}
/** When a timer runs out, and how often after that. @since 0.1.0 */
export interface TimerSpec {
  /** 0 disarms. */
  readonly valueMs: number;
  /** 0: once. */
  readonly intervalMs: number;
  /** `valueMs` is a moment of the timer's clock (TFD_TIMER_ABSTIME). */
  readonly absolute?: boolean;
}
/** `SEEK_SET`, `SEEK_CUR` or `SEEK_END` (lseek(2)). @since 0.1.0 */
export type SeekFrom = 'set' | 'cur' | 'end';
/** What fstat(2) and stat(2) give. @since 0.2.0 */
export interface FileStatus {
  /** What it is. */
  readonly type: 'file' | 'directory' | 'link' | 'special';
  /** Bytes of a file; of a directory 0. */
  readonly size: number;
  /** How many names it has; a directory has one more, and one for each that lies in it. */
  readonly links: number;
}
/**
 * What Node programs ask of a disk and models do not; `at` is a path or a descriptor.
 *
 * @internal
 */
export type FileCall =
  /** As libuv's uv_stat_t, number by number. */
  | { readonly do: 'status'; readonly at: string | number; readonly follows: boolean }
  | { readonly do: 'symlink'; readonly at: string; readonly target: string }
  | { readonly do: 'readlink' | 'realpath'; readonly at: string }
  | {
      readonly do: 'change';
      readonly at: string | number;
      readonly follows: boolean;
      readonly to: FileChange;
    };
/** @internal */
export interface FileChange {
  readonly mode?: number;
  readonly owner?: readonly [uid: number, gid: number];
  readonly times?: readonly [
    accessed: readonly [s: number, ns: number],
    modified: readonly [s: number, ns: number],
  ];
}
/** What rename and link ask for. @since 0.2.0 */
export interface TwoPaths {
  /** What is there. */
  readonly from: string;
  /** What is to be there. */
  readonly to: string;
}
/** A request to a completion ring; `data` comes back with its completion. @since 0.1.0 */
export type RingEntry = { readonly data: number } & (
  | { readonly op: 'nop' }
  | { readonly op: 'accept'; readonly fd: number; readonly nonblock?: boolean }
  | { readonly op: 'connect'; readonly fd: number; readonly address: Address }
  | {
      readonly op: 'recv';
      readonly fd: number;
      readonly bytesMax: number;
      readonly flags?: number;
    }
  | {
      readonly op: 'send';
      readonly fd: number;
      readonly bytes: Uint8Array;
      readonly flags?: number;
    }
  | { readonly op: 'read'; readonly fd: number; readonly bytesMax: number }
  | { readonly op: 'write'; readonly fd: number; readonly bytes: Uint8Array }
  /** Once; the result is the mask. */
  | { readonly op: 'poll'; readonly fd: number; readonly events: number }
  /** Completes with ETIME, or with 0 after so many completions. */
  | { readonly op: 'timeout'; readonly ms: number; readonly completions?: number }
  /** Ends the request that was submitted with `data: target`: that one completes with ECANCELED. */
  | { readonly op: 'cancel'; readonly target: number }
  | { readonly op: 'close'; readonly fd: number }
);
/** What has come of a request. @since 0.1.0 */
export interface RingCompletion {
  /** As it was given with the submission. */
  readonly data: number;
  /** A count, a descriptor or a mask; a negated errno if it has failed. */
  readonly result: number;
  /** Of recv and read. */
  readonly bytes?: Uint8Array;
  /** Of accept. */
  readonly address?: Address;
}
/** What a process does about a signal. @since 0.1.0 */
export type SignalAction =
  | 'default'
  | 'ignore'
  | {
      // biome-ignore lint/suspicious/noConfusingVoidType: a handler that only notes something returns nothing
      readonly handler: (signal: number, sys: Sys) => Program | void;
      /** SA_RESTART. */
      readonly restart?: boolean;
    };
/** What a new task is called. @since 0.1.0 */
export interface SpawnOptions {
  /**
   * For reports and schedules; `#n` is added. Default: the name of the function, or the parent's.
   */
  readonly name?: string;
}
/** What waitpid(2) says of a child that has ended. @since 0.1.0 */
export interface Exited {
  /** Of the child; 0 with WNOHANG if none has ended. */
  readonly pid: number;
  /** As waitpid(2) has it: the exit code, shifted by 8, or the signal. */
  readonly status: number;
}

const NONE: DescriptorFlags = {};
const NOBODY: readonly number[] = [];

const wordsOf = (call: string, words: Int32Array): Int32Array => {
  if (words instanceof Int32Array) return words;
  throw wrong(call, 'words', 'an Int32Array', words);
};
const NANOSECONDS_PER_MS = 1e6;
/** Stands for a timeout that no call may have; -1 stands for none. */
const TIME_BELOW_ZERO = -2;

const flagBits = (call: string, flags: DescriptorFlags, keys = DESCRIPTOR): number => {
  if (flags === NONE) return 0;
  options(call, keys, flags);
  return (flags.nonblock ? 1 : 0) | (flags.cloexec ? 2 : 0);
};

const newTask = (call: string, body: Body, given: SpawnOptions): object => {
  bodyOf(call, body);
  const { name = body.name } = options(call, TASK, given);
  return { body, name: text(call, 'name', name) };
};

/** A timeout in nanoseconds; -1 stands for none. */
const timeoutNs = (call: string, timeoutMs: number | null): number => {
  if (timeoutMs !== null && typeof timeoutMs !== 'number') {
    throw wrong(call, 'timeout', 'a number or null', timeoutMs);
  }
  if (timeoutMs === null || timeoutMs < 0 || timeoutMs === Number.POSITIVE_INFINITY) return -1;
  return finite(call, 'timeout', timeoutMs) * NANOSECONDS_PER_MS;
};

/** What a call synchronises with. */
const synced = <T extends object>(
  call: string,
  of: abstract new (...args: never[]) => T,
  given: T,
): T => {
  if (given instanceof of) return given;
  throw wrong(call, of.name, `a ${of.name} of heddle/sync`, given);
};

const twoPaths = (call: string, from: string, to: string): TwoPaths => ({
  from: text(call, 'path', from),
  to: text(call, 'new path', to),
});

/** How many permits: a whole number. */
const count = (call: string, value: number): number => {
  if (Number.isInteger(value) && value >= 0) return value;
  throw wrong(call, 'number of permits', 'a whole number from 0 on', value);
};

const caseOf = (call: string, given: SelectCase): ChannelCase => {
  const sends = 'send' in options(call, CASE, given);
  const channel = 'send' in given ? given.send : given.receive;
  if (channel !== null) synced(call, Channel, channel);
  return { channel, sends, value: 'send' in given ? given.value : undefined };
};

/** Of calls that take a time below zero for a mistake (EINVAL) and not for none. */
const strictTimeoutNs = (call: string, timeoutMs: number | null): number => {
  const ns = timeoutNs(call, timeoutMs);
  return typeof timeoutMs === 'number' && timeoutMs < 0 ? TIME_BELOW_ZERO : ns;
};

/**
 * The one door between a program and the world (ARCHITECTURE.md). Each method makes a {@link
 * Syscall}: `yield*` it in a generator, `await` it in an async function. Failures are thrown as
 * {@link SysError}. Names and meanings are those of the Linux manual pages, section 2; each method
 * gives what differs in JavaScript.
 *
 * @since 0.1.0
 */
export class Sys {
  // Who calls what is not there is told its name and what to do instead, not that undefined is no
  // function.
  static {
    for (const [name, hint] of Object.entries(ABSENT)) {
      const value = (): never => {
        throw new UnsupportedError(name, hint);
      };
      Object.defineProperty(Sys.prototype, name, { value });
    }
  }

  readonly #task: SyscallOwner;

  /** Programs are handed theirs; only providers of a kernel make one. */
  constructor(task: SyscallOwner) {
    this.#task = task;
  }

  /** Whose it is: for bodies that heddle makes itself, not for programs. */
  static ownerOf(sys: Sys): SyscallOwner {
    return sys.#task;
  }

  /**
   * No syscall: says that this task, between its last syscall and its next, reads or writes memory
   * that other tasks use too. For what synchronizes threads by itself, as a lock on a futex does;
   * `Cell` and `Mutex` need no such word. Orders of steps that touch the same memory are then told
   * apart by partial-order reduction.
   */
  touches(memory: object): void {
    if (typeof memory !== 'object' || memory === null) {
      throw wrong('touches', 'memory', 'an object', memory);
    }
    this.#task.touches?.(memory);
  }

  /** socket(2). `inet` is IPv4 TCP or UDP. Gives the lowest free descriptor. */
  socket(family: SocketFamily, type: SocketType, flags: DescriptorFlags = NONE): Syscall<number> {
    known('socket family', FAMILIES, family);
    known('socket type', TYPES, type);
    return this.#task.make(OP.socket, flagBits('socket', flags), 0, 0, { family, type });
  }

  /** bind(2). Port 0 asks for an ephemeral port. */
  bind(fd: number, address: Address): Syscall<number> {
    return this.#task.make(OP.bind, fd, 0, 0, addressOf('bind', address));
  }

  /** listen(2). `backlog + 1` completed connections fit into the queue. */
  listen(fd: number, backlog = 4096): Syscall<number> {
    return this.#task.make(OP.listen, fd, backlog, 0, undefined);
  }

  /**
   * accept4(2). Sleeps until a connection is there, or throws EAGAIN on a non-blocking listener.
   */
  accept(fd: number, flags: DescriptorFlags = NONE): Syscall<Accepted> {
    return this.#task.make(OP.accept, fd, flagBits('accept', flags), 0, undefined);
  }

  /**
   * connect(2). A non-blocking socket always throws EINPROGRESS first; `null` is AF_UNSPEC
   * (disconnect).
   */
  connect(fd: number, address: Address | null): Syscall<number> {
    return this.#task.make(OP.connect, fd, 0, 0, addressOrNone('connect', address));
  }

  /**
   * send(2). Gives the number of bytes taken, which may be fewer than were offered on a
   * non-blocking socket; a blocking one takes all. The bytes are copied before the call returns.
   * EPIPE comes with SIGPIPE unless MSG_NOSIGNAL.
   */
  send(fd: number, bytes: Uint8Array, flags = 0): Syscall<number> {
    const bits = messageFlags('send', flags);
    return this.#task.make(OP.send, fd, bits, 0, payload('send', bytes));
  }

  /**
   * recv(2). Gives 1 to `bytesMax` bytes, empty at end of stream. The bytes are the program's own;
   * their `buffer` may be shared with other payloads, as that of Node's pooled Buffers is.
   */
  recv(fd: number, bytesMax: number, flags = 0): Syscall<Uint8Array> {
    const bits = messageFlags('recv', flags);
    return this.#task.make(OP.recv, fd, byteCount('recv', bytesMax), bits, undefined);
  }

  /** sendto(2). Sends one datagram to `address`, or to the connected peer if that is null. */
  sendto(fd: number, bytes: Uint8Array, address: Address | null, flags = 0): Syscall<number> {
    payload('sendto', bytes);
    const outgoing = { bytes, address: addressOrNone('sendto', address) } satisfies Outgoing;
    return this.#task.make(OP.sendto, fd, messageFlags('sendto', flags), 0, outgoing);
  }

  /**
   * recvfrom(2). Gives the sender too; null on a stream. With MSG_TRUNC `length` is that of the
   * whole datagram.
   */
  recvfrom(fd: number, bytesMax: number, flags = 0): Syscall<Received> {
    const bits = messageFlags('recvfrom', flags);
    const size = byteCount('recvfrom', bytesMax);
    return this.#task.make(OP.recvfrom, fd, size, bits, undefined);
  }

  /** shutdown(2). */
  shutdown(fd: number, how: ShutdownHow): Syscall<number> {
    const bits = how === 'rd' ? 1 : how === 'wr' ? 2 : how === 'rdwr' ? 3 : 0;
    return this.#task.make(OP.shutdown, fd, bits, 0, undefined);
  }

  /** close(2). The number is free at once; the object goes with its last reference. */
  close(fd: number): Syscall<number> {
    return this.#task.make(OP.close, fd, 0, 0, undefined);
  }

  /** read(2). An eventfd gives its count as 8 bytes, little-endian. */
  read(fd: number, bytesMax: number): Syscall<Uint8Array> {
    return this.#task.make(OP.read, fd, byteCount('read', bytesMax), 0, undefined);
  }

  /** write(2). */
  write(fd: number, bytes: Uint8Array): Syscall<number> {
    return this.#task.make(OP.write, fd, 0, 0, payload('write', bytes));
  }

  /** getsockname(2). */
  getsockname(fd: number): Syscall<Address> {
    return this.#task.make(OP.getsockname, fd, 0, 0, undefined);
  }

  /** getpeername(2). Throws ENOTCONN once the connection is gone. */
  getpeername(fd: number): Syscall<Address> {
    return this.#task.make(OP.getpeername, fd, 0, 0, undefined);
  }

  /**
   * getsockopt(2). SO_ERROR gives and clears the pending errno (0: none); booleans are 0 or 1;
   * SO_LINGER seconds or -1; SO_RCVTIMEO and SO_SNDTIMEO milliseconds, 0 for none; of TCP_INFO only
   * the state is given, as one of `TCP_STATES`.
   */
  getsockopt(fd: number, option: SocketOption): Syscall<number> {
    known('socket option', SOCKET_OPTIONS, option);
    return this.#task.make(OP.getsockopt, fd, 0, 0, option);
  }

  /** setsockopt(2). For SO_LINGER seconds, or -1 to switch it off; buffer sizes in bytes. */
  setsockopt(fd: number, option: SocketOption, value: number): Syscall<number> {
    known('socket option', SOCKET_OPTIONS, option);
    finite(`setsockopt ${option}`, 'value', value);
    return this.#task.make(OP.setsockopt, fd, value, 0, option);
  }

  /** dup(2). */
  dup(fd: number): Syscall<number> {
    return this.#task.make(OP.dup, fd, 0, 0, undefined);
  }

  /** dup2(2). */
  dup2(fd: number, to: number): Syscall<number> {
    return this.#task.make(OP.dup2, fd, to, 0, undefined);
  }

  /** dup3(2). */
  dup3(fd: number, to: number, flags: { cloexec?: boolean } = NONE): Syscall<number> {
    const bits = flagBits('dup3', flags, CLOEXEC);
    return this.#task.make(OP.dup3, fd, to, bits, undefined);
  }

  /**
   * fcntl(2) with F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETPIPE_SZ or
   * F_SETPIPE_SZ.
   */
  fcntl(fd: number, command: number, argument = 0): Syscall<number> {
    return this.#task.make(OP.fcntl, fd, command, argument, undefined);
  }

  /** ioctl(2) with FIONREAD (gives the bytes queued), FIONBIO or SIOCATMARK (1 at the mark). */
  ioctl(fd: number, request: number, argument = 0): Syscall<number> {
    return this.#task.make(OP.ioctl, fd, request, argument, undefined);
  }

  /** pipe2(2): read end, write end. */
  pipe(flags: DescriptorFlags = NONE): Syscall<[readFd: number, writeFd: number]> {
    return this.#task.make(OP.pipe, flagBits('pipe', flags), 0, 0, undefined);
  }

  /** socketpair(2). */
  socketpair(type: SocketType = 'stream', flags: PairFlags = NONE): Syscall<[number, number]> {
    known('socketpair type', TYPES, type);
    const bits = flagBits('socketpair', flags, PAIR);
    const family = known('socketpair family', FAMILIES, flags.family ?? 'unix');
    return this.#task.make(OP.socketpair, bits, 0, 0, { family, type });
  }

  /** eventfd(2). */
  eventfd(initial = 0, flags: DescriptorFlags & { semaphore?: boolean } = NONE): Syscall<number> {
    const bits = flagBits('eventfd', flags, EVENTFD) | (flags.semaphore ? 4 : 0);
    return this.#task.make(OP.eventfd, initial, bits, 0, undefined);
  }

  /**
   * select(2). Gives the ready ones of each set, in ascending order; `timeoutMs` null sleeps
   * without end, and one below 0 is EINVAL.
   */
  select(sets: SelectSets, timeoutMs: number | null = null): Syscall<SelectReady> {
    const { read = NOBODY, write = NOBODY, except = NOBODY, nfds } = options('select', SETS, sets);
    if (nfds !== undefined) finite('select', 'nfds', nfds);
    for (const set of [read, write, except]) {
      for (const fd of list('select', 'sets', set)) finite('select', 'descriptor', fd);
    }
    return this.#task.make(OP.select, strictTimeoutNs('select', timeoutMs), 0, 0, sets);
  }

  /** poll(2). Gives only the entries with revents, in the order they were passed. */
  poll(entries: readonly PollEntry[], timeoutMs: number | null = null): Syscall<PollReady[]> {
    pollEntries(entries);
    return this.#task.make(OP.poll, timeoutNs('poll', timeoutMs), 0, 0, entries);
  }

  /** epoll_create1(2), or epoll_create(2) where it is given a size. */
  epollCreate(flags: EpollFlags = NONE): Syscall<number> {
    const bits = flagBits('epollCreate', flags, EPOLL);
    const size = flags.size ?? 1;
    return this.#task.make(OP.epollCreate, bits, finite('epollCreate', 'size', size), 0, undefined);
  }

  /**
   * epoll_ctl(2). `data` defaults to the descriptor's number; `events` null is a null pointer in
   * place of the event: EFAULT, but for `del`, which looks at none.
   */
  epollCtl(
    epfd: number,
    op: EpollOp,
    fd: number,
    events: number | null = 0,
    data: number = fd,
  ): Syscall<number> {
    if (events !== null) finite('epollCtl', 'events', events);
    finite('epollCtl', 'data', data);
    const code = op === 'add' ? 1 : op === 'del' ? 2 : op === 'mod' ? 3 : 0;
    const request: EpollRequest = events === null ? null : { events, data };
    return this.#task.make(OP.epollCtl, epfd, code, fd, request);
  }

  /** epoll_wait(2). */
  epollWait(
    epfd: number,
    eventsMax: number,
    timeoutMs: number | null = null,
  ): Syscall<EpollEvent[]> {
    const timeout = timeoutNs('epollWait', timeoutMs);
    return this.#task.make(OP.epollWait, epfd, eventsMax, timeout, undefined);
  }

  /** nanosleep(2). */
  nanosleep(duration: Duration): Syscall<number> {
    options('nanosleep', DURATION, duration);
    for (const part of Object.values(duration)) {
      if (part !== undefined) finite('nanosleep', 'time', part);
    }
    const ns =
      (duration.s ?? 0) * 1e9 +
      (duration.ms ?? 0) * 1e6 +
      (duration.us ?? 0) * 1e3 +
      (duration.ns ?? 0);
    return this.#task.make(OP.nanosleep, finite('nanosleep', 'time', ns), 0, 0, undefined);
  }

  /** clock_gettime(2), in milliseconds with their fraction. */
  clockGettime(clock: ClockId = 'monotonic'): Syscall<number> {
    known('clock', CLOCKS, clock);
    return this.#task.make(OP.clockGettime, clock === 'realtime' ? 1 : 0, 0, 0, undefined);
  }

  /**
   * futex(2) FUTEX_WAIT: sleeps while `words[index] === expected`; EAGAIN if it is not, ETIMEDOUT;
   * EINVAL for a timeout below 0.
   */
  futexWait(
    words: Int32Array,
    index: number,
    expected: number,
    timeoutMs: number | null = null,
  ): Syscall<number> {
    const timeout = strictTimeoutNs('futexWait', timeoutMs);
    return this.#task.make(OP.futexWait, index, expected, timeout, wordsOf('futexWait', words));
  }

  /** futex(2) FUTEX_WAKE: wakes at most `count` sleepers, oldest first; gives how many. */
  futexWake(words: Int32Array, index: number, count = 1): Syscall<number> {
    return this.#task.make(OP.futexWake, index, count, 0, wordsOf('futexWake', words));
  }

  /**
   * A thread: a new task in this process (clone(2) with shared descriptors). Gives its task id.
   * EAGAIN where the process may have no more.
   */
  spawn(body: Body, given: SpawnOptions = {}): Syscall<number> {
    return this.#task.make(OP.spawn, 0, 0, 0, newTask('spawn', body, given));
  }

  /** Wait until a task of this process has ended (pthread_join(3)). */
  join(tid: number): Syscall<number> {
    return this.#task.make(OP.join, tid, 0, 0, undefined);
  }

  /**
   * fork(2) of a given program: a child process with a copy of the descriptor table runs `body`.
   * Gives the child's pid. (A JavaScript generator cannot be copied, so the child does not return
   * from the parent's call.)
   */
  fork(body: Body, given: SpawnOptions = {}): Syscall<number> {
    return this.#task.make(OP.fork, 0, 0, 0, newTask('fork', body, given));
  }

  /** waitpid(2). `pid` -1 waits for any child; `nohang` gives pid 0 when none has ended. */
  waitpid(pid = -1, given: { nohang?: boolean } = {}): Syscall<Exited> {
    const { nohang = false } = options('waitpid', WAITPID, given);
    return this.#task.make(OP.waitpid, waitedPid(pid), nohang ? 1 : 0, 0, undefined);
  }

  /** exit_group(2): ends every task of this process and closes its descriptors. */
  exit(status = 0): Syscall<never> {
    return this.#task.make(OP.exit, finite('exit', 'status', status), 0, 0, undefined);
  }

  /**
   * sigaction(2). A handler may be a plain function, or a generator that does syscalls with the sys
   * it is given (that of the task on which it runs). Processes begin with SIGPIPE ignored.
   */
  sigaction(signal: number, action: SignalAction): Syscall<number> {
    return this.#task.make(OP.sigaction, signal, 0, 0, signalAction(action));
  }

  /**
   * io_uring_setup(2): a completion ring with room for so many entries at a time. It can be polled:
   * readable with a completion.
   */
  ringSetup(entries: number, flags: { cloexec?: boolean } = NONE): Syscall<number> {
    const bits = flagBits('ringSetup', flags, CLOEXEC);
    return this.#task.make(OP.ringSetup, entries, bits, 0, undefined);
  }

  /** io_uring_enter(2), the submitting half. Gives how many entries were taken. */
  ringSubmit(fd: number, entries: readonly RingEntry[]): Syscall<number> {
    return this.#task.make(OP.ringSubmit, fd, 0, 0, ringEntries(entries));
  }

  /**
   * io_uring_enter(2), the waiting half: takes out the completions once there are `completionsMin`,
   * or the time is up.
   */
  ringWait(
    fd: number,
    completionsMin = 1,
    timeoutMs: number | null = null,
  ): Syscall<RingCompletion[]> {
    const timeout = timeoutNs('ringWait', timeoutMs);
    return this.#task.make(OP.ringWait, fd, completionsMin, timeout, undefined);
  }

  /** execve(2) of a given program: it takes the place of what this process was doing. */
  exec(body: Body): Syscall<never> {
    return this.#task.make(OP.exec, 0, 0, 0, bodyOf('exec', body));
  }

  /**
   * kill(2). A signal whose default action ends the process does so with status 128 + n; signal 0
   * only looks whether it is there.
   */
  kill(pid: number, signal: number): Syscall<number> {
    return this.#task.make(OP.kill, pid, signal, 0, undefined);
  }

  /**
   * tkill(2): a signal for one task, by what gettid(2) gives of it. Where the default action ends
   * anything, it is the whole process.
   */
  tkill(tid: number, signal: number): Syscall<number> {
    return this.#task.make(OP.tkill, tid, signal, 0, undefined);
  }

  /** sched_yield(2): let the others go first. */
  schedYield(): Syscall<number> {
    return this.#task.make(OP.schedYield, 0, 0, 0, undefined);
  }

  /** gettid(2). */
  gettid(): Syscall<number> {
    return this.#task.make(OP.gettid, 0, 0, 0, undefined);
  }

  /** getpid(2). */
  getpid(): Syscall<number> {
    return this.#task.make(OP.getpid, 0, 0, 0, undefined);
  }

  /** setrlimit(2) of RLIMIT_NOFILE: descriptors at or above `limit` are no longer given out. */
  setrlimit(limit: number): Syscall<number> {
    return this.#task.make(OP.setrlimit, limit, 0, 0, undefined);
  }

  /**
   * timerfd_create(2). A read gives the expirations since the last one as 8 bytes, little-endian.
   */
  timerfdCreate(clock: ClockId = 'monotonic', flags: DescriptorFlags = NONE): Syscall<number> {
    const id = known('clock', CLOCKS, clock) === 'realtime' ? 1 : 0;
    return this.#task.make(OP.timerfdCreate, id, flagBits('timerfdCreate', flags), 0, undefined);
  }

  /** timerfd_settime(2). Gives what was set before, as {@link timerfdGettime} would have. */
  timerfdSettime(fd: number, spec: TimerSpec): Syscall<TimerSpec> {
    options('timerfdSettime', TIMER, spec);
    numbers('timerfdSettime', spec, ['valueMs', 'intervalMs']);
    return this.#task.make(OP.timerfdSettime, fd, 0, 0, spec);
  }

  /** timerfd_gettime(2). `valueMs` is what is left, 0 for a timer that is not armed. */
  timerfdGettime(fd: number): Syscall<TimerSpec> {
    return this.#task.make(OP.timerfdGettime, fd, 0, 0, undefined);
  }

  /**
   * open(2) of a file on the disk of this host, or of `/dev/null`. `flags` are O_RDONLY, O_WRONLY
   * or O_RDWR, and any of O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NONBLOCK, O_CLOEXEC.
   * Gives the lowest free descriptor. `mode` is kept with what is made. There are no permissions,
   * and no working directory but `/`.
   */
  open(path: string, flags = 2, mode = 0o777): Syscall<number> {
    const bits = finite('open', 'mode', mode);
    return this.#task.make(OP.open, openFlags(flags), bits, 0, text('open', 'path', path));
  }

  /** memfd_create(2): an empty regular file that lives in memory. */
  memfdCreate(name: string, flags: { cloexec?: boolean } = NONE): Syscall<number> {
    const bits = flagBits('memfdCreate', flags, CLOEXEC);
    return this.#task.make(OP.memfdCreate, bits, 0, 0, text('memfdCreate', 'name', name));
  }

  /** unlink(2) of a file, or of the path that an AF_UNIX socket was bound to. */
  unlink(path: string): Syscall<number> {
    return this.#task.make(OP.unlink, 0, 0, 0, text('unlink', 'path', path));
  }

  /** lseek(2). Throws ESPIPE on whatever has no offset. */
  lseek(fd: number, offset: number, from: SeekFrom = 'set'): Syscall<number> {
    const whence = from === 'set' ? 0 : from === 'cur' ? 1 : from === 'end' ? 2 : -1;
    finite('lseek', 'offset', offset);
    return this.#task.make(OP.lseek, fd, offset, whence, undefined);
  }

  /** pread(2): as read, from `offset` on, and the descriptor's own offset stays. */
  pread(fd: number, bytesMax: number, offset: number): Syscall<Uint8Array> {
    const size = byteCount('pread', bytesMax);
    return this.#task.make(OP.pread, fd, size, finite('pread', 'offset', offset), undefined);
  }

  /** pwrite(2): as write, from `offset` on; with O_APPEND to the end all the same, as on Linux. */
  pwrite(fd: number, bytes: Uint8Array, offset: number): Syscall<number> {
    const from = finite('pwrite', 'offset', offset);
    return this.#task.make(OP.pwrite, fd, from, 0, payload('pwrite', bytes));
  }

  /** fsync(2): what the file is, or the directory, is on the disk when it returns. */
  fsync(fd: number): Syscall<number> {
    return this.#task.make(OP.fsync, fd, 0, 0, undefined);
  }

  /** fdatasync(2). As fsync: of what it may leave out nothing is simulated. */
  fdatasync(fd: number): Syscall<number> {
    return this.#task.make(OP.fdatasync, fd, 0, 0, undefined);
  }

  /** ftruncate(2). What is added reads as zeros. */
  ftruncate(fd: number, size: number): Syscall<number> {
    return this.#task.make(OP.ftruncate, fd, finite('ftruncate', 'size', size), 0, undefined);
  }

  /** fstat(2) of a file or a directory. */
  fstat(fd: number): Syscall<FileStatus> {
    return this.#task.make(OP.fstat, fd, 0, 0, undefined);
  }

  /**
   * flock(2) of a file or a directory: LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB or without. The
   * lock belongs to what `dup` and `fork` share.
   */
  flock(fd: number, how: number): Syscall<number> {
    return this.#task.make(OP.flock, fd, finite('flock', 'operation', how), 0, undefined);
  }

  /** stat(2) of a file or a directory. */
  stat(path: string): Syscall<FileStatus> {
    return this.#task.make(OP.stat, 0, 0, 0, text('stat', 'path', path));
  }

  /** rename(2). What was there before is replaced in the same step. */
  rename(from: string, to: string): Syscall<number> {
    return this.#task.make(OP.rename, 0, 0, 0, twoPaths('rename', from, to));
  }

  /** link(2): another name for a file. */
  link(from: string, to: string): Syscall<number> {
    return this.#task.make(OP.link, 0, 0, 0, twoPaths('link', from, to));
  }

  /** mkdir(2). */
  mkdir(path: string, mode = 0o777): Syscall<number> {
    const bits = finite('mkdir', 'mode', mode);
    return this.#task.make(OP.mkdir, bits, 0, 0, text('mkdir', 'path', path));
  }

  /** rmdir(2). */
  rmdir(path: string): Syscall<number> {
    return this.#task.make(OP.rmdir, 0, 0, 0, text('rmdir', 'path', path));
  }

  /** opendir(3), readdir(3) to the end and closedir(3) in one: the names, in alphabetical order. */
  readdir(path: string): Syscall<string[]> {
    return this.#task.make(OP.readdir, 0, 0, 0, text('readdir', 'path', path));
  }

  /**
   * What only Node programs ask of their disk: all that stat(2) tells, links, owners, times.
   *
   * @internal
   */
  fileCall<T extends number | string | readonly number[]>(call: FileCall): Syscall<T> {
    return this.#task.make(OP.fileCall, 0, 0, 0, fileCallOf('fileCall', call));
  }

  // ---- shared memory ----

  /**
   * Read a shared cell, or `look` at its value: of a collection, what is looked for. It must not
   * change the value.
   */
  load<T>(cell: Cell<T>): Syscall<T>;
  load<T, R>(cell: Cell<T>, look: (value: T) => R): Syscall<R>;
  load<T>(cell: Cell<T>, look?: (value: T) => unknown): Syscall<unknown> {
    shared('load', 'cell', Cell, cell);
    if (look !== undefined && typeof look !== 'function') {
      throw wrong('load', 'look', 'a function', look);
    }
    const access = { cell: cell as Cell<unknown>, argument: look } satisfies CellAccess;
    return this.#task.make(OP.load, 0, 0, 0, access);
  }

  /** Write a shared cell. */
  store<T>(cell: Cell<T>, value: T): Syscall<number> {
    shared('store', 'cell', Cell, cell);
    const access = { cell: cell as Cell<unknown>, argument: value } satisfies CellAccess;
    return this.#task.make(OP.store, 0, 0, 0, access);
  }

  /**
   * Replace the value of a shared cell in one step that nobody can interrupt (an atomic exchange);
   * gives what was there before.
   */
  update<T>(cell: Cell<T>, change: (value: T) => T): Syscall<T> {
    shared('update', 'cell', Cell, cell);
    if (typeof change !== 'function') throw wrong('update', 'change', 'a function', change);
    const access = { cell: cell as Cell<unknown>, argument: change } satisfies CellAccess;
    return this.#task.make(OP.update, 0, 0, 0, access);
  }

  /**
   * pthread_mutex_lock(3) of a normal mutex: a task that locks it twice waits for itself.
   * With a time, pthread_mutex_timedlock(3): throws ETIMEDOUT when that is up; 0 does not wait.
   */
  lock(mutex: Mutex, timeoutMs: number | null = null): Syscall<number> {
    const timeout = timeoutNs('lock', timeoutMs);
    return this.#task.make(OP.lock, 0, 0, timeout, shared('lock', 'mutex', Mutex, mutex));
  }

  /** pthread_mutex_trylock(3). Gives whether this task has it now. */
  tryLock(mutex: Mutex): Syscall<boolean> {
    return this.#task.make(OP.tryLock, 0, 0, 0, shared('tryLock', 'mutex', Mutex, mutex));
  }

  /** pthread_mutex_unlock(3). Throws EPERM unless this task holds it. */
  unlock(mutex: Mutex): Syscall<number> {
    return this.#task.make(OP.unlock, 0, 0, 0, shared('unlock', 'mutex', Mutex, mutex));
  }

  /**
   * pthread_cond_wait(3): lets go of the mutex, waits until it is woken, takes the mutex again.
   * Never wakes up for nothing. With a time, pthread_cond_timedwait(3): throws ETIMEDOUT when that
   * was up first; it has the mutex then as well.
   */
  condWait(condition: Condition, mutex: Mutex, timeoutMs: number | null = null): Syscall<number> {
    shared('condWait', 'condition', Condition, condition);
    shared('condWait', 'mutex', Mutex, mutex);
    const wait = { condition, mutex } satisfies ConditionWait;
    return this.#task.make(OP.condWait, 0, 0, timeoutNs('condWait', timeoutMs), wait);
  }

  /** pthread_cond_signal(3): wakes the one that has waited longest, if anybody waits. */
  condSignal(condition: Condition): Syscall<number> {
    const its = shared('condSignal', 'condition', Condition, condition);
    return this.#task.make(OP.condSignal, 1, 0, 0, its);
  }

  /** pthread_cond_broadcast(3): wakes all that wait. */
  condBroadcast(condition: Condition): Syscall<number> {
    const its = shared('condBroadcast', 'condition', Condition, condition);
    return this.#task.make(OP.condSignal, 0x7fffffff, 0, 0, its);
  }

  // ---- synchronisation ----

  /** pthread_rwlock_rdlock(3). With a time, throws ETIMEDOUT when that is up; 0 does not wait. */
  rdLock(rwlock: RwLock, timeoutMs: number | null = null): Syscall<number> {
    const timeout = timeoutNs('rdLock', timeoutMs);
    return this.#task.make(OP.rdLock, 0, 0, timeout, synced('rdLock', RwLock, rwlock));
  }

  /** pthread_rwlock_wrlock(3). With a time, throws ETIMEDOUT when that is up; 0 does not wait. */
  wrLock(rwlock: RwLock, timeoutMs: number | null = null): Syscall<number> {
    const timeout = timeoutNs('wrLock', timeoutMs);
    return this.#task.make(OP.wrLock, 0, 0, timeout, synced('wrLock', RwLock, rwlock));
  }

  /** pthread_rwlock_unlock(3). Throws EPERM unless this task holds it. */
  rwUnlock(rwlock: RwLock): Syscall<number> {
    return this.#task.make(OP.rwUnlock, 0, 0, 0, synced('rwUnlock', RwLock, rwlock));
  }

  /**
   * sem_wait(3): takes a permit. With a time, throws ETIMEDOUT when that is up; 0 does not wait. No
   * signal ends it.
   */
  semWait(semaphore: Semaphore, timeoutMs: number | null = null): Syscall<number> {
    const timeout = timeoutNs('semWait', timeoutMs);
    return this.#task.make(OP.semWait, 0, 0, timeout, synced('semWait', Semaphore, semaphore));
  }

  /** sem_post(3): gives back a permit, or several. */
  semPost(semaphore: Semaphore, permits = 1): Syscall<number> {
    const its = synced('semPost', Semaphore, semaphore);
    return this.#task.make(OP.semPost, count('semPost', permits), 0, 0, its);
  }

  /**
   * pthread_barrier_wait(3): waits until as many have come as the barrier is for. Gives true to the
   * last of them and false to the others.
   */
  barrierWait(barrier: Barrier): Syscall<boolean> {
    const meeting: Meeting<Barrier> = { place: synced('barrierWait', Barrier, barrier) };
    return this.#task.make(OP.barrierWait, 0, 0, -1, meeting);
  }

  /** Add to the count of a wait group, or with -1 say that work is done. EINVAL below 0. */
  groupAdd(group: WaitGroup, work: number): Syscall<number> {
    const its = synced('groupAdd', WaitGroup, group);
    return this.#task.make(OP.groupAdd, finite('groupAdd', 'work', work), 0, 0, its);
  }

  /**
   * Wait until the count of a wait group is 0. A task that waits at that moment goes on,
   * even if more work is added before its turn.
   */
  groupWait(group: WaitGroup, timeoutMs: number | null = null): Syscall<number> {
    const meeting: Meeting<WaitGroup> = { place: synced('groupWait', WaitGroup, group) };
    return this.#task.make(OP.groupWait, 0, 0, timeoutNs('groupWait', timeoutMs), meeting);
  }

  /**
   * Send a message to a channel: waits while it is full, or until somebody receives where it holds
   * nothing. Throws EPIPE when it is closed, ETIMEDOUT when the time is up; 0 does not wait.
   */
  chanSend<T>(
    channel: Channel<T>,
    value: Uninferred<T>,
    timeoutMs: number | null = null,
  ): Syscall<number> {
    const ask = new ChannelAsk([caseOf('chanSend', { send: channel, value })], false);
    return this.#task.make(OP.chanSend, 0, 0, timeoutNs('chanSend', timeoutMs), ask);
  }

  /**
   * Receive the oldest message of a channel, as `{ done: false, value }`; `{ done: true }` when it
   * is closed and empty. Throws ETIMEDOUT when the time is up; 0 does not wait.
   */
  chanReceive<T>(channel: Channel<T>, timeoutMs: number | null = null): Syscall<Taken<T>> {
    const ask = new ChannelAsk([caseOf('chanReceive', { receive: channel })], false);
    return this.#task.make(OP.chanReceive, 0, 0, timeoutNs('chanReceive', timeoutMs), ask);
  }

  /**
   * Close a channel: receivers get what is left and then `{ done: true }`, senders EPIPE.
   * Throws EBADF if it is closed already.
   */
  chanClose(channel: Channel<unknown>): Syscall<number> {
    return this.#task.make(OP.chanClose, 0, 0, 0, synced('chanClose', Channel, channel));
  }

  /**
   * Go's select: carries out one of several cases, `{ receive: channel }` or `{ send: channel,
   * value }`. If several can be, which of them is a decision; if none can, it waits for the first
   * that can, or with `otherwise` gives index -1. Throws EPIPE when its send comes to a closed
   * channel, ETIMEDOUT when the time is up.
   */
  chanSelect<const Cases extends readonly SelectCase[]>(
    cases: Cases,
    given: { readonly timeoutMs?: number | null; readonly otherwise?: boolean } = {},
  ): Syscall<Selected<Cases>> {
    const { timeoutMs = null, otherwise = false } = options('chanSelect', SELECT, given);
    const all = list('chanSelect', 'cases', cases).map((one) => caseOf('chanSelect', one));
    const ask = new ChannelAsk(all, otherwise);
    return this.#task.make(OP.chanSelect, 0, 0, timeoutNs('chanSelect', timeoutMs), ask);
  }
}
