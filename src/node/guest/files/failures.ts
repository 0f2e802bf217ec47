import type { Internal, Internals } from '../internals.ts';

/** How a request has failed. */
export interface Failure {
  /** Negated, as this platform has it. */
  readonly errno: number;
  readonly syscall: string;
  readonly path?: Internal;
  readonly dest?: Internal;
}

/** The error as C++ makes it (UVException in src/api/exceptions.cc), with no frames. */
export function errorOf(
  { requireBuiltin }: Internals,
  { errno, syscall, path, dest }: Failure,
): NodeJS.ErrnoException & { dest?: string } {
  const { stackTraceLimit } = Error;
  const [code, what] = requireBuiltin('util').getSystemErrorMap().get(errno) ?? [
    `Unknown system error ${errno}`,
    '',
  ];
  const from = path === undefined ? '' : ` '${path}'`;
  const to = dest === undefined ? '' : ` -> '${dest}'`;
  Error.stackTraceLimit = 0;
  const error: Internal = new Error(`${code}: ${what}, ${syscall}${from}${to}`);
  Error.stackTraceLimit = stackTraceLimit;
  Object.assign(error, { errno, code, syscall });
  if (path !== undefined) error.path = String(path);
  if (dest !== undefined) error.dest = String(dest);
  return error;
}
