/**
 * Constants with Linux's names and values (x86-64); they are also what `src/real/linux` hands to
 * libc.
 */

// poll(2), epoll(7)
/**
 * There is something to read, a connection to accept, or the end of the stream (poll(2)).
 *
 * @since 0.1.0
 */
export const POLLIN = 0x001;
/** There is urgent data, or another exceptional condition (poll(2)). @since 0.1.0 */
export const POLLPRI = 0x002;
/** A write would not block: there is room (poll(2)). @since 0.1.0 */
export const POLLOUT = 0x004;
/** An error is pending; reported whether or not it was asked for (poll(2)). @since 0.1.0 */
export const POLLERR = 0x008;
/**
 * Both directions are shut down, or the last writer has gone; always reported (poll(2)).
 *
 * @since 0.1.0
 */
export const POLLHUP = 0x010;
/** The descriptor is not open; in answers of poll alone (poll(2)). @since 0.1.0 */
export const POLLNVAL = 0x020;
/** As POLLIN, by another name (poll(2)). @since 0.1.0 */
export const POLLRDNORM = 0x040;
/** Priority data can be read (poll(2)). @since 0.1.0 */
export const POLLRDBAND = 0x080;
/** As POLLOUT, by another name (poll(2)). @since 0.1.0 */
export const POLLWRNORM = 0x100;
/** Priority data can be written (poll(2)). @since 0.1.0 */
export const POLLWRBAND = 0x200;
/** The peer has shut down its writing side (poll(2)). @since 0.1.0 */
export const POLLRDHUP = 0x2000;
/**
 * Of several epolls that watch one file with this, an event wakes one (epoll_ctl(2)).
 *
 * @since 0.1.0
 */
export const EPOLLEXCLUSIVE: number = 1 << 28;
/**
 * Keep the machine awake while the event is handled; without effect here (epoll_ctl(2)).
 *
 * @since 0.1.0
 */
export const EPOLLWAKEUP: number = 1 << 29;
/**
 * After one event the entry is silent until EPOLL_CTL_MOD arms it again (epoll_ctl(2)).
 *
 * @since 0.1.0
 */
export const EPOLLONESHOT: number = 1 << 30;
/** 1 << 31 is negative in JavaScript; the bit pattern is Linux's. @since 0.1.0 */
export const EPOLLET: number = 1 << 31;
/** {@link POLLIN}, for epoll (epoll_ctl(2)). @since 0.1.0 */
export const EPOLLIN: number = POLLIN;
/** {@link POLLPRI}, for epoll (epoll_ctl(2)). @since 0.1.0 */
export const EPOLLPRI: number = POLLPRI;
/** {@link POLLOUT}, for epoll (epoll_ctl(2)). @since 0.1.0 */
export const EPOLLOUT: number = POLLOUT;
/** {@link POLLERR}, for epoll; always reported (epoll_ctl(2)). @since 0.1.0 */
export const EPOLLERR: number = POLLERR;
/** {@link POLLHUP}, for epoll; always reported (epoll_ctl(2)). @since 0.1.0 */
export const EPOLLHUP: number = POLLHUP;
/** {@link POLLRDHUP}, for epoll (epoll_ctl(2)). @since 0.1.0 */
export const EPOLLRDHUP: number = POLLRDHUP;

// fcntl(2), open(2)
/** Open for reading only (open(2)). @since 0.1.0 */
export const O_RDONLY = 0;
/** Open for writing only (open(2)). @since 0.1.0 */
export const O_WRONLY = 1;
/** Open for reading and writing (open(2)). @since 0.1.0 */
export const O_RDWR = 2;
/** The bits of the flags that say how a file was opened (fcntl(2)). @since 0.1.0 */
export const O_ACCMODE = 3;
/** Make the file if there is none (open(2)). @since 0.2.0 */
export const O_CREAT = 0o100;
/** With O_CREAT: it must not be there yet (open(2)). @since 0.2.0 */
export const O_EXCL = 0o200;
/** Empty the file (open(2)). @since 0.2.0 */
export const O_TRUNC = 0o1000;
/** Each write goes to the end of the file (open(2)). @since 0.2.0 */
export const O_APPEND = 0o2000;
/** It has to be a directory (open(2)). @since 0.2.0 */
export const O_DIRECTORY = 0o200000;
/** Calls that would sleep fail with EAGAIN instead (open(2)). @since 0.1.0 */
export const O_NONBLOCK = 0o4000;
/** Send SIGIO to the owner when the file becomes ready (fcntl(2)). @since 0.1.0 */
export const O_ASYNC = 0o20000;
/** Stands in the flags of every file that was opened on a 64-bit machine. @since 0.1.0 */
export const O_LARGEFILE = 0o100000;
/** Close the descriptor when the process executes another program (open(2)). @since 0.1.0 */
export const O_CLOEXEC = 0o2000000;
/** The flag of a descriptor that O_CLOEXEC sets (fcntl(2)). @since 0.1.0 */
export const FD_CLOEXEC = 1;
/** Duplicate a descriptor: the lowest free number from the argument on (fcntl(2)). @since 0.1.0 */
export const F_DUPFD = 0;
/** The flags of the descriptor (fcntl(2)). @since 0.1.0 */
export const F_GETFD = 1;
/** Set the flags of the descriptor (fcntl(2)). @since 0.1.0 */
export const F_SETFD = 2;
/** How the file was opened, and its status flags (fcntl(2)). @since 0.1.0 */
export const F_GETFL = 3;
/** Set the status flags of the file (fcntl(2)). @since 0.1.0 */
export const F_SETFL = 4;
/** Set who gets SIGIO and SIGURG of the file (fcntl(2)). @since 0.1.0 */
export const F_SETOWN = 8;
/** Who gets SIGIO and SIGURG of the file (fcntl(2)). @since 0.1.0 */
export const F_GETOWN = 9;
/** As F_DUPFD, with FD_CLOEXEC set (fcntl(2)). @since 0.1.0 */
export const F_DUPFD_CLOEXEC = 1030;
/** Set the capacity of a pipe, in bytes (fcntl(2)). @since 0.1.0 */
export const F_SETPIPE_SZ = 1031;
/** The capacity of a pipe, in bytes (fcntl(2)). @since 0.1.0 */
export const F_GETPIPE_SZ = 1032;
/** How many bytes can be read now (ioctl_tty(2), tcp(7)). @since 0.1.0 */
export const FIONREAD = 0x541b;
/** Set or clear O_NONBLOCK (ioctl(2)). @since 0.1.0 */
export const FIONBIO = 0x5421;

/** Whether the next byte is the urgent one: 1, or 0 (sockatmark(3)). @since 0.2.0 */
export const SIOCATMARK = 0x8905;

// flock(2)
/** A lock that several may have at a time (flock(2)). @since 0.2.0 */
export const LOCK_SH = 1;
/** A lock that one alone has (flock(2)). @since 0.2.0 */
export const LOCK_EX = 2;
/** With one of the others: do not wait, throw EAGAIN (flock(2)). @since 0.2.0 */
export const LOCK_NB = 4;
/** Give the lock back (flock(2)). @since 0.2.0 */
export const LOCK_UN = 8;

// socket(2)
/** What SO_DOMAIN says of a socket of the family `unix` (socket(2)). @since 0.2.0 */
export const AF_UNIX = 1;
/** What SO_DOMAIN says of a socket of the family `inet` (socket(2)). @since 0.2.0 */
export const AF_INET = 2;
/** What SO_TYPE says of a stream (socket(2)). @since 0.2.0 */
export const SOCK_STREAM = 1;
/** What SO_TYPE says of a socket of datagrams (socket(2)). @since 0.2.0 */
export const SOCK_DGRAM = 2;
/** What SO_TYPE says of a seqpacket socket (socket(2)). @since 0.2.0 */
export const SOCK_SEQPACKET = 5;
/** SO_TYPE by the type's name. @since 0.2.0 */
export const SOCKET_TYPES: {
  readonly stream: number;
  readonly dgram: number;
  readonly seqpacket: number;
} = { stream: SOCK_STREAM, dgram: SOCK_DGRAM, seqpacket: SOCK_SEQPACKET };

// socket(7), tcp(7)
/** The level of options that all sockets have (socket(7)). @since 0.1.0 */
export const SOL_SOCKET = 1;
/** The level of TCP's options (tcp(7)). @since 0.1.0 */
export const IPPROTO_TCP = 6;
/** What SO_PROTOCOL says of UDP; of AF_UNIX it says 0 (udp(7)). @since 0.2.0 */
export const IPPROTO_UDP = 17;
/** A listener may bind an address that old connections still use (socket(7)). @since 0.1.0 */
export const SO_REUSEADDR = 2;
/** The type of the socket, a number (socket(7)). @since 0.1.0 */
export const SO_TYPE = 3;
/** The pending error, which reading it clears (socket(7)). @since 0.1.0 */
export const SO_ERROR = 4;
/** Size of the send buffer in bytes; Linux doubles what is set (socket(7)). @since 0.1.0 */
export const SO_SNDBUF = 7;
/** Size of the receive buffer in bytes; Linux doubles what is set (socket(7)). @since 0.1.0 */
export const SO_RCVBUF = 8;
/** Probe a peer that says nothing (socket(7)). @since 0.1.0 */
export const SO_KEEPALIVE = 9;
/** Urgent data stays in the stream (socket(7)). @since 0.1.0 */
export const SO_OOBINLINE = 10;
/** Whether close waits for what is unsent, and for how long (socket(7)). @since 0.1.0 */
export const SO_LINGER = 13;
/** Several sockets may bind one address; each connection goes to one (socket(7)). @since 0.1.0 */
export const SO_REUSEPORT = 15;
/** How many bytes make a socket readable (socket(7)). @since 0.1.0 */
export const SO_RCVLOWAT = 18;
/** How long a read may sleep before it fails with EAGAIN (socket(7)). @since 0.1.0 */
export const SO_RCVTIMEO = 20;
/** How long a write may sleep before it fails with EAGAIN (socket(7)). @since 0.1.0 */
export const SO_SNDTIMEO = 21;
/** Whether the socket listens (socket(7)). @since 0.1.0 */
export const SO_ACCEPTCONN = 30;
/** The protocol of the socket, a number (socket(7)). @since 0.2.0 */
export const SO_PROTOCOL = 38;
/** The family of the socket, a number (socket(7)). @since 0.2.0 */
export const SO_DOMAIN = 39;
/** Send small segments at once: no algorithm of Nagle (tcp(7)). @since 0.1.0 */
export const TCP_NODELAY = 1;
/** Seconds of silence before the first keep-alive probe (tcp(7)). @since 0.1.0 */
export const TCP_KEEPIDLE = 4;
/** Seconds between keep-alive probes (tcp(7)). @since 0.1.0 */
export const TCP_KEEPINTVL = 5;
/** Keep-alive probes without an answer before the connection is dropped (tcp(7)). @since 0.1.0 */
export const TCP_KEEPCNT = 6;
/** The state of the connection (tcp(7)). @since 0.1.0 */
export const TCP_INFO = 11;
/** Milliseconds that sent data may stay unacknowledged (tcp(7)). @since 0.1.0 */
export const TCP_USER_TIMEOUT = 18;
/** tcpi_state by its name. @since 0.1.0 */
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
/** Send or receive urgent data (send(2), recv(2)). @since 0.1.0 */
export const MSG_OOB = 0x1;
/** Leave what was read in the queue (recv(2)). @since 0.1.0 */
export const MSG_PEEK = 0x2;
/**
 * Give the length of the whole datagram; of a stream, throw the bytes away (recv(2)).
 *
 * @since 0.1.0
 */
export const MSG_TRUNC = 0x20;
/** This call does not sleep (recv(2), send(2)). @since 0.1.0 */
export const MSG_DONTWAIT = 0x40;
/** Sleep until all that was asked for is there (recv(2)). @since 0.1.0 */
export const MSG_WAITALL = 0x100;
/** No SIGPIPE when the peer has gone, only EPIPE (send(2)). @since 0.1.0 */
export const MSG_NOSIGNAL = 0x4000;
/** The longest queue of connections that listen(2) gives, net.core.somaxconn. @since 0.1.0 */
export const SOMAXCONN = 4096;

// signal(7)
/** Hang-up; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGHUP = 1;
/** Interrupt from the keyboard; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGINT = 2;
/** Ends the process; cannot be caught or ignored (signal(7)). @since 0.1.0 */
export const SIGKILL = 9;
/** For the user; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGUSR1 = 10;
/** For the user; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGUSR2 = 12;
/** A write that nobody reads; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGPIPE = 13;
/** A timer of alarm(2); ends the process by default (signal(7)). @since 0.1.0 */
export const SIGALRM = 14;
/** A request to end; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGTERM = 15;
/** A child has ended; ignored by default (signal(7)). @since 0.1.0 */
export const SIGCHLD = 17;
/** Go on if stopped (signal(7)). @since 0.1.0 */
export const SIGCONT = 18;
/** Stops the process; cannot be caught or ignored (signal(7)). @since 0.1.0 */
export const SIGSTOP = 19;
/** Urgent data has come; ignored by default (signal(7)). @since 0.1.0 */
export const SIGURG = 23;
/** The window has another size; ignored by default (signal(7)). @since 0.1.0 */
export const SIGWINCH = 28;
/** A file with O_ASYNC has become ready; ends the process by default (signal(7)). @since 0.1.0 */
export const SIGIO = 29;

// eventfd(2), select(2), limits
/** Each read takes one of the count (eventfd(2)). @since 0.1.0 */
export const EFD_SEMAPHORE = 1;
/** Make it with O_NONBLOCK (eventfd(2)). @since 0.1.0 */
export const EFD_NONBLOCK: number = O_NONBLOCK;
/** Make it with FD_CLOEXEC (eventfd(2)). @since 0.1.0 */
export const EFD_CLOEXEC: number = O_CLOEXEC;
/** A number from here on does not fit into a set of select(2). @since 0.1.0 */
export const FD_SETSIZE = 1024;
/** A write of up to so many bytes to a pipe is not mixed with others (pipe(7)). @since 0.1.0 */
export const PIPE_BUF = 4096;
/** RLIMIT_NOFILE's usual soft limit. @since 0.1.0 */
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

/** A readiness mask in words, `IN|RDHUP`; `0` when it is empty. @since 0.1.0 */
export function pollMaskText(mask: number): string {
  const names = POLL_NAMES.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? '0' : names.join('|');
}
