/**
 * Python's locks, `threading` and `queue`, on futexes.
 *
 * Everything here is built as CPython builds it: a lock from a futex, a condition from a lock and a
 * list of waiters, the rest from conditions.
 */
import type { Program, Sys } from '../../sys/index.ts';
import { isOSError, PythonError, RuntimeError, ValueError } from './errors.ts';

const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps. */
const CONTENDED = 2;

/** Sleep while the word is `expected`; false when the time is up. A wake-up may be for nothing. */
function* sleepWhile(
  sys: Sys,
  word: Int32Array,
  expected: number,
  timeoutMs: number | null,
): Program<boolean> {
  try {
    yield* sys.futexWait(word, 0, expected, timeoutMs);
  } catch (error) {
    if (isOSError(error, 'ETIMEDOUT')) return false;
    if (!isOSError(error, 'EAGAIN', 'EINTR')) throw error;
  }
  return true;
}

/**
 * `threading.Lock`: the second mutex of Drepper's "Futexes Are Tricky".
 *
 * # A free lock costs a syscall
 * It need not; but threads are preempted anywhere and tasks only at syscalls, so `acquire` makes
 * one before it looks: whoever else is about to take the lock may be first.
 */
export class Lock {
  readonly #word: Int32Array = new Int32Array(1);
  /** The task that holds it, 0 if none does. */
  owner = 0;

  get locked(): boolean {
    return this.#word[0] !== FREE;
  }

  *acquire(sys: Sys): Program {
    const word = this.#word;
    const me = yield* sys.gettid();
    sys.touches(word);
    if (word[0] === FREE) word[0] = HELD;
    else {
      do {
        word[0] = CONTENDED;
        yield* sleepWhile(sys, word, CONTENDED, null);
      } while (word[0] !== FREE);
      word[0] = CONTENDED;
    }
    this.owner = me;
  }

  *release(sys: Sys): Program {
    sys.touches(this.#word);
    const was = this.#word[0];
    if (was === FREE) throw new RuntimeError('release unlocked lock');
    this.owner = 0;
    this.#word[0] = FREE;
    if (was === CONTENDED) yield* sys.futexWake(this.#word, 0, 1);
  }

  /** `with lock:`. */
  *holding<T>(sys: Sys, body: () => Program<T>): Program<T> {
    yield* this.acquire(sys);
    try {
      return yield* body();
    } finally {
      yield* this.release(sys);
    }
  }
}

/** `threading.RLock`: its owner may take it again. */
export class RLock {
  readonly #lock = new Lock();
  #count = 0;

  *acquire(sys: Sys): Program {
    const me = yield* sys.gettid();
    sys.touches(this);
    if (this.#lock.owner !== me) yield* this.#lock.acquire(sys);
    this.#count++;
  }

  *release(sys: Sys): Program {
    if (this.#lock.owner !== (yield* sys.gettid())) {
      throw new RuntimeError('cannot release un-acquired lock');
    }
    if (--this.#count === 0) yield* this.#lock.release(sys);
  }
}

const ASLEEP = 0;
const NOTIFIED = 1;

/** `threading.Condition`: each waiter sleeps on a word of its own, the oldest is notified first. */
export class Condition {
  readonly lock: Lock;
  readonly #waiters: Int32Array[] = [];

  constructor(lock: Lock = new Lock()) {
    this.lock = lock;
  }

  acquire(sys: Sys): Program {
    return this.lock.acquire(sys);
  }

  release(sys: Sys): Program {
    return this.lock.release(sys);
  }

  /**
   * Give the lock up, sleep until notified, take it again; false when the time was up first. Who is
   * notified after that, while it waits for the lock, has been notified in vain (threading.py).
   */
  *wait(sys: Sys, timeoutMs: number | null = null): Program<boolean> {
    const waiter = new Int32Array(1);
    this.#waiters.push(waiter);
    yield* this.lock.release(sys);
    while (waiter[0] === ASLEEP) {
      if (!(yield* sleepWhile(sys, waiter, ASLEEP, timeoutMs))) break;
    }
    const inTime = waiter[0] === NOTIFIED;
    yield* this.lock.acquire(sys);
    if (!inTime && this.#waiters.includes(waiter)) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    }
    return inTime;
  }

  *notify(sys: Sys, count = 1): Program {
    for (const waiter of this.#waiters.splice(0, count)) {
      waiter[0] = NOTIFIED;
      yield* sys.futexWake(waiter, 0, 1);
    }
  }

  notifyAll(sys: Sys): Program {
    return this.notify(sys, this.#waiters.length);
  }
}

/** `threading.Semaphore`. */
export class Semaphore {
  readonly #condition = new Condition();
  #value: number;

  constructor(value = 1) {
    this.#value = value;
  }

  *acquire(sys: Sys): Program {
    yield* this.#condition.acquire(sys);
    while (this.#value === 0) yield* this.#condition.wait(sys);
    this.#value--;
    yield* this.#condition.release(sys);
  }

  *release(sys: Sys): Program {
    yield* this.#condition.acquire(sys);
    this.#value++;
    yield* this.#condition.notify(sys);
    yield* this.#condition.release(sys);
  }
}

/** `threading.Event`. */
export class Event {
  readonly #condition = new Condition();
  #flag = false;

  get isSet(): boolean {
    return this.#flag;
  }

  *set(sys: Sys): Program {
    yield* this.#condition.acquire(sys);
    this.#flag = true;
    yield* this.#condition.notifyAll(sys);
    yield* this.#condition.release(sys);
  }

  *clear(sys: Sys): Program {
    yield* this.#condition.acquire(sys);
    this.#flag = false;
    yield* this.#condition.release(sys);
  }

  /** Whether it is or was set; false when the time was up first. */
  *wait(sys: Sys, timeoutMs: number | null = null): Program<boolean> {
    yield* this.#condition.acquire(sys);
    const isSet = this.#flag || (yield* this.#condition.wait(sys, timeoutMs));
    yield* this.#condition.release(sys);
    return isSet;
  }
}

/** `queue.Empty`. */
export class Empty extends PythonError {
  override readonly name = 'Empty';
}

/** `queue.Queue`: first in, first out; `maxsize` 0 is without bound. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #maxsize: number;
  readonly #mutex = new Lock();
  readonly #notEmpty = new Condition(this.#mutex);
  readonly #notFull = new Condition(this.#mutex);
  readonly #allTasksDone = new Condition(this.#mutex);
  #unfinished = 0;

  constructor(maxsize = 0) {
    this.#maxsize = maxsize;
  }

  get size(): number {
    return this.#items.length;
  }

  *put(sys: Sys, item: T): Program {
    yield* this.#mutex.acquire(sys);
    while (this.#maxsize > 0 && this.#items.length >= this.#maxsize) yield* this.#notFull.wait(sys);
    this.#items.push(item);
    this.#unfinished++;
    yield* this.#notEmpty.notify(sys);
    yield* this.#mutex.release(sys);
  }

  *get(sys: Sys): Program<T> {
    yield* this.#mutex.acquire(sys);
    while (this.#items.length === 0) yield* this.#notEmpty.wait(sys);
    const item = this.#items.shift() as T;
    yield* this.#notFull.notify(sys);
    yield* this.#mutex.release(sys);
    return item;
  }

  /** Throws {@link Empty} instead of sleeping. */
  *getNowait(sys: Sys): Program<T> {
    yield* this.#mutex.acquire(sys);
    try {
      if (this.#items.length === 0) throw new Empty('queue is empty');
      const item = this.#items.shift() as T;
      yield* this.#notFull.notify(sys);
      return item;
    } finally {
      yield* this.#mutex.release(sys);
    }
  }

  *taskDone(sys: Sys): Program {
    yield* this.#mutex.holding(sys, () => this.#done(sys));
  }

  *#done(sys: Sys): Program {
    if (this.#unfinished === 0) throw new ValueError('task_done() called too many times');
    if (--this.#unfinished === 0) yield* this.#allTasksDone.notifyAll(sys);
  }

  /** Sleep until everything that was put has been reported done. */
  *join(sys: Sys): Program {
    yield* this.#mutex.acquire(sys);
    while (this.#unfinished > 0) yield* this.#allTasksDone.wait(sys);
    yield* this.#mutex.release(sys);
  }
}
