/** Python's exceptions: under Python's names, and as Python prints them. */
import { SysError } from '../../sys/index.ts';

/** `except OSError`: a syscall failed, with one of `codes` if any are named. */
export function isOSError(error: unknown, ...codes: readonly string[]): error is SysError {
  return error instanceof SysError && (codes.length === 0 || codes.includes(error.code));
}

/** `raise` unless it is an OSError. */
export function exceptOSError(error: unknown): void {
  if (!isOSError(error)) throw error;
}

/** `Exception`: what a program of the articles may raise besides OSError. */
export class PythonError extends Error {}

export class KeyError extends PythonError {
  override readonly name = 'KeyError';
}
export class ValueError extends PythonError {
  override readonly name = 'ValueError';
}
export class RuntimeError extends PythonError {
  override readonly name = 'RuntimeError';
}
export class AttributeError extends PythonError {
  override readonly name = 'AttributeError';
}

/**
 * `except Exception`: whether Python would know it. A mistake of heddle's own, or of a model's, is
 * none: nobody may take it for a program's.
 */
export function isException(error: unknown): error is SysError | PythonError {
  return error instanceof SysError || error instanceof PythonError;
}

/** `raise` unless it is an Exception. */
export function exceptException(error: unknown): asserts error is SysError | PythonError {
  if (!isException(error)) throw error;
}

/** strerror(3) of glibc, where models meet it. */
const STRERROR: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
  EBADF: 'Bad file descriptor',
  ECHILD: 'No child processes',
  ECONNABORTED: 'Software caused connection abort',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EINPROGRESS: 'Operation now in progress',
  EINTR: 'Interrupted system call',
  EINVAL: 'Invalid argument',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
  ENOBUFS: 'No buffer space available',
  ENOMEM: 'Cannot allocate memory',
  ENOTCONN: 'Transport endpoint is not connected',
  EPIPE: 'Broken pipe',
  ETIMEDOUT: 'Connection timed out',
};

/** The subclass of OSError that an errno is raised as (PEP 3151). */
const OS_ERROR_NAMES: Readonly<Record<string, string>> = {
  EACCES: 'PermissionError',
  EAGAIN: 'BlockingIOError',
  ECHILD: 'ChildProcessError',
  ECONNABORTED: 'ConnectionAbortedError',
  ECONNREFUSED: 'ConnectionRefusedError',
  ECONNRESET: 'ConnectionResetError',
  EINPROGRESS: 'BlockingIOError',
  EINTR: 'InterruptedError',
  EPIPE: 'BrokenPipeError',
  ETIMEDOUT: 'TimeoutError',
};

const strerror = ({ code }: SysError): string => STRERROR[code] ?? code;

/** `type(ex).__name__`. */
export function exceptionName(error: unknown): string {
  if (error instanceof SysError) return OS_ERROR_NAMES[error.code] ?? 'OSError';
  return error instanceof Error ? error.name : 'Exception';
}

/** `str(ex)`: `[Errno 32] Broken pipe` for an OSError. */
export function exceptionText(error: unknown): string {
  if (error instanceof SysError) return `[Errno ${-error.errno}] ${strerror(error)}`;
  return error instanceof Error ? error.message : String(error);
}

/** `repr(ex)`: `BrokenPipeError(32, 'Broken pipe')`. */
export function exceptionRepr(error: unknown): string {
  const name = exceptionName(error);
  if (error instanceof SysError) return `${name}(${-error.errno}, '${strerror(error)}')`;
  const text = exceptionText(error);
  // The argument of a KeyError is whatever was looked up, and is its own text.
  if (name === 'KeyError') return `KeyError(${text})`;
  return `${name}(${text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`})`;
}

/**
 * What `traceback` prints of an exception. # Its frames are left out: they are lines of Python,
 * which is not here
 */
export function tracebackText(error: unknown): string {
  return `Traceback (most recent call last):\n${exceptionName(error)}: ${exceptionText(error)}\n`;
}
