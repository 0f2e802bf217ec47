import type { Call } from '../../../sim/kernel/calls/row.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { OpName } from '../../../sys/ops.ts';
import { OP_NAMES } from '../../../sys/ops.ts';
import type { LinuxMachine } from '../machine.ts';
import * as datagrams from './datagrams.ts';
import * as descriptors from './descriptors.ts';
import * as files from './files.ts';
import * as io from './io.ts';
import * as polling from './polling.ts';
import * as sockets from './sockets.ts';
import * as timers from './timers.ts';

interface Performs<Data, Answer> {
  perform(machine: LinuxMachine, task: Task, call: Call<Data>): Answer | number | undefined;
}

/**
 * Carries a syscall out on the real kernel: what a row's `perform` gives, or undefined, which hands
 * it back as one of those that concern no real object.
 */
export type RealHandler<Data = unknown, Answer = unknown> = Performs<Data, Answer>['perform'];

type HandlerOf<Name extends OpName> = RealHandler<CallOf<Name>['data'], AnswerOf<Name>>;

/**
 * # io_uring on Linux: rings need memory shared with the kernel, which libc alone does not give.
 */
function ringSetup(): never {
  throw new UnsupportedError('ringSetup on Linux itself', 'run it on the simulated kernel');
}

const BY_NAME: { readonly [name in OpName]?: HandlerOf<name> } = {
  socket: sockets.socket,
  bind: sockets.bind,
  listen: sockets.listen,
  accept: sockets.accept,
  connect: sockets.connect,
  send: io.send,
  recv: io.recv,
  shutdown: sockets.shutdown,
  read: io.read,
  write: io.write,
  getsockname: sockets.getsockname,
  getpeername: sockets.getpeername,
  getsockopt: sockets.getsockopt,
  setsockopt: sockets.setsockopt,
  fcntl: descriptors.fcntl,
  ioctl: descriptors.ioctl,
  pipe: descriptors.pipe,
  socketpair: sockets.socketpair,
  eventfd: descriptors.eventfd,
  select: polling.select,
  poll: polling.poll,
  epollCreate: polling.epollCreate,
  epollCtl: polling.epollCtl,
  epollWait: polling.epollWait,
  timerfdCreate: timers.timerfdCreate,
  timerfdSettime: timers.timerfdSettime,
  timerfdGettime: timers.timerfdGettime,
  open: files.open,
  memfdCreate: files.memfdCreate,
  lseek: files.lseek,
  sendto: datagrams.sendto,
  recvfrom: datagrams.recvfrom,
  unlink: files.unlink,
  pread: files.pread,
  pwrite: files.pwrite,
  fsync: files.fsync,
  fdatasync: files.fdatasync,
  ftruncate: files.ftruncate,
  fstat: files.fstat,
  flock: files.flock,
  stat: files.stat,
  rename: files.rename,
  link: files.link,
  mkdir: files.mkdir,
  rmdir: files.rmdir,
  readdir: files.readdir,
  ringSetup,
};

/** By number; null for what is done in user space, as for the simulated kernel. */
export const REAL_HANDLERS: readonly (RealHandler | null)[] = OP_NAMES.map(
  (name) => BY_NAME[name] ?? null,
);
