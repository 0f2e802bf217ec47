import { O_RDWR, POLLIN } from '../../../sys/constants.ts';
import { EBADF, EINVAL, EOPNOTSUPP, errnoCode } from '../../../sys/errno.ts';
import type { RingCompletion, RingEntry } from '../../../sys/sys.ts';
import { TABLE_MARK } from '../conflict-bits.ts';
import type { Footprint } from '../footprint.ts';
import { Ring } from '../ring.ts';
import type { Task } from '../task.ts';
import { openFile, opens } from './descriptors.ts';
import {
  BLOCKED,
  descriptionOf,
  INTERRUPTED_RESULT,
  interrupts,
  sleepOn,
  startTimeout,
  wasInterrupted,
} from './handler.ts';
import { type Call, type Row, row } from './row.ts';
import { bytesText, timeoutText } from './text.ts';
import { closesDescriptor, fileTouched, readsSlot } from './touches.ts';

/** IORING_MAX_ENTRIES. */
const ENTRIES_MAX = 32_768;

/** io_uring_setup(2). The number of entries is rounded up to a power of two. */
export const ringSetup: Row<undefined, number> = row({
  perform(task, { a0: entries, a1: flags }) {
    if (!Number.isInteger(entries) || entries < 1 || entries > ENTRIES_MAX) return -EINVAL;
    const rounded = 2 ** Math.ceil(Math.log2(entries));
    return openFile(task, new Ring(rounded, task.surroundings.clock), O_RDWR, flags);
  },
  ...opens,
  asked: ({ a0: entries }) => `ringSetup ${entries}`,
});

/** The ring behind a descriptor, or a negated errno. */
function ringOf(task: Task, fd: number): Ring | number {
  const description = descriptionOf(task, fd);
  if (description === null) return -EBADF;
  return description.file instanceof Ring ? description.file : -EOPNOTSUPP;
}

function entersRing(task: Task, { a0: fd }: Call, into: Footprint): void {
  const file = fileTouched(task, fd, into);
  if (file instanceof Ring) file.touches(into);
}

/** What a request touches as it begins. A cancelled one may be the last to hold its object. */
function touchesOfRequest(task: Task, entry: RingEntry, into: Footprint): void {
  const { descriptors } = task.process;
  switch (entry.op) {
    case 'nop':
    case 'timeout':
      return;
    case 'cancel':
    case 'connect':
      into.touchEverything();
      return;
    case 'close':
      closesDescriptor(task, entry.fd, into);
      return;
    default: {
      const description = descriptors.get(entry.fd);
      if (entry.op === 'accept' || description === null) into.write(descriptors, TABLE_MARK);
      if (description !== null) readsSlot(task, entry.fd, into);
      description?.file.touchesOfAll(into);
    }
  }
}

/** io_uring_enter(2) that only submits. */
export const ringSubmit: Row<readonly RingEntry[], number> = row({
  perform(task, { a0: fd, data: entries }) {
    const ring = ringOf(task, fd);
    if (typeof ring === 'number') return ring;
    ring.run();
    return ring.submit(task.process, entries);
  },
  touches(task, call, into) {
    entersRing(task, call, into);
    for (const entry of call.data) touchesOfRequest(task, entry, into);
  },
  asked: ({ a0: fd, data: entries }) =>
    `ringSubmit fd ${fd} ${entries.map(({ op }) => op).join(', ')}`,
  answered: (_call, taken) => String(taken),
});

/**
 * io_uring_enter(2) that only waits, for `a1` completions; when its time is up it gives what there
 * is.
 */
export const ringWait: Row<undefined, RingCompletion[]> = row({
  perform(task, call) {
    const ring = ringOf(task, call.a0);
    if (typeof ring === 'number') return ring;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    ring.run();
    const enough = ring.completionCount >= call.a1;
    if (enough || call.a2 === 0 || task.timedOut) return ring.take();
    return sleepInRing(task, call);
  },
  parks(task, call) {
    const ring = ringOf(task, call.a0);
    if (typeof ring === 'number' || call.a2 === 0 || call.a1 === 0) return false;
    if ((ring.poll() & POLLIN) !== 0 || interrupts(task, call)) return false;
    sleepInRing(task, call);
    return true;
  },
  touches: entersRing,
  posted: 'queues',
  asked: ({ a0: fd, a1: count, a2: ns }) => `ringWait fd ${fd} for ${count}${timeoutText(ns)}`,
  answered(_call, completions) {
    if (completions.length === 0) return 'nothing';
    return completions.map((one) => `${one.data}: ${outcomeText(one)}`).join(', ');
  },
  waitsFor: () => ({ what: 'completions' }),
});

function outcomeText({ result, bytes }: RingCompletion): string {
  if (result < 0) return errnoCode(-result);
  return bytes === undefined ? String(result) : bytesText(bytes);
}

function sleepInRing(task: Task, { a0: fd, a2: timeoutNs }: Call): number {
  const description = descriptionOf(task, fd);
  if (description === null) return -EBADF;
  sleepOn(task, description, POLLIN, true);
  startTimeout(task, timeoutNs);
  return BLOCKED;
}
