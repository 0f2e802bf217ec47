import { POLLIN } from '../../sys/constants.ts';
import { EAGAIN, EINVAL } from '../../sys/errno.ts';
import type { TimerSpec } from '../../sys/sys.ts';
import type { Clock } from './clock.ts';
import { FileObject } from './file.ts';
import type { Task } from './task.ts';
import { Timer, type TimerTarget } from './timers.ts';

const WORD_BYTES = 8;
const NANOSECONDS_PER_MS = 1e6;

/**
 * timerfd_create(2), fs/timerfd.c. Running out is told once: a periodic timer makes no further edge
 * until it is read (or asked for its time), and then counts the periods it has missed.
 */
export class TimerFd extends FileObject implements TimerTarget {
  override readonly type = 'timerfd';
  readonly #clock: Clock;
  /** What to take from a moment of this timer's clock to have one of the monotonic clock. */
  readonly #originNs: number;
  readonly #timer: Timer = new Timer(this);
  #intervalNs = 0;
  /** Expirations counted and not read. */
  #ticks = 0;
  /** It has run out, and since then nobody has counted. */
  #expired = false;

  constructor(clock: Clock, realtime: boolean) {
    super();
    this.#clock = clock;
    this.#originNs = realtime ? clock.epochMs * NANOSECONDS_PER_MS : 0;
  }

  expire(): void {
    this.#expired = true;
    this.#ticks++;
    this.waits.wake(POLLIN);
  }

  /**
   * # timerfd_settime: expirations that were not read are forgotten, also where the timer is set to
   * nothing.
   */
  set({ valueMs, intervalMs, absolute = false }: TimerSpec): TimerSpec | number {
    if (!(valueMs >= 0 && intervalMs >= 0)) return -EINVAL;
    const before = this.left();
    const { timers, nowNs } = this.#clock;
    if (this.#timer.armed) timers.disarm(this.#timer);
    this.#ticks = 0;
    this.#expired = false;
    this.#intervalNs = Math.round(intervalMs * NANOSECONDS_PER_MS);
    if (valueMs > 0) {
      const valueNs = Math.round(valueMs * NANOSECONDS_PER_MS);
      const dueNs = absolute ? valueNs - this.#originNs : nowNs + valueNs;
      if (dueNs <= nowNs) this.#runOutSince(dueNs);
      else timers.arm(this.#timer, dueNs);
    }
    return before;
  }

  /** A moment that lies behind fires at once. */
  #runOutSince(dueNs: number): void {
    this.#timer.dueNs = dueNs;
    this.expire();
  }

  /** Count the periods that went by unseen, and let the timer run again. */
  #catchUp(): void {
    if (!this.#expired || this.#intervalNs === 0) return;
    this.#expired = false;
    const { timers, nowNs } = this.#clock;
    const missed = Math.floor((nowNs - this.#timer.dueNs) / this.#intervalNs);
    this.#ticks += missed;
    timers.arm(this.#timer, this.#timer.dueNs + (missed + 1) * this.#intervalNs);
  }

  left(): TimerSpec {
    this.#catchUp();
    const leftNs = this.#timer.armed ? this.#timer.dueNs - this.#clock.nowNs : 0;
    return {
      valueMs: Math.max(0, leftNs) / NANOSECONDS_PER_MS,
      intervalMs: this.#intervalNs / NANOSECONDS_PER_MS,
    };
  }

  override poll(): number {
    return this.#ticks > 0 ? POLLIN : 0;
  }

  override read(bytesMax: number): Uint8Array | number {
    if (bytesMax < WORD_BYTES) return -EINVAL;
    if (this.#ticks === 0) return -EAGAIN;
    this.#catchUp();
    const bytes = new Uint8Array(WORD_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#ticks), true);
    this.#ticks = 0;
    this.#expired = false;
    return bytes;
  }

  /** As eventfd's readers do. */
  override sleepReading(task: Task): void {
    task.sleepLastOn(this.waits, POLLIN);
  }

  override readSleeps(bytesMax: number): boolean {
    return bytesMax >= WORD_BYTES && this.#ticks === 0;
  }

  override writeSleeps(): boolean {
    return false;
  }

  /** noop_llseek. */
  override seek(): number {
    return 0;
  }

  override release(): void {
    if (this.#timer.armed) this.#clock.timers.disarm(this.#timer);
  }

  override describe(): string {
    const when = this.#timer.armed ? `runs out at ${this.#timer.dueNs / 1e6} ms` : 'not armed';
    return `timerfd  ${when}, ${this.#ticks} expirations unread`;
  }
}
