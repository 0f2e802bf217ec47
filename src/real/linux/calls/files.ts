import type { CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { O_ACCMODE, O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../../../sys/constants.ts';
import { EBADF, EMFILE } from '../../../sys/errno.ts';
import type { LinuxMachine } from '../machine.ts';
import { FLAG_CLOEXEC, FLAG_NONBLOCK, install, realOf } from './common.ts';

const MFD_CLOEXEC = 1;

/** open(2) of /dev/null; undefined for other paths, which the simulation's own code refuses. */
export function open(machine: LinuxMachine, task: Task, call: CallOf<'open'>): number | undefined {
  if (call.data !== '/dev/null') return undefined;
  if (task.process.descriptors.lowestFree() < 0) return -EMFILE;
  const access = call.a0 & O_ACCMODE;
  const real = machine.libc.open('/dev/null', access | O_CLOEXEC);
  if (real < 0) return real;
  const bits =
    ((call.a0 & O_NONBLOCK) !== 0 ? FLAG_NONBLOCK : 0) |
    ((call.a0 & O_CLOEXEC) !== 0 ? FLAG_CLOEXEC : 0);
  return install(task, machine, { type: 'null', real, access }, bits);
}

export function memfdCreate(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'memfdCreate'>,
): number {
  if (task.process.descriptors.lowestFree() < 0) return -EMFILE;
  const real = machine.libc.memfd_create(call.data, MFD_CLOEXEC);
  if (real < 0) return real;
  return install(task, machine, { type: 'file', real, access: O_RDWR }, call.a0);
}

export function lseek(machine: LinuxMachine, task: Task, call: CallOf<'lseek'>): number {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  // What no number can say exactly comes as a BigInt.
  return Number(machine.libc.lseek(realOf(machine, description), call.a1, call.a2));
}

export function unlink(machine: LinuxMachine, _task: Task, call: CallOf<'unlink'>): number {
  return machine.libc.unlink(machine.ports.unixNames.toReal(call.data));
}
