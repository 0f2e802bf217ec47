/**
 * What tasks synchronise with, beside {@link Mutex} and {@link Condition}: the objects. What is
 * done with them are calls of `Sys` (`sys.semWait(permits)`), so that each is a step of its own, in
 * generators and in async functions alike.
 */
import { UsageError } from './errors.ts';
import { SharedObject } from './memory.ts';

const wholeFrom = (least: number, what: string, value: number): number => {
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`${what} must be a whole number from ${least} on, not ${String(value)}`);
};

/**
 * pthread_rwlock_t: held by one writer, or by any number of readers. Who is first when it becomes
 * free, the schedule says.
 *
 * @since 0.2.0
 */
export class RwLock extends SharedObject {
  /**
   * `writers`: while a writer waits, no further reader gets it, so that a task that takes it twice
   * for reading may wait for itself. Go's RWMutex, and glibc's
   * PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP. `readers`: a reader gets it whenever no writer
   * holds it, as with glibc's default.
   */
  readonly prefers: 'writers' | 'readers';

  /** @param given.prefers default `writers` */
  constructor(name: string, given: { readonly prefers?: 'writers' | 'readers' } = {}) {
    super(name);
    this.prefers = given.prefers ?? 'writers';
  }
}

/** sem_t: a number of permits. Any task may post. Who is first, the schedule says. @since 0.2.0 */
export class Semaphore extends SharedObject {
  /** Permits that are left; for laws, as `Cell.value` is. */
  value: number;

  /** Reports call it by `name`; it has `permits` to begin with. */
  constructor(name: string, permits: number) {
    super(name);
    this.value = wholeFrom(0, `permits of the semaphore ${name}`, permits);
  }
}

/**
 * pthread_barrier_t: nobody passes before `size` tasks have come; then all of them do.
 *
 * @since 0.2.0
 */
export class Barrier extends SharedObject {
  /** Tasks that it holds back until all of them are there. */
  readonly size: number;

  /** Reports call it by `name`; it opens when `size` tasks wait. */
  constructor(name: string, size: number) {
    super(name);
    this.size = wholeFrom(1, `the size of the barrier ${name}`, size);
  }
}

/** Go's sync.WaitGroup: tasks wait until a count of work is 0. @since 0.2.0 */
export class WaitGroup extends SharedObject {
  /** Work that is not yet done; for laws, as `Cell.value` is. */
  count: number;

  /** Reports call it by `name`; it waits for `count` ends. Default: 0. */
  constructor(name: string, count = 0) {
    super(name);
    this.count = wholeFrom(0, `the count of the wait group ${name}`, count);
  }
}

/**
 * A channel as Go has it: messages come out in the order in which they went in, each once. Who has
 * waited longest is served first.
 *
 * @since 0.2.0
 */
export class Channel<T> extends SharedObject {
  /**
   * How many messages it holds that nobody has received: 0 for a rendezvous, where a send ends when
   * somebody receives; `Infinity` for no bound.
   */
  readonly capacity: number;
  /** What it holds, the oldest first; for laws, as `Cell.value` is. */
  readonly buffer: T[] = [];
  /** Nothing can be sent any more. */
  closed = false;

  /** @param capacity default 0: a rendezvous */
  constructor(name: string, capacity = 0) {
    super(name);
    const isBounded = capacity !== Number.POSITIVE_INFINITY;
    this.capacity = isBounded ? wholeFrom(0, `the capacity of ${name}`, capacity) : capacity;
  }
}

/**
 * One of the things that chanSelect may do. On a channel that is null it never can.
 *
 * @since 0.2.0
 */
export type SelectCase<T = unknown> =
  | { readonly receive: Channel<T> | null }
  | { readonly send: Channel<T> | null; readonly value: T };

/** What a receive gives: a message, or that the channel is closed and empty. @since 0.2.0 */
export type Taken<T> =
  | { readonly done: false; readonly value: T }
  | { readonly done: true; readonly value: undefined };

/** What came of the case at `Index`. */
type Chosen<Case, Index> = Case extends { readonly receive: Channel<infer T> | null }
  ? { readonly index: Index } & Taken<T>
  : { readonly index: Index; readonly done: false; readonly value: undefined };

/**
 * Which case of a chanSelect was carried out, by its index, and what a receive gave; -1 where none
 * could be and it was not to wait.
 *
 * @since 0.2.0
 */
export type Selected<Cases extends readonly SelectCase[]> =
  | {
      [K in keyof Cases]: Chosen<Cases[K], K extends `${infer N extends number}` ? N : number>;
    }[number]
  | { readonly index: -1; readonly done: false; readonly value: undefined };

/** A case as the kernel sees it. */
export interface ChannelCase {
  readonly channel: Channel<unknown> | null;
  readonly sends: boolean;
  readonly value: unknown;
}

/** What a call about channels asks for; a message is told from others by who has sent it. */
export class ChannelAsk {
  readonly cases: readonly ChannelCase[];
  /** It does not wait. */
  readonly otherwise: boolean;
  /** What has come of it, once that is settled: its kernel's own. */
  outcome: unknown = undefined;

  constructor(cases: readonly ChannelCase[], otherwise: boolean) {
    this.cases = cases;
    this.otherwise = otherwise;
  }

  /** What an arrow between two steps is called after. */
  get name(): string {
    return this.cases[0]?.channel?.name ?? '';
  }
}

/** What a call asks for that waits for others to come, or for work to be done. */
export interface Meeting<Place extends Barrier | WaitGroup = Barrier | WaitGroup> {
  readonly place: Place;
}
