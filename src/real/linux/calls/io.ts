import { BLOCKED, descriptionOf, isNonblocking } from '../../../sim/kernel/calls/handler.ts';
import type { Call } from '../../../sim/kernel/calls/row.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Description } from '../../../sim/kernel/file.ts';
import { copyPayload } from '../../../sim/kernel/payload.ts';
import type { PendingCall } from '../../../sim/kernel/pending-call.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { MSG_DONTWAIT, POLLIN, POLLOUT } from '../../../sys/constants.ts';
import { EAGAIN, EBADF } from '../../../sys/errno.ts';
import type { LinuxMachine } from '../machine.ts';
import { offHeap, readRoom } from '../memory.ts';
import { writeWithSigpipe } from '../sigpipe.ts';
import { realOf, wasShutForReading } from './common.ts';
import { gather, type Take } from './gather.ts';

const EMPTY = new Uint8Array(0);

export function recv(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'recv'>,
): AnswerOf<'recv'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const real = realOf(machine, description);
  return take(machine, task, call, description, (bytes, size, flags) =>
    machine.libc.recv(real, bytes, size, flags | MSG_DONTWAIT),
  );
}

export function read(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'read'>,
): AnswerOf<'read'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const real = realOf(machine, description);
  return take(machine, task, call, description, (bytes, size) =>
    machine.libc.read(real, bytes, size),
  );
}

/** What a reading call gives; its flags are `a2`, which read(2) leaves 0. */
export function take(
  machine: LinuxMachine,
  task: Task,
  call: Call,
  description: Description,
  ask: Take,
): Uint8Array | number {
  const { a1: bytesMax, a2: flags } = call;
  const mayBlock = sleeps(task, description, flags);
  // What ends the sleep of a recv of nothing ends the call (sk_wait_data), and no error is taken.
  if (bytesMax === 0 && task.held !== null && description.file.type === 'tcp') {
    if (machine.pollOne(realOf(machine, description), POLLIN) !== 0) return EMPTY;
  }
  if (mayBlock) {
    const enough = gather(machine, task, call, description, ask);
    if (enough !== undefined) return enough;
  }
  const bytes = readRoom(bytesMax, flags);
  const sizeMax = Math.min(bytesMax, bytes.length);
  let size = ask(bytes, sizeMax, flags);
  if (size === -EAGAIN && mayBlock && wasShutForReading(machine, realOf(machine, description))) {
    size = ask(bytes, sizeMax, flags);
    if (size === -EAGAIN) size = 0;
  }
  // With MSG_TRUNC a datagram's size, which may be more than was asked for.
  if (size >= 0) return copyPayload(bytes, 0, Math.min(size, sizeMax));
  if (size !== -EAGAIN || !mayBlock) return size;
  return machine.sleepOn(task, description, POLLIN, 'SO_RCVTIMEO') ?? -EAGAIN;
}

function sleeps(task: Task, description: Description, flags: number): boolean {
  return !isNonblocking(task, description) && (flags & MSG_DONTWAIT) === 0;
}

export function send(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'send'>,
): AnswerOf<'send'> | number {
  return put(machine, task, call, call.a1, (real, bytes, flags) =>
    machine.libc.send(real, offHeap(bytes), bytes.length, flags),
  );
}

export function write(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'write'>,
): AnswerOf<'write'> | number {
  return put(machine, task, call, 0, (real, bytes) =>
    machine.libc.write(real, offHeap(bytes), bytes.length),
  );
}

/** A blocking write takes all of its bytes; what it has taken so far is the call's `progress`. */
function put(
  machine: LinuxMachine,
  task: Task,
  call: Call<Uint8Array>,
  flags: number,
  give: (real: number, bytes: Uint8Array, flags: number) => number,
): number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const asked = task.call as PendingCall;
  if (asked.interrupted && call.progress > 0) {
    asked.interrupted = false;
    return call.progress;
  }
  const real = realOf(machine, description);
  const bytes = call.data;
  const rest = call.progress === 0 ? bytes : bytes.subarray(call.progress);
  const taken = writeWithSigpipe(machine.libc, task, flags | MSG_DONTWAIT, (all) =>
    give(real, rest, all),
  );
  if (taken === BLOCKED) return BLOCKED;
  if (!sleeps(task, description, flags)) return taken;
  if (taken < 0 && taken !== -EAGAIN) return call.progress > 0 ? call.progress : taken;
  if (taken > 0) call.progress += taken;
  if (taken >= 0 && call.progress >= bytes.length) return bytes.length;
  return machine.sleepOn(task, description, POLLOUT, 'SO_SNDTIMEO') ?? (call.progress || -EAGAIN);
}
