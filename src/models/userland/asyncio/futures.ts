/** `asyncio.Future` and `asyncio.Task`. */
import type { Program } from '../../../sys/index.ts';
import { type Coroutine, type Outcome, send, throwInto } from '../coroutines.ts';
import { exceptException, exceptionRepr, PythonError } from '../errors.ts';
import type { EventLoop } from './loop.ts';

export class CancelledError extends PythonError {
  override readonly name = 'CancelledError';
}
export class InvalidStateError extends PythonError {
  override readonly name = 'InvalidStateError';
}

/**
 * What a coroutine yields: a future it waits for, or null to let the others go first (`await
 * sleep(0)`).
 */
// biome-ignore lint/suspicious/noExplicitAny: futures of any type
export type Coro<T = void> = Coroutine<Future<any> | null, T>;

// biome-ignore lint/suspicious/noConfusingVoidType: a callback may be a plain function
export type Callback = () => Program | void;

type State<T> =
  | { readonly is: 'pending' }
  | { readonly is: 'cancelled' }
  | { readonly is: 'result'; readonly value: T }
  | { readonly is: 'exception'; readonly error: unknown };

/**
 * Its callbacks are called by the loop, in the order in which they were added, and never at once.
 */
export class Future<T = void> {
  readonly loop: EventLoop;
  #state: State<T> = { is: 'pending' };
  #callbacks: Callback[] = [];

  constructor(loop: EventLoop) {
    this.loop = loop;
  }

  get done(): boolean {
    return this.#state.is !== 'pending';
  }

  get cancelled(): boolean {
    return this.#state.is === 'cancelled';
  }

  /** What it failed with, or undefined. */
  get exception(): unknown {
    return this.#state.is === 'exception' ? this.#state.error : undefined;
  }

  /** Whether anybody will hear of its end. */
  get awaited(): boolean {
    return this.#callbacks.length > 0;
  }

  result(): T {
    const state = this.#state;
    switch (state.is) {
      case 'result':
        return state.value;
      case 'exception':
        throw state.error;
      case 'cancelled':
        throw new CancelledError();
      default:
        throw new InvalidStateError('Result is not set.');
    }
  }

  setResult(value: T): void {
    this.#end({ is: 'result', value });
  }

  setException(error: unknown): void {
    this.#end({ is: 'exception', error });
  }

  /** False when it is done already. */
  cancel(): boolean {
    if (this.done) return false;
    this.#end({ is: 'cancelled' });
    return true;
  }

  addDoneCallback(callback: Callback): void {
    if (this.done) this.loop.callSoon(callback);
    else this.#callbacks.push(callback);
  }

  /** `await future`. */
  *wait(): Coro<T> {
    if (!this.done) yield this;
    return this.result();
  }

  #end(state: State<T>): void {
    if (this.done) throw new InvalidStateError('invalid state');
    this.#state = state;
    for (const callback of this.#callbacks.splice(0)) this.loop.callSoon(callback);
  }
}

/** A coroutine that the loop drives: from one future it waits for to the next. */
export class Task<T = void> extends Future<T> {
  readonly #coro: Coro<T>;
  /** `<Task finished name='Task-2' coro=<handle_client() done>`, up to its outcome. */
  readonly #title: string;
  // biome-ignore lint/suspicious/noExplicitAny: a future of any type
  #waiter: Future<any> | null = null;
  #mustCancel = false;

  /** @param name of the function whose coroutine it is */
  constructor(loop: EventLoop, coro: Coro<T>, name: string, ordinal: number) {
    super(loop);
    this.#coro = coro;
    this.#title = `<Task finished name='Task-${ordinal}' coro=<${name}() done>`;
    loop.callSoon(() => this.#step());
  }

  /** It is thrown CancelledError where it waits, at its next turn. */
  override cancel(): boolean {
    if (this.done) return false;
    if (this.#waiter?.cancel()) return true;
    this.#mustCancel = true;
    return true;
  }

  *#step(): Program {
    const cancelled = this.#mustCancel;
    this.#mustCancel = false;
    this.#waiter = null;
    let outcome: Outcome<Future<unknown> | null, T>;
    try {
      outcome = yield* cancelled ? throwInto(this.#coro, new CancelledError()) : send(this.#coro);
    } catch (error) {
      if (error instanceof CancelledError) super.cancel();
      else yield* this.#failed(error);
      return;
    }
    if (outcome.done) this.setResult(outcome.value);
    else if (outcome.word === null) this.loop.callSoon(() => this.#step());
    else {
      this.#waiter = outcome.word;
      outcome.word.addDoneCallback(() => this.#step());
      if (this.#mustCancel && outcome.word.cancel()) this.#mustCancel = false;
    }
  }

  /**
   * # CPython tells of an exception that nobody hears of when it frees the task, which for one that
   * nobody knows is now
   */
  *#failed(error: unknown): Program {
    exceptException(error);
    const heard = this.awaited;
    this.setException(error);
    if (heard) return;
    const future = `future: ${this.#title} exception=${exceptionRepr(error)}>`;
    yield* this.loop.complain(`Task exception was never retrieved\n${future}`, error);
  }
}
