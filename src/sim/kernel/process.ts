import { SIGCHLD } from '../../sys/constants.ts';
import type { SignalAction } from '../../sys/sys.ts';
import type { DescriptorTable } from './descriptors.ts';
import type { FileObject } from './file.ts';
import type { Machine } from './machine.ts';
import { raise } from './signals.ts';
import type { Surroundings } from './surroundings.ts';
import type { Task } from './task.ts';
import type { TcpOptions } from './tcp-options.ts';
import { WaitQueue } from './waits.ts';

/** Tasks that share one descriptor table. */
export class Process {
  readonly pid: number;
  readonly name: string;
  readonly kernel: Machine;
  readonly surroundings: Surroundings;
  readonly parent: Process | null;
  readonly descriptors: DescriptorTable;
  readonly tasks: Task[] = [];
  /** Tasks that have not ended. */
  aliveCount = 0;
  readonly children: Process[] = [];
  /** Who waits in waitpid for a child of this process. */
  readonly childWaits: WaitQueue = new WaitQueue();
  /**
   * It has listened on a socket: its tasks may wait for ever. Children of a service are one too.
   */
  isService = false;
  /** What descriptors 0, 1 and 2 were opened on. */
  readonly console: FileObject | null;
  /** What it does about signals; null while that is the usual. */
  signals: Map<number, SignalAction> | null = null;
  /** Stands for them where it is told what a step touches. */
  readonly sighand: object = {};
  /** Those of the TCP sockets that it opens; null while they are the usual ones. */
  tcpOptions: TcpOptions | null = null;
  /**
   * `pids.max`: how many tasks it and the processes it has made may have between them; `spawn` and
   * `fork` beyond that are EAGAIN.
   */
  tasksMax: number = Number.POSITIVE_INFINITY;
  /** undefined while it lives. */
  status: number | undefined;
  /** The signal that has ended it; 0 where none has. */
  killedBy = 0;
  /** Told when it has ended: whoever has something for it that is not of this kernel. */
  atExit: (() => void) | null = null;

  constructor(
    pid: number,
    name: string,
    kernel: Machine,
    parent: Process | null,
    descriptors: DescriptorTable,
  ) {
    this.pid = pid;
    this.name = name;
    this.kernel = kernel;
    this.surroundings = kernel.surroundings;
    this.parent = parent;
    this.descriptors = descriptors;
    this.console = parent === null ? (descriptors.get(1)?.file ?? null) : parent.console;
    // fork(2): the child does about signals what its parent did.
    if (parent !== null && parent.signals !== null) this.signals = new Map(parent.signals);
    this.isService = parent?.isService ?? false;
    this.tcpOptions = parent?.tcpOptions ?? null;
  }

  /** Whether there is room for one more task, here and in what this process was made by. */
  get hasRoomForTask(): boolean {
    for (let process: Process | null = this; process !== null; process = process.parent) {
      const { tasksMax } = process;
      if (tasksMax !== Number.POSITIVE_INFINITY && process.#tasksOfAll() >= tasksMax) return false;
    }
    return true;
  }

  /** A child that has ended counts until it has been waited for. */
  #tasksOfAll(): number {
    let count = this.status === undefined ? this.aliveCount : 1;
    for (const child of this.children) count += child.#tasksOfAll();
    return count;
  }

  /** It has ended and its parent has asked for its status, or there is no parent left. */
  get isGone(): boolean {
    if (this.status === undefined) return false;
    return this.parent?.status !== undefined || !this.parent?.children.includes(this);
  }

  add(task: Task): void {
    this.tasks.push(task);
    this.aliveCount++;
  }

  /** _exit(2): every task ends, every descriptor is closed, the parent may collect the status. */
  exit(status: number): void {
    if (this.status !== undefined) return;
    this.status = status;
    for (const task of this.tasks) {
      if (task.state !== 'alive') continue;
      task.body?.abandon();
      task.end('ended');
    }
    this.descriptors.closeAll();
    this.atExit?.();
    if (this.parent !== null && this.parent.status === undefined) this.#tell(this.parent);
  }

  /**
   * # SIGCHLD: the children of a process that ignores it leave no status, so waitpid(2) has nobody
   * to wait for.
   */
  #tell(parent: Process): void {
    if (parent.signals?.get(SIGCHLD) === 'ignore') {
      parent.children.splice(parent.children.indexOf(this), 1);
    }
    parent.childWaits.wake(0);
    if (parent.signals !== null) raise(parent, SIGCHLD);
  }
}
