import { FULL_PAUSE_MS, isFull } from '../patience.ts';
import type { Coro } from './futures.ts';
import type { EventLoop } from './loop.ts';

/** Make something that needs a descriptor, as soon as there is one; the loop goes on meanwhile. */
export function* onceThereIsRoom<T>(loop: EventLoop, make: () => Coro<T>): Coro<T> {
  while (true) {
    try {
      return yield* make();
    } catch (error) {
      if (!isFull(error)) throw error;
      yield* loop.sleep(FULL_PAUSE_MS);
    }
  }
}
