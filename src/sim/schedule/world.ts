import { UsageError } from '../../sys/errors.ts';
import { Cell, Condition, Mutex } from '../../sys/memory.ts';
import type { Body } from '../../sys/sys.ts';
import { type Syscall, sourceLine } from '../../sys/syscall.ts';
import {
  type Choices,
  type CrashModelName,
  KIND,
  type Kind,
  type Labelled,
} from '../kernel/choices.ts';
import type { Clock } from '../kernel/clock.ts';
import { Console } from '../kernel/console.ts';
import type { Footprint } from '../kernel/footprint.ts';
import type { Happening } from '../kernel/happening.ts';
import { FileInode } from '../kernel/inode.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { Network } from '../kernel/network.ts';
import type { Process } from '../kernel/process.ts';
import { ReadyList } from '../kernel/ready.ts';
import type { LaterEvent, Surroundings } from '../kernel/surroundings.ts';
import { EVERYTHING, type Task } from '../kernel/task.ts';
import { TCP_OPTIONS_DEFAULT, type TcpOptions } from '../kernel/tcp-options.ts';
import { EnvironmentEvent, EventList } from '../network/events.ts';
import { AsyncBody, GENERATOR_BODY, programOf } from './bodies.ts';
import { type CommandHandler, type CommandOptions, setCommand } from './commands.ts';
import type { HostService } from './host-service.ts';
import type { Moment } from './moment.ts';
import type { Observer } from './observer.ts';
import type { CodeTrace } from './runtime/code-trace.ts';
import type { RealmRun } from './runtime/realm-run.ts';
import {
  type HttpHandler,
  type HttpOptions,
  makeThirdParty,
  type ThirdParty,
} from './third-party.ts';

/** The host on which processes live unless they are put elsewhere. */
export const HOST_DEFAULT = 'localhost';

/**
 * A law: `true` or nothing holds, and so does an expectation that has not thrown; `false` or a
 * sentence says that it is broken, and throwing an assertion error says so too.
 *
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a law that only asserts returns nothing
export type Check = () => boolean | string | void;

export interface Law {
  readonly when: 'always' | 'eventually' | 'finally' | 'sometimes';
  readonly text: string;
  readonly check: Check;
  /** The line that states it; only there in runs that are reported. */
  readonly where: string | undefined;
  /** An `eventually` or `sometimes` law that has come true. */
  fulfilled: boolean;
}

type AfterListen = number | 'any' | readonly string[];

/** When a task starts, and whether the run may end without it. @since 0.1.0 */
export interface TaskOptions {
  /**
   * A daemon need not end. By default the tasks of a process that listens are daemons: a server
   * waits for the next client for ever, and that is no deadlock.
   */
  readonly daemon?: boolean;
  /**
   * Start only when a socket listens on this port, or on any but a service's: a client need not be
   * written to try again. Or when all of these listen: `host:port`, or `host` for any port of it.
   * Default: at once.
   */
  readonly afterListen?: AfterListen;
}

/** A task that a scenario has put into a process: what became of it, for laws. @since 0.2.0 */
export interface SpawnedTask {
  /** As reports name it. */
  readonly name: string;
  /** It may still run. */
  readonly isAlive: boolean;
  /** What its body threw; undefined if it threw nothing. */
  readonly error: unknown;
}

const NO_OPTIONS: TaskOptions = {};

interface PlacedOptions extends TaskOptions {
  /** It begins before all others, which need not wait for it. */
  readonly isService?: boolean;
}

export type SocketBuffers = Partial<Pick<TcpOptions, 'receiveBufferBytes' | 'sendBufferBytes'>>;

/** Puts tasks into one process. @since 0.1.0 */
export class ProcessHandle {
  /** @internal */
  readonly process: Process;
  readonly #world: World;

  /** @internal */
  constructor(world: World, process: Process) {
    this.#world = world;
    this.process = process;
  }

  /**
   * Sizes of the buffers of the TCP sockets that this process opens; setsockopt may still change
   * them.
   */
  setSocketBuffers(sizes: SocketBuffers): void {
    const { process } = this;
    process.tcpOptions = (process.tcpOptions ?? TCP_OPTIONS_DEFAULT).with(sizes);
  }

  /**
   * How many tasks this process and its children may have between them: `spawn` and `fork` fail
   * with EAGAIN where there would be more (`pids.max` of a control group). Default: no limit.
   */
  setTasksMax(tasksMax: number): void {
    this.process.tasksMax = tasksMax;
  }

  /** Run `body` as a task of this process. */
  spawn(name: string, body: Body, options: TaskOptions = NO_OPTIONS): SpawnedTask {
    return this.#world.add(this.process, name, body, options);
  }
}

/** Puts processes on one machine. @since 0.1.0 */
export class HostHandle {
  readonly #world: World;
  readonly #kernel: Kernel;

  /** @internal */
  constructor(world: World, kernel: Kernel) {
    this.#world = world;
    this.#kernel = kernel;
  }

  /** A process on this machine; one name is one process. */
  process(name: string): ProcessHandle {
    return new ProcessHandle(this.#world, this.#kernel.addProcess(name, null));
  }

  /** Put a service onto this machine, as `service(postgres())`. It listens at once. */
  service(service: HostService): void {
    const { name, body } = service;
    const process = this.#kernel.addProcess(name, null);
    this.#world.add(process, name, body(this.#world), { daemon: true, isService: true });
  }

  /**
   * A third party's HTTP server on this machine, whose answers `handler` gives. It listens at once,
   * on port 80 and, with TLS, on port 443.
   *
   * ```ts
   * world.host('api.stripe.com').http(() => Response.json({ paid: true }));
   * ```
   */
  http(handler: HttpHandler, options: HttpOptions = {}): ThirdParty {
    const put = (service: HostService): void => this.service(service);
    return makeThirdParty({ world: this.#world, host: this.#kernel.host, put }, handler, options);
  }

  /**
   * What answers where a Node program on this machine starts a command that is no Node program: a
   * function in its place, or null where it is not installed (ENOENT). By name, as `git`, or by
   * path.
   *
   * ```ts
   * world.host('ci').command('git', ({ args }) => (args[0] === 'rev-parse' ? 'f3a1\n' : ''));
   * ```
   */
  command(name: string, handler: CommandHandler | null, options: CommandOptions = {}): void {
    setCommand(this.#kernel, name, handler, options);
  }

  /**
   * What its disk may lose in a crash: what ext4 may as it is mounted by default, or with `harsh`
   * any part of what was not synced. To be said before anything is written. Default: ext4.
   */
  setCrashModel(model: CrashModelName): void {
    this.#kernel.disk.setModel(model);
  }

  /**
   * It loses its power, at this moment: its processes end, and its disk keeps what was synced. What
   * of the rest is kept is decided by the schedule, in the calm case all of it. To be called by the
   * code of a task on another host.
   *
   * ```ts
   * world.host('chaos').process('chaos').spawn('chaos', function* (sys) {
   *   yield* sys.nanosleep({ ms: 50 });
   *   world.host('db').crash();
   *   world.host('db').restart();
   * });
   * ```
   */
  crash(): void {
    this.#world.crash(this.#kernel);
  }

  /**
   * What the scenario has put onto this host begins again, in new processes of the same names; what
   * its programs have started themselves does not. To be called by the code of a task on another
   * host.
   */
  restart(): void {
    this.#world.restart(this.#kernel);
  }

  /** How often it has crashed so far. */
  get crashCount(): number {
    return this.#kernel.disk.crashCount;
  }

  /** For laws: what a file on its disk holds now; undefined if it is not there. */
  readFile(path: string): Uint8Array | undefined {
    const inode = this.#kernel.disk.at(path);
    return inode instanceof FileInode ? inode.bytes.slice() : undefined;
  }
}

/** What the surroundings of a run provide; the world is built on it. */
export interface WorldParts {
  readonly clock: Clock;
  readonly network: (world: World) => Network;
  readonly faults: number;
  /** See `RunOptions.fresh`. Default: false. */
  readonly fresh?: boolean;
  /** Steps that were made so far. Default: it is not known. */
  readonly steps?: () => number;
  /** See `ScenarioOptions.patience`. Default: 1. */
  readonly patience?: number;
  /** Runs what the runtime has queued for async bodies. */
  readonly drain: () => void;
  /** Takes a decision: strategy, tape and recorder stand behind it. */
  readonly decide: (kind: Kind, arity: number, about?: Labelled) => number;
  /** Carries out a call of a task in the middle of a step. Default: `Kernel.within`. */
  readonly callWithin?: (task: Task, call: Syscall<unknown>) => unknown;
  /** Who looks on, where somebody does. */
  readonly observer?: Observer | undefined;
  /** A host came into being. */
  readonly hostAdded?: (name: string) => void;
  /** Makes the kernel of a host. Default: the simulated one. */
  readonly kernel?: (host: string, world: World) => Kernel;
}

/** What async bodies run on. */
export interface ProgramRuntime {
  /** Node's own library on the simulated network; undefined where it is not installed. */
  readonly realm: RealmRun | undefined;
  /** Asked once, at the end: the reasons of promises that were left rejected. */
  floating(): readonly unknown[];
}

/**
 * Hosts, network, clock and tasks of one run; what a scenario builds and states its laws about.
 *
 * @since 0.1.0
 */
export class World {
  /** @internal */
  readonly clock: Clock;
  /** @internal */
  readonly network: Network;
  /** @internal */
  readonly ready: ReadyList = new ReadyList();
  /** @internal */
  readonly events: EventList = new EventList();
  /** @internal */
  readonly faults: number;
  /** @internal */
  readonly patience: number;
  /** @internal */
  readonly fresh: boolean;
  /** @internal */
  readonly choices: Choices = this;
  /** @internal */
  socketsSeen = 0;
  /** @internal */
  running: Task | null = null;
  /** In whose steps the code of the running task runs, the outermost first. */
  readonly #outer: Task[] = [];
  /** @internal */
  readonly tasks: Task[] = [];
  /** @internal */
  readonly laws: Law[] = [];
  /** @internal */
  readonly hosts: Kernel[] = [];
  /** All tasks of the scenario itself, in the order in which it has named them. */
  readonly #placed: (readonly [Task, name: string, Body])[] = [];
  /** Tasks to be started when the run begins, in order. */
  readonly #starting: (readonly [Task, Body])[] = [];
  /** Tasks to be started once somebody listens on their port. */
  #startingLater: (readonly [Task, Body, AfterListen])[] = [];
  /** What has to listen before any program of the scenario starts, as `host:port`. */
  readonly #first: string[] = [];
  /** Who has listened so far, by host, and by host and port. */
  readonly #listened = new Set<string>();
  /** Those of services, for whom nobody waits who waits for whoever listens. */
  readonly #services = new Set<Process>();
  readonly #cleanUps: (() => void)[] = [];
  #onListening: ((port: number) => void) | undefined;
  readonly #daemons = new Map<Task, boolean>();
  readonly #ordinals = new Map<string, number>();
  readonly #parts: WorldParts;
  #pids = 0;
  #building = true;
  #startedCount = 0;
  /**
   * Tasks that ended with an uncaught error, in order.
   *
   * @internal
   */
  readonly deaths: Task[] = [];
  /**
   * Of bodies that no schedule controls wholly: what to look at where two runs of one schedule
   * differ.
   *
   * @internal
   */
  readonly suspects: (() => readonly string[])[] = [];
  /**
   * Its body is an ordinary async function, without sys.
   *
   * @internal
   */
  isRealm = false;
  /**
   * The run is over when every task that has to end has ended, whatever daemons still do.
   *
   * @internal
   */
  endsWithBody = false;
  /**
   * Of programs whose code awaits: where what they wait for has not come, once the run is over.
   *
   * @internal
   */
  readonly awaits: (() => readonly string[])[] = [];
  /**
   * Of a realm's body, where its run is told: what its code does.
   *
   * @internal
   */
  code: CodeTrace | undefined;
  /**
   * Calls of services that have begun and whose promise is not settled: what, and from where.
   *
   * @internal
   */
  readonly unsettled: (() => readonly string[])[] = [];
  /**
   * What is open and may keep an async body waiting, in words.
   *
   * @internal
   */
  readonly stillOpen: (() => readonly string[])[] = [];
  /**
   * Of tasks that may wait for what only a service knows of: what it is, while they do.
   *
   * @internal
   */
  readonly waitsBehind: Map<Task, () => string | undefined> = new Map();
  /**
   * Tasks that are the event loop of a program: the syscalls are the loop's affair.
   *
   * @internal
   */
  readonly programs: Set<Task> = new Set();
  /**
   * Of processes that programs have started: the task of the program that the scenario itself has
   * placed.
   *
   * @internal
   */
  readonly placedBy: Map<Task, Task> = new Map();
  /**
   * Async bodies that wait for something that is not heddle's.
   *
   * @internal
   */
  readonly outside: Set<Task> = new Set();
  /**
   * Whom its programs trust where TLS is spoken, beside those that Node does: in PEM.
   *
   * @internal
   */
  authority: string | null = null;
  /**
   * What async bodies run on, where that is simulated.
   *
   * @internal
   */
  runtime: ProgramRuntime | undefined;

  /** @internal */
  constructor(parts: WorldParts) {
    this.#parts = parts;
    this.clock = parts.clock;
    this.faults = parts.faults;
    this.patience = parts.patience ?? 1;
    this.fresh = parts.fresh ?? false;
    this.network = parts.network(this);
  }

  /** Steps that this run has made. */
  get stepCount(): number {
    return this.#parts.steps?.() ?? 0;
  }

  /**
   * Somebody hears what programs tell of themselves.
   *
   * @internal
   */
  get isTold(): boolean {
    return this.#parts.observer?.told !== undefined;
  }

  /**
   * A program tells what it does between two syscalls; nothing comes of it in the run.
   *
   * @internal
   */
  tell(task: Task, moment: Moment): void {
    this.#parts.observer?.told?.(task, moment);
  }

  // ---- for scenarios ----

  /** A machine of its own, with its own addresses; others reach it under its name. */
  host(name: string): HostHandle {
    return new HostHandle(this, this.#kernel(name));
  }

  /** A process on the default host. */
  process(name: string): ProcessHandle {
    return new ProcessHandle(this, this.#kernel(HOST_DEFAULT).addProcess(name, null));
  }

  #kernel(name: string): Kernel {
    let kernel = this.hosts.find((known) => known.host === name);
    if (kernel === undefined) {
      kernel = this.#parts.kernel?.(name, this) ?? new Kernel(name, this);
      this.hosts.push(kernel);
      this.#parts.hostAdded?.(name);
    }
    return kernel;
  }

  /**
   * Of {@link ProcessHandle.spawn}: the task is started when the run begins, or when somebody
   * listens on its port.
   *
   * @internal
   */
  add(process: Process, name: string, body: Body, options: PlacedOptions): Task {
    if (!this.#building) {
      throw new UsageError(
        `world.process(…).spawn(${JSON.stringify(name)}) came after the run had begun; a running task starts others with sys.spawn`,
      );
    }
    const task = process.kernel.addTask(process, name);
    this.tasks.push(task);
    if (options.daemon !== undefined) this.#daemons.set(task, options.daemon);
    this.#placed.push([task, name, body]);
    const port = options.afterListen;
    if (options.isService === true) {
      this.#services.add(process);
      this.#starting.unshift([task, body]);
    } else if (port === undefined) this.#starting.push([task, body]);
    else this.#startingLater.push([task, body, port]);
    return task;
  }

  /**
   * A task of a process of its own, for which no run waits, born while the run goes on; `start`
   * starts it.
   *
   * @internal
   */
  addDaemon(host: string, name: string, isService = false): Task {
    const kernel = this.#kernel(host);
    const task = kernel.addTask(kernel.addProcess(name, null), name);
    this.tasks.push(task);
    this.#daemons.set(task, true);
    if (isService) this.#services.add(task.process);
    return task;
  }

  /**
   * Whoever is no service starts only when somebody listens there.
   *
   * @internal
   */
  listensFirst(host: string, port: number): void {
    this.#first.push(`${host}:${port}`);
  }

  /**
   * A task of a service's, which begins while the run goes on; whether the run waits for it.
   *
   * @internal
   */
  startService(host: string, name: string, body: Body, { daemon }: { daemon: boolean }): void {
    const task = this.addDaemon(host, name, true);
    this.#daemons.set(task, daemon);
    this.start(task, body);
  }

  /**
   * Of {@link HostHandle.crash}.
   *
   * @internal
   */
  crash(kernel: Kernel): void {
    this.#outsideOf(kernel, 'crash').touches(EVERYTHING);
    kernel.crash();
  }

  /**
   * Of {@link HostHandle.restart}.
   *
   * @internal
   */
  restart(kernel: Kernel): void {
    this.#outsideOf(kernel, 'restart').touches(EVERYTHING);
    const alive = kernel.processes.find(({ status }) => status === undefined);
    if (alive !== undefined) {
      throw new UsageError(`${alive.name} still runs on ${kernel.host}: crash it before restart()`);
    }
    const again = new Map<Process, Process>();
    for (const [before, name, body] of this.#placed) {
      const { process } = before;
      if (process.kernel !== kernel) continue;
      const next = again.get(process) ?? kernel.addProcess(process.name, null);
      again.set(process, next);
      if (this.#services.has(process)) this.#services.add(next);
      const task = kernel.addTask(next, name);
      this.tasks.push(task);
      const daemon = this.#daemons.get(before);
      if (daemon !== undefined) this.#daemons.set(task, daemon);
      this.start(task, body);
    }
  }

  /** Whoever moves now, and goes on when that host is no more. */
  #outsideOf({ host }: Kernel, what: string): Task {
    const task = this.running;
    if (task === null || task.process.kernel.host === host) {
      throw new UsageError(
        `world.host(${JSON.stringify(host)}).${what}() has to be called by a task on another host, between its syscalls`,
      );
    }
    return task;
  }

  /** Must hold after every step. */
  always(law: string, check: Check): void {
    this.#state('always', law, check);
  }

  /** Must have held at some moment by the time the run ends. */
  eventually(law: string, check: Check): void {
    this.#state('eventually', law, check);
  }

  /** Must hold when the run has ended. */
  finally(law: string, check: Check): void {
    this.#state('finally', law, check);
  }

  /**
   * Must come true in some run of a search, at some moment: what a test means to meet, it says.
   * `check` and `fuzz` fail where no run has come to it.
   */
  sometimes(law: string, check: Check): void {
    this.#state('sometimes', law, check);
  }

  #state(when: Law['when'], text: string, check: Check): void {
    this.laws.push({ when, text, check, where: sourceLine(), fulfilled: false });
  }

  /**
   * Draw an input of the scenario: a whole number from 0 (the simplest case) to `n - 1`. It is a
   * decision like any other, so it is found, replayed and shrunk together with the schedule.
   */
  draw(label: string, n: number): number {
    return this.#drawInput(n, { label: () => label });
  }

  /** Draw one of `values`, the first being the simplest. */
  drawFrom<T>(label: string, values: readonly T[]): T {
    const about = {
      label: () => label,
      alternativeText: (choice: number) => inputText(values[choice]),
    };
    return values[this.#drawInput(values.length, about)] as T;
  }

  #drawInput(n: number, about: Labelled): number {
    if (!Number.isInteger(n) || n < 1) {
      throw new UsageError(
        `world.draw(${JSON.stringify(about.label())}, ${n}) needs at least one alternative`,
      );
    }
    return n === 1 ? 0 : this.decide(KIND.input, n, about);
  }

  /**
   * For so many milliseconds of virtual time, from now, nothing comes through between two hosts.
   */
  partition(one: string, other: string, ms: number): void {
    for (const name of [one, other]) {
      if (this.hosts.some(({ host }) => host === name)) continue;
      const names = this.hosts.map(({ host }) => host).join(', ');
      throw new UsageError(`there is no host ${JSON.stringify(name)} to part; there are: ${names}`);
    }
    if (this.network.partition === undefined) {
      throw new UsageError('only the simulated network can be parted');
    }
    this.network.partition(one, other, ms);
  }

  /**
   * From now on bytes travel so many milliseconds of virtual time from one host to another, drawn
   * again for each departure.
   */
  delay(from: string, to: string, msMin: number, msMax: number): void {
    if (this.network.delay === undefined) {
      throw new UsageError('only the simulated network has delays');
    }
    this.network.delay(from, to, msMin, msMax);
  }

  /**
   * Have `cleanUp` called when the run is over, however it ends: for bodies that hold something of
   * the real machine.
   */
  onEnd(cleanUp: () => void): void {
    this.#cleanUps.push(cleanUp);
  }

  /**
   * The run is over.
   *
   * @internal
   */
  close(): void {
    for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
  }

  /**
   * Be told whenever a socket of this world begins to listen.
   *
   * @internal
   */
  onListening(told: (port: number) => void): void {
    this.#onListening = told;
  }

  /** Memory that threads share: each access is a step, so that races between them can be found. */
  cell<T>(name: string, initial: T): Cell<T> {
    return new Cell(name, initial);
  }

  /** A mutex that threads share. */
  mutex(name: string): Mutex {
    return new Mutex(name);
  }

  /** A condition variable that threads share. */
  condition(name: string): Condition {
    return new Condition(name);
  }

  /** Milliseconds of virtual time since the run began. */
  get nowMs(): number {
    return this.clock.nowNs / 1e6;
  }

  /** What a process has written to its descriptors 1 and 2, as UTF-8. */
  output(processName: string): string {
    const process = this.processNamed(processName);
    const file = process?.console;
    return file instanceof Console ? file.text : '';
  }

  /** @internal */
  processNamed(name: string): Process | undefined {
    for (const kernel of this.hosts) {
      const found = kernel.processes.find((process) => process.name === name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  // ---- for the kernel ----

  /** @internal */
  decide(kind: Kind, arity: number, about?: Labelled): number {
    return this.#parts.decide(kind, arity, about);
  }

  /**
   * A call of a task in the middle of a step, whoever makes that.
   *
   * @internal
   */
  callWithin(task: Task, call: Syscall<unknown>): unknown {
    const { callWithin } = this.#parts;
    return callWithin === undefined
      ? task.process.kernel.within(task, call)
      : callWithin(task, call);
  }

  /** @internal */
  listening(host: string, port: number): void {
    this.#onListening?.(port);
    if (this.#startingLater.length === 0) return;
    this.#listened.add(host).add(`${host}:${port}`);
    const isOfService = [...this.#services].some(({ kernel }) => kernel.host === host);
    const isDue = ([, , awaited]: readonly [Task, Body, AfterListen]): boolean =>
      typeof awaited === 'object'
        ? awaited.every((each) => this.#listened.has(each))
        : awaited === port || (awaited === 'any' && !isOfService);
    const due = this.#startingLater.filter(isDue);
    this.#startingLater = this.#startingLater.filter((entry) => !isDue(entry));
    for (const [task, body] of due) this.start(task, body);
  }

  /** @internal */
  ended(task: Task): void {
    if (task.state === 'died') this.deaths.push(task);
    const { process } = task;
    if (--process.aliveCount === 0 && process.status === undefined) {
      process.exit(task.state === 'died' ? 1 : 0);
    }
  }

  /** @internal */
  signalled(...told: Parameters<Surroundings['signalled']>): void {
    this.#parts.observer?.signalled?.(...told);
  }

  /** @internal */
  nextTaskId(): number {
    return this.tasks.length + 1;
  }

  /** @internal */
  nextPid(): number {
    return ++this.#pids;
  }

  /**
   * `handler#1`, `handler#2` for spawned tasks; one that the scenario itself names once keeps its
   * name.
   *
   * @internal
   */
  nextOrdinal(baseName: string, spawned: boolean): number {
    const seen = (this.#ordinals.get(baseName) ?? 0) + 1;
    this.#ordinals.set(baseName, seen);
    return spawned || seen > 1 ? seen : 0;
  }

  /** @internal */
  start(task: Task, program: unknown): void {
    if (this.tasks.at(-1) !== task && !this.tasks.includes(task)) this.tasks.push(task);
    this.within(task, () => this.#begin(task, program));
    this.posted(task);
  }

  #begin(task: Task, program: unknown): void {
    try {
      const made = (program as Body)(task.sys);
      const given = programOf(made);
      if (given !== undefined) {
        task.program = given;
        task.body = GENERATOR_BODY;
      } else task.body = new AsyncBody(() => Promise.resolve(made), this.#parts.drain);
      task.body.start(task);
    } catch (error) {
      task.error = error;
      task.end('died');
    }
  }

  /** @internal */
  within(task: Task, code: () => void): void {
    const outer = this.running;
    if (outer !== null) this.#outer.push(outer);
    this.running = task;
    code();
    this.running = outer;
    if (outer !== null) this.#outer.pop();
  }

  /** @internal */
  isMoving(task: Task): boolean {
    return this.running === task || this.#outer.includes(task);
  }

  /**
   * The next task of the scenario, in the order of their birth, runs up to its first syscall. False
   * when none is left to be started.
   *
   * @internal
   */
  startNext(): boolean {
    this.#building = false;
    const next = this.#starting[this.#startedCount];
    if (next === undefined) return false;
    if (this.#first.length > 0 && !this.isOfService(next[0])) {
      const rest = this.#starting.splice(this.#startedCount);
      this.#startingLater.push(...rest.map(([task, body]) => [task, body, this.#first] as const));
      return false;
    }
    this.#startedCount++;
    this.start(...next);
    return true;
  }

  /** @internal */
  later(event: LaterEvent): void {
    this.events.add(new Later(this.events, event));
  }

  /**
   * What the kernel still lets happen, one label each, in alphabetical order.
   *
   * @internal
   */
  get comingLater(): string[] {
    const { events, count } = this.events;
    const found = events.slice(0, count).filter((event) => event instanceof Later);
    return found.map((event) => event.label()).sort();
  }

  /**
   * A task's code has come to a stop: see what it wants.
   *
   * @internal
   */
  posted(task: Task): void {
    if (!task.isAlive) return;
    const { call } = task;
    if (call === null) {
      task.outside = true;
      this.outside.add(task);
      if (task.readyIndex >= 0) this.ready.remove(task);
      return;
    }
    if (task.outside) {
      task.outside = false;
      this.outside.delete(task);
    }
    task.process.kernel.post(task, call);
  }

  /**
   * Tasks that waited outside may have been called back by what ran meanwhile.
   *
   * @internal
   */
  lookOutside(): void {
    for (const task of this.outside) {
      if (task.state !== 'alive') this.outside.delete(task);
      else if (task.call !== null) this.posted(task);
    }
  }

  /**
   * Whether it is a task of a service's, and not of the user's making.
   *
   * @internal
   */
  isOfService({ process }: Task): boolean {
    return this.#services.has(process);
  }

  /**
   * Whether the run may end while this task waits.
   *
   * @internal
   */
  isDaemon(task: Task): boolean {
    const placed = this.placedBy.size === 0 ? undefined : this.placedBy.get(task);
    const judged = placed?.isAlive === true ? placed : task;
    return this.#daemons.get(judged) ?? judged.process.isService;
  }

  /**
   * Whether every task that has to end has ended.
   *
   * @internal
   */
  get allEnded(): boolean {
    for (const task of this.tasks) if (task.state === 'alive' && !this.isDaemon(task)) return false;
    return true;
  }
}

/** An event that happens once. */
class Later extends EnvironmentEvent {
  readonly #events: EventList;
  readonly #event: LaterEvent;

  constructor(events: EventList, event: LaterEvent) {
    super();
    this.#events = events;
    this.#event = event;
  }

  fire(): void {
    this.#events.remove(this);
    this.#event.fire();
  }

  happening(): Happening {
    return this.#event.happening();
  }

  override touches(footprint: Footprint): void {
    if (this.#event.touches === undefined) super.touches(footprint);
    else this.#event.touches(footprint);
  }
}

/** Several drawn values share a line of 96 columns. */
const INPUT_TEXT_MAX = 40;

/** A drawn value in a report. */
function inputText(value: unknown): string {
  const text = (typeof value === 'string' ? JSON.stringify(value) : String(value)) ?? 'undefined';
  return text.length <= INPUT_TEXT_MAX ? text : `${text.slice(0, INPUT_TEXT_MAX - 1)}…`;
}
