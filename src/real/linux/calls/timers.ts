import { descriptionOf } from '../../../sim/kernel/calls/handler.ts';
import type { AnswerOf, CallOf } from '../../../sim/kernel/calls/table.ts';
import type { Task } from '../../../sim/kernel/task.ts';
import { O_RDWR } from '../../../sys/constants.ts';
import { EBADF, EINVAL, EMFILE } from '../../../sys/errno.ts';
import type { TimerSpec } from '../../../sys/sys.ts';
import type { LinuxMachine } from '../machine.ts';
import { install, REAL_FLAGS, realOf } from './common.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const TFD_TIMER_ABSTIME = 1;
const NANOSECONDS_PER_MS = 1e6;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

export function timerfdCreate(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'timerfdCreate'>,
): number {
  if (task.process.descriptors.lowestFree() < 0) return -EMFILE;
  const clock = call.a0 === 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  const real = machine.libc.timerfd_create(clock, REAL_FLAGS);
  if (real < 0) return real;
  return install(task, machine, { type: 'timerfd', real, access: O_RDWR }, call.a1);
}

/** struct itimerspec: interval, then value. */
function encode({ valueMs, intervalMs }: TimerSpec): BigInt64Array {
  const part = (ms: number): [bigint, bigint] => {
    const ns = BigInt(Math.round(ms * NANOSECONDS_PER_MS));
    return [ns / NANOSECONDS_PER_SECOND, ns % NANOSECONDS_PER_SECOND];
  };
  return new BigInt64Array([...part(intervalMs), ...part(valueMs)]);
}

function decode(words: BigInt64Array): TimerSpec {
  const part = (at: number): number =>
    Number((words[at] as bigint) * NANOSECONDS_PER_SECOND + (words[at + 1] as bigint)) /
    NANOSECONDS_PER_MS;
  return { valueMs: part(2), intervalMs: part(0) };
}

/**
 * timerfd_settime(2).
 *
 * # timerfd_settime on Linux: absolute times are handed on as what is left of them
 * The world's monotonic clock begins with the run, so a moment of it is handed on as the time until
 * then; one that lies behind as the first nanosecond of the machine's own clock.
 */
export function timerfdSettime(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'timerfdSettime'>,
): AnswerOf<'timerfdSettime'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const spec = call.data;
  if (!(spec.valueMs >= 0 && spec.intervalMs >= 0)) return -EINVAL;
  const { clock } = task.surroundings;
  let words = encode(spec);
  let flags = 0;
  if (spec.absolute && spec.valueMs > 0) {
    const realtime = spec.valueMs > clock.epochMs / 2;
    const nowMs = clock.nowNs / NANOSECONDS_PER_MS + (realtime ? clock.epochMs : 0);
    const leftMs = spec.valueMs - nowMs;
    words = encode({ ...spec, valueMs: leftMs > 0 ? leftMs : 1 / NANOSECONDS_PER_MS });
    if (leftMs <= 0) flags = TFD_TIMER_ABSTIME;
  }
  const old = new BigInt64Array(4);
  const result = machine.libc.timerfd_settime(realOf(machine, description), flags, words, old);
  return result < 0 ? result : decode(old);
}

export function timerfdGettime(
  machine: LinuxMachine,
  task: Task,
  call: CallOf<'timerfdGettime'>,
): AnswerOf<'timerfdGettime'> | number {
  const description = descriptionOf(task, call.a0);
  if (description === null) return -EBADF;
  const left = new BigInt64Array(4);
  const result = machine.libc.timerfd_gettime(realOf(machine, description), left);
  return result < 0 ? result : decode(left);
}
