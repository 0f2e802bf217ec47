/**
 * What an interpreter shows of a coroutine that is sent None twice (seed 002): a word for its
 * scheduler, and its end.
 *
 * One thread, and nobody waits. What was typed is left out; the addresses of objects are the
 * article's.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coroutine, send } from './userland/coroutines.ts';
import { print } from './userland/text.ts';

type Word = readonly [op: string, sock: string];

function* readWait(sock: string): Coroutine<Word> {
  yield ['read_wait', sock];
}

export function* run(sys: Sys): Program {
  const f = readWait('somesocket');
  yield* print(sys, '<generator object read_wait at 0x10200d5c8>');
  for (let i = 0; i < 2; i++) {
    const answer = yield* send(f);
    if (!answer.done) yield* print(sys, `('${answer.word.join("', '")}')`);
    else {
      yield* print(sys, 'Traceback (most recent call last):');
      yield* print(sys, '  File "<stdin>", line 1, in <module>');
      yield* print(sys, 'StopIteration');
    }
  }
}

export const TRANSCRIPT: readonly string[] = [
  '<generator object read_wait at 0x10200d5c8>',
  "('read_wait', 'somesocket')",
  'Traceback (most recent call last):',
  '  File "<stdin>", line 1, in <module>',
  'StopIteration',
];
