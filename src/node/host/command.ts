import type { Command, CommandResult } from '../../sim/schedule/commands.ts';
import { SysError, UsageError } from '../../sys/errors.ts';
import type { Program, Sys } from '../../sys/sys.ts';
import type { SpawnAsked } from '../wire.ts';

const STDIN = 0;
const STDOUT = 1;
export const STDERR = 2;
const READ_BYTES = 65_536;

/** What stands in for a command, as the program of its process. */
export function* runCommand(
  sys: Sys,
  { handler, readsStdin }: Command,
  asked: SpawnAsked,
): Program {
  const { args, cwd, env } = asked;
  const stdin = readsStdin ? yield* readAll(sys) : '';
  const given = handler?.({ args: args.slice(1), cwd, env, stdin });
  const result = typeof given === 'string' ? { stdout: given } : (given ?? {});
  if (result instanceof Promise) {
    throw new UsageError(
      `what stands in for ${asked.file} gave a promise: it answers at once, and may say afterMs`,
    );
  }
  const { stdout = '', stderr = '', code = 0, afterMs = 0 }: CommandResult = result;
  if (afterMs > 0) yield* sys.nanosleep({ ms: afterMs });
  yield* print(sys, STDOUT, stdout);
  yield* print(sys, STDERR, stderr);
  yield* sys.exit(code);
}

function* readAll(sys: Sys): Program<string> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = yield* sys.read(STDIN, READ_BYTES);
    if (part.length === 0) return Buffer.concat(parts).toString();
    parts.push(part);
  }
}

/** Until nobody is there any more who would read it. */
export function* print(sys: Sys, fd: number, text: string | Uint8Array): Program {
  let rest = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  try {
    while (rest.length > 0) rest = rest.subarray(yield* sys.write(fd, rest));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
