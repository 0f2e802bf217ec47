import { createClock } from '@sinonjs/fake-timers';
import { Timer, type TimerTarget } from '../../kernel/timers.ts';
import type { VirtualRuntime } from './virtual-runtime.ts';

type FakeClock = ReturnType<typeof createClock>;
type Callback = (...args: unknown[]) => unknown;

const NS_PER_MS = 1e6;
/** Node's own bounds: what is outside of them is 1 ms. */
const DELAY_MS_MAX = 2 ** 31 - 1;
/** fake-timers counts its timers from here, Node from 1. */
const FAKE_ID_FIRST = 1e12;

/** What setTimeout and setInterval return. */
export interface VirtualTimeout {
  ref(): this;
  unref(): this;
  hasRef(): boolean;
  refresh(): this;
  close(): this;
  [Symbol.toPrimitive](): number;
  [Symbol.dispose](): void;
}

/** Making a clock costs more than a short run, so one that was used is kept for the next. */
let spare: FakeClock | undefined;

/**
 * The timers of programs in virtual time. fake-timers keeps them in Node's order; the earliest of
 * them stands in the kernel's clock as one timer, beside those of nanosleep and of timeouts, and
 * each that is due is called in a step of its own.
 */
export class VirtualTimers implements TimerTarget {
  readonly #runtime: VirtualRuntime;
  readonly #fake: FakeClock;
  readonly #timer = new Timer(this);

  constructor(runtime: VirtualRuntime) {
    this.#runtime = runtime;
    this.#fake = spare ?? createClock(0);
    spare = undefined;
  }

  set(
    kind: 'setTimeout' | 'setInterval',
    callback: Callback,
    delayMs: unknown,
    args: unknown[],
  ): VirtualTimeout {
    const delay = Number(delayMs);
    const ms = delay >= 1 && delay <= DELAY_MS_MAX ? Math.trunc(delay) : 1;
    this.#takeTime();
    const call = this.#runtime.bind(`a ${kind} callback`, callback, args);
    const handle = this.#fake[kind](call, ms) as unknown as VirtualTimeout;
    const refresh = handle.refresh;
    const close = (): VirtualTimeout => {
      this.clear(handle);
      return handle;
    };
    Object.assign(handle, {
      refresh: () => {
        this.#takeTime();
        // fake-timers would change its time while it is in the heap, and so put the heap out of
        // order.
        this.#fake.clearTimeout(handle as never);
        refresh.call(handle);
        this.#arm();
        return handle;
      },
      close,
      [Symbol.dispose]: close,
    });
    this.#arm();
    return handle;
  }

  /** Whether a handle or its number was given out by virtual timers. */
  static gave(handle: unknown): boolean {
    return (typeof handle === 'object' ||
      typeof handle === 'number' ||
      typeof handle === 'string') &&
      handle !== null
      ? Number(handle) >= FAKE_ID_FIRST
      : false;
  }

  clear(handle: unknown): void {
    this.#fake.clearTimeout(handle as number);
    this.#arm();
  }

  /** The kernel's time has come to the earliest timer. */
  expire(): void {
    this.#fake.next();
    this.#arm();
  }

  close(): void {
    this.#fake.reset();
    spare = this.#fake;
  }

  /** Rounded up, so that no timer comes early. */
  #takeTime(): void {
    this.#fake.now = Math.ceil(this.#runtime.nowNs / NS_PER_MS);
  }

  #arm(): void {
    const { timers } = this.#runtime.world.clock;
    const earliest = this.#fake.timerHeap?.peek();
    if (earliest === undefined) {
      if (this.#timer.armed) timers.disarm(this.#timer);
      return;
    }
    const dueNs = (earliest.callAt as number) * NS_PER_MS;
    if (!this.#timer.armed || this.#timer.dueNs !== dueNs) timers.arm(this.#timer, dueNs);
  }
}
