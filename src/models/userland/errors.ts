import { SysError } from '../../sys/index.ts';

/** `except OSError`: a syscall failed, with one of `codes` if any are named. */
export function isOSError(error: unknown, ...codes: readonly string[]): error is SysError {
  return error instanceof SysError && (codes.length === 0 || codes.includes(error.code));
}

/** `raise` unless it is an OSError. */
export function exceptOSError(error: unknown): void {
  if (!isOSError(error)) throw error;
}
