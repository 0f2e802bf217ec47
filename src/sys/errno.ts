/**
 * Error numbers as Linux has them on x86-64 and arm64 (asm-generic/errno.h). Inside the kernel an
 * error is the negated number; it becomes a {@link SysError} only at the program's side of the
 * seam.
 */
export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const EBADF = 9;
export const ECHILD = 10;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOTTY = 25;
export const ESPIPE = 29;
export const EPIPE = 32;
export const EDEADLK = 35;
export const ENOSYS = 38;
export const ELOOP = 40;
export const ETIME = 62;
export const ENOTSOCK = 88;
export const EDESTADDRREQ = 89;
export const EMSGSIZE = 90;
export const EPROTOTYPE = 91;
export const ENOPROTOOPT = 92;
export const EPROTONOSUPPORT = 93;
export const ESOCKTNOSUPPORT = 94;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETUNREACH = 101;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const EISCONN = 106;
export const ENOTCONN = 107;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;
export const EALREADY = 114;
export const EINPROGRESS = 115;
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
