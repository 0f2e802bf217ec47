import { SysError, UsageError } from './errors.ts';
import { OP_NAMES, type Op } from './ops.ts';

/**
 * What a provider of `sys` (the simulated kernel, Linux, a recording) is told when a program awaits
 * a syscall. Generators need no such door: their driver sees the syscall as the value that was
 * yielded.
 *
 * @since 0.1.0
 */
export interface SyscallOwner {
  /** The task's name, for messages. */
  readonly name: string;
  /** A syscall that the program may ask for, now or later. */
  make<T>(op: Op, a0: number, a1: number, a2: number, data: unknown): Syscall<T>;
  /** An async body asks for `call`; `chain` is settled, once, with its result. */
  post(call: Syscall<unknown>, chain: Chain): void;
  /**
   * Its code uses memory that other tasks use too; of interest where interleavings are told apart.
   */
  touches?(memory: object): void;
}

/**
 * An answer below zero that is no errno: the value itself is the call's `progress`. Only memory
 * holds such numbers.
 *
 * @since 0.1.0
 */
export const BELOW_ZERO = -4097;

/** Of a syscall's flags. */
const OPAQUE = 1;

/** Tells in words where a syscall was made; undefined is what is made and is no syscall. */
type SourceOf = (call?: Syscall<unknown>) => string;

let sourceOf: SourceOf | undefined;

/**
 * From now on every syscall notes where it was made, as `here` tells; undefined stops that. For
 * runs that are reported or debugged.
 *
 * ```ts
 * collectSources(() => new Error().stack ?? '');
 * runSync(echo, { strategy: new Calm() });
 * collectSources(undefined);
 * ```
 *
 * @since 0.1.0
 */
export function collectSources(here: SourceOf | undefined): void {
  sourceOf = here;
}

/** The line that {@link collectSources} has asked for; undefined while it is off. */
export function sourceLine(): string | undefined {
  return sourceOf?.();
}

/**
 * One request of a task to its kernel: a value that does nothing until it is asked for with
 * `yield*` (in a generator) or `await` (in an async function), once.
 *
 * It is its own iterator and its own iterator result, so that a `yield*` costs one allocation: the
 * first `next` hands the syscall to whoever drives the generator, the second brings the kernel's
 * answer back in. An answer below zero is a negated errno and is thrown here, inside the program,
 * as a {@link SysError}.
 *
 * @since 0.1.0
 */
export class Syscall<T> implements PromiseLike<T>, IteratorReturnResult<unknown> {
  /** @internal */
  op: Op;
  /** @internal */
  readonly owner: SyscallOwner;
  /**
   * The first numeric argument, for most calls the descriptor.
   *
   * @internal
   */
  a0: number;
  /** @internal */
  a1: number;
  /** @internal */
  a2: number;
  /**
   * What is not a number: bytes, an address, a program.
   *
   * @internal
   */
  data: unknown;
  /**
   * How far a call that blocks has come; what it counts is the handler's own affair.
   *
   * @internal
   */
  progress: number;
  /** Source line of the call; only there while {@link collectSources} is on. */
  declare where?: string;
  /**
   * Bits: OPAQUE, and those of the provider.
   *
   * @internal
   */
  flags: number;
  /**
   * Iterator protocol: this syscall while it is asked for, or what awaits it (a {@link Chain});
   * then its result.
   */
  value: unknown;
  /** Its answer was taken. */
  done: true;

  /** @internal */
  constructor(owner: SyscallOwner, op: Op, a0: number, a1: number, a2: number, data: unknown) {
    this.op = op;
    this.owner = owner;
    this.a0 = a0;
    this.a1 = a1;
    this.a2 = a2;
    this.data = data;
    this.progress = 0;
    this.flags = 0;
    this.value = undefined;
    this.done = false as true;
    if (sourceOf !== undefined) this.where = sourceOf(this as Syscall<unknown>);
  }

  /**
   * Contents that differ from run to run although they mean the same (TLS): for the run's digest it
   * counts only that there were any.
   *
   * @internal
   */
  get opaque(): boolean {
    return (this.flags & OPAQUE) !== 0;
  }

  /** @internal */
  set opaque(opaque: boolean) {
    this.flags = opaque ? this.flags | OPAQUE : this.flags & ~OPAQUE;
  }

  /** The syscall's name, as `recv`. */
  get name(): string {
    return OP_NAMES[this.op] as string;
  }

  /** Ask for it in a generator: `yield* sys.recv(fd, 1024)` comes here. */
  [Symbol.iterator](): Generator<Syscall<unknown>, T, unknown> {
    if (this.value !== undefined || this.done) throw usedTwice(this.name, 'asked for');
    return this as unknown as Generator<Syscall<unknown>, T, unknown>;
  }

  /** Iterator protocol, for `yield*`. */
  next(result: unknown): this {
    if (this.value === undefined) {
      this.value = this;
      return this;
    }
    this.done = true;
    this.value = typeof result === 'number' && result < 0 ? this.belowZero(result) : result;
    return this;
  }

  private belowZero(result: number): number {
    if (result !== BELOW_ZERO) throw new SysError(this.name, -result);
    return this.progress;
  }

  /** Ask for it in an async function: `await sys.recv(fd, 1024)` comes here. */
  // biome-ignore lint/suspicious/noThenProperty: being awaited is what a syscall is for
  then<A = T, B = never>(
    resolve?: ((value: T) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.value !== undefined || this.done) {
      const failed = Promise.reject(usedTwice(this.name, 'awaited'));
      return failed.then(undefined, reject) as Promise<A | B>;
    }
    const chain = new Chain(resolve as Settle, reject as Settle);
    this.value = chain;
    this.owner.post(this as Syscall<unknown>, chain);
    return chain as unknown as Promise<A | B>;
  }

  /** As of a promise: what it fails with is a `SysError`. */
  catch<B = never>(reject?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, reject);
  }

  /** As of a promise: `callback` is called however it ends. */
  finally(callback?: (() => void) | null): Promise<T> {
    return this.then().finally(callback);
  }
}

function usedTwice(name: string, how: string): UsageError {
  return new UsageError(
    `this ${name} was ${how} twice; a syscall is used once, make a new one by calling sys.${name}(…) again`,
  );
}

type Settle = ((value: unknown) => unknown) | null | undefined;

const PENDING: unique symbol = Symbol('pending');

interface Chained {
  readonly promise: Promise<unknown>;
  readonly resolve: (outcome: unknown) => void;
}

/**
 * What an awaited syscall resolves. `await` ignores what `then` returns, and a promise would cost
 * as much as the step itself; so this stands in its place and becomes a promise only when somebody
 * chains on it.
 *
 * @since 0.1.0
 */
export class Chain {
  readonly #resolve: Settle;
  readonly #reject: Settle;
  /** What `then`'s callback made of the answer; a rejection stands here as a rejected promise. */
  #outcome: unknown = PENDING;
  #chained: Chained | undefined;

  /** @internal */
  constructor(resolve: Settle, reject: Settle) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /**
   * The syscall's answer has come: a negated errno is an error, anything else the value.
   *
   * @internal
   */
  settle(call: Syscall<unknown>, result: unknown): void {
    call.done = true;
    const value = result === BELOW_ZERO ? call.progress : result;
    call.value = value;
    if (typeof result === 'number' && result < 0 && result !== BELOW_ZERO) {
      this.fail(new SysError(call.name, -result));
    } else this.#run(this.#resolve, value, false);
  }

  /**
   * The syscall could not even be asked for.
   *
   * @internal
   */
  fail(error: unknown): void {
    this.#run(this.#reject, error, true);
  }

  #run(callback: Settle, argument: unknown, failed: boolean): void {
    let outcome: unknown = argument;
    let rejected = failed;
    if (typeof callback === 'function') {
      try {
        outcome = callback(argument);
        rejected = false;
      } catch (e) {
        outcome = e;
        rejected = true;
      }
    }
    if (rejected) outcome = Promise.reject(outcome);
    this.#outcome = outcome;
    if (this.#chained !== undefined) this.#chained.resolve(outcome);
  }

  #toPromise(): Promise<unknown> {
    if (this.#chained === undefined) {
      let settle: (outcome: unknown) => void = () => {};
      const promise = new Promise<unknown>((resolve) => {
        settle = resolve;
      });
      this.#chained = { promise, resolve: settle };
      if (this.#outcome !== PENDING) settle(this.#outcome);
    }
    return this.#chained.promise;
  }

  /** As of a promise. */
  // biome-ignore lint/suspicious/noThenProperty: it stands for the promise that `then` returns
  then(resolve?: Settle, reject?: Settle): Promise<unknown> {
    return this.#toPromise().then(resolve, reject);
  }

  /** As of a promise. */
  catch(reject?: Settle): Promise<unknown> {
    return this.#toPromise().catch(reject as (e: unknown) => unknown);
  }

  /** As of a promise. */
  finally(callback?: (() => void) | null): Promise<unknown> {
    return this.#toPromise().finally(callback);
  }
}
