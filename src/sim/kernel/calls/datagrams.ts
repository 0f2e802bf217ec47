import { MSG_DONTWAIT, MSG_TRUNC } from '../../../sys/constants.ts';
import { EBADF, ENOTSOCK } from '../../../sys/errno.ts';
import type { Outgoing, Received } from '../../../sys/sys.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import { isSocket } from '../socket.ts';
import type { Task } from '../task.ts';
import { descriptionOf, INTERRUPTED_RESULT, isNonblocking, wasInterrupted } from './handler.ts';
import { cutOff, recv, written } from './io.ts';

/** sendto(2). A datagram goes as a whole; a stream takes what it can, as send(2) does. */
export function sendto(task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { file } = description;
  if (!isSocket(file)) return -ENOTSOCK;
  if (wasInterrupted(call)) return INTERRUPTED_RESULT;
  const { bytes, address } = call.data as Outgoing;
  const blocking = !isNonblocking(task, description) && (call.a1 & MSG_DONTWAIT) === 0;
  const taken = cutOff(task, file) || file.sendTo(bytes, call.progress, call.a1, address);
  return written(task, call, description, taken, bytes.length, blocking);
}

export function recvfrom(task: Task, call: Syscall<unknown>): unknown {
  const description = descriptionOf(task, call.a0);
  const bytes = recv(task, call);
  if (!(bytes instanceof Uint8Array) || description === null) return bytes;
  const { file } = description;
  if (!isSocket(file)) return -ENOTSOCK;
  const { address, length } = file.lastMessage(bytes);
  const told = (call.a2 & MSG_TRUNC) !== 0 ? length : bytes.length;
  return { bytes, address, length: told } satisfies Received;
}
