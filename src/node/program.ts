import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CrashModelName } from '../sim/kernel/choices.ts';
import type { Disk } from '../sim/kernel/disk.ts';
import type { Process } from '../sim/kernel/process.ts';
import type { Task } from '../sim/kernel/task.ts';
import type { World } from '../sim/schedule/world.ts';
import { SIGKILL } from '../sys/constants.ts';
import { SysError, UsageError } from '../sys/errors.ts';
import { type Body, type Program, Sys } from '../sys/sys.ts';
import type { NodeStart, StartNode } from './host/children.ts';
import { print, STDERR } from './host/command.ts';
import { FileWork } from './host/file-work.ts';
import { UncaughtInProgram } from './host/guest.ts';
import { PID_FIRST, showPid } from './host/process-ids.ts';
import { Processes, type ProcessLoop } from './host/processes.ts';
import { layOverReal } from './host/real-files.ts';
import { RUN_TIME_MS } from './host/run-time.ts';
import type { NodeLine } from './host/started.ts';
import { ThreadGuest } from './host/thread-guest.ts';
import { loaderFor } from './host/typescript-loader.ts';
import { Crash, UvLoop } from './host/uv-loop.ts';
import { exitLaw } from './laws.ts';
import { notesOf, type ProgramNotes, suspectsOf, UNSETTLED } from './notes.ts';
import type { GuestConfig, StdioKind } from './wire.ts';

/** How {@link nodeProgram} runs a program. @since 0.1.0 */
export interface NodeProgramOptions {
  /** What follows the program's name on its command line. Default: nothing. */
  readonly args?: readonly string[];
  /** Its environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its working directory. Default: that of this process. */
  readonly cwd?: string | URL;
  /** The exit code that is no failure, or `any`. Default: 0. */
  readonly exitCode?: number | 'any';
  /** A timer may fire up to so many milliseconds late, as the schedule decides. Default: 3. */
  readonly timersLateMsMax?: number;
  /**
   * Wall time that a run may take, in milliseconds: one that takes longer has failed, and is told
   * with the line where the program stands. Default: 5,000.
   */
  readonly runTimeMs?: number;
  /**
   * It may crash once, before it is called back or asks for a file for the first to the so many-th
   * time, as the schedule decides. Default: 0, never.
   */
  readonly crashesWithin?: number;
  /**
   * When it crashes its host loses its power: of what was not synced its disk keeps what this model
   * says, see `HostHandle.setCrashModel`. Default: the program alone is killed, and its files stay.
   */
  readonly powerLoss?: CrashModelName | undefined;
  /** After a crash it is started again, so many milliseconds later. Default: it stays away. */
  readonly restartAfterMs?: number;
}

/** Enough that neighbouring timers of one turn change places, as Node.fz defers them. */
const TIMERS_LATE_MS_MAX = 3;
/** Between the process ids of a program that is started again. */
const LIVES_APART = 100;
const CONSOLE: readonly StdioKind[] = ['descriptor', 'descriptor', 'descriptor'];
/** 128 and SIGKILL. */
const KILLED = 137;

/**
 * An unmodified Node program as the body of a task:
 * `world.host('server').process('server').spawn('server', nodeProgram('./server.js'))`.
 *
 * It runs in a thread of its own, with its own globals and modules, under Node's own library; its
 * sockets, time and randomness are the simulated kernel's. A relative path counts from the current
 * folder.
 *
 * ```ts
 * world.process('server').spawn('server', nodeProgram('./server.mjs', { args: ['8080'] }));
 * ```
 *
 * @since 0.1.0
 */
export function nodeProgram(program: string | URL, options: NodeProgramOptions = {}): Body<number> {
  const path = pathOf(program);
  const env = options.env ?? (process.env as Record<string, string>);
  return (sys) => {
    const task = Sys.ownerOf(sys) as Task;
    return run(task, path, options, env);
  };
}

type Env = Readonly<Record<string, string>>;

/** What a process runs, and as whom. */
interface Runs {
  readonly name: string;
  readonly line: NodeLine;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdio: readonly StdioKind[];
  /** Each process has another one. */
  readonly life: number;
}

interface Bounds {
  readonly lateMsMax: number;
  readonly runTimeMs: number;
}

function pathOf(file: string | URL): string {
  return typeof file === 'string' && !file.startsWith('file:')
    ? resolve(file)
    : fileURLToPath(file);
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
  const disk = diskFor(task, options);
  const notes = notesFor(options);
  const { name } = task.process;
  noteIn(world, name, notes);
  let guest: ThreadGuest | undefined;
  if (SysError.withStacks) tellAwaits(world, notes, name, () => guest);
  world.onEnd(() => guest?.stop());
  task.process.atExit = () => {
    const { killedBy, status } = task.process;
    // A power cut is the scenario's doing.
    if (killedBy !== SIGKILL) notes.exitCode ??= killedBy === 0 ? undefined : status;
  };
  const { timersLateMsMax: lateMsMax = TIMERS_LATE_MS_MAX, runTimeMs = RUN_TIME_MS } = options;
  const { crashesWithin = 0, restartAfterMs } = options;
  const crashAt = crashesWithin === 0 ? 0 : crashOf(world, name, crashesWithin);
  for (;;) {
    const lives = notes.crashes;
    // Started again it is another process, which draws other numbers.
    const life = lives * LIVES_APART + task.process.pid;
    const line = { path, text: null, argv: options.args ?? [], execArgv: [] };
    const runs = { name, line, env, cwd: pathOf(options.cwd ?? '.'), stdio: CONSOLE, life };
    const begun = begin(task, runs, { lateMsMax, runTimeMs }, notes);
    guest = begun.guest;
    const { loop, config } = begun;
    if (lives === 0) loop.crashAt(crashAt);
    loopsOf(world).set(name, loop);
    try {
      const { code, open } = yield* loop.run({ do: 'start', config });
      notes.exitCode = code;
      notes.open = open;
      yield* task.sys.exit(code);
      return code;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    guest.stop();
    notes.crashes++;
    if (options.powerLoss !== undefined) disk.crash(world);
    yield* loop.closeAll();
    orphan(task.process);
    if (restartAfterMs === undefined) return KILLED;
    yield* task.sys.nanosleep({ ms: restartAfterMs });
  }
}

/** What lib/internal/child_process.js tells a child. */
const OF_PARENT = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'];

function withoutParents(env: Env): [env: Env, ofParent: Env] {
  const has = OF_PARENT.filter((name) => name in env);
  if (has.length === 0) return [env, {}];
  const isParents = ([name]: [string, string]): boolean => has.includes(name);
  const all = Object.entries(env);
  const own = all.filter((entry) => !isParents(entry));
  return [Object.fromEntries(own), Object.fromEntries(all.filter(isParents))];
}

/** A program in a thread of its own, before its first line. */
function begin(task: Task, runs: Runs, { lateMsMax, runTimeMs }: Bounds, notes: ProgramNotes) {
  const world = task.surroundings as World;
  const { name, line, cwd, stdio, life } = runs;
  const [env, ofParent] = withoutParents(runs.env);
  const notesAwaits = SysError.withStacks;
  const told = world.isTold || notesAwaits;
  const guest = new ThreadGuest({ name, path: line.path, env, runTimeMs, told }, world);
  const startNode: StartNode = (child, start) => runChild(child, start, { lateMsMax, runTimeMs });
  const pid = PID_FIRST + life;
  showPid(task.process, pid);
  const config: GuestConfig = {
    program: line.path,
    text: line.text,
    loader: loaderFor(line.path),
    argv: line.argv,
    execArgv: line.execArgv,
    stdio,
    notesAwaits,
    env,
    ofParent,
    cwd,
    hostname: task.process.kernel.host,
    pid,
    seed: life,
    epochMs: world.clock.epochMs,
    authority: world.authority,
    told: world.isTold,
  };
  const processes = (loop: ProcessLoop) => new Processes(loop, startNode);
  return {
    guest,
    loop: new UvLoop(task, guest, { lateMsMax, processes, files: new FileWork(task) }, notes),
    config,
  };
}

const USAGE = 'UsageError';

/** A program that another one has started: what becomes of it is for that one to judge. */
function* runChild(task: Task, start: NodeStart, bounds: Bounds): Program<never> {
  const world = task.surroundings as World;
  const { line, asked, stdio } = start;
  const { name } = task;
  const notes = notesFor({ exitCode: 'any' });
  noteIn(world, name, notes);
  const life = task.process.pid;
  const runs = { name, line, env: asked.env, cwd: asked.cwd, stdio, life };
  const { guest, loop, config } = begin(task, runs, bounds, notes);
  if (SysError.withStacks) tellAwaits(world, notes, name, () => guest);
  world.onEnd(() => guest.stop());
  task.process.atExit = () => {
    notes.exitCode ??= task.process.status;
    guest.stop();
  };
  let code: number;
  try {
    const exit = yield* loop.run({ do: 'start', config });
    code = exit.code;
    notes.open = exit.open;
  } catch (error) {
    // What heddle refuses is nobody's exit code.
    if (!(error instanceof UncaughtInProgram) || error.name.endsWith(USAGE)) throw error;
    code = 1;
    yield* print(task.sys, STDERR, `${error.stack}\n\nNode.js ${process.version}\n`);
  }
  notes.exitCode = code;
  return yield* task.sys.exit(code);
}

/** Of a process that is killed and started again: what it has started is not its own any more. */
function orphan(process: Process): void {
  process.children.length = 0;
  process.signals = null;
}

function notesFor({ exitCode = 0 }: NodeProgramOptions): ProgramNotes {
  return {
    exitCode: undefined,
    exitCodeExpected: exitCode,
    said: { out: '', err: '' },
    crashes: 0,
    open: [],
    exchanges: [],
    uncontrolled: new Map(),
  };
}

/** The host's disk, laid over the real files. */
function diskFor(task: Task, { powerLoss }: NodeProgramOptions): Disk {
  const { disk } = task.process.kernel;
  if (powerLoss !== undefined && disk.crashCount === 0) disk.setModel(powerLoss);
  layOverReal(disk);
  return disk;
}

function noteIn(world: World, name: string, notes: ProgramNotes): void {
  if (notesOf(world).size === 0) exitLaw(world);
  notesOf(world).set(name, notes);
  world.suspects.push(() => suspectsOf(name, notes));
}

const crashOf = (world: World, name: string, within: number): number =>
  world.draw(`${name} crashes before its nth event`, within + 1);

/** Once the run is over, and before its thread is stopped. */
function tellAwaits(
  world: World,
  notes: ProgramNotes,
  name: string,
  guest: () => ThreadGuest | undefined,
): void {
  const awaits: string[] = [];
  world.awaits.push(() => awaits);
  world.onEnd(() => {
    if (notes.exitCode !== undefined && notes.exitCode !== UNSETTLED) return;
    const places = guest()?.awaits(world.clock.nowNs) ?? [];
    awaits.push(...places.map((place) => `${name} at ${place}`));
  });
}

const loops = new WeakMap<World, Map<string, UvLoop>>();

function loopsOf(world: World): Map<string, UvLoop> {
  let known = loops.get(world);
  if (known === undefined) {
    known = new Map();
    loops.set(world, known);
  }
  return known;
}

/**
 * Take the Node program of a process away, as by SIGKILL: its sockets are closed by the kernel,
 * what it had in memory is gone. It is started again if it was given `restartAfterMs`.
 *
 * ```ts
 * world.process('db').spawn('db', nodeProgram('./db.mjs'));
 * world.process('chaos').spawn('chaos', function* (sys) {
 *   yield* sys.nanosleep({ ms: 50 });
 *   crashProgram(world, 'db');
 * });
 * ```
 *
 * @since 0.1.0
 */
export function crashProgram(world: World, process: string): void {
  const loop = loopsOf(world).get(process);
  if (loop === undefined) {
    throw new UsageError(`there is no Node program in a process ${JSON.stringify(process)}`);
  }
  loop.crash();
}
