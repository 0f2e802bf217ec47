import { O_RDWR } from '../../../sys/constants.ts';
import {
  EAGAIN,
  EALREADY,
  EBADF,
  EINPROGRESS,
  EINVAL,
  EMFILE,
  ENOTSOCK,
  ESOCKTNOSUPPORT,
} from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type { Address, SocketFamily, SocketOption, SocketType } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { isInet } from '../addresses.ts';
import { FAULT_TINY_BUFFERS, KIND } from '../choices.ts';
import type { Description } from '../file.ts';
import { READ_ENDS } from '../readiness.ts';
import { isSocket, type Socket, timeoutNs } from '../socket.ts';
import type { Task } from '../task.ts';
import { TcpSocket } from '../tcp.ts';
import { UdpSocket } from '../udp.ts';
import { unixSocket } from '../unix.ts';
import { emfileStrikes, open } from './descriptors.ts';
import {
  BLOCKED,
  descriptionOf,
  hold,
  INTERRUPTED_RESULT,
  interrupts,
  isNonblocking,
  sleepOn,
  startTimeout,
  wasInterrupted,
} from './handler.ts';

/** Buffer sizes by alternative of the fault `tinyBuffers`; 0 leaves them alone. */
const TINY_BUFFER_BYTES = [0, 1, 2, 7, 64] as const;

/** The socket behind a descriptor, or a negated errno. */
function socketOf(task: Task, fd: number): Socket | number {
  const description = task.process.descriptors.get(fd);
  if (description === null) return -EBADF;
  return isSocket(description.file) ? description.file : -ENOTSOCK;
}

export function socket(task: Task, call: Syscall<unknown>): unknown {
  const { family, type } = call.data as { family: SocketFamily; type: SocketType };
  const { kernel } = task.process;
  if (family === 'unix') {
    const made = unixSocket(kernel.unixNames, type);
    return typeof made === 'number' ? made : open(task, made, O_RDWR, call.a0);
  }
  if (type === 'dgram') return udpSocket(task, call.a0);
  if (type !== 'stream') return -ESOCKTNOSUPPORT;
  const { choices } = task.surroundings;
  const made = new TcpSocket(kernel);
  const { tcpOptions } = task.process;
  if (tcpOptions !== null) made.options = tcpOptions;
  if ((choices.faults & FAULT_TINY_BUFFERS) !== 0) {
    const tiny = choices.decide(KIND.tinyBuffers, TINY_BUFFER_BYTES.length, task);
    if (tiny > 0) {
      const bytes = TINY_BUFFER_BYTES[tiny] as number;
      made.options = made.options.with({ receiveBufferBytes: bytes, sendBufferBytes: bytes });
    }
  }
  return open(task, made, O_RDWR, call.a0);
}

function udpSocket(task: Task, flags: number): number {
  const { datagrams } = task.surroundings.network;
  if (datagrams === undefined) {
    throw new UnsupportedError('UDP', 'this network carries TCP alone; run it on the virtual one');
  }
  return open(task, new UdpSocket(datagrams, task.process.kernel.host), O_RDWR, flags);
}

export function bind(task: Task, call: Syscall<unknown>): unknown {
  const socket = socketOf(task, call.a0);
  return typeof socket === 'number' ? socket : socket.bind(call.data as Address);
}

/** listen(2); -EAGAIN from the socket means that its network answers later. */
export function listen(task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { file } = description;
  if (!isSocket(file)) return -ENOTSOCK;
  const result = file.listen(call.a1);
  if (result === 0) {
    task.process.isService = true;
    const name = file.sockname();
    if (typeof name === 'object' && isInet(name)) task.surroundings.listening(name.port);
  }
  return result === -EAGAIN ? sleepOn(task, description, READ_ENDS, false) : result;
}

/**
 * accept4(2). # The number is looked for first, so that EMFILE leaves the connection in the queue.
 */
export function accept(task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { file } = description;
  if (task.process.descriptors.lowestFree() < 0) return -EMFILE;
  if (!isSocket(file)) return -ENOTSOCK;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  if (file.acceptSleeps && !isNonblocking(task, description)) {
    return task.timedOut ? -EAGAIN : sleepInAccept(task, description, file);
  }
  if (!file.acceptSleeps && emfileStrikes(task)) return -EMFILE;
  const incoming = file.accept();
  // An empty queue on which a blocking accept would not sleep is that of a listener that was shut
  // down.
  if (incoming === -EAGAIN && !isNonblocking(task, description)) return -EINVAL;
  if (typeof incoming === 'number') return incoming;
  const fd = task.process.kernel.install(task.process, incoming.socket, O_RDWR, call.a1);
  return { fd, address: incoming.address };
}

function sleepInAccept(task: Task, description: Description, socket: Socket): typeof BLOCKED {
  sleepOn(task, description, READ_ENDS, true);
  startTimeout(task, socket.receiveTimeoutNs);
  return BLOCKED;
}

export function acceptSleeps(task: Task, call: Syscall<unknown>): boolean {
  const description = task.process.descriptors.get(call.a0);
  if (description === null || isNonblocking(task, description)) return false;
  if (task.process.descriptors.lowestFree() < 0) return false;
  const { file } = description;
  if (!isSocket(file) || !file.acceptSleeps || interrupts(task, call)) return false;
  sleepInAccept(task, description, file);
  return true;
}

const CONNECTING = 1;

export function connect(task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { file } = description;
  if (!isSocket(file)) return -ENOTSOCK;
  const nonblocking = isNonblocking(task, description);
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  let result: number;
  if (call.progress === CONNECTING) {
    result = file.connectOutcome();
  } else {
    result = file.connect(call.data as Address | null);
    if ((result === -EINPROGRESS || result === -EALREADY) && !nonblocking) {
      call.progress = CONNECTING;
      result = file.connectOutcome();
    }
  }
  if ((result !== -EINPROGRESS && result !== -EAGAIN) || nonblocking || task.timedOut)
    return result;
  hold(task, description);
  file.sleepConnecting(task);
  startTimeout(task, file.sendTimeoutNs);
  return BLOCKED;
}

export function shutdown(task: Task, call: Syscall<unknown>): unknown {
  const socket = socketOf(task, call.a0);
  if (typeof socket === 'number') return socket;
  return call.a1 === 0 ? -EINVAL : socket.shutdown(call.a1);
}

export function getsockname(task: Task, call: Syscall<unknown>): unknown {
  const socket = socketOf(task, call.a0);
  return typeof socket === 'number' ? socket : socket.sockname();
}

export function getpeername(task: Task, call: Syscall<unknown>): unknown {
  const socket = socketOf(task, call.a0);
  return typeof socket === 'number' ? socket : socket.peername();
}

export function getsockopt(task: Task, call: Syscall<unknown>): unknown {
  const socket = socketOf(task, call.a0);
  if (typeof socket === 'number') return socket;
  switch (call.data as SocketOption) {
    case 'SO_RCVTIMEO':
      return Math.max(0, socket.receiveTimeoutNs) / NANOSECONDS_PER_MS;
    case 'SO_SNDTIMEO':
      return Math.max(0, socket.sendTimeoutNs) / NANOSECONDS_PER_MS;
    case 'SO_RCVLOWAT':
      return socket.receiveLowWater;
    default:
      return socket.getOption(call.data as SocketOption);
  }
}

const NANOSECONDS_PER_MS = 1e6;
const INT_MAX = 0x7fff_ffff;

export function setsockopt(task: Task, call: Syscall<unknown>): unknown {
  const socket = socketOf(task, call.a0);
  if (typeof socket === 'number') return socket;
  const { a1: value } = call;
  switch (call.data as SocketOption) {
    case 'SO_RCVTIMEO':
      socket.tune().receiveTimeoutNs = timeoutNs(value);
      return 0;
    case 'SO_SNDTIMEO':
      socket.tune().sendTimeoutNs = timeoutNs(value);
      return 0;
    case 'SO_RCVLOWAT':
      socket.tune().receiveLowWater = value < 0 ? INT_MAX : Math.max(1, value);
      // TCP looks again at once: what is there may be enough now (tcp_set_rcvlowat).
      if (socket instanceof TcpSocket) socket.tellIfReadable();
      return 0;
    case 'TCP_USER_TIMEOUT':
      if (socket instanceof TcpSocket && value >= 0) socket.setUserTimeout(value);
      break;
  }
  return socket.setOption(call.data as SocketOption, value);
}
