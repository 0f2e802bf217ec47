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
 * Pending timers in a 4-ary heap ordered by (due time, sequence). Arming, disarming and firing cost
 * O(log n); asking whether anything is due costs O(1), however many are pending.
 */
export class TimerHeap {
  readonly #heap: Timer[] = [];
  /** Due times, place by place beside the timers: comparing then touches no object. */
  readonly #dues: number[] = [];
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
    this.#dues.push(dueNs);
    this.#up(timer);
  }

  disarm(timer: Timer): void {
    const index = timer.index;
    if (index < 0) return;
    timer.index = -1;
    const last = this.#heap.pop() as Timer;
    this.#dues.pop();
    if (last === timer) return;
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
    const dues = this.#dues;
    const { dueNs } = timer;
    let index = timer.index;
    while (index > 0) {
      const parentIndex = (index - 1) >> 2;
      const parentDueNs = dues[parentIndex] as number;
      if (dueNs > parentDueNs) break;
      const parent = heap[parentIndex] as Timer;
      if (dueNs === parentDueNs && timer.sequence > parent.sequence) break;
      heap[index] = parent;
      dues[index] = parentDueNs;
      parent.index = index;
      index = parentIndex;
    }
    this.#place(timer, index);
  }

  #place(timer: Timer, index: number): void {
    this.#heap[index] = timer;
    this.#dues[index] = timer.dueNs;
    timer.index = index;
  }

  #down(timer: Timer): void {
    const heap = this.#heap;
    const dues = this.#dues;
    const size = heap.length;
    const { dueNs } = timer;
    let index = timer.index;
    for (;;) {
      const first = index * 4 + 1;
      if (first >= size) break;
      const childIndex = this.#earliest(first, Math.min(first + 4, size));
      const childDueNs = dues[childIndex] as number;
      if (childDueNs > dueNs) break;
      const child = heap[childIndex] as Timer;
      if (childDueNs === dueNs && child.sequence > timer.sequence) break;
      heap[index] = child;
      dues[index] = childDueNs;
      child.index = index;
      index = childIndex;
    }
    this.#place(timer, index);
  }

  /** The place of the earliest timer among neighbours. */
  #earliest(from: number, to: number): number {
    const dues = this.#dues;
    let best = from;
    let bestDueNs = dues[from] as number;
    for (let i = from + 1; i < to; i++) {
      const dueNs = dues[i] as number;
      if (dueNs > bestDueNs) continue;
      if (dueNs === bestDueNs && this.#sequenceAt(i) > this.#sequenceAt(best)) continue;
      best = i;
      bestDueNs = dueNs;
    }
    return best;
  }

  #sequenceAt(index: number): number {
    return (this.#heap[index] as Timer).sequence;
  }
}
