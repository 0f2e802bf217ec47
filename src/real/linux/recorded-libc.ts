import { InternalError } from '../../sys/errors.ts';
import { EPOLL_EVENT_BYTES } from './epoll-event.ts';
import type { Journal } from './journal.ts';
import { CALLS, type Libc } from './libc.ts';

/** Memory that libc fills: which argument, and how many of its bytes mean something. */
type Filled = readonly [argument: number, bytes: (result: number, size: number) => number];

const whole = (_: number, size: number): number => size;
/** As many as were read; with MSG_TRUNC that may be more than there was room for. */
const read = (result: number, size: number): number => Math.max(0, Math.min(result, size));

const FILLED: { readonly [name in keyof Libc]?: readonly Filled[] } = {
  accept4: [
    [1, whole],
    [2, whole],
  ],
  recv: [[1, read]],
  recvfrom: [
    [1, read],
    [4, whole],
    [5, whole],
  ],
  read: [[1, read]],
  pread: [[1, read]],
  getsockname: [
    [1, whole],
    [2, whole],
  ],
  getpeername: [
    [1, whole],
    [2, whole],
  ],
  getsockopt: [
    [3, whole],
    [4, whole],
  ],
  ioctl: [[2, whole]],
  pipe2: [[0, whole]],
  socketpair: [[3, whole]],
  timerfd_settime: [[3, whole]],
  timerfd_gettime: [[1, whole]],
  select: [
    [1, whole],
    [2, whole],
    [3, whole],
  ],
  poll: [[0, whole]],
  epoll_wait: [[1, (result, size) => read(result * EPOLL_EVENT_BYTES, size)]],
  getrlimit: [[1, whole]],
  pthread_sigmask: [[2, whole]],
  sigtimedwait: [[1, whole]],
};

/** Calls that read memory: the second argument, as many bytes as the third says. */
const READING = new Set<keyof Libc>(['send', 'sendto', 'write', 'pwrite', 'bind', 'connect']);

/** A result, and what was filled, in base64. */
type Answer = readonly [result: number, ...filled: string[]];

/** libc, all of whose answers go through the journal. */
export function recordedLibc(libc: Libc, journal: Journal): Libc {
  return eachCall((name) => (...args) => {
    const ask = (): Answer => {
      // lseek(2) gives a BigInt where a number would not do; its callers take the number.
      const given = Number(libc[name](...args));
      const filled = FILLED[name] ?? [];
      return [given, ...filled.map(([at, bytes]) => textOf(args[at], given, bytes))];
    };
    const [result] = journal.told(name, ask, hashOf(name, args));
    return result;
  });
}

/** What stands for libc in a replay. */
export function replayedLibc(journal: Journal): Libc {
  return eachCall((name) => (...args) => {
    const [result, ...filled] = journal.told<Answer>(name, asksNobody, hashOf(name, args));
    FILLED[name]?.forEach(([at], i) => {
      fill(args[at], filled[i] ?? '');
    });
    return result;
  });
}

function asksNobody(): never {
  throw new InternalError('a replay has asked the machine');
}

/** Of what a program gives: numbers, names, and the bytes that it writes. */
function hashOf(name: keyof Libc, args: readonly unknown[]): number {
  let hash = 0x811c9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x01000193);
  };
  for (const each of args) {
    if (typeof each === 'number') mix(each);
    else if (typeof each === 'string') for (const char of each) mix(char.codePointAt(0) as number);
  }
  const [, memory, size] = args;
  if (READING.has(name) && ArrayBuffer.isView(memory)) {
    for (const byte of bytesOf(memory).subarray(0, size as number)) mix(byte);
  }
  return hash | 0;
}

function eachCall(make: (name: keyof Libc) => (...args: unknown[]) => number): Libc {
  return Object.fromEntries(CALLS.map((name) => [name, make(name)])) as Libc;
}

const bytesOf = (memory: ArrayBufferView): Buffer =>
  Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);

function textOf(memory: unknown, result: number, bytes: Filled[1]): string {
  if (!ArrayBuffer.isView(memory)) return '';
  return bytesOf(memory).toString('base64', 0, bytes(result, memory.byteLength));
}

function fill(memory: unknown, text: string): void {
  if (ArrayBuffer.isView(memory)) bytesOf(memory).write(text, 'base64');
}
