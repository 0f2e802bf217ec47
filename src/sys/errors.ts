import { errnoCode, errnoText } from './errno.ts';

/**
 * A syscall failed: what a program catches. The fields are those of Node's system errors.
 *
 * # No stack
 * EAGAIN is ordinary, and capturing a stack costs ten times as much as the throw itself. So a
 * SysError is an `Error` by prototype only; its stack is captured when {@link SysError.withStacks}
 * is on, as it is while a failing run is run again to be reported.
 *
 * @since 0.1.0
 */
export interface SysError extends Error {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class SysError {
  /** Capture stacks from now on. */
  static withStacks = false;

  /** Symbolic name, as `ECONNRESET`. */
  readonly code: string;
  /** Negated error number, as Node's `err.errno`. */
  readonly errno: number;
  /** The syscall that failed, as `recv`. */
  readonly syscall: string;

  /** @param errno the positive error number */
  constructor(syscall: string, errno: number) {
    this.code = errnoCode(errno);
    this.errno = -errno;
    this.syscall = syscall;
    if (SysError.withStacks) Error.captureStackTrace(this);
  }

  get name(): string {
    return 'SysError';
  }

  /** Syscall, code and text: `recv ECONNRESET (connection reset by peer)`. */
  get message(): string {
    return `${this.syscall} ${this.code} (${errnoText(-this.errno)})`;
  }

  /** As an `Error` says it: name and message. */
  toString(): string {
    return `${this.name}: ${this.message}`;
  }
}
Object.setPrototypeOf(SysError.prototype, Error.prototype);

/** A mistake in heddle itself, never in the program under test and never an errno. @since 0.1.0 */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  /** @internal */
  constructor(what: string) {
    super(`${what}\nThis is a mistake in heddle, not in your program; please report it.`);
  }
}

/**
 * The program broke the rules of the seam (it yielded something that is no syscall, used another
 * task's `sys`, …).
 *
 * @since 0.1.0
 */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/**
 * A syscall or flag that this kernel does not simulate: it says so instead of guessing.
 *
 * @since 0.1.0
 */
export class UnsupportedError extends UsageError {
  override readonly name: string = 'UnsupportedError';

  /** @param what the syscall and, where it matters, the flag: `recv MSG_ERRQUEUE` */
  constructor(what: string, hint = 'docs/linux.md lists what is simulated') {
    super(`${what} is not supported by this kernel; ${hint}`);
  }
}

/** Throw an {@link InternalError} unless `condition` holds. @since 0.1.0 */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new InternalError(what);
}

/**
 * For the default arm of an exhausted union: does not compile while a member is left.
 *
 * @since 0.1.0
 */
export function unreachable(value: never): never {
  throw new InternalError(`unreachable: ${String(value)}`);
}
