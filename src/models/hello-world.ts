/**
 * A coroutine that sleeps and goes on (seed 004).
 *
 * One thread. `asyncio.sleep` gives the thread up for a second, which nobody else wants here.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coro, run as runLoop } from './userland/asyncio/index.ts';
import { print } from './userland/text.ts';

const SLEEP_MS = 1000;

export function run(sys: Sys): Program {
  return runLoop(sys, function* main(loop): Coro {
    yield* print(sys, 'Hello ...');
    yield* loop.sleep(SLEEP_MS);
    yield* print(sys, '... World!');
  });
}

export const TRANSCRIPT: readonly string[] = ['Hello ...', '... World!'];
