/**
 * Error numbers as Linux has them on x86-64 and arm64 (asm-generic/errno.h). Inside the kernel an
 * error is the negated number; it becomes a {@link SysError} only at the program's side of the
 * seam.
 */

/** Operation not permitted. @since 0.1.0 */
export const EPERM = 1;
/** No such file or directory. @since 0.1.0 */
export const ENOENT = 2;
/** No such process. @since 0.1.0 */
export const ESRCH = 3;
/** A signal has interrupted a sleep. @since 0.1.0 */
export const EINTR = 4;
/** Input/output error. @since 0.1.0 */
export const EIO = 5;
/** The descriptor is not open, or not for this. @since 0.1.0 */
export const EBADF = 9;
/** No child processes. @since 0.1.0 */
export const ECHILD = 10;
/** It would sleep, or the time is up: try again. @since 0.1.0 */
export const EAGAIN = 11;
/** Cannot allocate memory. @since 0.1.0 */
export const ENOMEM = 12;
/** Permission denied. @since 0.1.0 */
export const EACCES = 13;
/** Bad address. @since 0.1.0 */
export const EFAULT = 14;
/** Device or resource busy. @since 0.1.0 */
export const EBUSY = 16;
/** File exists. @since 0.1.0 */
export const EEXIST = 17;
/** Not a directory. @since 0.2.0 */
export const ENOTDIR = 20;
/** Is a directory. @since 0.2.0 */
export const EISDIR = 21;
/** Invalid argument. @since 0.1.0 */
export const EINVAL = 22;
/** Too many open files in system. @since 0.1.0 */
export const ENFILE = 23;
/** The process's descriptor table is full. @since 0.1.0 */
export const EMFILE = 24;
/** Inappropriate ioctl for device. @since 0.1.0 */
export const ENOTTY = 25;
/** File too large. @since 0.2.0 */
export const EFBIG = 27;
/** No space left on device. @since 0.2.0 */
export const ENOSPC = 28;
/** Illegal seek. @since 0.1.0 */
export const ESPIPE = 29;
/** Written to a connection or pipe that nobody reads. @since 0.1.0 */
export const EPIPE = 32;
/** Resource deadlock avoided. @since 0.1.0 */
export const EDEADLK = 35;
/** File name too long. @since 0.2.0 */
export const ENAMETOOLONG = 36;
/** Function not implemented. @since 0.1.0 */
export const ENOSYS = 38;
/** Directory not empty. @since 0.2.0 */
export const ENOTEMPTY = 39;
/** Too many levels of nesting. @since 0.1.0 */
export const ELOOP = 40;
/** Timer expired. @since 0.1.0 */
export const ETIME = 62;
/** Socket operation on non-socket. @since 0.1.0 */
export const ENOTSOCK = 88;
/** Destination address required. @since 0.1.0 */
export const EDESTADDRREQ = 89;
/** Message too long. @since 0.1.0 */
export const EMSGSIZE = 90;
/** Protocol wrong type for socket. @since 0.1.0 */
export const EPROTOTYPE = 91;
/** Protocol not available. @since 0.1.0 */
export const ENOPROTOOPT = 92;
/** Protocol not supported. @since 0.1.0 */
export const EPROTONOSUPPORT = 93;
/** Socket type not supported. @since 0.1.0 */
export const ESOCKTNOSUPPORT = 94;
/** Operation not supported. @since 0.1.0 */
export const EOPNOTSUPP = 95;
/** Address family not supported by protocol. @since 0.1.0 */
export const EAFNOSUPPORT = 97;
/** Somebody else has the address. @since 0.1.0 */
export const EADDRINUSE = 98;
/** Cannot assign requested address. @since 0.1.0 */
export const EADDRNOTAVAIL = 99;
/** Network is unreachable. @since 0.1.0 */
export const ENETUNREACH = 101;
/** Software caused connection abort. @since 0.1.0 */
export const ECONNABORTED = 103;
/** The peer has reset the connection. @since 0.1.0 */
export const ECONNRESET = 104;
/** No buffer space available. @since 0.1.0 */
export const ENOBUFS = 105;
/** Transport endpoint is already connected. @since 0.1.0 */
export const EISCONN = 106;
/** The socket has no connection. @since 0.1.0 */
export const ENOTCONN = 107;
/** Connection timed out. @since 0.1.0 */
export const ETIMEDOUT = 110;
/** Nobody listens there. @since 0.1.0 */
export const ECONNREFUSED = 111;
/** No route to host. @since 0.1.0 */
export const EHOSTUNREACH = 113;
/** Operation already in progress. @since 0.1.0 */
export const EALREADY = 114;
/** The connection is under way. @since 0.1.0 */
export const EINPROGRESS = 115;
/** Operation canceled. @since 0.1.0 */
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
  [ENOTDIR, ['ENOTDIR', 'not a directory']],
  [EISDIR, ['EISDIR', 'is a directory']],
  [EINVAL, ['EINVAL', 'invalid argument']],
  [ENFILE, ['ENFILE', 'too many open files in system']],
  [EMFILE, ['EMFILE', 'too many open files']],
  [ENOTTY, ['ENOTTY', 'inappropriate ioctl for device']],
  [EFBIG, ['EFBIG', 'file too large']],
  [ENOSPC, ['ENOSPC', 'no space left on device']],
  [ESPIPE, ['ESPIPE', 'illegal seek']],
  [EPIPE, ['EPIPE', 'broken pipe']],
  [EDEADLK, ['EDEADLK', 'resource deadlock avoided']],
  [ENAMETOOLONG, ['ENAMETOOLONG', 'file name too long']],
  [ENOSYS, ['ENOSYS', 'function not implemented']],
  [ENOTEMPTY, ['ENOTEMPTY', 'directory not empty']],
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
 *
 * @since 0.1.0
 */
export function errnoCode(errno: number): string {
  return TABLE.get(errno)?.[0] ?? `E${errno}`;
}

/** The sentence that strerror(3) gives for an error number, in lower case. @since 0.1.0 */
export function errnoText(errno: number): string {
  return TABLE.get(errno)?.[1] ?? 'unknown error';
}

/** The number behind a symbolic name (`ECONNRESET` → 104), or undefined. @since 0.1.0 */
export function errnoOf(code: string): number | undefined {
  return BY_CODE.get(code);
}
