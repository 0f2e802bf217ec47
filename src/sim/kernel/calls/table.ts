import { OP_NAMES, type Op, type OpName } from '../../../sys/ops.ts';
import type { Sys } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import * as channels from './channels.ts';
import * as counts from './counts.ts';
import * as datagrams from './datagrams.ts';
import * as descriptors from './descriptors.ts';
import * as fileCalls from './file-calls.ts';
import * as files from './files.ts';
import * as futexes from './futexes.ts';
import * as io from './io.ts';
import * as memory from './memory.ts';
import * as mutexes from './mutexes.ts';
import * as paths from './paths.ts';
import * as polling from './polling.ts';
import * as processes from './processes.ts';
import * as rings from './rings.ts';
import type { Call, Row } from './row.ts';
import * as rwlocks from './rwlocks.ts';
import * as signals from './signals.ts';
import * as sockets from './sockets.ts';
import * as time from './time.ts';
import * as timers from './timers.ts';

/** All rows by their names. */
type Rows = typeof channels &
  typeof counts &
  typeof datagrams &
  typeof descriptors &
  typeof fileCalls &
  typeof files &
  typeof futexes &
  typeof io &
  typeof memory &
  typeof mutexes &
  typeof paths &
  typeof polling &
  typeof processes &
  typeof rings &
  typeof rwlocks &
  typeof signals &
  typeof sockets &
  typeof time &
  typeof timers;

/** A call of the syscall of that name: what it is asked with beside its numbers has a type. */
export type CallOf<Name extends OpName> =
  Rows[Name] extends Row<infer Data, infer _> ? Call<Data> : never;

/** What the syscall of that name gives where it succeeds. */
export type AnswerOf<Name extends OpName> =
  Rows[Name] extends Row<infer _, infer Answer> ? Answer : never;

/** What the method of `Sys` promises its program. */
type Promised<Name extends OpName> =
  ReturnType<Sys[Name]> extends Syscall<infer Answer> ? Answer : never;

const BY_NAME: { readonly [name in OpName]: Row<CallOf<name>['data'], Promised<name>> } = {
  socket: sockets.socket,
  bind: sockets.bind,
  listen: sockets.listen,
  accept: sockets.accept,
  connect: sockets.connect,
  send: io.send,
  recv: io.recv,
  shutdown: sockets.shutdown,
  close: descriptors.close,
  read: io.read,
  write: io.write,
  getsockname: sockets.getsockname,
  getpeername: sockets.getpeername,
  getsockopt: sockets.getsockopt,
  setsockopt: sockets.setsockopt,
  dup: descriptors.dup,
  dup2: descriptors.dup2,
  dup3: descriptors.dup3,
  fcntl: descriptors.fcntl,
  ioctl: descriptors.ioctl,
  pipe: descriptors.pipe,
  socketpair: descriptors.socketpair,
  eventfd: descriptors.eventfd,
  select: polling.select,
  poll: polling.poll,
  epollCreate: polling.epollCreate,
  epollCtl: polling.epollCtl,
  epollWait: polling.epollWait,
  nanosleep: time.nanosleep,
  clockGettime: time.clockGettime,
  futexWait: futexes.futexWait,
  futexWake: futexes.futexWake,
  spawn: processes.spawn,
  join: processes.join,
  fork: processes.fork,
  waitpid: processes.waitpid,
  exit: processes.exit,
  schedYield: processes.schedYield,
  gettid: processes.gettid,
  getpid: processes.getpid,
  setrlimit: descriptors.setrlimit,
  load: memory.load,
  store: memory.store,
  update: memory.update,
  lock: mutexes.lock,
  unlock: mutexes.unlock,
  condWait: mutexes.condWait,
  condSignal: mutexes.condSignal,
  kill: signals.kill,
  tkill: signals.tkill,
  timerfdCreate: timers.timerfdCreate,
  timerfdSettime: timers.timerfdSettime,
  timerfdGettime: timers.timerfdGettime,
  open: files.open,
  memfdCreate: files.memfdCreate,
  lseek: files.lseek,
  sendto: datagrams.sendto,
  recvfrom: datagrams.recvfrom,
  unlink: paths.unlink,
  sigaction: signals.sigaction,
  exec: signals.exec,
  ringSetup: rings.ringSetup,
  ringSubmit: rings.ringSubmit,
  ringWait: rings.ringWait,
  tryLock: mutexes.tryLock,
  rdLock: rwlocks.rdLock,
  wrLock: rwlocks.wrLock,
  rwUnlock: rwlocks.rwUnlock,
  semWait: counts.semWait,
  semPost: counts.semPost,
  barrierWait: counts.barrierWait,
  groupAdd: counts.groupAdd,
  groupWait: counts.groupWait,
  chanSend: channels.chanSend,
  chanReceive: channels.chanReceive,
  chanClose: channels.chanClose,
  chanSelect: channels.chanSelect,
  pread: files.pread,
  pwrite: files.pwrite,
  fsync: files.fsync,
  fdatasync: files.fdatasync,
  ftruncate: files.ftruncate,
  fstat: files.fstat,
  flock: files.flock,
  stat: paths.stat,
  rename: paths.rename,
  link: paths.link,
  mkdir: paths.mkdir,
  rmdir: paths.rmdir,
  readdir: paths.readdir,
  fileCall: fileCalls.fileCall,
};

/** Every syscall by its number. */
export const ROWS: readonly Row[] = OP_NAMES.map((name) => BY_NAME[name]);

/** All that is known of the syscall that a task has asked for. */
export function rowOf({ op }: { readonly op: Op }): Row {
  return ROWS[op] as Row;
}
