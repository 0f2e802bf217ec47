/**
 * A generator that produces and one that consumes (seed 004).
 *
 * One thread, and nobody waits: `firstn` stands still until it is asked for the next number,
 * `grep_word` until it is sent a sentence. Each costs a generator.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coroutine, send } from './userland/coroutines.ts';
import { print } from './userland/text.ts';

/** 0 to `n - 1`, each when it is asked for. */
export function* firstn(n: number): Generator<number> {
  let num = 0;
  while (num < n) {
    yield num;
    num += 1;
  }
}

/** Prints the sentences that it is sent, if the word is in them. */
export function* grepWord(sys: Sys, match: string): Coroutine<null> {
  yield* print(sys, `Print sentence match word: ${match}`);
  while (true) {
    const sentence: string = yield null;
    if (sentence.includes(match)) yield* print(sys, sentence);
  }
}

export function* run(sys: Sys): Program {
  for (const num of firstn(10)) yield* print(sys, String(num));
  const corou = grepWord(sys, 'Hello');
  yield* send(corou);
  yield* send(corou, 'First Sentence');
  yield* send(corou, 'Hello world');
}

export const TRANSCRIPT: readonly string[] = [
  ...Array.from({ length: 10 }, (_, num) => String(num)),
  'Print sentence match word: Hello',
  'Hello world',
];
