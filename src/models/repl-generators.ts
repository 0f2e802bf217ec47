/**
 * What an interpreter shows of a generator that produces, of one that consumes, and of a coroutine
 * (seed 004).
 *
 * One thread, and nobody waits: each stands still until it is asked. What was typed is left out;
 * the addresses of objects are the article's.
 */
import type { Program, Sys } from '../sys/index.ts';
import { firstn, grepWord } from './generators.ts';
import { send } from './userland/coroutines.ts';
import { print } from './userland/text.ts';

export function* run(sys: Sys): Program {
  yield* print(sys, '<generator object firstn at 0x7fe40d412cd0>');
  const obj = firstn(10);
  yield* print(sys, '<generator object firstn at 0x7fe40d412c50>');
  for (let i = 0; i < 2; i++) yield* print(sys, String(obj.next().value));

  const corou = grepWord(sys, 'Hello');
  yield* print(sys, '<generator object grep_word at 0x7f95b7ce9cd0>');
  yield* send(corou);
  yield* send(corou, 'First Sentence');
  yield* send(corou, 'Hello world');

  yield* print(sys, '<coroutine object main at 0x7f24bf44cf80>');
}

export const TRANSCRIPT: readonly string[] = [
  '<generator object firstn at 0x7fe40d412cd0>',
  '<generator object firstn at 0x7fe40d412c50>',
  '0',
  '1',
  '<generator object grep_word at 0x7f95b7ce9cd0>',
  'Print sentence match word: Hello',
  'Hello world',
  '<coroutine object main at 0x7f24bf44cf80>',
];
