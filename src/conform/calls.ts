import * as c from '../sys/constants.ts';
import { InternalError } from '../sys/errors.ts';
import type { Address, EpollOp, SeekFrom, ShutdownHow, SocketOption, Sys } from '../sys/sys.ts';
import type { Syscall } from '../sys/syscall.ts';
import {
  ANY_ADDRESS,
  NAME_FIRST,
  NO_ADDRESS,
  NO_EVENT,
  OPTIONS,
  PATHS,
  PLACES,
  PORT_UNSPECIFIED,
  SECOND_ADDRESS,
  SOCKETS,
  type Step,
  TIME_PAST,
  TIMES_MS,
  UNIX_NAMES,
  WAIT_BELOW_ZERO,
} from './program.ts';

const HOST = '127.0.0.1';
const WORD_BYTES = 8;
const SHUTDOWNS: readonly ShutdownHow[] = ['?' as ShutdownHow, 'rd', 'wr', 'rdwr'];
const EPOLL_OPS: readonly EpollOp[] = ['?' as EpollOp, 'add', 'del', 'mod'];

/**
 * The syscall of a step, for a task and the descriptors that its names mean. `bytesSent` numbers
 * the bytes it writes, `words` are what futexes are about.
 */
export function syscallOf(
  step: Step,
  sys: Sys,
  names: ReadonlyMap<string, number>,
  bytesSent: number,
  words: Int32Array,
): Syscall<unknown> {
  const { numbers: n } = step;
  const fds = step.fds.map((name) => names.get(name) as number);
  const [fd, other] = fds as [number, number];
  const [first, second] = n as [number, number];
  const nonblock = first === 1;
  const timeoutMs = (wait = 0): number | null => {
    if (wait === WAIT_BELOW_ZERO) return -5;
    return wait === 1 ? null : Math.max(0, wait);
  };
  switch (step.call) {
    case 'socket':
      return sys.socket(...(SOCKETS[second ?? 0] as (typeof SOCKETS)[0]), { nonblock });
    case 'bind':
      return sys.bind(fd, addressOf(first) as Address);
    case 'listen':
      return sys.listen(fd, first);
    case 'accept':
      return sys.accept(fd, { nonblock });
    case 'connect':
      return sys.connect(fd, addressOf(first));
    case 'send':
      return sys.send(fd, numbered(first, bytesSent), second);
    case 'recv':
      return sys.recv(fd, first, second);
    case 'sendto':
      return sys.sendto(fd, numbered(first, bytesSent), addressOf(n[2] as number), second);
    case 'recvfrom':
      return sys.recvfrom(fd, first, second);
    case 'unlink':
      return sys.unlink(first < 0 ? (UNIX_NAMES[NAME_FIRST - first] as string) : pathOf(first));
    case 'read':
      return sys.read(fd, first);
    case 'write':
      return sys.write(fd, first === WORD_BYTES ? word(second ?? 1) : numbered(first, bytesSent));
    case 'shutdown':
      return sys.shutdown(fd, SHUTDOWNS[first] as ShutdownHow);
    case 'close':
      return sys.close(fd);
    case 'getsockname':
      return sys.getsockname(fd);
    case 'getpeername':
      return sys.getpeername(fd);
    case 'getsockopt':
      return sys.getsockopt(fd, OPTIONS[first] as SocketOption);
    case 'setsockopt':
      return sys.setsockopt(fd, OPTIONS[first] as SocketOption, second);
    case 'dup':
      return sys.dup(fd);
    case 'dup2':
      return sys.dup2(fd, other);
    case 'dup3':
      return sys.dup3(fd, other, { cloexec: first === 1 });
    case 'fcntl':
      return sys.fcntl(fd, first, second);
    case 'ioctl':
      return sys.ioctl(fd, first, second);
    case 'pipe':
      return sys.pipe({ nonblock });
    case 'socketpair': {
      const [family, type] = SOCKETS[second ?? 2] as (typeof SOCKETS)[0];
      return sys.socketpair(type, { nonblock, family });
    }
    case 'eventfd':
      return sys.eventfd(first, { nonblock: n[1] === 1, semaphore: n[2] === 1 });
    case 'timerfdCreate':
      return sys.timerfdCreate(second === 1 ? 'realtime' : 'monotonic', { nonblock });
    case 'timerfdSettime': {
      const valueMs = TIMES_MS[first] as number;
      const absolute = first >= TIME_PAST;
      // How many periods have gone by since a moment that lies behind, the machine's uptime says.
      const intervalMs = second === 1 && first !== TIME_PAST ? (TIMES_MS[1] as number) : 0;
      return sys.timerfdSettime(fd, { valueMs, intervalMs, absolute });
    }
    case 'open':
      if (second !== undefined) return sys.open(pathOf(second), first);
      return sys.open('/dev/null', first | c.O_NONBLOCK);
    case 'memfdCreate':
      return sys.memfdCreate('m');
    case 'lseek':
      return sys.lseek(fd, first, PLACES[second] as SeekFrom);
    case 'pread':
      return sys.pread(fd, first, second);
    case 'pwrite':
      return sys.pwrite(fd, numbered(first, bytesSent), second);
    case 'fsync':
      return sys.fsync(fd);
    case 'fdatasync':
      return sys.fdatasync(fd);
    case 'ftruncate':
      return sys.ftruncate(fd, first);
    case 'fstat':
      return sys.fstat(fd);
    case 'flock':
      return sys.flock(fd, first);
    case 'stat':
      return sys.stat(pathOf(first));
    case 'rename':
      return sys.rename(pathOf(first), pathOf(second));
    case 'link':
      return sys.link(pathOf(first), pathOf(second));
    case 'mkdir':
      return sys.mkdir(pathOf(first));
    case 'rmdir':
      return sys.rmdir(pathOf(first));
    case 'readdir':
      return sys.readdir(pathOf(first));
    case 'timerfdGettime':
      return sys.timerfdGettime(fd);
    case 'epollCreate':
      return sys.epollCreate(first === undefined ? {} : { size: first });
    case 'epollCtl':
      return sys.epollCtl(
        fd,
        EPOLL_OPS[first] as EpollOp,
        other,
        second === NO_EVENT ? null : second,
      );
    case 'epollWait':
      return sys.epollWait(fd, first, timeoutMs(second));
    case 'poll':
      return sys.poll(
        fds.map((each, i) => ({ fd: each, events: n[i] as number })),
        timeoutMs(n[fds.length]),
      );
    case 'select': {
      const set = (bit: number): number[] => fds.filter((_, i) => ((n[i] as number) & bit) !== 0);
      const nfds = n[fds.length + 1];
      const sets = { read: set(1), write: set(2), except: set(4) };
      return sys.select(nfds === undefined ? sets : { ...sets, nfds }, timeoutMs(n[fds.length]));
    }
    case 'futexWait':
      return sys.futexWait(words, first, second, n[2] === -1 ? null : (n[2] as number));
    case 'futexWake':
      return sys.futexWake(words, first, second);
    default:
      throw new InternalError(`${step.call} is no syscall`);
  }
}

const pathOf = (path: number): string => PATHS[path] ?? '';

/** What the number in a step stands for; null dissolves a connection, or is no address. */
function addressOf(number: number): Address | null {
  if (number === PORT_UNSPECIFIED || number === NO_ADDRESS) return null;
  if (number >= SECOND_ADDRESS) return { host: '127.0.0.2', port: number - SECOND_ADDRESS };
  if (number >= ANY_ADDRESS) return { host: '0.0.0.0', port: number - ANY_ADDRESS };
  if (number > NAME_FIRST) return { host: HOST, port: number };
  return { path: UNIX_NAMES[NAME_FIRST - number] as string };
}

/** Bytes that tell where in all that was sent they stand. */
function numbered(size: number, from: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (from + i) & 0xff;
  return bytes;
}

/** Eight bytes that an eventfd takes too. */
function word(value: number): Uint8Array {
  const bytes = new Uint8Array(WORD_BYTES);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}
