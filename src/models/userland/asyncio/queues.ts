/** `asyncio.Queue`. */
import { PythonError, ValueError } from '../errors.ts';
import type { Coro, Future } from './futures.ts';
import { Event } from './locks.ts';
import type { EventLoop } from './loop.ts';

export class QueueEmpty extends PythonError {
  override readonly name = 'QueueEmpty';
}
export class QueueFull extends PythonError {
  override readonly name = 'QueueFull';
}

export class Queue<T> {
  readonly #loop: EventLoop;
  readonly #maxsize: number;
  readonly #items: T[] = [];
  readonly #getters: Future[] = [];
  readonly #putters: Future[] = [];
  readonly #finished: Event;
  #unfinished = 0;

  /** `maxsize` 0 is without bound. */
  constructor(loop: EventLoop, maxsize = 0) {
    this.#loop = loop;
    this.#maxsize = maxsize;
    this.#finished = new Event(loop);
    this.#finished.set();
  }

  get size(): number {
    return this.#items.length;
  }

  get full(): boolean {
    return this.#maxsize > 0 && this.#items.length >= this.#maxsize;
  }

  *put(item: T): Coro {
    while (this.full) yield* this.#wait(this.#putters, () => !this.full);
    this.putNowait(item);
  }

  putNowait(item: T): void {
    if (this.full) throw new QueueFull();
    this.#items.push(item);
    this.#unfinished++;
    this.#finished.clear();
    wakeupNext(this.#getters);
  }

  *get(): Coro<T> {
    while (this.#items.length === 0) {
      yield* this.#wait(this.#getters, () => this.#items.length > 0);
    }
    return this.getNowait();
  }

  getNowait(): T {
    if (this.#items.length === 0) throw new QueueEmpty();
    const item = this.#items.shift() as T;
    wakeupNext(this.#putters);
    return item;
  }

  taskDone(): void {
    if (this.#unfinished <= 0) throw new ValueError('task_done() called too many times');
    if (--this.#unfinished === 0) this.#finished.set();
  }

  /** Until everything that was put has been reported done. */
  *join(): Coro {
    if (this.#unfinished > 0) yield* this.#finished.wait();
  }

  *#wait(waiters: Future[], satisfied: () => boolean): Coro {
    const future = this.#loop.createFuture();
    waiters.push(future);
    try {
      yield* future.wait();
    } catch (error) {
      future.cancel();
      const index = waiters.indexOf(future);
      if (index >= 0) waiters.splice(index, 1);
      // It was woken and cancelled: the next one may have what it leaves.
      if (satisfied() && !future.cancelled) wakeupNext(waiters);
      throw error;
    }
  }
}

function wakeupNext(waiters: Future[]): void {
  while (waiters.length > 0) {
    const waiter = waiters.shift() as Future;
    if (waiter.done) continue;
    waiter.setResult();
    return;
  }
}
