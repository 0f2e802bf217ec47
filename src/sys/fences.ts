import { wrong } from './arguments.ts';
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NONBLOCK,
  O_TRUNC,
} from './constants.ts';
import { UnsupportedError } from './errors.ts';
import type { ClockId, SocketFamily, SocketOption, SocketType } from './sys.ts';

/**
 * What programs may ask for, on whatever kernel; everything else is refused by name, before any
 * kernel sees it.
 */

export const FAMILIES: Readonly<Record<SocketFamily, true>> = { inet: true, unix: true };
export const TYPES: Readonly<Record<SocketType, true>> = {
  stream: true,
  dgram: true,
  seqpacket: true,
};
export const CLOCKS: Readonly<Record<ClockId, true>> = { monotonic: true, realtime: true };
export const SOCKET_OPTIONS: Readonly<Record<SocketOption, true>> = {
  SO_REUSEADDR: true,
  SO_REUSEPORT: true,
  SO_ERROR: true,
  SO_SNDBUF: true,
  SO_RCVBUF: true,
  SO_LINGER: true,
  SO_KEEPALIVE: true,
  SO_ACCEPTCONN: true,
  SO_TYPE: true,
  SO_DOMAIN: true,
  SO_PROTOCOL: true,
  SO_OOBINLINE: true,
  SO_RCVLOWAT: true,
  SO_RCVTIMEO: true,
  SO_SNDTIMEO: true,
  TCP_NODELAY: true,
  TCP_KEEPIDLE: true,
  TCP_KEEPINTVL: true,
  TCP_KEEPCNT: true,
  TCP_USER_TIMEOUT: true,
  TCP_INFO: true,
};

/** `value`, if it is one of the known ones. */
export function known<T extends string>(what: string, all: Readonly<Record<T, true>>, value: T): T {
  if (typeof value !== 'string') throw wrong(what, 'name', 'a text', value);
  if (!Object.hasOwn(all, value)) throw new UnsupportedError(`${what} ${value}`);
  return value;
}

const MESSAGE_FLAGS = MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_TRUNC | MSG_WAITALL | MSG_OOB;
/** The others, by their bits: they are refused. */
export const MESSAGE_FLAG_NAMES: Readonly<Record<number, string>> = {
  4: 'MSG_DONTROUTE',
  8: 'MSG_CTRUNC',
  16: 'MSG_PROXY',
  128: 'MSG_EOR',
  512: 'MSG_FIN',
  1024: 'MSG_SYN',
  2048: 'MSG_CONFIRM',
  4096: 'MSG_RST',
  8192: 'MSG_ERRQUEUE',
  32768: 'MSG_MORE',
  65536: 'MSG_WAITFORONE',
  67108864: 'MSG_ZEROCOPY',
  536870912: 'MSG_FASTOPEN',
  1073741824: 'MSG_CMSG_CLOEXEC',
};

/** The flags of send, recv, sendto and recvfrom. */
export function messageFlags(call: string, flags: number): number {
  if (typeof flags !== 'number') throw wrong(call, 'flags', 'a number', flags);
  const others = flags & ~MESSAGE_FLAGS;
  if (others !== 0) throw unknownFlags(call, others);
  return flags;
}

function unknownFlags(call: string, others: number): UnsupportedError {
  const names: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const flag = (1 << bit) >>> 0;
    if ((others & flag) === 0) continue;
    names.push(MESSAGE_FLAG_NAMES[flag] ?? `flag 0x${flag.toString(16)}`);
  }
  return new UnsupportedError(`${call} ${names.join('|')}`);
}

const OPEN_FLAGS =
  O_ACCMODE | O_NONBLOCK | O_CLOEXEC | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY;

export function openFlags(flags: number): number {
  if (typeof flags !== 'number') throw wrong('open', 'flags', 'a number', flags);
  const others = flags & ~OPEN_FLAGS;
  if (others !== 0) throw new UnsupportedError(`open with flags 0o${others.toString(8)}`);
  return flags;
}

/** waitpid(2) of any child or of one. */
export function waitedPid(pid: number): number {
  if (typeof pid !== 'number') throw wrong('waitpid', 'pid', 'a number', pid);
  if (pid < -1 || pid === 0) throw new UnsupportedError(`waitpid(${pid}), of a group of processes`);
  return pid;
}

const TIMER = 'a timerfd, or a task that sleeps and then does kill with SIGALRM, does the same';
const MASK = 'a handler that only notes the signal for later does the same';
const WAIT = 'a handler that writes to a pipe does the same';
const VECTOR = 'send and recv, read and write take one buffer at a time';

/** Syscalls of Linux that there are none of here, and what to do instead. */
export const ABSENT: Readonly<Record<string, string>> = {
  alarm: TIMER,
  setitimer: TIMER,
  getitimer: TIMER,
  timerCreate: TIMER,
  sigprocmask: MASK,
  sigsuspend: MASK,
  sigpending: MASK,
  signalfd: WAIT,
  sigwaitinfo: WAIT,
  sigtimedwait: WAIT,
  pause: WAIT,
  sendmsg: VECTOR,
  recvmsg: VECTOR,
  sendmmsg: VECTOR,
  recvmmsg: VECTOR,
  readv: VECTOR,
  writev: VECTOR,
  sendfile: VECTOR,
  splice: VECTOR,
  tee: VECTOR,
  ppoll: 'poll takes its timeout in milliseconds and no signal mask',
  pselect: 'select takes its timeout in milliseconds and no signal mask',
  epollPwait: 'epollWait takes its timeout in milliseconds and no signal mask',
  pidfdOpen: 'waitpid, or a handler of SIGCHLD, tells of the end of a child',
  inotifyInit: 'nothing tells of changes to files; stat or readdir, again and again, does',
  truncate: 'open and ftruncate do the same',
  symlink: 'there are no symbolic links; link gives a file another name',
  chmod: 'files have no permissions',
  chdir: 'paths begin at /',
  mmap: 'shared memory is a Cell (load, store, update)',
};
