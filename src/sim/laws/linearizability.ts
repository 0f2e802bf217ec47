/**
 * Is a concurrent history that of something which does one thing at a time?
 *
 * The search of Wing and Gong (JPDC 1993) with the memory of Lowe (CCPE 2017: a set of operations
 * that were placed, and the state they led to, is tried once), over parts that have nothing to do
 * with each other, each checked alone (Herlihy and Wing's locality; Horn and Kroening). The list
 * with `lift` and `unlift` is that of Porcupine (Athalye).
 *
 * Departs from Porcupine: an operation that has not returned may have taken effect or not, rather
 * than at the end of time.
 */
import type { World } from '../schedule/world.ts';

/** One call of one client: what was asked for, when, and what came of it. @since 0.1.0 */
export interface Operation<C = unknown, R = unknown> {
  /** Who made the call. */
  readonly by: string;
  /** What was asked for. */
  readonly call: C;
  /** When the call began, as a number that grows with every call and every return. */
  readonly begin: number;
  /** Infinity while it has not returned. */
  readonly end: number;
  /** Only there once it has returned. */
  readonly result: R | undefined;
}

/**
 * A sequential specification: what the thing does when it does one thing at a time.
 *
 * @since 0.1.0
 */
export interface Specification<S, C, R> {
  /** The state before any operation. */
  readonly initial: S;
  /**
   * The state after `call`, or undefined if it could not have answered so. Without `returned` any
   * answer will do.
   */
  readonly apply: (state: S, operation: Operation<C, R>, returned: boolean) => S | undefined;
  /** Equal for equal states. Default: JSON. */
  readonly keyOf?: (state: S) => string;
  /** Operations of different parts do not concern each other. Default: all of one. */
  readonly partOf?: (call: C) => string;
  /**
   * Operations that may be left out of a history together without making a right one wrong: both
   * halves of a pair, say.
   */
  readonly pairOf?: (operation: Operation<C, R>) => string | undefined;
  /** An operation in words, for reports. Default: its JSON. */
  readonly describe?: (operation: Operation<C, R>) => string;
}

/**
 * Writes a history down. Stamps are a count of beginnings and ends, so no two are equal.
 *
 * @since 0.1.0
 */
export class History<C, R> {
  /** All operations, in the order in which they began. */
  readonly operations: Operation<C, R>[] = [];
  #stamp = 0;

  /** `by` begins `call`; call what is returned with its result. */
  begin(by: string, call: C): (result: R) => void {
    const operation = {
      by,
      call,
      begin: this.#stamp++,
      end: Number.POSITIVE_INFINITY,
      result: undefined as R | undefined,
    };
    this.operations.push(operation);
    return (result) => {
      operation.end = this.#stamp++;
      operation.result = result;
    };
  }
}

/** No order explains these operations, and all of them are needed for that. @since 0.1.0 */
export interface Witness<C, R> {
  /** Name of the part of the history, where a specification divides it. */
  readonly part: string;
  /** The operations, as few as possible. */
  readonly operations: readonly Operation<C, R>[];
}

/**
 * undefined when the history is linearizable.
 *
 * ```ts
 * const witness = findWitness(history.operations, fifoQueue()); // undefined: linearizable
 * ```
 *
 * @since 0.1.0
 */
export function findWitness<S, C, R>(
  operations: readonly Operation<C, R>[],
  specification: Specification<S, C, R>,
): Witness<C, R> | undefined {
  const parts = new Map<string, Operation<C, R>[]>();
  for (const operation of operations) {
    const part = specification.partOf?.(operation.call) ?? '';
    const its = parts.get(part);
    if (its === undefined) parts.set(part, [operation]);
    else its.push(operation);
  }
  for (const [part, its] of parts) {
    if (!isLinearizable(its, specification)) {
      return { part, operations: minimal(its, specification) };
    }
  }
  return undefined;
}

// ---- the search ----

interface Entry {
  readonly index: number;
  readonly isCall: boolean;
  previous: Entry | null;
  next: Entry | null;
  /** Of a call: its return, if it has one. */
  returns: Entry | null;
}

function entriesOf(operations: readonly Operation[]): Entry {
  const stamped: [number, Entry][] = [];
  operations.forEach(({ begin, end }, index) => {
    const call: Entry = { index, isCall: true, previous: null, next: null, returns: null };
    stamped.push([begin, call]);
    if (end === Number.POSITIVE_INFINITY) return;
    call.returns = { index, isCall: false, previous: null, next: null, returns: null };
    stamped.push([end, call.returns]);
  });
  stamped.sort(([a], [b]) => a - b);
  const head: Entry = { index: -1, isCall: false, previous: null, next: null, returns: null };
  let last = head;
  for (const [, entry] of stamped) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
}

function unlink(entry: Entry): void {
  if (entry.previous !== null) entry.previous.next = entry.next;
  if (entry.next !== null) entry.next.previous = entry.previous;
}

function relink(entry: Entry): void {
  if (entry.previous !== null) entry.previous.next = entry;
  if (entry.next !== null) entry.next.previous = entry;
}

/** Take an operation out of the list: it has been placed. */
function lift(call: Entry): void {
  unlink(call);
  if (call.returns !== null) unlink(call.returns);
}

function unlift(call: Entry): void {
  if (call.returns !== null) relink(call.returns);
  relink(call);
}

/**
 * Whether some order of the operations, in which none comes before one that had ended when it
 * began, explains every result.
 *
 * ```ts
 * world.finally('it was a queue', () => isLinearizable(history.operations, fifoQueue()));
 * ```
 *
 * @since 0.1.0
 */
export function isLinearizable<S, C, R>(
  operations: readonly Operation<C, R>[],
  specification: Specification<S, C, R>,
): boolean {
  const keyOf = specification.keyOf ?? JSON.stringify;
  const head = entriesOf(operations);
  const seen = new Set<string>();
  const placed: [entry: Entry, before: S][] = [];
  let bits = 0n;
  let state = specification.initial;
  let left = operations.filter(({ end }) => end !== Number.POSITIVE_INFINITY).length;
  let entry = head.next;
  while (left > 0) {
    if (entry?.isCall) {
      const operation = operations[entry.index] as Operation<C, R>;
      const next = specification.apply(state, operation, entry.returns !== null);
      const withIt = bits | (1n << BigInt(entry.index));
      const memory = next === undefined ? '' : `${withIt.toString(36)} ${keyOf(next)}`;
      if (next !== undefined && !seen.has(memory)) {
        seen.add(memory);
        placed.push([entry, state]);
        state = next;
        bits = withIt;
        if (entry.returns !== null) left--;
        lift(entry);
        entry = head.next;
      } else entry = entry.next;
      continue;
    }
    // Something has returned that could not be placed, or nothing is left to try: take the last one
    // back.
    const last = placed.pop();
    if (last === undefined) return false;
    const [undone, before] = last;
    state = before;
    bits &= ~(1n << BigInt(undone.index));
    if (undone.returns !== null) left++;
    unlift(undone);
    entry = undone.next;
  }
  return true;
}

// ---- the witness ----

/**
 * First the shortest beginning that is wrong (a beginning of a right history is right), then
 * without every pair that is not needed for that.
 */
function minimal<S, C, R>(
  operations: readonly Operation<C, R>[],
  specification: Specification<S, C, R>,
): readonly Operation<C, R>[] {
  const ends = operations.map(({ end }) => end).filter(Number.isFinite);
  ends.sort((a, b) => a - b);
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isLinearizable(until(operations, ends[middle] as number), specification)) low = middle + 1;
    else high = middle;
  }
  let kept = until(operations, ends[low] as number);
  const { pairOf } = specification;
  if (pairOf === undefined) return kept;
  const names = new Set(kept.map((operation) => pairOf(operation)));
  for (const name of names) {
    if (name === undefined) continue;
    const fewer = kept.filter((operation) => pairOf(operation) !== name);
    if (!isLinearizable(fewer, specification)) kept = fewer;
  }
  return kept;
}

/** The history as it stood at a moment. */
function until<C, R>(operations: readonly Operation<C, R>[], stamp: number): Operation<C, R>[] {
  return operations
    .filter(({ begin }) => begin <= stamp)
    .map((operation) =>
      operation.end <= stamp
        ? operation
        : { ...operation, end: Number.POSITIVE_INFINITY, result: undefined },
    );
}

/**
 * A history in words, one line for each operation, in the order in which they began.
 *
 * ```ts
 * const witness = findWitness(history.operations, fifoQueue());
 * if (witness !== undefined) console.log(describeWitness(witness, fifoQueue()));
 * ```
 *
 * @since 0.1.0
 */
export function describeWitness<S, C, R>(
  { operations }: Witness<C, R>,
  specification: Specification<S, C, R>,
): string {
  return operations
    .map((operation) => {
      const { by, call, begin, end, result } = operation;
      const what =
        specification.describe?.(operation) ??
        `${JSON.stringify(call)}${Number.isFinite(end) ? ` → ${JSON.stringify(result)}` : ''}`;
      return `${by} [${begin}–${Number.isFinite(end) ? end : '…'}] ${what}`;
    })
    .join('; ');
}

/** What reports call {@link linearizableLaw}. @since 0.1.0 */
export const LAW_LINEARIZABLE =
  'what many do at once is what they might have done one after the other';

/**
 * The history of something shared is that of its sequential specification.
 *
 * ```ts
 * const history = new History<QueueCall, QueueResult>();
 * linearizableLaw(world, history, fifoQueue(10), 'the queue is a queue');
 * const returned = history.begin('client a', { op: 'put', item: 'x' });
 * // … the call itself
 * returned('done');
 * ```
 *
 * @since 0.1.0
 */
export function linearizableLaw<S, C, R>(
  world: World,
  history: History<C, R>,
  specification: Specification<S, C, R>,
  law: string = LAW_LINEARIZABLE,
): void {
  world.finally(law, () => {
    const witness = findWitness(history.operations, specification);
    if (witness === undefined) return true;
    return `no order explains ${describeWitness(witness, specification)}`;
  });
}
