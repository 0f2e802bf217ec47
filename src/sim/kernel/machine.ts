import type { Address, Body } from '../../sys/sys.ts';
import type { Syscall } from '../../sys/syscall.ts';
import type { Row } from './calls/row.ts';
import type { DescriptorTable } from './descriptors.ts';
import type { Disk } from './disk.ts';
import type { Description, FileObject } from './file.ts';
import type { Footprint } from './footprint.ts';
import type { Futexes } from './futexes.ts';
import type { PendingCall } from './pending-call.ts';
import type { Process } from './process.ts';
import type { Surroundings } from './surroundings.ts';
import type { Task } from './task.ts';
import type { UnixNames } from './unix-names.ts';

/**
 * A kernel as its processes, tasks and file objects know it: so that none of them depends on what
 * all syscalls depend on.
 */
export interface Machine {
  /** Its name; addresses of other machines name it. */
  readonly host: string;
  readonly surroundings: Surroundings;
  readonly futexes: Futexes;
  readonly unixNames: UnixNames;
  /** @internal */
  readonly disk: Disk;
  readonly processes: Process[];
  /** Sockets made so far. */
  socketCount: number;
  /** Whether a TCP socket that has asked for a connection may never listen, and the reverse. */
  readonly rolesAreKept: boolean;

  addProcess(name: string, parent: Process | null, descriptors?: DescriptorTable): Process;
  addTask(process: Process, baseName: string): Task;
  spawnFrom(parent: Task, process: Process, name: string, body: Body): Task;
  describe(file: FileObject, flags: number): Description;
  install(process: Process, file: FileObject, access: number, flags: number, from?: number): number;
  beforeClose(closer: Task, fd: number): void;

  rowOf(call: Syscall<unknown>): Row;
  post(task: Task, call: PendingCall): void;
  move(task: Task, call: PendingCall): unknown;
  settle(task: Task, call: PendingCall): void;
  within(task: Task, call: Syscall<unknown>): unknown;
  nameOf(process: Process, fd: number): Address | number;
  touchesOfSignal(process: Process, signal: number, into: Footprint): void;
}
