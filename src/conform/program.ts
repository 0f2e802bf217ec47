import * as c from '../sys/constants.ts';
import type { SocketFamily, SocketOption, SocketType } from '../sys/sys.ts';

/** What a step may ask for: a syscall, or a pattern of them that only makes sense as a whole. */
export type StepCall =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'send'
  | 'recv'
  | 'sendto'
  | 'recvfrom'
  | 'read'
  | 'write'
  | 'shutdown'
  | 'close'
  | 'getsockname'
  | 'getpeername'
  | 'getsockopt'
  | 'setsockopt'
  | 'dup'
  | 'dup2'
  | 'dup3'
  | 'fcntl'
  | 'ioctl'
  | 'pipe'
  | 'socketpair'
  | 'eventfd'
  | 'timerfdCreate'
  | 'timerfdSettime'
  | 'timerfdGettime'
  /** Of /dev/null, or of a path. */
  | 'open'
  | 'memfdCreate'
  | 'lseek'
  | 'pread'
  | 'pwrite'
  | 'fsync'
  | 'fdatasync'
  | 'ftruncate'
  | 'fstat'
  | 'flock'
  | 'stat'
  | 'rename'
  | 'link'
  | 'mkdir'
  | 'rmdir'
  | 'readdir'
  /** Of a name of AF_UNIX, or of a path. */
  | 'unlink'
  /** Of SIGPIPE: a handler that only notes it, or none. */
  | 'sigaction'
  | 'epollCreate'
  | 'epollCtl'
  | 'epollWait'
  | 'poll'
  | 'select'
  /** A child process with a copy of the table, and the task that does its steps. */
  | 'fork'
  | 'exit'
  /** Write to the first descriptor until it is full, then read the second until it is empty. */
  | 'flood'
  // Only in programs of several tasks:
  /** Another task of this process, or one of a child process (fork): its number. */
  | 'thread'
  /** Of SIGUSR1: a handler that does nothing, with SA_RESTART or without. */
  | 'handle'
  /** SIGUSR1 for a task. */
  | 'tkill'
  | 'futexWait'
  | 'futexWake'
  | 'futexSet'
  /** So many milliseconds go by. */
  | 'sleep'
  /** Write chunks of so many bytes until there is no room; read until there is nothing. */
  | 'fill'
  | 'drain';

/**
 * One step of a program: it refers to descriptors by the names under which earlier steps made them.
 */
export interface Step {
  /** Which task does it; 0 and 1 share a process, 2 belongs to the child. */
  readonly task: number;
  readonly call: StepCall;
  readonly fds: readonly string[];
  readonly numbers: readonly number[];
  /** Names for the descriptors it makes. */
  readonly makes: readonly string[];
}

/** A program for both kernels. It is plain JSON. */
export interface Program {
  /** Tasks are threads and processes that really sleep on Linux, several at a time. */
  readonly asleep?: 'really';
  /**
   * Compare the readiness of all descriptors after each step, or only at the end: looking is not
   * without effect.
   */
  readonly watch: 'each' | 'end';
  readonly steps: readonly Step[];
  /** For saved programs: what it is about, and where that was found. */
  readonly about?: string;
  readonly source?: string;
}

/** Socket options by the number that stands for them in a step; saved programs know them by it. */
export const OPTIONS: readonly SocketOption[] = [
  'SO_ERROR',
  'SO_LINGER',
  'SO_REUSEADDR',
  'SO_ACCEPTCONN',
  'SO_REUSEPORT',
  'SO_KEEPALIVE',
  'SO_OOBINLINE',
  'SO_RCVLOWAT',
  'SO_RCVTIMEO',
  'SO_SNDTIMEO',
  'TCP_NODELAY',
  'TCP_KEEPIDLE',
  'TCP_KEEPINTVL',
  'TCP_KEEPCNT',
  'TCP_USER_TIMEOUT',
  'TCP_INFO',
  'SO_TYPE',
  'SO_DOMAIN',
  'SO_PROTOCOL',
];

/** Sockets by the number that stands for them in a step. */
export const SOCKETS: readonly (readonly [SocketFamily, SocketType])[] = [
  ['inet', 'stream'],
  ['inet', 'dgram'],
  ['unix', 'stream'],
  ['unix', 'seqpacket'],
  ['unix', 'dgram'],
  ['inet', 'seqpacket'],
];

/**
 * Names of AF_UNIX sockets: NAME_FIRST stands for the first of them, NAME_FIRST - 1 for the second,
 * …
 */
export const UNIX_NAMES: readonly string[] = ['', '/a', '/b', '\0a', '\0b', '/as-long-as-inet'];
export const NAME_FIRST = -10;
/** Paths on the disk, by the number that stands for them; none of them leads out of its folder. */
export const PATHS: readonly string[] = [
  ...['/f', '/g', '/d', '/d/f', '/d/e', '/d/e/f', '/f/', '/d/', '/f/x', '', '/.', '/d/.', '/no/f'],
];
/** No address at all: sendto(2) as send(2). */
export const NO_ADDRESS = -2;
/** A port plus this is that port of any address. */
export const ANY_ADDRESS = 100_000;
/** And this of another address of this machine. */
export const SECOND_ADDRESS = 200_000;
/**
 * What timerfd_settime is asked for, by number: nothing, an hour, a moment, a moment that lies
 * behind, one that is far off.
 */
export const TIMES_MS: readonly number[] = [0, 3_600_000, 1, 1e-6, 3_600_000];
export const TIME_SOON = 2;
/** From this one on they are absolute. */
export const TIME_PAST = 3;
/** lseek(2)'s places, by number. */
export const PLACES: readonly string[] = ['set', 'cur', 'end', '?'];

/** A time to wait that lies below zero: to select(2) a mistake, to others no limit. */
export const WAIT_BELOW_ZERO = -2;
/** Events of epoll_ctl(2): none, but a null pointer. */
export const NO_EVENT: number = -(2 ** 31);

/** Where among the numbers of such a call stands how long it waits. */
export const waitAt = ({ call, fds }: Step): number => (call === 'epollWait' ? 1 : fds.length);

export const TASK_CHILD = 2;
/** connect(2) to this port dissolves the connection (AF_UNSPEC). */
export const PORT_UNSPECIFIED = -1;

const EPOLL_OPS = ['?', 'add', 'del', 'mod'] as const;
const ACCESS = ['rdonly', 'wronly', 'rdwr'] as const;
const SHUTDOWNS = ['?', 'rd', 'wr', 'rdwr'] as const;
const COMMANDS: { readonly [command: number]: string } = {
  [c.F_DUPFD]: 'F_DUPFD',
  [c.F_DUPFD_CLOEXEC]: 'F_DUPFD_CLOEXEC',
  [c.F_GETFD]: 'F_GETFD',
  [c.F_SETFD]: 'F_SETFD',
  [c.F_GETFL]: 'F_GETFL',
  [c.F_SETFL]: 'F_SETFL',
  [c.F_GETPIPE_SZ]: 'F_GETPIPE_SZ',
  [c.F_SETPIPE_SZ]: 'F_SETPIPE_SZ',
};

const IOCTLS: { readonly [request: number]: string } = {
  [c.FIONREAD]: 'FIONREAD',
  [c.FIONBIO]: 'FIONBIO',
  [c.SIOCATMARK]: 'SIOCATMARK',
};

/** The arguments behind the descriptors, in words. */
function argumentsText({ call, fds, numbers: n }: Step): string[] {
  switch (call) {
    case 'socket':
    case 'socketpair':
      return [
        ...(SOCKETS[n[1] ?? (call === 'socket' ? 0 : 2)] as readonly string[]),
        ...(n[0] === 1 ? ['nonblock'] : []),
      ];
    case 'accept':
    case 'pipe':
      return n[0] === 1 ? ['nonblock'] : [];
    case 'timerfdCreate':
      return [...(n[0] === 1 ? ['nonblock'] : []), ...(n[1] === 1 ? ['realtime'] : [])];
    case 'open':
      return n[1] === undefined
        ? [ACCESS[n[0] as 0] ?? '?']
        : [pathText(n[1]), `flags 0o${(n[0] as number).toString(8)}`];
    case 'stat':
    case 'rename':
    case 'link':
    case 'mkdir':
    case 'rmdir':
    case 'readdir':
      return n.map(pathText);
    case 'pread':
    case 'pwrite':
      return [`${n[0]} bytes`, `at ${n[1]}`];
    case 'lseek':
      return [String(n[0]), PLACES[n[1] as 0] ?? '?'];
    case 'timerfdSettime':
      return [`${TIMES_MS[n[0] as number]} ms`, ...(n[1] === 1 ? ['periodic'] : [])];
    case 'sendto':
      return [`${n[0]} bytes`, messageFlagsText(n[1] as number), addressText(n[2] as number)];
    case 'recvfrom':
      return [`${n[0]} bytes`, messageFlagsText(n[1] as number)];
    case 'unlink':
      return [n[0] !== undefined && n[0] >= 0 ? pathText(n[0]) : addressText(n[0] as number)];
    case 'eventfd':
      return [
        String(n[0]),
        ...(n[1] === 1 ? ['nonblock'] : []),
        ...(n[2] === 1 ? ['semaphore'] : []),
      ];
    case 'bind':
    case 'connect':
      return [addressText(n[0] as number)];
    case 'send':
    case 'recv':
      return [
        `${n[0]} bytes`,
        ...((n[1] as number) === 0 ? [] : [messageFlagsText(n[1] as number)]),
      ];
    case 'read':
    case 'write':
    case 'fill':
      return [`${n[0]} bytes`];
    case 'thread':
    case 'fork':
    case 'tkill':
      return n.map((task) => `t${task}`);
    case 'handle':
      return n[0] === 1 ? ['SA_RESTART'] : [];
    case 'futexWait':
      return [`word ${n[0]}`, `while ${n[1]}`, ...(Number(n[2]) < 0 ? [] : [`${n[2]} ms`])];
    case 'futexWake':
    case 'futexSet':
      return [`word ${n[0]}`, String(n[1])];
    case 'sleep':
      return [`${n[0]} ms`];
    case 'shutdown':
      return [SHUTDOWNS[n[0] as 0] ?? '?'];
    case 'getsockopt':
      return [OPTIONS[n[0] as number] as string];
    case 'setsockopt':
      return [OPTIONS[n[0] as number] as string, String(n[1])];
    case 'fcntl':
      return [COMMANDS[n[0] as number] ?? String(n[0]), String(n[1])];
    case 'ioctl':
      return [IOCTLS[n[0] as number] ?? String(n[0]), String(n[1])];
    case 'epollCtl':
      return [
        EPOLL_OPS[n[0] as 0] ?? '?',
        n[1] === NO_EVENT ? 'null' : c.pollMaskText(n[1] as number),
      ];
    case 'epollWait':
      return [`max ${n[0]}`, waitText(n[1])];
    case 'poll':
      return [...fds.map((_, i) => c.pollMaskText(n[i] as number)), waitText(n[fds.length])];
    case 'epollCreate':
      return n.map((size) => `size ${size}`);
    case 'select':
      return [
        ...fds.map((_, i) => setsText(n[i] as number)),
        waitText(n[fds.length]),
        ...n.slice(fds.length + 1).map((nfds) => `nfds ${nfds}`),
      ];
    default:
      return n.map(String);
  }
}

const pathText = (path: number): string => JSON.stringify(PATHS[path] ?? '?');

function waitText(wait: number | undefined): string {
  if (wait === 1) return 'wait';
  if (wait === WAIT_BELOW_ZERO) return 'wait -5 ms';
  return wait === undefined || wait <= 0 ? 'no wait' : `wait ${wait} ms`;
}

const setsText = (sets: number): string =>
  ['read', 'write', 'except'].filter((_, i) => (sets & (1 << i)) !== 0).join('|') || 'none';

const MESSAGE_FLAGS: readonly (readonly [flag: number, name: string])[] = [
  [c.MSG_PEEK, 'PEEK'],
  [c.MSG_DONTWAIT, 'DONTWAIT'],
  [c.MSG_TRUNC, 'TRUNC'],
  [c.MSG_WAITALL, 'WAITALL'],
  [c.MSG_NOSIGNAL, 'NOSIGNAL'],
  [c.MSG_OOB, 'OOB'],
];

function messageFlagsText(flags: number): string {
  const names = MESSAGE_FLAGS.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'no flags' : names.join('|');
}

function addressText(address: number): string {
  if (address === PORT_UNSPECIFIED) return 'AF_UNSPEC';
  if (address === NO_ADDRESS) return 'no address';
  if (address >= SECOND_ADDRESS) return `127.0.0.2, port ${address - SECOND_ADDRESS}`;
  if (address >= ANY_ADDRESS) return `any address, port ${address - ANY_ADDRESS}`;
  return address <= NAME_FIRST
    ? `name ${JSON.stringify(UNIX_NAMES[NAME_FIRST - address])}`
    : `port ${address}`;
}

/** One line for people: `s1 = accept(l1, nonblock)`. */
export function stepText(step: Step): string {
  const made = step.makes.length === 0 ? '' : `${step.makes.join(', ')} = `;
  return `t${step.task}  ${made}${step.call}(${[...step.fds, ...argumentsText(step)].join(', ')})`;
}
