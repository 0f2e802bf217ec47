import { UsageError } from '../../sys/errors.ts';
import type { Machine } from '../kernel/machine.ts';

/** How a command was called, as its stand-in is told. @since 0.2.0 */
export interface CommandCall {
  /** What follows its name. */
  readonly args: readonly string[];
  /** Its working directory. */
  readonly cwd: string;
  /** Its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** All that its standard input gave, where `CommandOptions.stdin` is true; else empty. */
  readonly stdin: string;
}

/** What a stand-in does: it prints, and ends. @since 0.2.0 */
export interface CommandResult {
  /** What it prints. Default: nothing. */
  readonly stdout?: string | Uint8Array;
  /** What it prints as errors, after that. Default: nothing. */
  readonly stderr?: string | Uint8Array;
  /** Its exit code. Default: 0. */
  readonly code?: number;
  /** Virtual time that it takes before it prints. Default: 0. */
  readonly afterMs?: number;
}

/**
 * Stands in for a command that is no Node program; a text is what it prints. Called as a step of
 * the schedule.
 *
 * @since 0.2.0
 */
export type CommandHandler = (call: CommandCall) => CommandResult | string;

/** How a stand-in is run. @since 0.2.0 */
export interface CommandOptions {
  /** Read standard input to its end before the function is called. Default: false. */
  readonly stdin?: boolean;
}

/** One of them; without a handler it is not installed. */
export interface Command {
  readonly handler: CommandHandler | null;
  readonly readsStdin: boolean;
}

const all = new WeakMap<Machine, Map<string, Command>>();

/** The commands that a scenario has put onto a host, by name. */
export function commandsOf(kernel: Machine): Map<string, Command> {
  let commands = all.get(kernel);
  if (commands === undefined) {
    commands = new Map();
    all.set(kernel, commands);
  }
  return commands;
}

export function setCommand(
  kernel: Machine,
  name: string,
  handler: CommandHandler | null,
  { stdin = false }: CommandOptions,
): void {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError('command(name, handler) needs a name, as in command("git", () => "")');
  }
  if (handler !== null && typeof handler !== 'function') {
    throw new UsageError(
      `command(${JSON.stringify(name)}, …) needs a function that answers, or null where it is not installed`,
    );
  }
  commandsOf(kernel).set(name, { handler, readsStdin: stdin });
}
