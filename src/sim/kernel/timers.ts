/** What a timer calls when it is due. */
export interface TimerTarget {
  expire(timer: Timer): void;
}

export class Timer {
  dueNs = 0;
  /** Birth order; breaks ties, so that the order of timers is total. */
  sequence = 0;
  /** Place in the heap; -1 while unarmed. */
  index = -1;
  readonly target: TimerTarget;

  constructor(target: TimerTarget) {
    this.target = target;
  }

  get armed(): boolean {
    return this.index >= 0;
  }
}

/**
 * Pending timers in a 4-ary heap ordered by (due time, sequence). Arming, disarming and firing cost O(log n); asking
 * whether anything is due costs O(1), however many are pending.
 */
export class TimerHeap {
  readonly #heap: Timer[] = [];
  #sequence = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest due time in nanoseconds, or Infinity. */
  get nextDueNs(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : (this.#heap[0] as Timer).dueNs;
  }

  arm(timer: Timer, dueNs: number): void {
    if (timer.index >= 0) this.disarm(timer);
    timer.dueNs = dueNs;
    timer.sequence = this.#sequence++;
    timer.index = this.#heap.length;
    this.#heap.push(timer);
    this.#up(timer);
  }

  disarm(timer: Timer): void {
    const index = timer.index;
    if (index < 0) return;
    timer.index = -1;
    const last = this.#heap.pop() as Timer;
    if (last === timer) return;
    this.#heap[index] = last;
    last.index = index;
    this.#up(last);
    this.#down(last);
  }

  /** Take out the earliest timer if it is due at `nowNs`. */
  popDue(nowNs: number): Timer | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueNs > nowNs) return undefined;
    this.disarm(first);
    return first;
  }

  #up(timer: Timer): void {
    const heap = this.#heap;
    let index = timer.index;
    while (index > 0) {
      const parentIndex = (index - 1) >> 2;
      const parent = heap[parentIndex] as Timer;
      if (!before(timer, parent)) break;
      heap[index] = parent;
      parent.index = index;
      index = parentIndex;
    }
    heap[index] = timer;
    timer.index = index;
  }

  #down(timer: Timer): void {
    const heap = this.#heap;
    const size = heap.length;
    let index = timer.index;
    for (;;) {
      const firstChild = index * 4 + 1;
      if (firstChild >= size) break;
      let bestIndex = firstChild;
      let best = heap[firstChild] as Timer;
      const end = Math.min(firstChild + 4, size);
      for (let i = firstChild + 1; i < end; i++) {
        const child = heap[i] as Timer;
        if (before(child, best)) {
          best = child;
          bestIndex = i;
        }
      }
      if (!before(best, timer)) break;
      heap[index] = best;
      best.index = index;
      index = bestIndex;
    }
    heap[index] = timer;
    timer.index = index;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.sequence < b.sequence);
}
