import { Console } from '../../../sim/kernel/console.ts';
import type { Description } from '../../../sim/kernel/file.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { O_NONBLOCK, POLLRDHUP } from '../../../sys/constants.ts';
import type { SocketType } from '../../../sys/sys.ts';
import { LinuxFile } from '../file.ts';
import type { LinuxMachine } from '../machine.ts';

export const FLAG_NONBLOCK = 1;
export const FLAG_CLOEXEC = 2;
/**
 * SOCK_NONBLOCK | SOCK_CLOEXEC, which are O_NONBLOCK | O_CLOEXEC: what every real descriptor has.
 */
export const REAL_FLAGS = 0o2004000;

/** A real descriptor for the object behind a program's number; a console is stood in for. */
export function realOf(machine: LinuxMachine, description: Description): number {
  const { file } = description;
  return file instanceof LinuxFile ? file.real : machine.nullReal;
}

/** A copy under that very number, which is what epoll goes by. */
export function realUnder(machine: LinuxMachine, description: Description, fd: number): number {
  const { file } = description;
  return file instanceof LinuxFile ? file.realOf(fd) : machine.nullReal;
}

export function isConsole(description: Description): boolean {
  return description.file instanceof Console;
}

/** Give a fresh real descriptor a number of the program's; room has been made sure of. */
export function install(
  task: Task,
  machine: LinuxMachine,
  made: { readonly type: string; readonly real: number; readonly access: number },
  flags: number,
  from = 0,
): number {
  const { kernel, descriptors } = task.process;
  const file = new LinuxFile(machine, made.type, made.real);
  const status = made.access | ((flags & FLAG_NONBLOCK) !== 0 ? O_NONBLOCK : 0);
  return descriptors.install(kernel.describe(file, status), (flags & FLAG_CLOEXEC) !== 0, from);
}

// ---- sockets ----

export const TYPES: { readonly [type in SocketType]: number } = {
  stream: 1,
  dgram: 2,
  seqpacket: 5,
};

/** A socket option that is a number, or a negated errno. */
export function getInt(machine: LinuxMachine, real: number, level: number, name: number): number {
  const value = new Int32Array(2);
  const length = new Int32Array([value.byteLength]);
  const result = machine.libc.getsockopt(real, level, name, value, length);
  return result < 0 ? result : (value[0] as number);
}

/** Nothing will come any more, although a call that may not sleep says EAGAIN. */
export function wasShutForReading(machine: LinuxMachine, real: number): boolean {
  return (machine.pollOne(real, POLLRDHUP) & POLLRDHUP) !== 0;
}
