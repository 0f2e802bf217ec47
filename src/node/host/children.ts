import { basename } from 'node:path';
import { Console } from '../../sim/kernel/console.ts';
import type { DescriptorTable } from '../../sim/kernel/descriptors.ts';
import type { Description } from '../../sim/kernel/file.ts';
import type { Process } from '../../sim/kernel/process.ts';
import type { Task } from '../../sim/kernel/task.ts';
import type { World } from '../../sim/schedule/world.ts';
import { O_NONBLOCK, O_RDWR, SIGCHLD } from '../../sys/constants.ts';
import { EBADF } from '../../sys/errno.ts';
import { type Body, type Program, Sys } from '../../sys/sys.ts';
import type {
  HandleId,
  Refused,
  SpawnAsked,
  SpawnedSync,
  SpawnLimits,
  StdioAsked,
  StdioKind,
} from '../wire.ts';
import { runCommand, STDERR } from './command.ts';
import { CHILDREN, type LoopSignals } from './loop-signals.ts';
import { pidOf } from './process-ids.ts';
import { runSync } from './spawn-sync.ts';
import { type NodeLine, type Started, whatIsStarted } from './started.ts';
import { type Deliver, errnoOf, NO_BYTES, type UvStream } from './uv-stream.ts';

/** A Node program that another one starts. */
export interface NodeStart {
  readonly line: NodeLine;
  readonly asked: SpawnAsked;
  readonly stdio: readonly StdioKind[];
  readonly parent: Process;
}

/** What starts Node programs for others: the body of the new process. */
export type StartNode = (task: Task, start: NodeStart) => Program<unknown>;

/** What a loop has that others need who start processes for it. */
export interface ParentLoop {
  readonly task: Task;
  readonly signals: LoopSignals;
  readonly deliver: Deliver;
  stream(id: HandleId): UvStream | undefined;
  /** A handle has one end of a pipe to another process. */
  pipe(id: HandleId, fd: number): void;
}

/** One descriptor of a process that is to be started. */
export interface Given {
  /** undefined for none. */
  readonly description: Description | undefined;
  readonly isNothing: boolean;
  /** Of a pipe: the number of its end in the parent, which is closed when the child has it. */
  readonly own: number;
  /** Of a pipe that is no handle's: the parent's other end. */
  readonly other: number;
}

const NONE: Given = { description: undefined, isNothing: true, own: -1, other: -1 };

interface Child {
  readonly id: HandleId;
  readonly process: Process;
}

/** libuv's unix/process.c: the processes that a program has started. */
export class Children {
  readonly #loop: ParentLoop;
  readonly #task: Task;
  readonly #sys: Sys;
  readonly #startNode: StartNode | undefined;
  readonly #alive = new Map<number, Child>();

  constructor(loop: ParentLoop, startNode: StartNode | undefined) {
    this.#loop = loop;
    this.#task = loop.task;
    this.#sys = loop.task.sys;
    this.#startNode = startNode;
  }

  /** uv_spawn. Gives the process id, or a negated errno. */
  *spawn(id: HandleId, asked: SpawnAsked): Program<number | Refused> {
    const started = this.what(asked);
    if (started.is === 'refused') return { refused: started.why };
    yield* this.#loop.signals.watch(CHILDREN, SIGCHLD);
    const given = yield* this.give(asked.stdio);
    if (typeof given === 'number') return given;
    const process = yield* this.fork(started, asked, given);
    if (typeof process === 'number') return process;
    this.#alive.set(process.pid, { id, process });
    return pidOf(process);
  }

  /** What that is. */
  what(asked: SpawnAsked): Started {
    const started = whatIsStarted(this.#task.process.kernel, asked);
    if (started.is !== 'node' || this.#startNode !== undefined) return started;
    return {
      is: 'refused',
      why: `${started.line.path} was to be started as a process: code in a realm starts none. Put this program onto a host of its own, with heddle run --hosts or nodeProgram: there it may`,
    };
  }

  /** As `spawn`, and wait until it has ended: uv_run of SyncProcessRunner (src/spawn_sync.cc). */
  spawnSync(
    asked: SpawnAsked,
    limits: SpawnLimits,
    input: Uint8Array,
  ): Program<readonly [SpawnedSync | Refused, Uint8Array]> {
    return this.#startNode === undefined
      ? cannotWait(asked)
      : runSync(this, this.#task, asked, limits, input);
  }

  /** uv__process_init_stdio, uv__process_open_stream. */
  *give(stdio: readonly StdioAsked[]): Program<Given[] | number> {
    const given: Given[] = [];
    for (const [number, one] of stdio.entries()) {
      const next = yield* this.#giveOne(one, number);
      if (typeof next === 'number') return next;
      given.push(next);
    }
    return given;
  }

  *#giveOne(one: StdioAsked, number: number): Program<Given | number> {
    const { descriptors, kernel } = this.#task.process;
    if (one.is === 'ignore') {
      if (number > STDERR) return NONE;
      // What it says goes nowhere, and what it reads is empty: /dev/null.
      return { ...NONE, description: kernel.describe(new Console(), O_RDWR) };
    }
    if (one.is === 'pipe') {
      const flags = { nonblock: true, cloexec: true };
      const [other, own] = yield* this.#sys.socketpair('stream', flags);
      const description = descriptors.get(own) as Description;
      description.flags &= ~O_NONBLOCK;
      if (one.id !== 0) this.#loop.pipe(one.id, other);
      return { description, isNothing: false, own, other: one.id === 0 ? other : -1 };
    }
    const fd = one.is === 'fd' ? one.fd : (this.#loop.stream(one.id)?.fd ?? -1);
    const description = descriptors.get(fd);
    if (description === null) return -EBADF;
    return { description, isNothing: false, own: -1, other: -1 };
  }

  /** uv__spawn_and_init_child; what the child has been given the parent lets go of. */
  *fork(started: Started, asked: SpawnAsked, given: readonly Given[]): Program<Process | number> {
    let answer: Process | number = started.is === 'nothing' ? -started.errno : asked.errno;
    if (answer === 0) {
      try {
        const name = nameOf(started, asked);
        const pid = yield* this.#sys.fork(this.#body(started, given), { name });
        answer = this.#task.process.children.find((child) => child.pid === pid) as Process;
      } catch (error) {
        answer = -errnoOf(error);
      }
    }
    for (const { own } of given) if (own >= 0) yield* this.#sys.close(own);
    return answer;
  }

  /** uv__process_child_init and execve(2), in the step of fork(2). */
  #body(started: Started, given: readonly Given[]): Body {
    const parent = this.#task;
    return (sys) => {
      const task = Sys.ownerOf(sys) as Task;
      const { placedBy } = task.surroundings as World;
      placedBy.set(task, placedBy.get(parent) ?? parent);
      takeOver(task.process.descriptors, given);
      task.process.signals = null;
      if (started.is === 'command') return runCommand(sys, started.command, started.asked);
      const { line, asked } = started as Extract<Started, { is: 'node' }>;
      const stdio = given.map(kindOf);
      return (this.#startNode as StartNode)(task, { line, asked, stdio, parent: parent.process });
    };
  }

  /** uv__wait_children: who has ended is told of. */
  *reap(): Program<void> {
    const ended: Child[] = [];
    for (const child of this.#alive.values()) {
      const { pid } = yield* this.#sys.waitpid(child.process.pid, { nohang: true });
      if (pid !== 0) ended.push(child);
    }
    for (const { id, process } of ended) {
      this.#alive.delete(process.pid);
      const { killedBy, status = 0 } = process;
      yield* this.#loop.deliver(['exited', id, killedBy === 0 ? status : 0, killedBy]);
    }
  }
}

function* cannotWait({ file }: SpawnAsked): Program<readonly [Refused, Uint8Array]> {
  const refused = `${file} was to be started and waited for at once (spawnSync, execSync): in a realm others cannot go on in the middle of a call. Take spawn or exec`;
  return [{ refused }, NO_BYTES];
}

function nameOf(started: Started, { file }: SpawnAsked): string {
  const path = started.is === 'node' ? started.line.path : file;
  return basename(path).replace(/\.[cm]?[jt]s$/, '');
}

/** All that it has are these, from 0 on. */
function takeOver(table: DescriptorTable, given: readonly Given[]): void {
  const kept = given.map(({ description }) => description);
  for (const description of kept) if (description !== undefined) description.references++;
  for (const [fd] of [...table.entries()]) table.close(fd);
  for (const [fd, description] of kept.entries()) {
    if (description !== undefined) table.install(description, false, fd);
  }
}

function kindOf({ description, isNothing }: Given): StdioKind {
  if (description === undefined || isNothing) return 'nothing';
  return description.file.isSocket ? 'pipe' : 'descriptor';
}
