/**
 * Constants with Linux's names and values (x86-64); they are also what `src/real/linux` hands to
 * libc.
 */

// poll(2), epoll(7)
export const POLLIN = 0x001;
export const POLLPRI = 0x002;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;
export const POLLNVAL = 0x020;
export const POLLRDNORM = 0x040;
export const POLLRDBAND = 0x080;
export const POLLWRNORM = 0x100;
export const POLLWRBAND = 0x200;
export const POLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE: number = 1 << 28;
export const EPOLLWAKEUP: number = 1 << 29;
export const EPOLLONESHOT: number = 1 << 30;
/** 1 << 31 is negative in JavaScript; the bit pattern is Linux's. */
export const EPOLLET: number = 1 << 31;
export const EPOLLIN: number = POLLIN;
export const EPOLLPRI: number = POLLPRI;
export const EPOLLOUT: number = POLLOUT;
export const EPOLLERR: number = POLLERR;
export const EPOLLHUP: number = POLLHUP;
export const EPOLLRDHUP: number = POLLRDHUP;

// fcntl(2), open(2)
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_ACCMODE = 3;
export const O_NONBLOCK = 0o4000;
export const O_ASYNC = 0o20000;
/** Stands in the flags of every file that was opened on a 64-bit machine. */
export const O_LARGEFILE = 0o100000;
export const O_CLOEXEC = 0o2000000;
export const FD_CLOEXEC = 1;
export const F_DUPFD = 0;
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_SETOWN = 8;
export const F_GETOWN = 9;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;
export const FIONREAD = 0x541b;
export const FIONBIO = 0x5421;

// socket(7), tcp(7)
export const SOL_SOCKET = 1;
export const IPPROTO_TCP = 6;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_OOBINLINE = 10;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_RCVLOWAT = 18;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_ACCEPTCONN = 30;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_INFO = 11;
export const TCP_USER_TIMEOUT = 18;
/** tcpi_state by its name. */
export const TCP_STATES = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
} as const;
export const MSG_OOB = 0x1;
export const MSG_PEEK = 0x2;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;
export const SOMAXCONN = 4096;

// signal(7)
export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGURG = 23;
export const SIGWINCH = 28;
export const SIGIO = 29;

// eventfd(2), select(2), limits
export const EFD_SEMAPHORE = 1;
export const EFD_NONBLOCK: number = O_NONBLOCK;
export const EFD_CLOEXEC: number = O_CLOEXEC;
export const FD_SETSIZE = 1024;
export const PIPE_BUF = 4096;
/** RLIMIT_NOFILE's usual soft limit. */
export const RLIMIT_NOFILE_DEFAULT = 1024;

const POLL_NAMES: readonly (readonly [number, string])[] = [
  [POLLIN, 'IN'],
  [POLLPRI, 'PRI'],
  [POLLOUT, 'OUT'],
  [POLLRDHUP, 'RDHUP'],
  [POLLHUP, 'HUP'],
  [POLLERR, 'ERR'],
  [POLLNVAL, 'NVAL'],
  [POLLRDNORM, 'RDNORM'],
  [POLLRDBAND, 'RDBAND'],
  [POLLWRNORM, 'WRNORM'],
  [POLLWRBAND, 'WRBAND'],
  [EPOLLET, 'ET'],
  [EPOLLONESHOT, 'ONESHOT'],
  [EPOLLEXCLUSIVE, 'EXCLUSIVE'],
];

/** A readiness mask in words, `IN|RDHUP`; `0` when it is empty. */
export function pollMaskText(mask: number): string {
  const names = POLL_NAMES.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? '0' : names.join('|');
}
