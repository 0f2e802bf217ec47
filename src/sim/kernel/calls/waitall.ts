import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../../../sys/constants.ts';
import { EAGAIN } from '../../../sys/errno.ts';
import type { Syscall } from '../../../sys/syscall.ts';
import type { PendingCall } from '../pending-call.ts';
import type { BLOCKED } from './handler.ts';

/** What bytes are gathered from: a stream socket, simulated or real. */
export interface ByteSource {
  /** SO_RCVLOWAT. */
  readonly receiveLowWater: number;
  /** No more will come: the end, or an error that waits to be told. */
  readonly hasEnded: boolean;
  bytesReadable(): number;
  /** How many bytes have been taken out of it ever; where nobody can tell, always 0. */
  readonly bytesTaken: number;
  /** 1 where an urgent byte is next: what has got something stops before it. */
  readonly atMark: number;
  /** How many bytes come before an urgent one; 0 where none is ahead, or nobody can tell. */
  readonly bytesToMark: number;
  /** A call that has got something has met its end with less than it wanted. */
  cutShort?(): void;
  /** recv(2) without sleeping: bytes, or a negated errno. */
  recv(bytesMax: number, flags: number): Uint8Array | number;
}

/**
 * Whether a call that may sleep is content only with so many bytes. # MSG_WAITALL: nobody waits for
 * an urgent byte (tcp_recv_urg), and a peek on an AF_UNIX stream is content with whatever there is
 * (unix_stream_read_generic).
 */
export function wantsEnough(
  call: Syscall<unknown>,
  socket: { readonly type: string; readonly receiveLowWater: number },
): boolean {
  const { a2: flags } = call;
  if ((flags & (MSG_DONTWAIT | MSG_OOB)) !== 0) return false;
  if ((flags & MSG_PEEK) !== 0 && socket.type === 'unix') return false;
  return (flags & MSG_WAITALL) !== 0 || lowWaterOf(call, socket) > 1;
}

function lowWaterOf(
  call: Syscall<unknown>,
  { receiveLowWater }: { readonly receiveLowWater: number },
): number {
  return (call as PendingCall).lowWater || receiveLowWater;
}

/**
 * A blocking recv that is content only with so many bytes: all that it asks for (MSG_WAITALL), or
 * SO_RCVLOWAT of them. An urgent byte ahead (tcp_recvmsg_locked stops before it, also where it only
 * looks), the end of the stream, an error or the timeout give what has come until then; TCP leaves
 * an error for the next call. `sleep` puts the task to sleep, and gives undefined if its time is
 * up.
 */
export function recvEnough(
  asked: Syscall<unknown>,
  source: ByteSource,
  sleep: () => typeof BLOCKED | undefined,
): Uint8Array | number {
  const call = asked as PendingCall;
  const { a1: bytesMax, a2: flags } = call;
  const all = (flags & MSG_WAITALL) !== 0;
  const enough = all ? bytesMax : Math.min(bytesMax, lowWaterOf(call, source));
  if ((flags & MSG_PEEK) !== 0) return peekEnough(call, source, enough, sleep);
  let have = sizeOf(call.gathered);
  while (have < enough || have === 0) {
    if (have > 0 && source.bytesReadable() <= 0 && source.hasEnded) {
      source.cutShort?.();
      break;
    }
    if (have > 0 && source.atMark === 1) break;
    const part = source.recv(bytesMax - have, flags);
    if (part === -EAGAIN) return sleep() ?? (have > 0 ? join(call.gathered) : part);
    if (typeof part === 'number') return part;
    if (part.length === 0) break;
    call.gather(part);
    have += part.length;
  }
  return join(call.gathered);
}

/**
 * # MSG_PEEK and MSG_WAITALL: what was seen before a sleep stays seen. Where another task has taken
 * bytes meanwhile, the peek goes on at the new front, then and at each look after it
 * (tcp_recvmsg_locked, "race in MSG_PEEK").
 */
function peekEnough(
  call: PendingCall,
  source: ByteSource,
  enough: number,
  sleep: () => typeof BLOCKED | undefined,
): Uint8Array | number {
  const { a1: bytesMax, a2: flags } = call;
  const have = sizeOf(call.gathered);
  const raced = have > 0 && source.bytesTaken !== call.peekedFrom;
  if (!raced) call.peekFrom(source.bytesTaken);
  const part = source.recv(raced ? bytesMax - have : bytesMax, flags);
  if (typeof part !== 'number' && part.length > 0) call.gather(part);
  const seen = call.gathered.length > 0 ? join(call.gathered) : part;
  if (typeof part === 'number' ? part !== -EAGAIN : part.length === 0) return seen;
  if (source.hasEnded) return seen;
  if (typeof seen !== 'number' && seen.length >= enough) return seen;
  if (typeof part !== 'number' && part.length === source.bytesToMark) return seen;
  return sleep() ?? seen;
}

/** What a call that a signal has ended had got until then; undefined if nothing. */
export function gatheredBy(call: Syscall<unknown>): Uint8Array | undefined {
  const { gathered } = call as PendingCall;
  return gathered.length === 0 ? undefined : join(gathered);
}

/**
 * # A signal ends a recv on TCP: it looks once more before it answers (tcp_recvmsg_locked), and may
 * find what it was not told of, since it was less than SO_RCVLOWAT.
 */
export function looksForBytes(call: Syscall<unknown>, source: ByteSource): boolean {
  return gatheredBy(call) !== undefined || (source.bytesReadable() > 0 && source.atMark !== 1);
}

function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
