import { fstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { isLockKind, notOnDisk } from '../../../sim/kernel/calls/files.ts';
import { type BLOCKED, descriptionOf } from '../../../sim/kernel/calls/handler.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Description } from '../../../sim/kernel/file.ts';
import { copyPayload } from '../../../sim/kernel/payload.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import {
  LOCK_NB,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDWR,
} from '../../../sys/constants.ts';
import { EAGAIN, EBADF, EMFILE, ENOENT } from '../../../sys/errno.ts';
import type { FileStatus } from '../../../sys/sys.ts';
import type { LinuxMachine } from '../machine.ts';
import { offHeap, readRoom } from '../memory.ts';
import { FLAG_CLOEXEC, FLAG_NONBLOCK, install, realOf } from './common.ts';

const MFD_CLOEXEC = 1;

const CREATED_DIRECTORY = O_CREAT | O_DIRECTORY;

export function open(machine: LinuxMachine, task: Task, call: CallOf<'open'>): number {
  const { data: path, a0: flags, a1: mode } = call;
  // What is wrong by itself is told before a number is looked for (do_sys_openat2).
  const isWrong = path === '' || (flags & CREATED_DIRECTORY) === CREATED_DIRECTORY;
  if (!isWrong && task.process.descriptors.lowestFree() < 0) return -EMFILE;
  const name = path === '/dev/null' ? path : toReal(machine, task, path);
  const real = machine.libc.open(name, (flags & ~O_NONBLOCK) | O_CLOEXEC, mode);
  if (real < 0) return real;
  const bits =
    ((flags & O_NONBLOCK) !== 0 ? FLAG_NONBLOCK : 0) |
    ((flags & O_CLOEXEC) !== 0 ? FLAG_CLOEXEC : 0);
  const type = path === '/dev/null' ? 'null' : statusOfReal(machine, real).type;
  return install(task, machine, { type, real, access: flags & (O_ACCMODE | O_APPEND) }, bits);
}

const toReal = (machine: LinuxMachine, task: Task, path: string): string =>
  machine.disks.toReal(task.process.kernel.host, path);

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

/** Names of sockets are looked for first, as on the simulated kernel. */
export function unlink(machine: LinuxMachine, task: Task, call: CallOf<'unlink'>): number {
  const result = machine.libc.unlink(machine.ports.unixNames.toReal(call.data));
  return result === -ENOENT ? machine.libc.unlink(toReal(machine, task, call.data)) : result;
}

/** The real descriptor; one that there is none of is -1, to libc as well. */
function realAt(machine: LinuxMachine, task: Task, fd: number): number {
  const description = task.process.descriptors.get(fd);
  return description === null ? -1 : realOf(machine, description);
}

export function pread(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'pread'>,
): AnswerOf<'pread'> | number {
  const bytes = readRoom(call.a1, 0);
  const size = machine.libc.pread(
    realAt(machine, task, call.a0),
    bytes,
    Math.min(call.a1, bytes.length),
    call.a2,
  );
  return size < 0 ? size : copyPayload(bytes, 0, size);
}

export function pwrite(machine: LinuxMachine, task: Task, call: CallOf<'pwrite'>): number {
  const { a0: fd, a1: offset, data: bytes } = call;
  return machine.libc.pwrite(realAt(machine, task, fd), offHeap(bytes), bytes.length, offset);
}

export function fsync(machine: LinuxMachine, task: Task, call: CallOf<'fsync'>): number {
  return machine.libc.fsync(realAt(machine, task, call.a0));
}

export function fdatasync(machine: LinuxMachine, task: Task, call: CallOf<'fdatasync'>): number {
  return machine.libc.fdatasync(realAt(machine, task, call.a0));
}

export function ftruncate(machine: LinuxMachine, task: Task, call: CallOf<'ftruncate'>): number {
  return machine.libc.ftruncate(realAt(machine, task, call.a0), Math.trunc(call.a1));
}

const statusOf = (stats: Stats): FileStatus => ({
  type: stats.isDirectory() ? 'directory' : 'file',
  size: stats.isDirectory() ? 0 : stats.size,
  links: stats.nlink,
});

const statusOfReal = ({ journal }: LinuxMachine, real: number): FileStatus =>
  journal.told('fstat', () => statusOf(fstatSync(real)));

export function fstat(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'fstat'>,
): AnswerOf<'fstat'> | number {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  refuseOthers('fstat', description);
  return statusOfReal(machine, realOf(machine, description));
}

function refuseOthers(call: string, { file }: Description): void {
  if (file.type !== 'file' && file.type !== 'directory') throw notOnDisk(call, file);
}

/** # flock on Linux: real calls never sleep, so one that has to wait is tried again and again. */
export function flock(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'flock'>,
): number | typeof BLOCKED {
  const { a0: fd, a1: how } = call;
  const description = descriptionOf(task, fd);
  const real = description === null ? -1 : realOf(machine, description);
  if (description !== null && isLockKind(how)) refuseOthers('flock', description);
  const result = machine.libc.flock(real, how | LOCK_NB);
  if (result !== -EAGAIN || (how & LOCK_NB) !== 0) return result;
  return machine.tryAgainSoon(task, description as Description, 'SO_RCVTIMEO') ?? -EAGAIN;
}

/** What Node's own calls give; a negated errno for what they throw. */
function answer<T>({ journal }: LinuxMachine, call: string, ask: () => T): T | number {
  return journal.told(call, () => {
    try {
      return ask();
    } catch (error) {
      return (error as NodeJS.ErrnoException).errno as number;
    }
  });
}

export function stat(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'stat'>,
): AnswerOf<'stat'> | number {
  const path = toReal(machine, task, call.data);
  return answer(machine, 'stat', () => statusOf(statSync(path)));
}

export function readdir(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'readdir'>,
): AnswerOf<'readdir'> | number {
  const path = toReal(machine, task, call.data);
  return answer(machine, 'readdir', () => readdirSync(path).sort());
}

export function rename(machine: LinuxMachine, task: Task, call: CallOf<'rename'>): number {
  const { from, to } = call.data;
  return machine.libc.rename(toReal(machine, task, from), toReal(machine, task, to));
}

export function link(machine: LinuxMachine, task: Task, call: CallOf<'link'>): number {
  const { from, to } = call.data;
  return machine.libc.link(toReal(machine, task, from), toReal(machine, task, to));
}

export function mkdir(machine: LinuxMachine, task: Task, call: CallOf<'mkdir'>): number {
  return machine.libc.mkdir(toReal(machine, task, call.data), call.a0);
}

export function rmdir(machine: LinuxMachine, task: Task, call: CallOf<'rmdir'>): number {
  return machine.libc.rmdir(toReal(machine, task, call.data));
}
