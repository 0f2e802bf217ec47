/**
 * Error numbers as Linux has them on x86-64 and arm64 (asm-generic/errno.h). Inside the kernel an
 * error is the negated number; it becomes a {@link SysError} only at the program's side of the
 * seam.
 */

/** Operation not permitted. */
export const EPERM = 1;
/** No such file or directory. */
export const ENOENT = 2;
/** No such process. */
export const ESRCH = 3;
/** A signal has interrupted a sleep. */
export const EINTR = 4;
/** Input/output error. */
export const EIO = 5;
/** The descriptor is not open, or not for this. */
export const EBADF = 9;
/** No child processes. */
export const ECHILD = 10;
/** It would sleep, or the time is up: try again. */
export const EAGAIN = 11;
/** Cannot allocate memory. */
export const ENOMEM = 12;
/** Permission denied. */
export const EACCES = 13;
/** Bad address. */
export const EFAULT = 14;
/** Device or resource busy. */
export const EBUSY = 16;
/** File exists. */
export const EEXIST = 17;
/** Invalid argument. */
export const EINVAL = 22;
/** Too many open files in system. */
export const ENFILE = 23;
/** The process's descriptor table is full. */
export const EMFILE = 24;
/** Inappropriate ioctl for device. */
export const ENOTTY = 25;
/** File too large. */
export const EFBIG = 27;
/** Illegal seek. */
export const ESPIPE = 29;
/** Written to a connection or pipe that nobody reads. */
export const EPIPE = 32;
/** Resource deadlock avoided. */
export const EDEADLK = 35;
/** Function not implemented. */
export const ENOSYS = 38;
/** Too many levels of nesting. */
export const ELOOP = 40;
/** Timer expired. */
export const ETIME = 62;
/** Socket operation on non-socket. */
export const ENOTSOCK = 88;
/** Destination address required. */
export const EDESTADDRREQ = 89;
/** Message too long. */
export const EMSGSIZE = 90;
/** Protocol wrong type for socket. */
export const EPROTOTYPE = 91;
/** Protocol not available. */
export const ENOPROTOOPT = 92;
/** Protocol not supported. */
export const EPROTONOSUPPORT = 93;
/** Socket type not supported. */
export const ESOCKTNOSUPPORT = 94;
/** Operation not supported. */
export const EOPNOTSUPP = 95;
/** Address family not supported by protocol. */
export const EAFNOSUPPORT = 97;
/** Somebody else has the address. */
export const EADDRINUSE = 98;
/** Cannot assign requested address. */
export const EADDRNOTAVAIL = 99;
/** Network is unreachable. */
export const ENETUNREACH = 101;
/** Software caused connection abort. */
export const ECONNABORTED = 103;
/** The peer has reset the connection. */
export const ECONNRESET = 104;
/** No buffer space available. */
export const ENOBUFS = 105;
/** Transport endpoint is already connected. */
export const EISCONN = 106;
/** The socket has no connection. */
export const ENOTCONN = 107;
/** Connection timed out. */
export const ETIMEDOUT = 110;
/** Nobody listens there. */
export const ECONNREFUSED = 111;
/** No route to host. */
export const EHOSTUNREACH = 113;
/** Operation already in progress. */
export const EALREADY = 114;
/** The connection is under way. */
export const EINPROGRESS = 115;
/** Operation canceled. */
export const ECANCELED = 125;

const TABLE: ReadonlyMap<number, readonly [code: string, text: string]> = new Map([
  [EPERM, ['EPERM', 'operation not permitted']],
  [ENOENT, ['ENOENT', 'no such file or directory']],
  [ESRCH, ['ESRCH', 'no such process']],
  [EINTR, ['EINTR', 'interrupted system call']],
  [EIO, ['EIO', 'input/output error']],
  [EBADF, ['EBADF', 'bad file descriptor']],
  [ECHILD, ['ECHILD', 'no child processes']],
  [EAGAIN, ['EAGAIN', 'resource temporarily unavailable']],
  [ENOMEM, ['ENOMEM', 'cannot allocate memory']],
  [EACCES, ['EACCES', 'permission denied']],
  [EFAULT, ['EFAULT', 'bad address']],
  [EBUSY, ['EBUSY', 'device or resource busy']],
  [EEXIST, ['EEXIST', 'file exists']],
  [EINVAL, ['EINVAL', 'invalid argument']],
  [ENFILE, ['ENFILE', 'too many open files in system']],
  [EMFILE, ['EMFILE', 'too many open files']],
  [ENOTTY, ['ENOTTY', 'inappropriate ioctl for device']],
  [EFBIG, ['EFBIG', 'file too large']],
  [ESPIPE, ['ESPIPE', 'illegal seek']],
  [EPIPE, ['EPIPE', 'broken pipe']],
  [EDEADLK, ['EDEADLK', 'resource deadlock avoided']],
  [ENOSYS, ['ENOSYS', 'function not implemented']],
  [ELOOP, ['ELOOP', 'too many levels of nesting']],
  [ETIME, ['ETIME', 'timer expired']],
  [ENOTSOCK, ['ENOTSOCK', 'socket operation on non-socket']],
  [EDESTADDRREQ, ['EDESTADDRREQ', 'destination address required']],
  [EMSGSIZE, ['EMSGSIZE', 'message too long']],
  [EPROTOTYPE, ['EPROTOTYPE', 'protocol wrong type for socket']],
  [ENOPROTOOPT, ['ENOPROTOOPT', 'protocol not available']],
  [EPROTONOSUPPORT, ['EPROTONOSUPPORT', 'protocol not supported']],
  [ESOCKTNOSUPPORT, ['ESOCKTNOSUPPORT', 'socket type not supported']],
  [EOPNOTSUPP, ['EOPNOTSUPP', 'operation not supported']],
  [EAFNOSUPPORT, ['EAFNOSUPPORT', 'address family not supported by protocol']],
  [EADDRINUSE, ['EADDRINUSE', 'address already in use']],
  [EADDRNOTAVAIL, ['EADDRNOTAVAIL', 'cannot assign requested address']],
  [ENETUNREACH, ['ENETUNREACH', 'network is unreachable']],
  [ECONNABORTED, ['ECONNABORTED', 'software caused connection abort']],
  [ECONNRESET, ['ECONNRESET', 'connection reset by peer']],
  [ENOBUFS, ['ENOBUFS', 'no buffer space available']],
  [EISCONN, ['EISCONN', 'transport endpoint is already connected']],
  [ENOTCONN, ['ENOTCONN', 'transport endpoint is not connected']],
  [ETIMEDOUT, ['ETIMEDOUT', 'connection timed out']],
  [ECONNREFUSED, ['ECONNREFUSED', 'connection refused']],
  [EHOSTUNREACH, ['EHOSTUNREACH', 'no route to host']],
  [EALREADY, ['EALREADY', 'operation already in progress']],
  [EINPROGRESS, ['EINPROGRESS', 'operation now in progress']],
  [ECANCELED, ['ECANCELED', 'operation canceled']],
]);

const BY_CODE: ReadonlyMap<string, number> = new Map(
  [...TABLE].map(([errno, [code]]) => [code, errno]),
);

/**
 * The symbolic name of an error number, `ECONNRESET` for 104; `E104` when heddle has no name for
 * it.
 */
export function errnoCode(errno: number): string {
  return TABLE.get(errno)?.[0] ?? `E${errno}`;
}

/** The sentence that strerror(3) gives for an error number, in lower case. */
export function errnoText(errno: number): string {
  return TABLE.get(errno)?.[1] ?? 'unknown error';
}

/** The number behind a symbolic name (`ECONNRESET` → 104), or undefined. */
export function errnoOf(code: string): number | undefined {
  return BY_CODE.get(code);
}
