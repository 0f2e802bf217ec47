import { BLOCKED, descriptionOf, isNonblocking } from '../../../sim/kernel/calls/handler.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { MSG_DONTWAIT, POLLIN } from '../../../sys/constants.ts';
import { EAGAIN, EBADF } from '../../../sys/errno.ts';
import type { Outgoing, Received } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { LinuxMachine } from '../machine.ts';
import { writeWithSigpipe } from '../sigpipe.ts';
import { decode, SOCKADDR_BYTES_MAX } from '../sockaddr.ts';
import { realOf } from './common.ts';
import { wasShutForReading } from './io.ts';
import { encode } from './sockets.ts';

export function sendto(machine: LinuxMachine, task: Task, call: Syscall<unknown>): number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { bytes, address } = call.data as Outgoing;
  const name = address === null ? null : encode(machine, task, address);
  if (typeof name === 'number') return name;
  const rest = call.progress === 0 ? bytes : bytes.subarray(call.progress);
  const real = realOf(machine, description);
  const taken = writeWithSigpipe(machine.libc, task, call.a1 | MSG_DONTWAIT, (flags) =>
    machine.libc.sendto(real, rest, rest.length, flags, name, name?.length ?? 0),
  );
  if (taken === BLOCKED) return BLOCKED;
  const sleeps = !isNonblocking(task, description) && (call.a1 & MSG_DONTWAIT) === 0;
  if (!sleeps || (taken < 0 && taken !== -EAGAIN)) return call.progress || taken;
  if (taken > 0) call.progress += taken;
  if (taken >= 0 && call.progress >= bytes.length) return bytes.length;
  return machine.tryAgainSoon(task, description);
}

export function recvfrom(machine: LinuxMachine, task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const real = realOf(machine, description);
  const { a1: bytesMax, a2: flags } = call;
  const bytes = new Uint8Array(bytesMax);
  const name = new Uint8Array(SOCKADDR_BYTES_MAX);
  const nameLength = new Int32Array([name.length]);
  const { libc, ports } = machine;
  let size = libc.recvfrom(real, bytes, bytesMax, flags | MSG_DONTWAIT, name, nameLength);
  if (size === -EAGAIN && !isNonblocking(task, description) && (flags & MSG_DONTWAIT) === 0) {
    if (!wasShutForReading(machine, real)) return machine.sleepOn(task, description, POLLIN);
    size = 0;
    nameLength[0] = 0;
  }
  if (size < 0) return size;
  const length = nameLength[0] as number;
  const peer = length === 0 ? null : decode(name, length);
  return {
    bytes: bytes.slice(0, size),
    address: peer === null ? null : ports.toVirtual(task.process.kernel.host, peer),
    length: size,
  } satisfies Received;
}
