import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '../sim/kernel/task.ts';
import type { World } from '../sim/schedule/world.ts';
import { UsageError } from '../sys/errors.ts';
import { type Body, type Program, Sys } from '../sys/sys.ts';
import { ThreadGuest } from './host/thread-guest.ts';
import { UvLoop } from './host/uv-loop.ts';
import { notesOf, type ProgramNotes } from './notes.ts';
import type { GuestConfig } from './wire.ts';

export interface NodeProgramOptions {
  /** What follows the program's name on its command line. */
  readonly args?: readonly string[];
  /** Its environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A timer may fire up to so many milliseconds late, as the schedule decides. Default: 3. */
  readonly timersLateMsMax?: number;
}

const TIMERS_LATE_MS_MAX = 3;
const PID_FIRST = 1_000;

/**
 * An unmodified Node program as the body of a task: `world.host('server').process('server').spawn('server', nodeProgram('./server.js'))`.
 *
 * It runs in a thread of its own, with its own globals and modules, under Node's own library; its sockets, time and randomness are
 * the simulated kernel's. A relative path counts from the current folder.
 */
export function nodeProgram(program: string | URL, options: NodeProgramOptions = {}): Body<number> {
  const path =
    typeof program === 'string' && !program.startsWith('file:')
      ? resolve(program)
      : fileURLToPath(program);
  const env = options.env ?? (process.env as Record<string, string>);
  return (sys) => {
    const task = Sys.ownerOf(sys) as Task;
    return run(task, path, options, env);
  };
}

function* run(
  task: Task,
  path: string,
  options: NodeProgramOptions,
  env: Readonly<Record<string, string>>,
): Program<number> {
  const world = task.surroundings as World;
  if (world.onEnd === undefined) {
    throw new UsageError(
      `${path} needs the simulated kernel; nodeProgram runs in simulated worlds only`,
    );
  }
  const guest = new ThreadGuest(path, env);
  world.onEnd(() => guest.stop());
  const lateMsMax = options.timersLateMsMax ?? TIMERS_LATE_MS_MAX;
  const loop = new UvLoop(task, guest, { lateMsMax });
  const config: GuestConfig = {
    program: path,
    argv: options.args ?? [],
    env,
    hostname: task.process.kernel.host,
    pid: PID_FIRST + task.process.pid,
    seed: task.process.pid,
    epochMs: world.clock.epochMs,
  };
  const { exchanges, uncontrolled } = loop;
  const notes: ProgramNotes = { exitCode: undefined, open: [], exchanges, uncontrolled };
  notesOf(world).set(task.process.name, notes);
  const { code, open } = yield* loop.run({ do: 'start', config });
  notes.exitCode = code;
  notes.open = open;
  yield* task.sys.exit(code);
  return code;
}
