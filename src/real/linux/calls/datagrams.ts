import { BLOCKED, descriptionOf, isNonblocking } from '../../../sim/kernel/calls/handler.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { MSG_DONTWAIT, MSG_TRUNC } from '../../../sys/constants.ts';
import { EAGAIN, EBADF } from '../../../sys/errno.ts';
import type { Received } from '../../../sys/sys.ts';
import type { LinuxMachine } from '../machine.ts';
import { offHeap } from '../memory.ts';
import { writeWithSigpipe } from '../sigpipe.ts';
import { decode, SOCKADDR_BYTES_MAX } from '../sockaddr.ts';
import { realOf } from './common.ts';
import { take } from './io.ts';
import { encode } from './sockets.ts';

export function sendto(machine: LinuxMachine, task: Task, call: CallOf<'sendto'>): number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { bytes, address } = call.data;
  const name = address === null ? null : encode(machine, task, description, address);
  if (typeof name === 'number') return name;
  const rest = call.progress === 0 ? bytes : bytes.subarray(call.progress);
  const real = realOf(machine, description);
  const taken = writeWithSigpipe(machine.libc, task, call.a1 | MSG_DONTWAIT, (flags) =>
    machine.libc.sendto(real, offHeap(rest), rest.length, flags, name, name?.length ?? 0),
  );
  if (taken === BLOCKED) return BLOCKED;
  const sleeps = !isNonblocking(task, description) && (call.a1 & MSG_DONTWAIT) === 0;
  if (!sleeps || (taken < 0 && taken !== -EAGAIN)) return call.progress || taken;
  if (taken > 0) call.progress += taken;
  if (taken >= 0 && call.progress >= bytes.length) return bytes.length;
  const slept = machine.tryAgainSoon(task, description, 'SO_SNDTIMEO');
  return slept ?? (call.progress || -EAGAIN);
}

export function recvfrom(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'recvfrom'>,
): AnswerOf<'recvfrom'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const real = realOf(machine, description);
  const { libc, ports } = machine;
  const name = new Uint8Array(SOCKADDR_BYTES_MAX);
  const nameLength = new Int32Array(1);
  let length = 0;
  const bytes = take(machine, task, call, description, (into, size, flags) => {
    nameLength[0] = name.length;
    length = libc.recvfrom(real, into, size, flags | MSG_DONTWAIT, name, nameLength);
    if (length < 0) nameLength[0] = 0;
    return length;
  });
  if (!(bytes instanceof Uint8Array)) return bytes;
  const [nameBytes = 0] = nameLength;
  const peer = nameBytes === 0 ? null : decode(name, nameBytes);
  return {
    bytes,
    address: peer === null ? null : ports.toVirtual(task.process.kernel.host, peer),
    length: (call.a2 & MSG_TRUNC) === 0 ? bytes.length : Math.max(bytes.length, length),
  } satisfies Received;
}
