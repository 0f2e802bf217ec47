import { WaitQueue } from './waits.ts';

/** Who sleeps on which word of memory (futex(2)); a word is an element of an Int32Array. */
export class Futexes {
  readonly #queues = new WeakMap<Int32Array, Map<number, WaitQueue>>();

  queue(words: Int32Array, index: number): WaitQueue {
    let byIndex = this.#queues.get(words);
    if (byIndex === undefined) {
      byIndex = new Map();
      this.#queues.set(words, byIndex);
    }
    let queue = byIndex.get(index);
    if (queue === undefined) {
      queue = new WaitQueue();
      byIndex.set(index, queue);
    }
    return queue;
  }

  /**
   * Wake up to `count` sleepers, oldest first; gives how many. Nothing is remembered when nobody
   * sleeps.
   */
  wake(words: Int32Array, index: number, count: number): number {
    const queue = this.#queues.get(words)?.get(index);
    return queue === undefined ? 0 : queue.wake(0, count);
  }
}
