/**
 * Two coroutines and a callback about one lock (seed 003).
 *
 * One thread. Whoever waits for the lock waits for a future in its queue, and the oldest is woken
 * first. A waiter costs a future.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coro, Lock, run as runLoop } from './userland/asyncio/index.ts';
import { print } from './userland/text.ts';

export function run(sys: Sys): Program {
  return runLoop(sys, function* main(loop): Coro {
    function* unlock(lock: Lock): Program {
      yield* print(sys, 'callback releasing lock');
      lock.release();
    }

    function* coro1(lock: Lock): Coro {
      yield* print(sys, '`coro1` waiting for the lock');
      yield* lock.holding(function* () {
        yield* print(sys, '`coro1` acquired lock');
      });
      yield* print(sys, '`coro1` released lock');
    }

    function* coro2(lock: Lock): Coro {
      yield* print(sys, '`coro2` waiting for the lock');
      yield* lock.acquire();
      try {
        yield* print(sys, '`coro2` acquired lock');
      } finally {
        yield* print(sys, '`coro2` released lock');
        lock.release();
      }
    }

    const lock = new Lock(loop);
    yield* print(sys, 'acquiring the lock before starting coroutines');
    yield* lock.acquire();
    yield* print(sys, `lock acquired: ${lock.locked ? 'True' : 'False'}`);
    yield* loop.callLater(100, () => unlock(lock));
    yield* print(sys, 'waiting for coroutines');
    yield* loop.wait([coro1(lock), coro2(lock)]);
  });
}

export const TRANSCRIPT: readonly string[] = [
  'acquiring the lock before starting coroutines',
  'lock acquired: True',
  'waiting for coroutines',
  '`coro1` waiting for the lock',
  '`coro2` waiting for the lock',
  'callback releasing lock',
  '`coro1` acquired lock',
  '`coro1` released lock',
  '`coro2` acquired lock',
  '`coro2` released lock',
];
