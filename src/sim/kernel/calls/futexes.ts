import { EAGAIN, EINVAL, ETIMEDOUT } from '../../../sys/errno.ts';
import { BLOCKED, INTERRUPTED_RESULT, interrupts, wasInterrupted } from './handler.ts';
import { type Call, type Row, row } from './row.ts';
import { timeoutText } from './text.ts';
import { writesData } from './touches.ts';

const ASLEEP = 1;

const isWord = ({ a0: index, data: words }: Call<Int32Array>): boolean =>
  words instanceof Int32Array && index >= 0 && index < words.length;

/** FUTEX_WAIT: compares and falls asleep in one step, so no wake-up can come between. */
export const futexWait: Row<Int32Array, number> = row({
  perform(task, call) {
    const { data: words, a0: index } = call;
    // -1 stands for no time; a time below zero is none.
    if (!isWord(call) || call.a2 < -1) return -EINVAL;
    if (wasInterrupted(call)) return INTERRUPTED_RESULT;
    if (call.progress === ASLEEP) return task.timedOut ? -ETIMEDOUT : 0;
    if (words[index] !== call.a1) return -EAGAIN;
    if (interrupts(task, call)) return INTERRUPTED_RESULT;
    const { kernel } = task.process;
    call.progress = ASLEEP;
    task.sleepOn(kernel.futexes.queue(words, index), 0, true);
    if (call.a2 >= 0) task.sleepUntil(kernel.surroundings.clock.nowNs + call.a2);
    return BLOCKED;
  },
  onSignal: 'restarts',
  touches: writesData,
  asked: ({ a0, a1, a2 }) => `futexWait word ${a0} = ${a1}${timeoutText(a2)}`,
  waitsFor: (_task, { a0 }) => ({ what: 'word', index: a0 }),
});

/** As many as there are, in Linux's manner: INT_MAX. */
const ALL = 0x7fff_ffff;

export const futexWake: Row<Int32Array, number> = row({
  perform(task, call) {
    if (!isWord(call)) return -EINVAL;
    // # futexWake: asked to wake nobody, it wakes one (futex_wake counts before it compares).
    return task.process.kernel.futexes.wake(call.data, call.a0, Math.max(1, call.a1));
  },
  touches: writesData,
  asked: ({ a0, a1 }) => `futexWake word ${a0}, ${a1 >= ALL ? 'all' : a1}`,
  answered: (_call, woken) => String(woken),
});
