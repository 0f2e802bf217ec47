import type { Internal, Internals } from './internals.ts';

const REF_COUNT = 0;
const REF_COUNT_OF_IMMEDIATES = 1;

/**
 * Node's own lists of timers and immediates: one of each for all of a realm. While a run goes on
 * they are the run's; what was in them before is put aside, and back when it is over.
 */
export class NodeQueues {
  readonly #timers: Internal;
  readonly #timeoutInfo: Int32Array;
  readonly #immediateInfo: Uint32Array;
  readonly #hasOutstanding: number;
  readonly #refed: symbol;
  readonly #processTimers: (nowMs: number) => number;
  readonly #tick: () => void;
  #processImmediate!: () => void;
  /** Referenced immediates that were queued before the run. */
  #others = 0;

  constructor({ internalBinding, requireBuiltin }: Internals) {
    const { timeoutInfo, immediateInfo } = internalBinding('timers');
    this.#timeoutInfo = timeoutInfo;
    this.#immediateInfo = immediateInfo;
    this.#timers = requireBuiltin('internal/timers');
    this.#hasOutstanding = this.#timers.immediateInfoFields.kHasOutstanding;
    this.#refed = this.#timers.kRefed;
    this.#tick = (process as Internal)._tickCallback;
    this.#processTimers = this.#timers.getTimerCallbacks(this.#tick).processTimers;
    this.#renew();
  }

  /** With a list of its own of what is left when an immediate throws. */
  #renew(): void {
    this.#processImmediate = this.#timers.getTimerCallbacks(this.#tick).processImmediate;
  }

  /** Gives what puts everything back. */
  putAside(): () => void {
    const { timerListQueue, timerListMap, immediateQueue } = this.#timers;
    const lists: Internal[] = [];
    for (let list = timerListQueue.peek(); list != null; list = timerListQueue.peek()) {
      timerListQueue.shift();
      lists.push(list);
    }
    const map = { ...timerListMap };
    for (const ms of Object.keys(timerListMap)) delete timerListMap[ms];
    const referenced = this.#timeoutInfo[REF_COUNT] as number;
    this.#timeoutInfo[REF_COUNT] = 0;
    const { head, tail } = immediateQueue;
    immediateQueue.head = null;
    immediateQueue.tail = null;
    this.#others = this.#immediateInfo[REF_COUNT_OF_IMMEDIATES] as number;
    const outstanding = this.#immediateInfo[this.#hasOutstanding] as number;
    // So Node takes note of when its next timer is due, which it tells nobody else.
    this.#processTimers(Number.NEGATIVE_INFINITY);
    return () => {
      for (const list of lists) timerListQueue.insert(list);
      Object.assign(timerListMap, map);
      this.#timeoutInfo[REF_COUNT] = referenced;
      immediateQueue.head = head;
      immediateQueue.tail = tail;
      this.#immediateInfo[this.#hasOutstanding] = outstanding;
      this.#processTimers(Number.NEGATIVE_INFINITY);
    };
  }

  /** C++ has queued immediates of its own since the run began. */
  get hasOthers(): boolean {
    return (this.#immediateInfo[REF_COUNT_OF_IMMEDIATES] as number) - this.refCount > this.#others;
  }

  /** Run the immediates that wait; what throws comes out. */
  runImmediates(): void {
    try {
      this.#processImmediate.call(process);
    } catch (error) {
      this.#renew();
      throw error;
    }
  }

  /** Whether any immediate waits. */
  get waiting(): boolean {
    return this.#timers.immediateQueue.head !== null;
  }

  /** How many immediates wait. */
  get count(): number {
    let count = 0;
    for (const _ of this.#immediates()) count++;
    return count;
  }

  /** How many of them keep a program alive. */
  get refCount(): number {
    let count = 0;
    for (const immediate of this.#immediates()) if (immediate[this.#refed]) count++;
    return count;
  }

  *#immediates(): Iterable<Internal> {
    let each = this.#timers.immediateQueue.head;
    for (; each !== null; each = each._idleNext) yield each;
  }

  /** Clear the timers and immediates that are `whose`. */
  clearOf(whose: (resource: object) => boolean): void {
    const { timerListMap } = this.#timers;
    for (const ms of Object.keys(timerListMap)) {
      const list = timerListMap[ms];
      const found: Internal[] = [];
      for (let each = list._idlePrev; each !== list; each = each._idlePrev) found.push(each);
      for (const timer of found) if (whose(timer)) clearTimeout(timer);
    }
    for (const immediate of [...this.#immediates()]) {
      if (whose(immediate)) clearImmediate(immediate);
    }
  }

  clearImmediates(): void {
    for (const immediate of [...this.#immediates()]) clearImmediate(immediate);
  }

  /**
   * Bring every timer into the state of one that has fired. Whoever keeps one and sets it again
   * (`refresh`) has a living timer then; to clear it would make it a dead one for ever, and undici
   * keeps one for all of its time-outs.
   */
  fireNone(): Internal[] {
    const { timerListQueue, timerListMap, kHasPrimitive, knownTimersById, async_id_symbol } =
      this.#timers;
    const found: Internal[] = [];
    for (const ms of Object.keys(timerListMap)) {
      const list = timerListMap[ms];
      for (let timer = list._idlePrev; timer !== list; timer = list._idlePrev) {
        timer._idleNext._idlePrev = timer._idlePrev;
        timer._idlePrev._idleNext = timer._idleNext;
        timer._idleNext = null;
        timer._idlePrev = null;
        timer._destroyed = true;
        if (timer[kHasPrimitive]) delete knownTimersById[timer[async_id_symbol]];
        found.push(timer);
      }
      delete timerListMap[ms];
    }
    while (timerListQueue.peek() != null) timerListQueue.shift();
    this.#timeoutInfo[REF_COUNT] = 0;
    this.#processTimers(Number.NEGATIVE_INFINITY);
    return found;
  }
}
