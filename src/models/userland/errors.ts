import { SysError } from '../../sys/index.ts';

/** `except OSError`: a syscall failed, with one of `codes` if any are named. */
export function isOSError(error: unknown, ...codes: readonly string[]): error is SysError {
  return error instanceof SysError && (codes.length === 0 || codes.includes(error.code));
}

/** `raise` unless it is an OSError. */
export function exceptOSError(error: unknown): void {
  if (!isOSError(error)) throw error;
}

// Python's own exceptions, under Python's names.

export class KeyError extends Error {
  override readonly name = 'KeyError';
}
export class ValueError extends Error {
  override readonly name = 'ValueError';
}
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}

/** `except Exception as ex: print(ex)`: `[Errno 32] broken pipe` for an OSError. */
export function exceptionText(error: unknown): string {
  if (error instanceof SysError) {
    const [, text] = /\((.*)\)$/.exec(error.message) ?? [];
    return `[Errno ${-error.errno}] ${text}`;
  }
  return error instanceof Error ? error.message : String(error);
}
