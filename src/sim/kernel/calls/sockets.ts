import { O_RDWR } from '../../../sys/constants.ts';
import {
  EAGAIN,
  EALREADY,
  EBADF,
  EINPROGRESS,
  EINVAL,
  EMFILE,
  ENOTSOCK,
  EPIPE,
  ESOCKTNOSUPPORT,
  errnoCode,
} from '../../../sys/errno.ts';
import { UnsupportedError } from '../../../sys/errors.ts';
import type {
  Accepted,
  Address,
  SocketFamily,
  SocketOption,
  SocketType,
} from '../../../sys/sys.ts';
import { addressText, isInet } from '../addresses.ts';
import { FAULT_TINY_BUFFERS, KIND } from '../choices.ts';
import type { Description } from '../file.ts';
import type { Footprint } from '../footprint.ts';
import { READ_ENDS } from '../readiness.ts';
import { type Incoming, isSocket, type Socket, timeoutNs } from '../socket.ts';
import type { Task } from '../task.ts';
import { TcpSocket } from '../tcp.ts';
import { UdpSocket } from '../udp.ts';
import { unixSocket } from '../unix.ts';
import { emfileStrikes, openFile, opens } from './descriptors.ts';
import {
  BLOCKED,
  descriptionOf,
  hold,
  INTERRUPTED_RESULT,
  interrupts,
  isNonblocking,
  sleepOn,
  startTimeout,
  wasDisconnected,
  wasInterrupted,
} from './handler.ts';
import { answer } from './memory.ts';
import { type Call, DONE, type Row, row } from './row.ts';
import { fileTouched, readsFile, takesNumber, writesFile } from './touches.ts';

/** Buffer sizes by alternative of the fault `tinyBuffers`; 0 leaves them alone. */
const TINY_BUFFER_BYTES = [0, 1, 2, 7, 64] as const;

/** The socket behind a descriptor, or a negated errno. */
function socketOf(task: Task, fd: number): Socket | number {
  const description = task.process.descriptors.get(fd);
  if (description === null) return -EBADF;
  return isSocket(description.file) ? description.file : -ENOTSOCK;
}

interface SocketKind {
  readonly family: SocketFamily;
  readonly type: SocketType;
}

export const socket: Row<SocketKind, number> = row({
  perform(task, call) {
    const { family, type } = call.data;
    const { kernel } = task.process;
    if (family === 'unix') {
      const made = unixSocket(kernel.unixNames, type);
      return typeof made === 'number' ? made : openFile(task, made, O_RDWR, call.a0);
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
    return openFile(task, made, O_RDWR, call.a0);
  },
  ...opens,
  asked: ({ data: { family, type } }) => `socket ${family} ${type}`,
});

function udpSocket(task: Task, flags: number): number {
  const { datagrams } = task.surroundings.network;
  if (datagrams === undefined) {
    throw new UnsupportedError('UDP', 'this network carries TCP alone; run it on the virtual one');
  }
  return openFile(task, new UdpSocket(datagrams, task.process.kernel.host), O_RDWR, flags);
}

/**
 * An address in use is known to its network only: whoever binds or connects may meet anybody who
 * does.
 */
function touchesAddresses(task: Task, call: Call, into: Footprint): void {
  writesFile(task, call, into);
  into.write(task.surroundings.network);
}

export const bind: Row<Address, number> = row({
  perform(task, { a0: fd, data: address }) {
    const socket = socketOf(task, fd);
    return typeof socket === 'number' ? socket : socket.bind(address);
  },
  touches: touchesAddresses,
  asked: ({ a0: fd, data: address }) => `bind fd ${fd} to ${addressText(address)}`,
});

/** listen(2); -EAGAIN from the socket means that its network answers later. */
export const listen: Row<undefined, number> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null) return -EBADF;
    const { file } = description;
    if (!isSocket(file)) return -ENOTSOCK;
    const result = file.listen(call.a1);
    if (result === 0) {
      task.process.isService = true;
      const name = file.sockname();
      if (typeof name === 'object' && isInet(name)) {
        task.surroundings.listening(task.process.kernel.host, name.port);
      }
    }
    return result === -EAGAIN ? sleepOn(task, description, READ_ENDS, false) : result;
  },
  onSignal: 'passes',
  touches: touchesAddresses,
});

/**
 * accept4(2). # accept: the number is taken first, so that EMFILE leaves the connection in the
 * queue, and kept while the call sleeps.
 */
export const accept: Row<undefined, Accepted> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null) return -EBADF;
    const { kernel, descriptors } = task.process;
    const fd = descriptors.reservedFor(task) ?? descriptors.lowestFree();
    if (fd < 0) return -EMFILE;
    const incoming = takeIncoming(task, call, description);
    if (incoming === BLOCKED) return BLOCKED;
    descriptors.letGo(task);
    if (typeof incoming === 'number') return incoming;
    kernel.install(task.process, incoming.socket, O_RDWR, call.a1, fd);
    return { fd, address: incoming.address };
  },
  parks(task, call) {
    const description = task.process.descriptors.get(call.a0);
    if (description === null || isNonblocking(task, description)) return false;
    const { descriptors } = task.process;
    if (descriptors.reservedFor(task) === undefined && descriptors.lowestFree() < 0) return false;
    const { file } = description;
    if (!isSocket(file) || !file.acceptSleeps || interrupts(task, call)) return false;
    sleepInAccept(task, description, file);
    return true;
  },
  onSignal: 'restarts',
  touches(task, call, into) {
    const file = fileTouched(task, call.a0, into);
    takesNumber(task, call, into);
    file?.touchesOfAccept(into);
  },
  posted: 'queues',
  answered: (_call, { fd, address }) => `fd ${fd}  ← ${addressText(address)}`,
  waitsFor: (_task, { a0: fd }) => ({ what: 'connections', fd }),
  seen: (_call, { fd }) => `fd ${fd}`,
  addressIn: ({ address }) => address,
  hash: ({ fd }, into) => into.mix(fd),
  effects(_call, accepted, into) {
    if (typeof accepted !== 'object') return;
    into.accepted(accepted.fd);
    into.gave(accepted.fd);
  },
});

function takeIncoming(task: Task, call: Call, description: Description): Incoming | number {
  const { file } = description;
  if (!isSocket(file)) return -ENOTSOCK;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  if (file.acceptSleeps && !isNonblocking(task, description)) {
    return task.timedOut ? -EAGAIN : sleepInAccept(task, description, file);
  }
  if (!file.acceptSleeps && emfileStrikes(task)) return -EMFILE;
  const incoming = file.accept();
  // An empty queue on which a blocking accept would not sleep is that of a listener that was shut
  // down.
  return incoming === -EAGAIN && !isNonblocking(task, description) ? -EINVAL : incoming;
}

function sleepInAccept(task: Task, description: Description, socket: Socket): typeof BLOCKED {
  task.process.descriptors.reserve(task);
  sleepOn(task, description, READ_ENDS, true);
  startTimeout(task, socket.receiveTimeoutNs);
  return BLOCKED;
}

const CONNECTING = 1;

export const connect: Row<Address | null, number> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null) return -EBADF;
    const { file } = description;
    if (!isSocket(file)) return -ENOTSOCK;
    const nonblocking = isNonblocking(task, description);
    if (wasDisconnected(task)) return -EPIPE;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    let result: number;
    if (call.progress === CONNECTING) {
      result = file.connectOutcome();
    } else {
      result = file.connect(call.data);
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
  },
  onSignal: 'restarts',
  touches(task, call, into) {
    const file = fileTouched(task, call.a0, into);
    if (file === null) into.touchEverything();
    // The second half of a connect that slept finds out how it went.
    else file.touchesOfConnect(call.progress === 0 ? call.data : undefined, into);
  },
  asked: ({ a0: fd, data: address }) =>
    `connect fd ${fd} to ${address === null ? 'nothing' : addressText(address)}`,
  waitsFor: (_task, { a0: fd }) => ({ what: 'answer', fd }),
  effects(_call, answer, into) {
    if (answer < 0) into.toldError();
  },
});

const HOW_TEXT = ['', 'rd', 'wr', 'rdwr'];

export const shutdown: Row<undefined, number> = row({
  perform(task, { a0: fd, a1: how }) {
    const socket = socketOf(task, fd);
    if (typeof socket === 'number') return socket;
    return how === 0 ? -EINVAL : socket.shutdown(how);
  },
  touches: writesFile,
  asked: ({ a0: fd, a1: how }) => `shutdown fd ${fd} ${HOW_TEXT[how]}`,
});

/** What getsockname and getpeername have in common. */
const names: Pick<Row<undefined, Address>, 'touches' | 'answered' | 'seen' | 'addressIn'> = {
  touches: readsFile,
  answered: (_call, address) => addressText(address),
  seen: () => 'an address',
  addressIn: (address) => address,
};

export const getsockname: Row<undefined, Address> = row({
  perform(task, { a0: fd }) {
    const socket = socketOf(task, fd);
    return typeof socket === 'number' ? socket : socket.sockname();
  },
  ...names,
});

export const getpeername: Row<undefined, Address> = row({
  perform(task, { a0: fd }) {
    const socket = socketOf(task, fd);
    return typeof socket === 'number' ? socket : socket.peername();
  },
  ...names,
});

const NANOSECONDS_PER_MS = 1e6;
/** Of a C int. */
const INT_MAX = 0x7fff_ffff;

export const getsockopt: Row<SocketOption, number> = row({
  perform(task, call) {
    const { a0: fd, data: option } = call;
    const socket = socketOf(task, fd);
    if (typeof socket === 'number') return socket;
    switch (option) {
      case 'SO_RCVTIMEO':
        return Math.max(0, socket.receiveTimeoutNs) / NANOSECONDS_PER_MS;
      case 'SO_SNDTIMEO':
        return Math.max(0, socket.sendTimeoutNs) / NANOSECONDS_PER_MS;
      case 'SO_RCVLOWAT':
        return socket.receiveLowWater;
      case 'SO_LINGER':
        return answer(call, socket.getOption(option));
      case 'SO_TYPE':
      case 'SO_DOMAIN':
      case 'SO_PROTOCOL':
        return socket.kind[option];
      default:
        return socket.getOption(option);
    }
  },
  touches: writesFile,
  asked: ({ a0: fd, data: option }) => `getsockopt fd ${fd} ${option}`,
  answered: ({ data: option }, value) =>
    option === 'SO_ERROR' && value > 0 ? errnoCode(value) : String(value),
  // Sizes of buffers are not compared.
  seen: ({ data: option }, value) => (option.endsWith('BUF') ? DONE : String(value)),
});

export const setsockopt: Row<SocketOption, number> = row({
  perform(task, { a0: fd, a1: value, data: option }) {
    const socket = socketOf(task, fd);
    if (typeof socket === 'number') return socket;
    switch (option) {
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
    return socket.setOption(option, value);
  },
  touches: writesFile,
  asked: ({ a0: fd, a1: value, data: option }) => `setsockopt fd ${fd} ${option} ${value}`,
});
