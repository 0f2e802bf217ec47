/**
 * Python's generators as coroutines: besides syscalls they yield words to whoever schedules them.
 */
import { type Program, Syscall } from '../../sys/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: as in Program, each `yield` has its own type of answer
export type Coroutine<Y, T = void> = Generator<Y | Syscall<any>, T, any>;

/** What came of resuming a coroutine: a word for its scheduler, or its end (`StopIteration`). */
export type Outcome<Y, T> =
  | { readonly done: false; readonly word: Y }
  | { readonly done: true; readonly value: T };

/**
 * `coroutine.send(value)`: it runs to its next word; the syscalls on the way are the thread's own.
 */
export function* send<Y, T>(coroutine: Coroutine<Y, T>, value?: unknown): Program<Outcome<Y, T>> {
  return yield* onwards(coroutine, coroutine.next(value));
}

/** `coroutine.throw(error)`. */
export function* throwInto<Y, T>(
  coroutine: Coroutine<Y, T>,
  error: unknown,
): Program<Outcome<Y, T>> {
  return yield* onwards(coroutine, coroutine.throw(error));
}

function* onwards<Y, T>(
  coroutine: Coroutine<Y, T>,
  first: IteratorResult<Y | Syscall<unknown>, T>,
): Program<Outcome<Y, T>> {
  let answer = first;
  while (!answer.done && answer.value instanceof Syscall) {
    answer = coroutine.next(yield answer.value);
  }
  return answer.done
    ? { done: true, value: answer.value }
    : { done: false, word: answer.value as Y };
}
