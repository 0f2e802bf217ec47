/** `asyncio.Lock`, `Event`, `Condition` and `Semaphore`: whoever waits longest is woken first. */
import { RuntimeError } from '../errors.ts';
import { CancelledError, type Coro, type Future } from './futures.ts';
import type { EventLoop } from './loop.ts';

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

export class Lock {
  readonly #loop: EventLoop;
  readonly #waiters: Future[] = [];
  locked = false;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  *acquire(): Coro {
    if (!this.locked && this.#waiters.every(({ cancelled }) => cancelled)) {
      this.locked = true;
      return;
    }
    const future = this.#loop.createFuture();
    this.#waiters.push(future);
    try {
      try {
        yield* future.wait();
      } finally {
        remove(this.#waiters, future);
      }
    } catch (error) {
      if (error instanceof CancelledError && !this.locked) this.#wakeUpFirst();
      throw error;
    }
    this.locked = true;
  }

  release(): void {
    if (!this.locked) throw new RuntimeError('Lock is not acquired.');
    this.locked = false;
    this.#wakeUpFirst();
  }

  #wakeUpFirst(): void {
    const [first] = this.#waiters;
    if (first !== undefined && !first.done) first.setResult();
  }

  /** `async with lock:`. */
  *holding<T>(body: () => Coro<T>): Coro<T> {
    yield* this.acquire();
    try {
      return yield* body();
    } finally {
      this.release();
    }
  }
}

export class Event {
  readonly #loop: EventLoop;
  readonly #waiters: Future[] = [];
  isSet = false;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  set(): void {
    if (this.isSet) return;
    this.isSet = true;
    for (const future of this.#waiters) if (!future.done) future.setResult();
  }

  clear(): void {
    this.isSet = false;
  }

  *wait(): Coro {
    if (this.isSet) return;
    const future = this.#loop.createFuture();
    this.#waiters.push(future);
    try {
      yield* future.wait();
    } finally {
      remove(this.#waiters, future);
    }
  }
}

export class Condition {
  readonly #loop: EventLoop;
  readonly lock: Lock;
  readonly #waiters: Future[] = [];

  constructor(loop: EventLoop, lock: Lock = new Lock(loop)) {
    this.#loop = loop;
    this.lock = lock;
  }

  /** Gives the lock up, waits to be notified, takes it again, even when it is cancelled. */
  *wait(): Coro {
    if (!this.lock.locked) throw new RuntimeError('cannot wait on un-acquired lock');
    this.lock.release();
    const future = this.#loop.createFuture();
    this.#waiters.push(future);
    try {
      yield* future.wait();
    } finally {
      remove(this.#waiters, future);
      yield* this.#reacquire();
    }
  }

  *#reacquire(): Coro {
    let cancelled: unknown;
    while (true) {
      try {
        yield* this.lock.acquire();
        break;
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        cancelled = error;
      }
    }
    if (cancelled !== undefined) throw cancelled;
  }

  notify(count = 1): void {
    if (!this.lock.locked) throw new RuntimeError('cannot notify on un-acquired lock');
    for (const future of this.#waiters.filter(({ done }) => !done).slice(0, count)) {
      future.setResult();
    }
  }

  notifyAll(): void {
    this.notify(this.#waiters.length);
  }

  /** `async with condition:`. */
  *holding<T>(body: () => Coro<T>): Coro<T> {
    return yield* this.lock.holding(body);
  }
}

export class Semaphore {
  readonly #loop: EventLoop;
  readonly #waiters: Future[] = [];
  #value: number;

  constructor(loop: EventLoop, value = 1) {
    this.#loop = loop;
    this.#value = value;
  }

  *acquire(): Coro {
    if (this.#value > 0 && this.#waiters.every(({ cancelled }) => cancelled)) {
      this.#value--;
      return;
    }
    const future = this.#loop.createFuture();
    this.#waiters.push(future);
    try {
      try {
        yield* future.wait();
      } finally {
        remove(this.#waiters, future);
      }
    } catch (error) {
      if (error instanceof CancelledError && !future.cancelled) this.release();
      throw error;
    }
    if (this.#value > 0) this.#wakeNext();
  }

  release(): void {
    this.#value++;
    this.#wakeNext();
  }

  /** Its share is taken for it at once, so that nobody can come between. */
  #wakeNext(): void {
    const next = this.#waiters.find(({ done }) => !done);
    if (next === undefined) return;
    this.#value--;
    next.setResult();
  }
}
