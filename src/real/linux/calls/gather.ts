import { INTERRUPTED_RESULT } from '../../../sim/kernel/calls/handler.ts';
import type { Call } from '../../../sim/kernel/calls/row.ts';
import {
  type ByteSource,
  gatheredBy,
  recvEnough,
  wantsEnough,
} from '../../../sim/kernel/calls/waitall.ts';
import type { Description } from '../../../sim/kernel/file.ts';
import { copyPayload } from '../../../sim/kernel/payload.ts';
import type { PendingCall } from '../../../sim/kernel/pending-call.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import {
  FIONREAD,
  MSG_PEEK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLRDHUP,
  SIOCATMARK,
  SO_TYPE,
  SOL_SOCKET,
} from '../../../sys/constants.ts';
import { OP } from '../../../sys/ops.ts';
import type { Received } from '../../../sys/sys.ts';
import { LinuxFile } from '../file.ts';
import type { LinuxMachine } from '../machine.ts';
import { readRoom } from '../memory.ts';
import { getInt, TYPES } from './common.ts';

const ENDED = POLLRDHUP | POLLHUP | POLLERR;

/**
 * recv(2), recvfrom(2) or read(2) of a real descriptor without sleeping, into the first `size`
 * bytes: how many bytes, or a negated errno.
 */
export type Take = (bytes: Uint8Array, size: number, flags: number) => number;

class RealSource implements ByteSource {
  readonly receiveLowWater: number;
  readonly #machine: LinuxMachine;
  readonly #real: number;
  readonly #take: Take;

  constructor(machine: LinuxMachine, real: number, receiveLowWater: number, take: Take) {
    this.#machine = machine;
    this.#real = real;
    this.receiveLowWater = receiveLowWater;
    this.#take = take;
  }

  get hasEnded(): boolean {
    return (this.#machine.pollOne(this.#real, ENDED) & ENDED) !== 0;
  }

  #ask(request: number): number {
    const value = new Int32Array(1);
    const result = this.#machine.libc.ioctl(this.#real, request, value);
    return result < 0 ? result : (value[0] as number);
  }

  bytesReadable(): number {
    return this.#ask(FIONREAD);
  }

  get bytesTaken(): number {
    return 0;
  }

  get atMark(): number {
    return this.#ask(SIOCATMARK);
  }

  /** # MSG_PEEK and MSG_WAITALL on Linux's sockets: an urgent byte ahead shows only by reading. */
  get bytesToMark(): number {
    return 0;
  }

  recv(bytesMax: number, flags: number): Uint8Array | number {
    const bytes = readRoom(bytesMax, flags);
    const sizeMax = Math.min(bytesMax, bytes.length);
    const size = this.#take(bytes, sizeMax, flags);
    return size < 0 ? size : copyPayload(bytes, 0, Math.min(size, sizeMax));
  }
}

/**
 * What a blocking call gives that is content only with so many bytes (MSG_WAITALL, SO_RCVLOWAT):
 * real calls never sleep, so they are gathered. undefined: it is no such call.
 *
 * # MSG_WAITALL and SO_RCVLOWAT on Linux: poll(2) wakes as the kernel wakes its sleepers
 * With SO_RCVLOWAT bytes on TCP, however few the call still lacks (tcp_data_ready); with any on
 * AF_UNIX. Only a call that has peeked at some looks again and again: what it has seen is still
 * there.
 */
export function gather(
  machine: LinuxMachine,
  task: Task,
  call: Call,
  description: Description,
  take: Take,
): Uint8Array | number | undefined {
  // Asked for nothing, a read does not even ask the socket.
  if (call.op === OP.read && call.a1 === 0) return undefined;
  const { file } = description;
  if (!(file instanceof LinuxFile)) return undefined;
  const { real, receiveLowWater } = file;
  // What holds when the call begins holds to its end (sock_rcvlowat).
  const asked = task.call as PendingCall;
  if (asked.lowWater === 0) asked.lowWater = receiveLowWater;
  if (!wantsEnough(call, { type: file.type, receiveLowWater })) return undefined;
  if (getInt(machine, real, SOL_SOCKET, SO_TYPE) !== TYPES.stream) return undefined;
  const peeks = (call.a2 & MSG_PEEK) !== 0;
  return recvEnough(call, new RealSource(machine, real, receiveLowWater, take), () =>
    peeks && (machine.pollOne(real, POLLIN) & POLLIN) !== 0
      ? machine.tryAgainSoon(task, description, 'SO_RCVTIMEO')
      : machine.sleepOn(task, description, POLLIN, 'SO_RCVTIMEO'),
  );
}

/** What a call that a signal has ended gives: what it has gathered until then, or EINTR. */
export function interruptedResult(call: Call): Uint8Array | Received | number {
  const bytes = gatheredBy(call);
  if (bytes === undefined) return INTERRUPTED_RESULT;
  if (call.op !== OP.recvfrom) return bytes;
  return { bytes, address: null, length: bytes.length } satisfies Received;
}
