import FakeTimers from '@sinonjs/fake-timers';
import { Timer, TimerHeap } from '../src/sim/kernel/timers.ts';
import { type Benchmark, compare, race } from './measure.ts';

const SPAN_MS = 1000;

/** Pseudo-random delays, the same for both. */
function delays(): () => number {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return 1 + ((state >>> 16) % SPAN_MS);
  };
}

function heddle(pending: number, count: number): () => number {
  const heap = new TimerHeap();
  const delayMs = delays();
  let nowNs = 0;
  const target = {
    expire(timer: Timer): void {
      heap.arm(timer, nowNs + delayMs() * 1e6);
    },
  };
  for (let i = 0; i < pending; i++) heap.arm(new Timer(target), delayMs() * 1e6);
  return () => {
    for (let i = 0; i < count; i++) {
      nowNs = heap.nextDueNs;
      const timer = heap.popDue(nowNs) as Timer;
      timer.target.expire(timer);
    }
    return count;
  };
}

function fakeTimers(pending: number, count: number): () => number {
  const clock = FakeTimers.createClock();
  const delayMs = delays();
  const rearm = (): void => {
    clock.setTimeout(rearm, delayMs());
  };
  for (let i = 0; i < pending; i++) rearm();
  return () => {
    for (let i = 0; i < count; i++) clock.next();
    return count;
  };
}

const benchmark: Benchmark = {
  about:
    "A virtual timer fires and is armed again while n others are pending, against the same with fake-timers' next().",
  run: () =>
    [10, 1_000, 100_000].map((pending) => {
      const arms = { heddle: heddle(pending, 2000), fake: fakeTimers(pending, 2000) };
      const { heddle: ours, fake } = race(arms, 60);
      const goal = pending === 100_000 ? { most: 0.25 } : undefined;
      return compare(`fire and re-arm, ${pending} pending / fake-timers`, ours, fake, goal);
    }),
};
export default benchmark;
