/**
 * What the usual means of synchronization do when they do one thing at a time, for the checker of
 * linearizability.
 */
import type { Specification } from './linearizability.ts';

// ---- FIFO queue ----

/** What is asked of a {@link fifoQueue}. @since 0.1.0 */
export type QueueCall = { readonly op: 'put'; readonly item: string } | { readonly op: 'get' };
/** Of a get: the item, or null for an empty queue. Of a put: null. @since 0.1.0 */
export type QueueResult = string | null;

/**
 * First in, first out; a put into a full one waits, a get may say that there was nothing. Items are
 * told apart by their text.
 *
 * ```ts
 * linearizableLaw(world, history, fifoQueue(10));
 * ```
 *
 * @since 0.1.0
 */
export function fifoQueue(
  maxsize: number = Number.POSITIVE_INFINITY,
): Specification<readonly string[], QueueCall, QueueResult> {
  return {
    initial: [],
    apply: (items, { call, result }, returned) => {
      if (call.op === 'put') return items.length < maxsize ? [...items, call.item] : undefined;
      if (!returned) return items.slice(1);
      if (result === null) return items.length === 0 ? items : undefined;
      return items[0] === result ? items.slice(1) : undefined;
    },
    // Without an item, put and got, the others are still in their order, and a queue that was empty
    // is empty.
    pairOf: ({ call, result }) => (call.op === 'put' ? call.item : (result ?? undefined)),
    describe: ({ call, result, end }) => {
      if (call.op === 'put') return `put ${call.item}`;
      return Number.isFinite(end) ? `get → ${result ?? 'nothing'}` : 'get';
    },
  };
}

// ---- lock and semaphore ----

/** What is asked of a {@link lock}. @since 0.1.0 */
export interface LockCall {
  /** Which method was called. */
  readonly op: 'acquire' | 'tryAcquire' | 'release';
  /** Locks of different names do not concern each other. */
  readonly name?: string;
}
/** Of a tryAcquire whether it has it. @since 0.1.0 */
export type LockResult = boolean;

/** One holder at a time, and only the holder releases. The state is the holder. @since 0.1.0 */
export const lock: Specification<string, LockCall, LockResult> = {
  initial: '',
  apply: (holder, { by, call, result }, returned) => {
    if (call.op === 'release') return holder === by ? '' : undefined;
    if (call.op === 'tryAcquire' && (returned ? result === false : holder !== '')) {
      return holder === '' ? undefined : holder;
    }
    return holder === '' ? by : undefined;
  },
  keyOf: (holder) => holder,
  partOf: ({ name }) => name ?? '',
  describe: ({ call, result }) => (call.op === 'tryAcquire' ? `tryAcquire → ${result}` : call.op),
};

/**
 * At most `permits` at a time; anybody may release. The state is what is left.
 *
 * ```ts
 * const permits = new History<LockCall, LockResult>();
 * linearizableLaw(world, permits, semaphore(3));
 * ```
 *
 * @since 0.1.0
 */
export function semaphore(permits: number): Specification<number, LockCall, LockResult> {
  return {
    initial: permits,
    apply: (left, { call, result }, returned) => {
      if (call.op === 'release') return left + 1;
      if (call.op === 'tryAcquire' && (returned ? result === false : left === 0)) {
        return left === 0 ? left : undefined;
      }
      return left > 0 ? left - 1 : undefined;
    },
    keyOf: String,
    partOf: ({ name }) => name ?? '',
    describe: lock.describe as NonNullable<typeof lock.describe>,
  };
}

// ---- event ----

/** What is asked of an {@link event}. @since 0.1.0 */
export interface EventCall {
  /** Which method was called. */
  readonly op: 'set' | 'clear' | 'wait' | 'isSet';
}

/** A flag; a wait returns only while it is up. @since 0.1.0 */
export const event: Specification<boolean, EventCall, boolean> = {
  initial: false,
  apply: (isSet, { call, result }, returned) => {
    switch (call.op) {
      case 'set':
        return true;
      case 'clear':
        return false;
      case 'wait':
        return isSet ? isSet : undefined;
      default:
        return !returned || result === isSet ? isSet : undefined;
    }
  },
  keyOf: String,
  describe: ({ call, result }) => (call.op === 'isSet' ? `isSet → ${result}` : call.op),
};

// ---- condition ----

/** A wait is two operations: that it begins to wait, and that it has been woken. @since 0.1.0 */
export type ConditionCall =
  | { readonly op: 'wait' | 'woken' }
  | { readonly op: 'notify'; readonly count: number };

interface ConditionState {
  readonly waiting: readonly string[];
  readonly woken: readonly string[];
}

/**
 * A notification wakes the oldest of those who wait at that moment, and is forgotten when nobody
 * does.
 *
 * @since 0.1.0
 */
export const condition: Specification<ConditionState, ConditionCall, null> = {
  initial: { waiting: [], woken: [] },
  apply: ({ waiting, woken }, { by, call }) => {
    switch (call.op) {
      case 'wait':
        return waiting.includes(by) ? undefined : { waiting: [...waiting, by], woken };
      case 'woken':
        if (!woken.includes(by)) return undefined;
        return { waiting, woken: woken.filter((name) => name !== by) };
      default: {
        const now = waiting.slice(0, call.count);
        return { waiting: waiting.slice(call.count), woken: [...woken, ...now].sort() };
      }
    }
  },
  describe: ({ call }) => (call.op === 'notify' ? `notify ${call.count}` : call.op),
};
