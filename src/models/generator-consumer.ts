/**
 * A producer and two consumers of steamed buns, as generators (seed 001).
 *
 * One thread, and nobody waits: a consumer stands still at its `yield` until the producer sends it
 * something, so the producer is the scheduler, and the order is its own. A consumer costs a
 * generator.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coroutine, send } from './userland/coroutines.ts';
import { print } from './userland/text.ts';

function* consumer(sys: Sys, name: string): Coroutine<null> {
  yield* print(sys, '--->starting eating baozi...');
  while (true) {
    const newBaozi: number = yield null;
    yield* print(sys, `[${name}] is eating baozi ${newBaozi}`);
  }
}

export function* run(sys: Sys): Program {
  const con = consumer(sys, 'c1');
  const con2 = consumer(sys, 'c2');
  yield* send(con);
  yield* send(con2);
  let n = 0;
  while (n < 5) {
    n += 1;
    yield* send(con, n);
    yield* send(con2, n);
    yield* print(sys, `\x1b[32;1m[producer]\x1b[0m is making baozi ${n}`);
  }
}

/** The article does not show it; Python prints this. */
export const TRANSCRIPT: readonly string[] = [
  '--->starting eating baozi...',
  '--->starting eating baozi...',
  ...[1, 2, 3, 4, 5].flatMap((n) => [
    `[c1] is eating baozi ${n}`,
    `[c2] is eating baozi ${n}`,
    `\x1b[32;1m[producer]\x1b[0m is making baozi ${n}`,
  ]),
];
