import { O_NONBLOCK, O_RDWR, SIGKILL } from '../../sys/constants.ts';
import { EBADF, ENOTSOCK } from '../../sys/errno.ts';
import { InternalError } from '../../sys/errors.ts';
import type { Address, Body } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { FLAG_CLOEXEC, FLAG_NONBLOCK } from './calls/descriptors.ts';
import { BLOCKED } from './calls/handler.ts';
import type { Row } from './calls/row.ts';
import { rowOf } from './calls/table.ts';
import { KIND } from './choices.ts';
import { Console } from './console.ts';
import { DescriptorTable } from './descriptors.ts';
import { Disk } from './disk.ts';
import { Description, type FileObject } from './file.ts';
import type { Footprint } from './footprint.ts';
import { Futexes } from './futexes.ts';
import type { Machine } from './machine.ts';
import { beginningOf, type PendingCall } from './pending-call.ts';
import { Process } from './process.ts';
import { isSocket } from './socket.ts';
import { signalFootprint } from './step-footprint.ts';
import type { Surroundings } from './surroundings.ts';
import { Task } from './task.ts';
import { UnixNames } from './unix-names.ts';

const KILLED = 128 + SIGKILL;

/**
 * One machine: processes, their tasks, and what syscalls do to them. Time, choice and network are
 * handed to it.
 */
export class Kernel implements Machine {
  /** The machine's name; addresses of other machines name it. */
  readonly host: string;
  readonly surroundings: Surroundings;
  readonly futexes: Futexes = new Futexes();
  readonly unixNames: UnixNames = new UnixNames();
  readonly processes: Process[] = [];
  /** Sockets made so far; what is counted is of no consequence but that neighbours differ. */
  socketCount = 0;
  /**
   * # Linux: a TCP socket's role
   * Up to 6.18 a TCP socket whose attempt has failed, or that was disconnected or accepted, may
   * listen in the end, and one that listens no more may connect. Later kernels refuse both with
   * EINVAL (seen on 6.18.44). Ours is as those that most people have; `heddle conform` has it as
   * the Linux that it runs on.
   */
  rolesAreKept = false;
  #descriptionCount = 0;
  /** Few programs ask for one, and every run has a fresh kernel. */
  #disk: Disk | undefined;

  constructor(host: string, surroundings: Surroundings) {
    this.host = host;
    this.surroundings = surroundings;
  }

  /** @internal */
  get disk(): Disk {
    this.#disk ??= new Disk(this.surroundings.clock);
    return this.#disk;
  }

  /**
   * A process with descriptors 0, 1 and 2 on a console of its own, or with the table that fork(2)
   * copied for it.
   */
  addProcess(name: string, parent: Process | null, descriptors?: DescriptorTable): Process {
    const table = descriptors ?? new DescriptorTable();
    if (descriptors === undefined) {
      const console = this.describe(new Console(), O_RDWR);
      for (let fd = 0; fd < 3; fd++) table.install(console, false);
      console.references = 3;
    }
    const process = new Process(this.surroundings.nextPid(), name, this, parent, table);
    this.processes.push(process);
    return process;
  }

  /** A task of the world's own making (not spawned by another). */
  addTask(process: Process, baseName: string): Task {
    const { surroundings } = this;
    const ordinal = surroundings.nextOrdinal(baseName, false);
    const id = surroundings.nextTaskId();
    const task = new Task(id, process, baseName, ordinal);
    process.add(task);
    return task;
  }

  /**
   * spawn and fork: a task born of `parent`; it runs up to its first syscall within the parent's
   * step.
   */
  spawnFrom(parent: Task, process: Process, name: string, body: Body): Task {
    const { surroundings } = this;
    const baseName = name === '' ? parent.name : name;
    const path = `${parent.path}.${++parent.childCount}`;
    const ordinal = surroundings.nextOrdinal(baseName, true);
    const task = new Task(surroundings.nextTaskId(), process, baseName, ordinal, path);
    process.add(task);
    surroundings.start(task, body);
    return task;
  }

  /**
   * It loses its power: its processes are no more, and its disk keeps what the crash model says.
   *
   * # A crash: the peers of its connections are told at once
   * What was open is closed by the kernel, as with SIGKILL. A machine without power says nothing,
   * and its peers find out when they send.
   */
  crash(): void {
    this.disk.crash(this.surroundings.choices);
    for (const process of this.processes) {
      const task = process.tasks.find(({ state }) => state === 'alive');
      if (task !== undefined) this.surroundings.signalled(task, SIGKILL, 'kills');
      if (process.status === undefined) process.killedBy = SIGKILL;
      process.exit(KILLED);
    }
  }

  /** A new description for `file`, with one reference for whoever installs it. */
  describe(file: FileObject, flags: number): Description {
    return new Description(++this.#descriptionCount, file, flags);
  }

  /** Install `file` where room has been made sure of, at `from` or above. */
  install(process: Process, file: FileObject, access: number, flags: number, from = 0): number {
    const status = access | ((flags & FLAG_NONBLOCK) !== 0 ? O_NONBLOCK : 0);
    const onExec = (flags & FLAG_CLOEXEC) !== 0;
    return process.descriptors.install(this.describe(file, status), onExec, from);
  }

  /** All that is known of the syscall that a task has asked for. */
  rowOf(call: Syscall<unknown>): Row {
    return rowOf(call);
  }

  // ---- a call, from asking to answer ----

  /** A task asks for `call`: it falls asleep at once if the call would, and else may be moved. */
  post(task: Task, call: PendingCall): void {
    call.awaitsTurn();
    if (this.sleeps(task, call)) return;
    if (task.readyIndex < 0) this.surroundings.ready.add(task);
  }

  /**
   * The call of a task has its turn: its answer, or BLOCKED if the task does not go on. Whoever
   * moves it settles it.
   */
  move(task: Task, call: PendingCall): unknown {
    const { surroundings } = this;
    call.takesTurn();
    surroundings.running = task;
    let result: unknown = BLOCKED;
    try {
      result = this.execute(task, call);
    } finally {
      if (result === BLOCKED) surroundings.running = null;
    }
    return result;
  }

  /** The call of a task has its answer. */
  settle(task: Task, call: PendingCall): void {
    call.settle();
    task.call = null;
  }

  /**
   * A call in the middle of a step, for programs that cannot be stopped where they ask: it is
   * carried out at once, and may not sleep. The task may be asleep in another call.
   */
  within(task: Task, asked: Syscall<unknown>): unknown {
    const call = asked as PendingCall;
    if (call.value === undefined) call.value = call;
    const { surroundings } = this;
    const { running } = surroundings;
    const outer = task.call;
    surroundings.running = task;
    task.call = call;
    try {
      const result = this.execute(task, call);
      if (result !== BLOCKED) return result;
      throw new InternalError(
        `${task.name} was put to sleep by ${call.name}, in the middle of a step`,
      );
    } finally {
      call.settle();
      task.call = outer;
      surroundings.running = running;
    }
  }

  /** Carry out the task's pending syscall: its result, or BLOCKED. */
  execute(task: Task, call: Syscall<unknown>): unknown {
    return rowOf(call).perform(task, call);
  }

  /** A syscall was posted: put the task to sleep if it would sleep anyway. */
  sleeps(task: Task, call: Syscall<unknown>): boolean {
    return rowOf(call).parks(task, call);
  }

  /**
   * The name of the socket behind a descriptor, or a negated errno: for onlookers, who make no
   * syscall to look.
   */
  nameOf({ descriptors }: Process, fd: number): Address | number {
    const file = descriptors.get(fd)?.file;
    if (file === undefined) return -EBADF;
    return isSocket(file) ? file.sockname() : -ENOTSOCK;
  }

  /** Note what the arrival of a signal touches. */
  touchesOfSignal(process: Process, signal: number, into: Footprint): void {
    signalFootprint(process, signal, into);
  }

  /**
   * Tasks are put to sleep as soon as they have asked for a call that would block, before their
   * turn. If `fd` is closed now, such a task may have been asleep in the call already (0, and
   * close(2) does not wake it), or may not have begun it yet (1, and it will find the descriptor
   * closed).
   */
  beforeClose(closer: Task, fd: number): void {
    const { process } = closer;
    if (process.tasks.length === 1) return;
    const description = process.descriptors.get(fd);
    if (description === null) return;
    for (const task of process.tasks) {
      const { call } = task;
      if (call === null || call.held !== description || call.begun || call.a0 !== fd) continue;
      const about = beginningOf(task, call);
      if (this.surroundings.choices.decide(KIND.begun, 2, about) === 0) continue;
      call.held = null;
      description.references--;
      task.wake();
    }
  }
}
