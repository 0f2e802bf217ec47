import { BLOCKED } from '../sim/kernel/calls/handler.ts';
import { KIND } from '../sim/kernel/choices.ts';
import type { Clock } from '../sim/kernel/clock.ts';
import type { Kernel } from '../sim/kernel/kernel.ts';
import type { Machine } from '../sim/kernel/machine.ts';
import type { Network } from '../sim/kernel/network.ts';
import type { PendingCall } from '../sim/kernel/pending-call.ts';
import type { Process } from '../sim/kernel/process.ts';
import type { Task } from '../sim/kernel/task.ts';
import { TcpSocket } from '../sim/kernel/tcp.ts';
import { HOST_DEFAULT, World } from '../sim/schedule/world.ts';
import * as c from '../sys/constants.ts';
import { EAGAIN } from '../sys/errno.ts';
import { type PollReady, Sys } from '../sys/sys.ts';
import { BELOW_ZERO, type Syscall } from '../sys/syscall.ts';
import { syscallOf } from './calls.ts';
import { MASK, masksText } from './masks.ts';
import { type Step, TASK_CHILD, TIME_SOON } from './program.ts';
import { type Shown, show } from './show.ts';

/** What an arm is made of. */
export interface ArmParts {
  readonly clock: Clock;
  readonly network: (world: World) => Network;
  readonly hostAdded?: (name: string) => void;
  readonly kernel?: (host: string, world: World) => Kernel;
  /** Lets outside effects happen; true if a sleeping task was woken by them. */
  readonly look: () => boolean;
  /** Wait for as long as the pace of this execution says. */
  readonly pause: () => void;
  /** Let so much time go by. */
  readonly elapse: (ms: number) => void;
  /** Several may come next: which of so many. Default: the first, who has waited longest. */
  readonly choose?: (count: number) => number;
}

/** What can be seen of a step. */
export interface Seen {
  /** The result of the call; `asleep` if it sleeps, `-` if there was nothing to do. */
  readonly result: Shown;
  /** Calls that other steps had begun and that have come back now: task and result. */
  readonly woken: readonly string[];
  /** Readiness of every open descriptor, process by process. */
  readonly masks: Shown;
}

const FLOOD_CHUNK_BYTES = 4096;
/** More than any buffer holds. */
const FLOOD_CHUNKS_MAX = 16_384;
/** Longer than TIMES_MS[TIME_SOON]. */
const SOON_MS = 3;
/** What takes in whatever is written to it. */
const BOTTOMLESS: ReadonlySet<string> = new Set(['udp', 'file', 'null']);
const SENDING: ReadonlySet<Step['call']> = new Set(['send', 'sendto', 'write', 'pwrite']);
/** Words of memory that futexes of a program are about. */
const WORDS = 8;
/** A flood is dry when nothing has come for so many looks. */
const DRY_LOOKS = 20;

/** Looks at what has become ready after one step, at most. */
const ROUNDS_MAX = 100;

/** A kernel, simulated or real, that does the steps of a program one by one. */
export class Arm {
  readonly #parts: ArmParts;
  readonly #world: World;
  readonly #kernel: Machine;
  readonly #processes: Process[] = [];
  /** By their number in steps. */
  readonly #tasks: Task[] = [];
  /** Make the calls by which an arm looks at its descriptors. */
  readonly #observers: Task[] = [];
  readonly #names = new Map<string, number>();
  readonly #results = new Map<Task, unknown>();
  /** Signals that handlers have noted since the last step. */
  readonly #signals: string[] = [];
  /** Calls asleep, with the names that their descriptors will have. */
  readonly #asleep = new Map<Task, Step>();
  readonly #words = new Int32Array(WORDS);
  /** Tasks whose call has raised SIGPIPE. */
  readonly #brokenPipes = new Set<Task>();
  #bytesSent = 0;

  constructor(parts: ArmParts) {
    this.#parts = parts;
    this.#world = new World({
      clock: parts.clock,
      network: parts.network,
      faults: 0,
      drain: () => {},
      decide: (kind, arity) => (kind === KIND.listener ? this.#choose(arity) : 0),
      ...(parts.hostAdded === undefined ? {} : { hostAdded: parts.hostAdded }),
      ...(parts.kernel === undefined ? {} : { kernel: parts.kernel }),
    });
    const { process } = this.#world.host(HOST_DEFAULT).process('p');
    this.#kernel = process.kernel;
    this.#tasks.push(this.#addTask(process));
    this.#addProcess(process);
    this.#tasks.push(this.#addTask(process));
  }

  #choose(count: number): number {
    return count > 1 ? (this.#parts.choose?.(count) ?? 0) : 0;
  }

  #addProcess(process: Process): void {
    this.#processes.push(process);
    this.#observers.push(this.#addTask(process));
  }

  #addTask(process: Process): Task {
    const task = this.#kernel.addTask(process, 't');
    this.#world.tasks.push(task);
    return task;
  }

  /** Whether `task` can do a step at all now. */
  isIdle(task: number): boolean {
    const found = this.#tasks[task];
    return found !== undefined && found.state === 'alive' && !this.#asleep.has(found);
  }

  /** Whether some task sleeps: the order of several wake-ups is not the subject here. */
  get hasSleeper(): boolean {
    return this.#asleep.size > 0;
  }

  get wasForked(): boolean {
    return this.#processes.length > 1;
  }

  knows(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether a call on that descriptor may sleep. */
  mayBlock(task: number, name: string): boolean {
    const fd = this.#names.get(name);
    const description =
      fd === undefined ? undefined : this.#tasks[task]?.process.descriptors.get(fd);
    return description != null && (description.flags & c.O_NONBLOCK) === 0;
  }

  /** Whether it is an end of a TCP connection in which there is no more room, either way. */
  isFull(task: number, name: string): boolean {
    const fd = this.#names.get(name) ?? -1;
    const file = this.#tasks[task]?.process.descriptors.get(fd)?.file;
    if (!(file instanceof TcpSocket)) return false;
    return file.link?.room === 0 || file.counterpart?.link?.room === 0;
  }

  /** Who reads there meets the end as soon as nothing is left, whatever is still on its way. */
  isShutForReading(task: number, [name = '']: readonly string[]): boolean {
    const fd = this.#names.get(name) ?? -1;
    const file = this.#tasks[task]?.process.descriptors.get(fd)?.file;
    return file !== undefined && (file.look() & c.POLLRDHUP) !== 0;
  }

  /**
   * Whether it can be filled, and to the same point each time: somebody who is woken meanwhile may
   * have taken something by then, or not.
   */
  canFill(task: number, name: string): boolean {
    const fd = this.#names.get(name) ?? -1;
    const file = this.#tasks[task]?.process.descriptors.get(fd)?.file;
    if (file === undefined) return true;
    if (BOTTOMLESS.has(file.type)) return false;
    if (this.#asleep.size === 0) return true;
    return file.waits.empty && file.counterpart?.waits.empty !== false;
  }

  /** Do a step and see what comes of it. */
  do(step: Step, watch: boolean): Seen {
    const result = this.#result(step);
    const woken = [...this.#cameBack(), ...this.#signals.splice(0)];
    return { result, woken, masks: watch ? this.masks() : '' };
  }

  /** Does a step of a program whose tasks sleep: it may find nobody who could do it. */
  attempt(step: Step, watch: boolean): Seen {
    const why = this.#whyNot(step);
    const result = why ?? (step.call === 'sleep' ? this.#sleep(step) : this.#result(step));
    return { result, woken: this.#cameBack().sort(), masks: watch ? this.masks() : '' };
  }

  #whyNot(step: Step): Shown | undefined {
    if (step.call === 'sleep') return undefined;
    if (!this.isIdle(step.task)) return 'busy';
    const makesTask = step.call === 'fork' || step.call === 'thread';
    if (makesTask && this.#tasks[step.numbers[0] as number] !== undefined) return 'busy';
    return step.fds.every((name) => this.knows(name)) ? undefined : 'unknown';
  }

  #sleep({ numbers: [ms] }: Step): Shown {
    this.#parts.elapse(ms as number);
    this.#run();
    return 0;
  }

  #result(step: Step): Shown {
    const task = this.#tasks[step.task] as Task;
    switch (step.call) {
      case 'fork': {
        const child = this.#kernel.addProcess('c', task.process, task.process.descriptors.copy());
        task.process.children.push(child);
        this.#tasks[step.numbers[0] ?? TASK_CHILD] = this.#addTask(child);
        this.#addProcess(child);
        return 'ok';
      }
      case 'exit':
        task.process.exit(0);
        for (const [sleeper] of this.#asleep) {
          if (sleeper.state !== 'alive') this.#asleep.delete(sleeper);
        }
        return 'ok';
      case 'thread':
        this.#tasks[step.numbers[0] as number] = this.#addTask(task.process);
        return 0;
      case 'handle':
        return this.#handleUsr1(task, step.numbers[0] === 1);
      case 'tkill':
        return this.#signal(task, this.#tasks[step.numbers[0] as number]);
      case 'futexSet':
        this.#words[step.numbers[0] as number] = step.numbers[1] as number;
        return 0;
      case 'fill':
        return this.#unblocked(task, step, (fd) => this.#fill(task, fd, step.numbers[0] as number));
      case 'drain':
        return this.#unblocked(task, step, (fd) => this.#drain(task, fd));
      case 'flood':
        return this.#flood(task, step);
      case 'sigaction':
        return this.#noteSigpipe(task, step.numbers[0] === 1);
      default: {
        const call = syscallOf(step, task.sys, this.#names, this.#bytesSent, this.#words);
        this.#post(task, call, step);
        this.#run();
        // A call that is not simulated is done by neither arm, and has sent nothing.
        if (SENDING.has(step.call)) this.#bytesSent += step.numbers[0] ?? 0;
        // A timer that is to run out soon has done so before anybody looks, however fast the
        // machine is.
        if (step.call === 'timerfdSettime' && step.numbers[0] === TIME_SOON) {
          this.#parts.elapse(SOON_MS);
          this.#run();
        }
        if (!this.#results.has(task)) return 'asleep';
        return this.#answer(task, step);
      }
    }
  }

  /** The result of a call that is through; its descriptors get their names. */
  #answer(task: Task, step: Step): Shown {
    const result = this.#results.get(task);
    this.#results.delete(task);
    this.#asleep.delete(task);
    const made = madeBy(result);
    step.makes.forEach((name, i) => {
      if (made[i] !== undefined) this.#names.set(name, made[i]);
    });
    // Small segments must not wait for acknowledgements (Nagle): what is compared is what follows
    // at once.
    if (step.call === 'socket' && made[0] !== undefined) {
      const [fd] = made;
      this.#now(task, (sys) => sys.setsockopt(fd, 'TCP_NODELAY', 1));
    }
    if (!this.#brokenPipes.delete(task)) return show(result);
    return { sigpipe: show(result) };
  }

  #post(task: Task, call: Syscall<unknown>, step: Step): void {
    task.asks(call);
    this.#asleep.set(task, step);
    this.#world.posted(task);
  }

  /** Every task that may move does, the longest ready first. */
  #turns(): void {
    const { ready } = this.#world;
    while (ready.count > 0) {
      const able = ready.tasks.slice(0, ready.count) as Task[];
      able.sort((a, b) => a.readySequence - b.readySequence);
      this.#turn(able[this.#choose(able.length)] as Task);
    }
  }

  #turn(task: Task): void {
    const world = this.#world;
    const call = task.call as PendingCall;
    let result: unknown;
    try {
      result = this.#kernel.move(task, call);
    } catch (error) {
      this.#settle(task, call);
      this.#asleep.delete(task);
      throw error;
    }
    if (result === BLOCKED) return;
    if (result === BELOW_ZERO) result = String(call.progress);
    this.#settle(task, call);
    this.#results.set(task, result);
    world.running = null;
  }

  /** A call is through, and its task asks for nothing else. */
  #settle(task: Task, call: PendingCall): void {
    this.#kernel.settle(task, call);
    task.sleep();
  }

  /** Everybody moves who can, until nobody can any more. */
  #run(): void {
    this.#turns();
    this.#parts.pause();
    // A sleeper may be woken for nothing again and again (select on what has only hung up): enough
    // is enough.
    for (let round = 0; round < ROUNDS_MAX; round++) {
      this.#fireDue();
      this.#turns();
      if (!this.#parts.look()) return;
    }
  }

  #fireDue(): void {
    const { timers, nowNs } = this.#parts.clock;
    for (;;) {
      const timer = timers.popDue(nowNs);
      if (timer === undefined) return;
      timer.target.expire(timer);
    }
  }

  /** Let everything happen that follows from a step; gives the calls that came back. */
  #cameBack(): string[] {
    this.#run();
    const woken: string[] = [];
    for (const [task, step] of [...this.#asleep]) {
      if (!this.#results.has(task)) continue;
      woken.push(`t${step.task} ${step.call} ${text(this.#answer(task, step))}`);
    }
    return woken;
  }

  /** A call that does not sleep, made at once. */
  #now(task: Task, make: (sys: Sys) => Syscall<unknown>): unknown {
    return this.#kernel.within(task, make(task.sys));
  }

  /** SIGPIPE is noted with the call that raised it; SIGUSR1 does nothing at first. */
  noteSignals(): void {
    const [task] = this.#observers as [Task];
    const handler = (_: number, sys: Sys): void => {
      this.#brokenPipes.add(Sys.ownerOf(sys) as Task);
    };
    this.#now(task, (sys) => sys.sigaction(c.SIGPIPE, { handler }));
    this.#now(task, (sys) => sys.sigaction(c.SIGCHLD, 'ignore'));
    this.#handleUsr1(task, false);
  }

  #handleUsr1(task: Task, restart: boolean): Shown {
    const action = { restart, handler: () => {} };
    return show(this.#now(task, (sys) => sys.sigaction(c.SIGUSR1, action)));
  }

  #signal(task: Task, target: Task | undefined): Shown {
    return show(this.#now(task, (sys) => sys.tkill(target?.id ?? 0, c.SIGUSR1)));
  }

  /** What is done to a descriptor that does not block meanwhile. */
  #unblocked(task: Task, { fds }: Step, act: (fd: number) => unknown): Shown {
    const fd = this.#names.get(fds[0] as string) as number;
    const description = task.process.descriptors.get(fd);
    if (description === null) return 'EBADF';
    const { flags } = description;
    description.flags |= c.O_NONBLOCK;
    const last = act(fd);
    description.flags = flags;
    return this.#brokenPipes.delete(task) ? { sigpipe: show(last) } : show(last);
  }

  #fill(task: Task, fd: number, chunkBytes: number): unknown {
    const chunk = new Uint8Array(chunkBytes);
    for (;;) {
      const taken = this.#now(task, (sys) => sys.write(fd, chunk));
      if (typeof taken !== 'number' || taken < 0) return taken;
    }
  }

  /** Others may write what there is room for while it is read. */
  #drain(task: Task, fd: number): unknown {
    for (let dry = 0; ; ) {
      const taken = this.#now(task, (sys) => sys.read(fd, FLOOD_CHUNK_BYTES * 4));
      if (taken instanceof Uint8Array && taken.length > 0) dry = 0;
      else if (taken !== -EAGAIN) return taken instanceof Uint8Array ? 0 : taken;
      else if (++dry > 1) return taken;
      else this.#run();
    }
  }

  #noteSigpipe(task: Task, noted: boolean): Shown {
    const handler = (): void => {
      this.#signals.push(`t${this.#tasks.indexOf(task)} SIGPIPE`);
    };
    return show(this.#now(task, (sys) => sys.sigaction(c.SIGPIPE, noted ? { handler } : 'ignore')));
  }

  #flood(task: Task, step: Step): Shown {
    const [from, to] = step.fds.map((name) => this.#names.get(name) as number) as [number, number];
    const chunk = new Uint8Array(FLOOD_CHUNK_BYTES);
    // Without, small segments wait for acknowledgements, which are held back for longer than any
    // pause after so much data.
    this.#now(task, (sys) => sys.setsockopt(from, 'TCP_NODELAY', 1));
    const queued = this.#now(task, (sys) => sys.ioctl(to, c.FIONREAD)) as number;
    let written = Math.max(0, queued);
    let last: unknown = 0;
    for (let i = 0; i < FLOOD_CHUNKS_MAX; i++) {
      last = this.#now(task, (sys) => sys.write(from, chunk));
      if (typeof last !== 'number' || last < 0) break;
      written += last;
    }
    this.#cameBack();
    const full = this.masks();
    let read = 0;
    let end: unknown = 0;
    for (let looks = 0; looks < DRY_LOOKS && read < written; ) {
      end = this.#now(task, (sys) => sys.read(to, FLOOD_CHUNK_BYTES * 4));
      if (end instanceof Uint8Array && end.length > 0) {
        read += end.length;
        looks = 0;
        continue;
      }
      this.#parts.pause();
      this.#cameBack();
      looks++;
    }
    return { stopped: show(last), full, all: read === written };
  }

  /** The readiness of every open descriptor. */
  masks(): Shown {
    return masksText(
      this.#processes.map((process, i) => {
        if (process.status !== undefined) return null;
        const fds: number[] = [];
        for (const [fd] of process.descriptors.entries()) if (fd > 2) fds.push(fd);
        const entries = fds.map((fd) => ({ fd, events: MASK }));
        const ready = this.#now(this.#observers[i] as Task, (sys) => sys.poll(entries, 0));
        const byFd = new Map((ready as PollReady[]).map(({ fd, revents }) => [fd, revents]));
        return fds.map((fd) => [fd, byFd.get(fd) ?? 0] as const);
      }),
    );
  }

  /** Close everything. */
  end(): void {
    for (const process of this.#processes) process.exit(0);
  }
}

/** The descriptors in a result, in order. */
function madeBy(result: unknown): number[] {
  if (typeof result === 'number') return result < 0 ? [] : [result];
  if (Array.isArray(result)) return result as number[];
  if (typeof result === 'object' && result !== null && 'fd' in result) return [result.fd as number];
  return [];
}

const text = (shown: Shown): string => (typeof shown === 'string' ? shown : JSON.stringify(shown));
