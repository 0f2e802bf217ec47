import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_WRONLY,
  SIGPIPE,
} from '../../../sys/constants.ts';
import { EAGAIN, EBADF, EIO, ENOSPC, ENOTSOCK, EPIPE } from '../../../sys/errno.ts';
import { OP } from '../../../sys/ops.ts';
import { FAULT_SHORT_READ, FAULT_SHORT_WRITE, KIND, strikes } from '../choices.ts';
import type { Description, FileObject } from '../file.ts';
import { raise } from '../signals.ts';
import { isSocket, type Socket } from '../socket.ts';
import type { Task } from '../task.ts';
import {
  BLOCKED,
  descriptionOf,
  hold,
  INTERRUPTED_RESULT,
  interrupts,
  isNonblocking,
  looksOnceMore,
  startTimeout,
  wasDisconnected,
  wasInterrupted,
} from './handler.ts';
import {
  bytesAlike,
  type Call,
  CONSOLE_FD_MAX,
  DONE,
  type Row,
  type RowParts,
  row,
} from './row.ts';
import { bytesText, receivedText, takenText } from './text.ts';
import { fileTouched } from './touches.ts';
import { gatheredBy, recvEnough, wantsEnough } from './waitall.ts';

// ---- reading ----

/** recv(2), and what recvfrom(2) does before it asks for the sender. */
export function receive(task: Task, call: Call): Uint8Array | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const { file } = description;
  if (call.a2 === 0 && call.progress === 0 && isCalm(task, FAULT_SHORT_READ)) {
    const bytes = file.takePlainly(call.a1);
    if (bytes !== null) return bytes;
  }
  if (!isSocket(file)) return -ENOTSOCK;
  if (wasDisconnected(task)) return gatheredBy(call) ?? -EPIPE;
  if (call.a1 === 0 && task.held !== null && file.emptyRecvSleepsOnce) return EMPTY;
  if (wasInterrupted(call)) return gatheredBy(call) ?? INTERRUPTED_RESULT;
  if (gathers(task, call, description, file)) return gather(task, call, description, file);
  const result = file.recv(readSize(task, description, call.a1), call.a2);
  if (result !== -EAGAIN || isNonblocking(task, description) || (call.a2 & MSG_DONTWAIT) !== 0)
    return result;
  if (file.endsBlockingRecv) return EMPTY;
  if (looksOnceMore(task)) return INTERRUPTED_RESULT;
  return task.timedOut ? -EAGAIN : sleepReading(task, description, file);
}

const EMPTY = new Uint8Array(0);

function isCalm(task: Task, fault: number): boolean {
  return (task.surroundings.choices.faults & fault) === 0;
}

/** Whether the call sleeps until there are enough bytes. */
function gathers(task: Task, call: Call, description: Description, socket: Socket): boolean {
  if (!wantsEnough(call, socket) || socket.keepsMessages) return false;
  return !isNonblocking(task, description);
}

function gather(
  task: Task,
  call: Call,
  description: Description,
  socket: Socket,
): Uint8Array | number {
  const result = recvEnough(call, socket, () =>
    task.timedOut || looksOnceMore(task) ? undefined : sleepReading(task, description, socket),
  );
  return result === -EAGAIN && looksOnceMore(task) ? INTERRUPTED_RESULT : result;
}

export function recvParks(task: Task, call: Call): boolean {
  // Nobody sleeps for an urgent byte (tcp_recv_urg).
  if ((call.a2 & (MSG_DONTWAIT | MSG_OOB)) !== 0) return false;
  return readerParks(task, call, true);
}

/** What recv and read have in common. */
const reads: Omit<RowParts<undefined, Uint8Array>, 'perform'> = {
  onSignal: 'restarts',
  touches(task, { a0: fd }, into) {
    fileTouched(task, fd, into)?.touchesOfRead(into);
  },
  posted: 'reads',
  answered: (_call, bytes) => receivedText(bytes),
  waitsFor: (_task, { a0: fd }) => ({ what: 'bytes', fd }),
  seen: (_call, bytes) => bytesAlike(bytes),
  hash: (bytes, into) => into.mixBytes(bytes),
  // The flags of read(2) are none.
  effects: ({ a2: flags }, bytes, into) => into.read(bytes, (flags & MSG_PEEK) !== 0),
};

export const recv: Row<undefined, Uint8Array> = row({
  perform: receive,
  parks: recvParks,
  ...reads,
});

export const read: Row<undefined, Uint8Array> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null || (description.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
    if (wasDisconnected(task)) return gatheredBy(call) ?? -EPIPE;
    if (wasInterrupted(call)) return gatheredBy(call) ?? INTERRUPTED_RESULT;
    const { file } = description;
    if (file.isOnDisk && strikes(task.surroundings.choices, KIND.eio, task)) return -EIO;
    // Asked for nothing, a read does not even ask the socket.
    if (isSocket(file) && call.a1 > 0 && gathers(task, call, description, file)) {
      return gather(task, call, description, file);
    }
    const result = file.read(readSize(task, description, call.a1));
    if (result !== -EAGAIN || isNonblocking(task, description)) {
      if (task.held !== null) file.readAfterSleep();
      return result;
    }
    if (isSocket(file) && file.endsBlockingRecv) return EMPTY;
    if (looksOnceMore(task)) return INTERRUPTED_RESULT;
    return task.timedOut ? -EAGAIN : sleepReading(task, description, file);
  },
  parks: (task, call) => readerParks(task, call, false),
  ...reads,
});

const ANYTHING = -1;

/** A recv of no bytes hears of whatever is told of its socket (sk_wait_data). */
function wantsNothing({ call }: Task, file: FileObject): boolean {
  return call?.a1 === 0 && isSocket(file) && file.emptyRecvSleepsOnce;
}

export function sleepReading(
  task: Task,
  description: Description,
  file: FileObject,
): typeof BLOCKED {
  hold(task, description);
  if (wantsNothing(task, file)) task.sleepOn(file.waits, ANYTHING, false);
  else file.sleepReading(task);
  if (isSocket(file)) {
    startTimeout(task, file.receiveTimeoutNs);
    const { call } = task;
    if (call !== null && call.lowWater === 0) call.lowWater = file.receiveLowWater;
  }
  return BLOCKED;
}

function sleepWriting(task: Task, description: Description): typeof BLOCKED {
  const { file } = description;
  hold(task, description);
  file.sleepWriting(task);
  if (isSocket(file)) startTimeout(task, file.sendTimeoutNs);
  return BLOCKED;
}

function readerParks(task: Task, call: Call, socketOnly: boolean): boolean {
  const description = task.process.descriptors.get(call.a0);
  if (description === null || isNonblocking(task, description)) return false;
  const { file } = description;
  if (socketOnly ? !isSocket(file) : call.a1 === 0) return false;
  if ((description.flags & O_ACCMODE) === O_WRONLY) return false;
  if (!file.readSleeps(call.a1) || interrupts(task, call)) return false;
  sleepReading(task, description, file);
  return true;
}

/**
 * A fault: fewer bytes are read than there are. Never none, and never from what keeps its messages
 * whole.
 */
function readSize(task: Task, description: Description, bytesMax: number): number {
  const { choices } = task.surroundings;
  if ((choices.faults & FAULT_SHORT_READ) === 0) return bytesMax;
  const size = Math.min(bytesMax, description.file.bytesReadable());
  if (size <= 1 || description.file.keepsMessages) return bytesMax;
  return choices.decide(KIND.shortRead, size, task) || bytesMax;
}

// ---- writing ----

/** What send and write have in common. */
const writes: Omit<RowParts<Uint8Array, number>, 'perform'> = {
  onSignal: 'restarts',
  sends: true,
  touches(task, { a0: fd, data: bytes }, into) {
    fileTouched(task, fd, into)?.touchesOfWrite(bytes.length, into);
  },
  answered: ({ data: bytes }, taken) => takenText(taken, bytes.length),
  waitsFor: (_task, { a0: fd }) => ({ what: 'room', fd }),
  posted: 'writes',
  askedAlike: ({ name, a0: fd, data: bytes }) =>
    `${name} ${fd}${fd > CONSOLE_FD_MAX ? ` ${bytesAlike(bytes)}` : ''}`,
  effects: (_call, taken, into) => into.wrote(taken),
};

/**
 * send(2). A blocking send takes all of its bytes; what it has taken so far is the call's
 * `progress`.
 */
export const send: Row<Uint8Array, number> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null) return -EBADF;
    const { file } = description;
    if (call.a1 === 0 && call.progress === 0 && isCalm(task, FAULT_SHORT_WRITE)) {
      if (task.held === null && file.givePlainly(call.data)) return call.data.length;
    }
    if (!isSocket(file)) return -ENOTSOCK;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    const blocking = !isNonblocking(task, description) && (call.a1 & MSG_DONTWAIT) === 0;
    const bytes = writeBytes(task, call.data, file, blocking);
    const taken = cutOff(task, file) || file.send(bytes, call.progress, call.a1);
    return written(task, call, description, taken, bytes.length, blocking);
  },
  parks(task, call) {
    return (call.a1 & MSG_DONTWAIT) === 0 && writerParks(task, call, true);
  },
  ...writes,
  asked: ({ a0: fd, data: bytes }) => `send fd ${fd} ${bytesText(bytes)}`,
});

export const write: Row<Uint8Array, number> = row({
  perform(task, call) {
    const description = descriptionOf(task, call.a0);
    if (description === null || (description.flags & O_ACCMODE) === O_RDONLY) return -EBADF;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    const { file } = description;
    const failed = file.isOnDisk ? diskFails(task) : 0;
    if (failed < 0) return failed;
    const blocking = !isNonblocking(task, description);
    const bytes = writeBytes(task, call.data, file, blocking);
    if ((description.flags & O_APPEND) !== 0 && bytes.length > 0) file.toEnd();
    const taken = cutOff(task, file) || file.write(bytes, call.progress, task.held !== null);
    return written(task, call, description, taken, bytes.length, blocking);
  },
  parks: (task, call) => writerParks(task, call, false),
  ...writes,
  asked: writeText,
  seen: ({ a0: fd }, taken) => (fd <= CONSOLE_FD_MAX ? DONE : String(taken)),
});

/** What is printed is for people: half a line of a report, twice as much as of other bytes. */
const PRINTED_BYTES_MAX = 48;

function writeText({ a0: fd, data: bytes }: Call<Uint8Array>): string {
  if (fd === 2) return `write fd 2 ${lastLineText(bytes)}`;
  return `write fd ${fd} ${bytesText(bytes, fd === 1 ? PRINTED_BYTES_MAX : undefined)}`;
}

/** A row of a report has so much room for what was done. */
const ERROR_LINE_MAX = 64;

/** What a program complains of: the last line says what it was, as in Python's tracebacks. */
function lastLineText(bytes: Uint8Array): string {
  const lines = new TextDecoder().decode(bytes).trimEnd().split('\n');
  const last = (lines.at(-1) as string).trim();
  // `Task exception was never retrieved: ValueError: too many values` ends with what matters.
  const [, error = last] = /: (\w+: .*)$/.exec(last) ?? [];
  const cut = error.length > ERROR_LINE_MAX ? `${error.slice(0, ERROR_LINE_MAX)}…` : error;
  return JSON.stringify(lines.length > 1 || error !== last ? `…${cut}` : cut);
}

export function cutOff(task: Task, file: FileObject): number {
  return task.held === null ? 0 : file.cutOff(task);
}

/**
 * EPIPE comes with SIGPIPE for the task that wrote, on streams and pipes; true if it does not
 * survive that.
 */
function breaksPipe(task: Task, call: Call, description: Description): boolean {
  const { file } = description;
  const quiet = call.op !== OP.write && (call.a1 & MSG_NOSIGNAL) !== 0;
  if (quiet || !file.signalsBrokenPipe) return false;
  if (task.held !== null && !file.signalsSleepers) return false;
  raise(task.process, SIGPIPE, task);
  return task.state !== 'alive';
}

/**
 * What a write gives once `taken` of its bytes were taken: a blocking one goes on until all of them
 * are.
 */
export function written(
  task: Task,
  call: Call,
  description: Description,
  taken: number,
  size: number,
  blocking: boolean,
): number {
  const { file } = description;
  if (taken < 0 && taken !== -EAGAIN) {
    if (taken === -EPIPE && breaksPipe(task, call, description)) return BLOCKED;
    return call.progress > 0 ? call.progress : taken;
  }
  if (!blocking) return taken;
  if (taken > 0) call.progress += taken;
  if (taken >= 0 && call.progress === size) {
    if (task.held !== null) file.writeAfterSleep();
    return size;
  }
  // A signal while it sleeps for more room: what was taken so far is the answer (signal(7)).
  const { progress } = call;
  if (progress > 0 && interrupts(task, call)) return progress;
  if (task.timedOut) return progress > 0 ? progress : -EAGAIN;
  if (looksOnceMore(task)) return INTERRUPTED_RESULT;
  return sleepWriting(task, description);
}

function writerParks(task: Task, call: Call<Uint8Array>, socketOnly: boolean): boolean {
  const description = task.process.descriptors.get(call.a0);
  if (description === null || isNonblocking(task, description)) return false;
  if ((description.flags & O_ACCMODE) === O_RDONLY) return false;
  if (socketOnly && !isSocket(description.file)) return false;
  // No datagram is urgent: that is refused before there is room for it (unix_dgram_sendmsg).
  if (socketOnly && (call.a1 & MSG_OOB) !== 0 && description.file.keepsMessages) return false;
  const { length } = call.data;
  if (length === 0) return false;
  if (!description.file.writeSleeps(length) || interrupts(task, call)) return false;
  sleepWriting(task, description);
  return true;
}

/** Faults: a disk takes nothing. */
export function diskFails(task: Task): number {
  const { choices } = task.surroundings;
  if (strikes(choices, KIND.enospc, task)) return -ENOSPC;
  return strikes(choices, KIND.eio, task) ? -EIO : 0;
}

/** A fault: a non-blocking write, or one to a disk, takes fewer bytes than there is room for. */
export function writeBytes(
  task: Task,
  bytes: Uint8Array,
  file: FileObject,
  blocking: boolean,
): Uint8Array {
  const { choices } = task.surroundings;
  if ((choices.faults & FAULT_SHORT_WRITE) === 0 || bytes.length <= 1) return bytes;
  if ((blocking && !file.isOnDisk) || !file.takesParts(bytes.length)) return bytes;
  const size = choices.decide(KIND.shortWrite, bytes.length, task);
  return size === 0 ? bytes : bytes.subarray(0, size);
}
