/**
 * What services need of the real machine. It is taken hold of when this module is loaded: while a
 * run goes on, the realm's own are simulated.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { InternalError, UsageError } from '../sys/errors.ts';

type Kill = (pid: number, signal: number) => number;
/** What `process.kill` calls: C++'s, also where the realm has another in its place already. */
const { _kill } = process as unknown as { readonly _kill: Kill & { readonly real?: Kill } };
const killNow = _kill.real ?? _kill;
const { pid } = process;

const cell = new Int32Array(new SharedArrayBuffer(4));

/** This thread stands still for a while. */
export function pause(ms: number): void {
  Atomics.wait(cell, 0, 0, ms);
}

/** So often it is looked for something before this thread stands still between two looks. */
const SPINS = 40;
/** The shortest time to stand still. */
const PAUSE_MS = 0.05;

/**
 * Looks for what is awaited until it is there; undefined if it is not after so many milliseconds.
 * No clock is asked: the realm's is the run's own.
 */
export function lookFor<T>(
  look: () => T | undefined,
  msMax: number,
  spins: number = SPINS,
): T | undefined {
  for (let looks = 0; looks < spins + msMax / PAUSE_MS; looks++) {
    const found = look();
    if (found !== undefined) return found;
    if (looks >= spins) pause(PAUSE_MS);
  }
  return undefined;
}

/** What an engine is asked by heddle is answered at once, or something else is wrong. */
const ANSWER_MS_MAX = 60_000;

/** Looks for what `engine` owes until it is there; `what` that is, is said if it never comes. */
export function awaited<T>(engine: string, look: () => T | undefined, what: string): T {
  const found = lookFor(look, ANSWER_MS_MAX);
  if (found !== undefined) return found;
  throw new InternalError(`${engine} has not answered for ${ANSWER_MS_MAX} ms: ${what}`);
}

/** The process id that the machine knows. */
export const OWN_PID: number = pid;

/** Whether the process was there. */
export function signal(to: number, name: NodeJS.Signals | 0): boolean {
  const errno = killNow(to, name === 0 ? 0 : constants.signals[name]);
  const why = errno === 0 ? '' : getSystemErrorName(errno);
  if (why === '' || why === 'ESRCH') return why === '';
  throw new InternalError(`kill ${to} ${name}: ${why}`);
}

/** A program that ends by itself; what it has printed. */
export function runTool(program: string, args: readonly string[], given: ToolOptions): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
    ...given,
  });
  if (status === 0) return stdout;
  const why = error?.message ?? (stderr.trim() || stdout.trim());
  throw new UsageError(`${program} has failed: ${why}`);
}

export interface ToolOptions extends Pick<SpawnOptions, 'uid' | 'gid' | 'cwd' | 'env'> {
  readonly input?: string;
}

/** A program that goes on beside this one, and does not keep it alive. */
export function startTool(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(program, args, options);
  child.unref();
  (child.stdin as { unref?: () => void } | null)?.unref?.();
  return child;
}
