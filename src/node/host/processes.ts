import type { Task } from '../../sim/kernel/task.ts';
import { UnixRights } from '../../sim/kernel/unix-rights.ts';
import { UnixStream } from '../../sim/kernel/unix-stream.ts';
import { O_NONBLOCK } from '../../sys/constants.ts';
import { EBADF, ESRCH } from '../../sys/errno.ts';
import { InternalError } from '../../sys/errors.ts';
import type { Program } from '../../sys/sys.ts';
import type { Answer, HandleId, HandleKind, ProcessCall, Refused } from '../wire.ts';
import { Children, type StartNode } from './children.ts';
import { CHILDREN, LoopSignals } from './loop-signals.ts';
import { pidOf } from './process-ids.ts';
import { type Deliver, errnoOf, NO_BYTES, type Passed, type UvStream } from './uv-stream.ts';

/** What a loop has that its program's dealings with other processes need. */
export interface ProcessLoop {
  readonly task: Task;
  readonly deliver: Deliver;
  /** The descriptor of its epoll. */
  epoll(): number;
  stream(id: HandleId): UvStream | undefined;
  /** A handle of its program's takes a descriptor over. */
  take(id: HandleId, kind: HandleKind, fd: number): UvStream;
  /** So does one that its program has not made. */
  accept(kind: HandleKind, fd: number): UvStream;
}

/** SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU. */
const STOPPING: ReadonlySet<number> = new Set([19, 20, 21, 22]);
/** Whose child a process is once its parent has ended. */
const INIT = 1;

/** What a program has to do with other processes: it starts and ends them, and hears of them. */
export class Processes {
  readonly #loop: ProcessLoop;
  readonly #task: Task;
  readonly #signals: LoopSignals;
  readonly #children: Children;
  /** What came with the answer to the last call. */
  answered: Uint8Array = NO_BYTES;

  constructor(loop: ProcessLoop, startNode: StartNode | undefined) {
    this.#loop = loop;
    this.#task = loop.task;
    this.#signals = new LoopSignals(loop.task, () => loop.epoll());
    const pipe = (id: HandleId, fd: number): void => this.#channelOn(loop.take(id, 'pipe', fd));
    this.#children = new Children({ ...loop, signals: this.#signals, pipe }, startNode);
  }

  call(call: ProcessCall, bytes: Uint8Array): Program<Answer> {
    switch (call[0]) {
      case 'open':
        return this.#open(call[1], call[2], call[3]);
      case 'spawn':
        return this.#children.spawn(call[1], call[2]);
      case 'spawnSync':
        return this.#spawnSync(call, bytes);
      case 'kill':
        return this.#kill(call[1], call[2]);
      case 'ppid':
        return this.#parentId();
      case 'signal':
        return this.#signal(call[1], call[2], call[3]);
      default:
        throw new InternalError(`no call ${String(call satisfies never)}`);
    }
  }

  /** uv_pipe_open. */
  *#open(id: HandleId, kind: HandleKind, fd: number): Program<number> {
    const description = this.#task.process.descriptors.get(fd);
    if (description === null) return -EBADF;
    description.flags |= O_NONBLOCK;
    this.#channelOn(this.#loop.take(id, kind, fd));
    return 0;
  }

  *#spawnSync(
    [, asked, limits]: Extract<ProcessCall, readonly ['spawnSync', ...unknown[]]>,
    input: Uint8Array,
  ): Program<Answer> {
    const [answer, bytes] = yield* this.#children.spawnSync(asked, limits, input);
    this.answered = bytes;
    return answer;
  }

  /** uv_kill. */
  *#kill(pid: number, signal: number): Program<number | Refused> {
    if (pid <= 0) {
      return {
        refused: `process.kill(${pid}) is for a group of processes, which are not simulated: end them one by one, by their pid`,
      };
    }
    if (STOPPING.has(signal)) {
      return {
        refused: `signal ${signal}, which stops a process, is not simulated: end it instead`,
      };
    }
    const { processes } = this.#task.process.kernel;
    const target = processes.find((process) => pidOf(process) === pid && !process.isGone);
    if (target === undefined) return -ESRCH;
    try {
      yield* this.#task.sys.kill(target.pid, signal);
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  *#parentId(): Program<number> {
    const { parent } = this.#task.process;
    return parent === null || parent.status !== undefined ? INIT : pidOf(parent);
  }

  *#signal(id: HandleId, signal: number, on: boolean): Program<number> {
    try {
      yield* on ? this.#signals.watch(id, signal) : this.#signals.unwatch(id);
      return 0;
    } catch (error) {
      return -errnoOf(error);
    }
  }

  /** uv__signal_event: who watches is told, and of whose end (uv__wait_children). */
  *heed(): Program<void> {
    for (const [signal, told] of yield* this.#signals.take()) {
      for (const id of told) {
        if (id === CHILDREN) yield* this.#children.reap();
        else yield* this.#loop.deliver(['signalled', id, signal]);
      }
    }
  }

  // ---- handles that are passed ----

  /** A handle that goes to another process with the next bytes. */
  passed(id: HandleId): Passed | undefined {
    const of = this.#loop.stream(id);
    const description = this.#task.process.descriptors.get(of?.fd ?? -1);
    if (of === undefined || description === null) return undefined;
    description.references++;
    return { description, of: { kind: of.kind, family: of.family, port: of.port } };
  }

  /** The stream goes to another process, and may take handles there. */
  #channelOn(stream: UvStream): void {
    const file = this.#task.process.descriptors.get(stream.fd)?.file;
    if (!(file instanceof UnixStream) || !(file.peer instanceof UnixStream)) return;
    file.rights ??= new UnixRights();
    file.peer.rights ??= new UnixRights();
    stream.channel = {
      incoming: file.rights,
      outgoing: file.peer.rights,
      adopt: (passed) => this.#adopt(passed),
    };
  }

  #adopt({ description, of }: Passed): HandleId {
    const fd = this.#task.process.descriptors.install(description, true);
    if (fd < 0) {
      description.drop();
      return 0;
    }
    const stream = this.#loop.accept(of.kind, fd);
    stream.family = of.family;
    stream.port = of.port;
    return stream.id;
  }
}
