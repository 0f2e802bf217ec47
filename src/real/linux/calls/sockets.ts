import { isAnyAddress, isInet, isPort } from '../../../sim/kernel/addresses.ts';
import { BLOCKED, descriptionOf, isNonblocking } from '../../../sim/kernel/calls/handler.ts';
import { answer } from '../../../sim/kernel/calls/memory.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Description } from '../../../sim/kernel/file.ts';
import { timeoutNs } from '../../../sim/kernel/socket.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import * as constants from '../../../sys/constants.ts';
import { IPPROTO_TCP, O_RDWR, POLLIN, POLLOUT, SOL_SOCKET } from '../../../sys/constants.ts';
import {
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  EBADF,
  EHOSTUNREACH,
  EINPROGRESS,
  EINVAL,
  EMFILE,
  ENOTSOCK,
} from '../../../sys/errno.ts';
import type { Address, SocketFamily, SocketOption, SocketType } from '../../../sys/sys.ts';
import { LinuxFile } from '../file.ts';
import type { LinuxMachine, SocketTimeout } from '../machine.ts';
import {
  AF_INET,
  decode,
  encodeInet,
  encodeUnix,
  SOCKADDR_BYTES_MAX,
  UNSPECIFIED,
} from '../sockaddr.ts';
import { getInt, install, REAL_FLAGS, realOf, TYPES, wasShutForReading } from './common.ts';

const FAMILIES: { readonly [family in SocketFamily]: number } = { unix: 1, inet: AF_INET };
/** Let connect(2) find the port for a socket that was bound to an address only (ip(7)). */
const IP_BIND_ADDRESS_NO_PORT = 24;
const INT_BYTES = 4;
const NANOSECONDS_PER_MS = 1e6;

/** What a report calls a socket. */
const typeName = (family: SocketFamily, type: SocketType): string =>
  family === 'unix' ? 'unix' : type === 'dgram' ? 'udp' : 'tcp';

export function socket(machine: LinuxMachine, task: Task, call: CallOf<'socket'>): number {
  const { family, type } = call.data;
  // The socket is made before its number is looked for (__sys_socket).
  const real = machine.libc.socket(FAMILIES[family] ?? 0, (TYPES[type] ?? 0) | REAL_FLAGS, 0);
  if (real < 0) return real;
  if (task.process.descriptors.lowestFree() < 0) {
    machine.libc.close(real);
    return -EMFILE;
  }
  const made = { type: typeName(family, type), real, access: O_RDWR };
  return install(task, machine, made, call.a0);
}

export function socketpair(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'socketpair'>,
): AnswerOf<'socketpair'> | number {
  const fds = new Int32Array(2);
  const { family, type } = call.data;
  const real = TYPES[type] | REAL_FLAGS;
  const result = machine.libc.socketpair(FAMILIES[family], real, 0, fds);
  if (result < 0) return result;
  return installPair(task, machine, fds, [O_RDWR, O_RDWR], 'unix', call.a0);
}

/** Two at once, or neither. */
export function installPair(
  task: Task,
  machine: LinuxMachine,
  reals: Int32Array,
  access: readonly [number, number],
  type: string,
  flags: number,
): [number, number] | number {
  const table = task.process.descriptors;
  const first = table.lowestFree();
  if (first < 0 || table.lowestFree(first + 1) < 0) {
    for (const real of reals) machine.libc.close(real);
    return -EMFILE;
  }
  const put = (i: 0 | 1): number =>
    install(task, machine, { type, real: reals[i] as number, access: access[i] }, flags);
  return [put(0), put(1)];
}

/** The real descriptor behind a number, or -EBADF. */
function realSocket(machine: LinuxMachine, task: Task, fd: number): number {
  const description = task.process.descriptors.get(fd);
  return description === null ? -EBADF : realOf(machine, description);
}

/**
 * An address as libc takes it for a descriptor, or a negated errno. What is no socket of AF_UNIX
 * asks for its length alone.
 */
export function encode(
  machine: LinuxMachine,
  task: Task,
  { file }: Description,
  address: Address,
): Uint8Array | number {
  if (!isInet(address)) {
    const { path } = address;
    return encodeUnix(file.type === 'unix' ? machine.ports.unixNames.toReal(path) : path);
  }
  if (!isPort(address.port)) return -EINVAL;
  const real = machine.ports.toReal(task.process.kernel.host, address);
  return real === undefined ? -EHOSTUNREACH : encodeInet(real);
}

export function bind(machine: LinuxMachine, task: Task, call: CallOf<'bind'>): number {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  const address = call.data;
  const name = encode(machine, task, description, address);
  if (name === -EHOSTUNREACH) return -EADDRNOTAVAIL;
  if (typeof name === 'number') return name;
  const result = machine.libc.bind(realOf(machine, description), name, name.length);
  if (result === 0 && isInet(address) && description.file instanceof LinuxFile) {
    description.file.anyAddress = isAnyAddress(address.host);
  }
  return result;
}

/** A name that libc knows for a socket, or a negated errno. */
function nameOf(
  ask: (fd: number, bytes: Uint8Array, length: Int32Array) => number,
  real: number,
): Address | number {
  const bytes = new Uint8Array(SOCKADDR_BYTES_MAX);
  const length = new Int32Array([bytes.length]);
  const result = ask(real, bytes, length);
  return result < 0 ? result : decode(bytes, length[0] as number);
}

export function listen(machine: LinuxMachine, task: Task, call: CallOf<'listen'>): number {
  const description = task.process.descriptors.get(call.a0);
  if (description === null) return -EBADF;
  const real = realOf(machine, description);
  bindBeforeListening(machine, task, description);
  const result = machine.libc.listen(real, call.a1);
  if (result < 0) return result;
  task.process.isService = true;
  const name = sockname(machine, task.process.kernel.host, description);
  if (typeof name === 'object' && isInet(name)) {
    task.surroundings.listening(task.process.kernel.host, name.port);
  }
  return result;
}

/**
 * listen(2) on an unbound socket would take every address of the machine: see ports.ts, "Loopback
 * only".
 */
function bindBeforeListening(machine: LinuxMachine, task: Task, description: Description): void {
  const { file } = description;
  if (!(file instanceof LinuxFile) || file.type !== 'tcp') return;
  const name = nameOf(machine.libc.getsockname, file.real);
  if (typeof name === 'number' || !isInet(name) || name.port !== 0) return;
  const host = machine.ports.addressOf(task.process.kernel.host);
  const address = encodeInet({ host, port: 0 });
  if (machine.libc.bind(file.real, address, address.length) === 0) file.anyAddress = true;
}

/**
 * accept4(2). # accept on Linux: a free number is looked for first, so that EMFILE leaves the
 * connection in the queue.
 */
export function accept(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'accept'>,
): AnswerOf<'accept'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { descriptors } = task.process;
  const fd = descriptors.reserve(task);
  if (fd < 0) return -EMFILE;
  const incoming = takeIncoming(machine, task, description);
  if (incoming === BLOCKED) return BLOCKED;
  descriptors.letGo(task);
  if (typeof incoming === 'number') return incoming;
  const { type, real, peer } = incoming;
  install(task, machine, { type, real, access: O_RDWR }, call.a1, fd);
  if (type === 'tcp') inherit(task, fd, description.file as LinuxFile);
  return { fd, address: machine.ports.toVirtual(task.process.kernel.host, peer) };
}

interface RealIncoming {
  readonly type: string;
  readonly real: number;
  readonly peer: Address;
}

function takeIncoming(
  machine: LinuxMachine,
  task: Task,
  description: Description,
): RealIncoming | number {
  if (!(description.file instanceof LinuxFile)) return -ENOTSOCK;
  const { real, type } = description.file;
  const bytes = new Uint8Array(SOCKADDR_BYTES_MAX);
  const length = new Int32Array([bytes.length]);
  const made = machine.libc.accept4(real, bytes, length, REAL_FLAGS);
  if (made === -EAGAIN && wasShutForReading(machine, real) && !isNonblocking(task, description)) {
    return -EINVAL;
  }
  if (made === -EAGAIN && !isNonblocking(task, description)) {
    return machine.sleepOn(task, description, POLLIN, 'SO_RCVTIMEO') ?? -EAGAIN;
  }
  return made < 0 ? made : { type, real: made, peer: decode(bytes, length[0] as number) };
}

/**
 * Of what a listener was told a connection of TCP inherits all (sk_clone_lock), one of AF_UNIX
 * nothing.
 */
function inherit(task: Task, fd: number, listener: LinuxFile): void {
  const made = task.process.descriptors.get(fd)?.file;
  if (!(made instanceof LinuxFile)) return;
  Object.assign(made.timeoutsNs, listener.timeoutsNs);
  made.receiveLowWater = listener.receiveLowWater;
}

/**
 * connect(2). One that would sleep asks again once the socket is ready: that gives the outcome just
 * as the sleeper would have got it, and leaves the same socket behind.
 */
export function connect(machine: LinuxMachine, task: Task, call: CallOf<'connect'>): number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const address = call.data;
  const name = address === null ? UNSPECIFIED : encode(machine, task, description, address);
  if (typeof name === 'number') return name;
  const real = realOf(machine, description);
  if (address !== null && isInet(address) && !machine.ports.isFirst(task.process.kernel.host)) {
    bindToHost(machine, real, task.process.kernel.host);
  }
  const result = machine.libc.connect(real, name, name.length);
  if (result === -EAGAIN && !isNonblocking(task, description)) {
    return machine.tryAgainSoon(task, description, 'SO_SNDTIMEO') ?? -EAGAIN;
  }
  const pending = result === -EINPROGRESS || result === -EALREADY;
  if (!pending || isNonblocking(task, description)) return result;
  return machine.sleepOn(task, description, POLLOUT, 'SO_SNDTIMEO') ?? -EINPROGRESS;
}

/**
 * A connection from a host has the host's address; a socket that is bound already stays as it is.
 */
function bindToHost(machine: LinuxMachine, real: number, host: string): void {
  const { bind: bindReal, setsockopt: set } = machine.libc;
  set(real, 0, IP_BIND_ADDRESS_NO_PORT, new Int32Array([1]), INT_BYTES);
  const own = encodeInet({ host: machine.ports.addressOf(host), port: 0 });
  bindReal(real, own, own.length);
}

export function shutdown(machine: LinuxMachine, task: Task, call: CallOf<'shutdown'>): number {
  const real = realSocket(machine, task, call.a0);
  return real < 0 ? real : machine.libc.shutdown(real, call.a1 - 1);
}

/** What a host's programs are shown as the name of a socket, or a negated errno. */
export function sockname(
  machine: LinuxMachine,
  host: string,
  description: Description,
): Address | number {
  const name = nameOf(machine.libc.getsockname, realOf(machine, description));
  if (typeof name === 'number') return name;
  const shown = machine.ports.toVirtual(host, name);
  const { file } = description;
  const isAny = file instanceof LinuxFile && file.anyAddress;
  return isAny && isInet(shown) ? { host: '0.0.0.0', port: shown.port } : shown;
}

export function getsockname(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'getsockname'>,
): AnswerOf<'getsockname'> | number {
  const description = task.process.descriptors.get(call.a0);
  return description === null ? -EBADF : sockname(machine, task.process.kernel.host, description);
}

export function getpeername(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'getpeername'>,
): AnswerOf<'getpeername'> | number {
  const real = realSocket(machine, task, call.a0);
  if (real < 0) return real;
  const name = nameOf(machine.libc.getpeername, real);
  return typeof name === 'number' ? name : machine.ports.toVirtual(task.process.kernel.host, name);
}

// ---- options ----

const isTimeout = (option: SocketOption): option is SocketTimeout =>
  option === 'SO_RCVTIMEO' || option === 'SO_SNDTIMEO';

function timeoutsOf(
  machine: LinuxMachine,
  task: Task,
  fd: number,
): LinuxFile['timeoutsNs'] | number {
  const { file } = task.process.descriptors.get(fd) as Description;
  const type = getInt(machine, realSocket(machine, task, fd), SOL_SOCKET, constants.SO_TYPE);
  return type < 0 || !(file instanceof LinuxFile) ? type : file.timeoutsNs;
}

function optionOf(option: SocketOption): [level: number, name: number] {
  return [option.startsWith('TCP_') ? IPPROTO_TCP : SOL_SOCKET, constants[option]];
}

export function getsockopt(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'getsockopt'>,
): AnswerOf<'getsockopt'> | number {
  const real = realSocket(machine, task, call.a0);
  if (real < 0) return real;
  const option = call.data;
  const [level, name] = optionOf(option);
  if (isTimeout(option)) {
    const kept = timeoutsOf(machine, task, call.a0);
    return typeof kept === 'number' ? kept : Math.max(0, kept[option]) / NANOSECONDS_PER_MS;
  }
  if (option !== 'SO_LINGER') {
    const value = getInt(machine, real, level, name);
    // tcpi_state is the first byte of struct tcp_info.
    return option === 'TCP_INFO' && value >= 0 ? value & 0xff : value;
  }
  const linger = new Int32Array(2);
  const length = new Int32Array([linger.byteLength]);
  const result = machine.libc.getsockopt(real, level, name, linger, length);
  if (result < 0) return result;
  return answer(call, linger[0] === 0 ? -1 : (linger[1] as number));
}

export function setsockopt(machine: LinuxMachine, task: Task, call: CallOf<'setsockopt'>): number {
  const real = realSocket(machine, task, call.a0);
  if (real < 0) return real;
  const option = call.data;
  const [level, name] = optionOf(option);
  if (isTimeout(option)) {
    const kept = timeoutsOf(machine, task, call.a0);
    if (typeof kept === 'number') return kept;
    kept[option] = timeoutNs(call.a1);
    return 0;
  }
  const value =
    option === 'SO_LINGER'
      ? new Int32Array([call.a1 < 0 ? 0 : 1, Math.max(0, call.a1)])
      : new Int32Array([call.a1]);
  const result = machine.libc.setsockopt(real, level, name, value, value.byteLength);
  if (option === 'SO_RCVLOWAT' && result === 0) keepLowWater(machine, task, call.a0);
  return result;
}

function keepLowWater(machine: LinuxMachine, task: Task, fd: number): void {
  const file = task.process.descriptors.get(fd)?.file;
  if (!(file instanceof LinuxFile)) return;
  file.receiveLowWater = getInt(machine, file.real, SOL_SOCKET, constants.SO_RCVLOWAT);
}
