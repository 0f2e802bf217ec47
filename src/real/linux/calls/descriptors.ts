import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import {
  EFD_SEMAPHORE,
  F_GETFL,
  F_GETPIPE_SZ,
  F_SETFL,
  F_SETOWN,
  F_SETPIPE_SZ,
  FIONREAD,
  O_APPEND,
  O_ASYNC,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SIOCATMARK,
} from '../../../sys/constants.ts';
import { EBADF, EINVAL, EMFILE } from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { LinuxMachine } from '../machine.ts';
import { install, isConsole, REAL_FLAGS, realOf } from './common.ts';
import { installPair } from './sockets.ts';

const FLAG_SEMAPHORE = 4;

export function pipe(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'pipe'>,
): AnswerOf<'pipe'> | number {
  const fds = new Int32Array(2);
  const result = machine.libc.pipe2(fds, REAL_FLAGS);
  if (result < 0) return result;
  return installPair(task, machine, fds, [O_RDONLY, O_WRONLY], 'pipe', call.a0);
}

export function eventfd(machine: LinuxMachine, task: Task, call: CallOf<'eventfd'>): number {
  if (!Number.isInteger(call.a0) || call.a0 < 0 || call.a0 > 0xffff_ffff) return -EINVAL;
  if (task.process.descriptors.lowestFree() < 0) return -EMFILE;
  const semaphore = (call.a1 & FLAG_SEMAPHORE) !== 0 ? EFD_SEMAPHORE : 0;
  const real = machine.libc.eventfd(call.a0, REAL_FLAGS | semaphore);
  if (real < 0) return real;
  return install(task, machine, { type: 'eventfd', real, access: O_RDWR }, call.a1);
}

/**
 * # SIGIO on Linux: it would go to Node's own process, which knows nothing of the processes of a
 * world.
 */
const noSignals = (what: string): UnsupportedError =>
  new UnsupportedError(`fcntl ${what} on Linux itself`, 'run it on the simulated kernel');

/** The commands that ask the object; the others concern numbers and believed flags. */
export function fcntl(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'fcntl'>,
): number | undefined {
  const { a0: fd, a1: command, a2: argument } = call;
  const description = task.process.descriptors.get(fd);
  if (description === null) return -EBADF;
  if (isConsole(description)) return undefined;
  const real = realOf(machine, description);
  switch (command) {
    case F_GETFL: {
      const flags = machine.libc.fcntl(real, F_GETFL, 0);
      return (flags & ~O_NONBLOCK) | (description.flags & O_NONBLOCK);
    }
    case F_SETOWN:
      throw noSignals('F_SETOWN');
    case F_SETFL:
      if ((argument & O_ASYNC) !== 0) throw noSignals('O_ASYNC');
      machine.libc.fcntl(real, F_SETFL, O_NONBLOCK | (argument & O_APPEND));
      return undefined;
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
      return machine.libc.fcntl(real, command, argument);
    default:
      return undefined;
  }
}

export function ioctl(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'ioctl'>,
): number | undefined {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  if (call.a1 !== FIONREAD && call.a1 !== SIOCATMARK) return undefined;
  const value = new Int32Array(1);
  const result = machine.libc.ioctl(realOf(machine, description), call.a1, value);
  // Behind the end of a file less than nothing is left; a negative result would be an error.
  return result < 0 ? result : Math.max(0, value[0] as number);
}
