import { BLOCKED, wasInterrupted } from '../../sim/kernel/calls/handler.ts';
import { Console } from '../../sim/kernel/console.ts';
import type { DescriptorTable } from '../../sim/kernel/descriptors.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { Process } from '../../sim/kernel/process.ts';
import type { Surroundings } from '../../sim/kernel/surroundings.ts';
import type { Task } from '../../sim/kernel/task.ts';
import { O_RDWR } from '../../sys/constants.ts';
import { EBADF } from '../../sys/errno.ts';
import { UnsupportedError } from '../../sys/errors.ts';
import { OP } from '../../sys/ops.ts';
import type { Address } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import { isConsole } from './calls/common.ts';
import { interruptedResult } from './calls/gather.ts';
import { sockname } from './calls/sockets.ts';
import { REAL_HANDLERS } from './calls/table.ts';
import { LinuxFile } from './file.ts';
import type { LinuxMachine } from './machine.ts';
import { LinuxTable } from './table.ts';

/**
 * A kernel whose objects are Linux's: the same syscalls, the same tasks, the same step loop, and
 * behind every descriptor a real one.
 *
 * # Linux: what is real and what is not
 * Sockets, pipes, eventfds, epolls, their readiness and their errors are the running kernel's.
 * Tasks, processes, futexes, sleeping, waitpid and the numbering of descriptors are the
 * simulation's own code, because a JavaScript heap cannot be forked: a child process is a copied
 * table over the same open file descriptions.
 */
export class LinuxKernel extends Kernel {
  readonly machine: LinuxMachine;

  constructor(host: string, surroundings: Surroundings, machine: LinuxMachine) {
    super(host, surroundings);
    this.machine = machine;
    machine.ports.addHost(host);
  }

  override addProcess(
    name: string,
    parent: Process | null,
    descriptors?: DescriptorTable,
  ): Process {
    if (descriptors !== undefined) return super.addProcess(name, parent, descriptors);
    const table = new LinuxTable(this.machine.numbers);
    const console = this.describe(new Console(), O_RDWR);
    for (let fd = 0; fd < 3; fd++) table.install(console, false);
    console.references = 3;
    return super.addProcess(name, parent, table);
  }

  override execute(task: Task, call: Syscall<unknown>): unknown {
    const { machine } = this;
    machine.awake(task);
    if (wasInterrupted(call)) {
      machine.unwatch(task);
      return interruptedResult(call);
    }
    const handler = REAL_HANDLERS[call.op];
    if (handler == null || this.#concernsConsole(task, call)) return super.execute(task, call);
    const result = handler(machine, task, call);
    if (result !== BLOCKED) machine.unwatch(task);
    return result === undefined ? super.execute(task, call) : result;
  }

  /**
   * Descriptors 0, 1 and 2 are not real: what is written there is kept for the world's `output`.
   */
  #concernsConsole(task: Task, call: Syscall<unknown>): boolean {
    if (call.op !== OP.read && call.op !== OP.write) return false;
    const description = task.held ?? task.process.descriptors.get(call.a0);
    return description !== null && isConsole(description);
  }

  override nameOf({ descriptors }: Process, fd: number): Address | number {
    const description = descriptors.get(fd);
    if (description === null) return -EBADF;
    const about = description.file instanceof LinuxFile ? `${description.file.real}` : 'console';
    const ask = (): Address | number => sockname(this.machine, this.host, description);
    return this.machine.journal.aside(`name of ${about}`, ask, -EBADF);
  }

  override crash(): void {
    throw new UnsupportedError('a crash on Linux itself', 'run it on the simulated kernel');
  }

  /** Every call has its turn: only the real kernel knows whether it would sleep. */
  override sleeps(): boolean {
    return false;
  }
}
