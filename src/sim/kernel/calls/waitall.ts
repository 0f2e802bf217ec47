import { MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL } from '../../../sys/constants.ts';
import { EAGAIN } from '../../../sys/errno.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { Description } from '../file.ts';
import type { Socket } from '../socket.ts';
import type { Task } from '../task.ts';
import { sleepReading } from './io.ts';

/** What calls that still wait for more have taken out of their sockets so far. */
const gathered = new WeakMap<Syscall<unknown>, Uint8Array[]>();

/**
 * A blocking recv that is content only with so many bytes: all that it asks for (MSG_WAITALL), or SO_RCVLOWAT of them. The end of
 * the stream, an error or the timeout give what has come until then; an error is left for the next call.
 */
export function recvEnough(
  task: Task,
  call: Syscall<unknown>,
  description: Description,
  socket: Socket,
): unknown {
  const { a1: bytesMax, a2: flags } = call;
  const all = (flags & MSG_WAITALL) !== 0;
  const enough = all ? bytesMax : Math.min(bytesMax, socket.receiveLowWater);
  const parts = gathered.get(call) ?? [];
  gathered.set(call, parts);
  let have = 0;
  for (const part of parts) have += part.length;
  if ((flags & MSG_PEEK) !== 0) {
    const seen = socket.recv(bytesMax, flags);
    const ready = typeof seen === 'number' ? seen !== -EAGAIN : seen.length >= enough;
    if (ready || socket.hasEnded || task.timedOut) return seen;
    return sleepReading(task, description, socket);
  }
  while (have < enough || have === 0) {
    if (have > 0 && socket.bytesReadable() <= 0 && socket.hasEnded) break;
    const part = socket.recv(bytesMax - have, flags & ~MSG_WAITALL);
    if (part === -EAGAIN) {
      if (task.timedOut || (flags & MSG_DONTWAIT) !== 0) return have > 0 ? join(parts) : part;
      return sleepReading(task, description, socket);
    }
    if (typeof part === 'number') return part;
    if (part.length === 0) break;
    parts.push(part);
    have += part.length;
  }
  return join(parts);
}

/** What a call that a signal has ended had got until then; undefined if nothing. */
export function gatheredBy(call: Syscall<unknown>): Uint8Array | undefined {
  const parts = gathered.get(call);
  return parts === undefined || parts.length === 0 ? undefined : join(parts);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
