/**
 * A producer and two consumers about one bounded queue (seed 003).
 *
 * One thread. A put waits for room and a get for an item, each for a future of its own, the oldest
 * woken first; `join` waits until everything that was put has been reported done.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coro, Queue, run as runLoop } from './userland/asyncio/index.ts';
import { print } from './userland/text.ts';

const NUM_CONSUMERS = 2;

/** `None` is the signal to stop. */
type Item = number | null;

export function run(sys: Sys): Program {
  return runLoop(sys, function* main(loop): Coro {
    function* consumer(n: number, q: Queue<Item>): Coro {
      yield* print(sys, `consumer ${n}: starting`);
      while (true) {
        yield* print(sys, `consumer ${n}: waiting for item`);
        const item = yield* q.get();
        yield* print(sys, `consumer ${n}: has item ${item ?? 'None'}`);
        if (item === null) {
          q.taskDone();
          break;
        }
        yield* loop.sleep(10 * item);
        q.taskDone();
      }
      yield* print(sys, `consumer ${n}: ending`);
    }

    function* producer(q: Queue<Item>, numWorkers: number): Coro {
      yield* print(sys, 'producer: starting');
      for (let i = 0; i < numWorkers * 3; i++) {
        yield* q.put(i);
        yield* print(sys, `producer: added task ${i} to the queue`);
      }
      yield* print(sys, 'producer: adding stop signals to the queue');
      for (let i = 0; i < numWorkers; i++) yield* q.put(null);
      yield* print(sys, 'producer: waiting for queue to empty');
      yield* q.join();
      yield* print(sys, 'producer: ending');
    }

    const q = new Queue<Item>(loop, NUM_CONSUMERS);
    const consumers = Array.from({ length: NUM_CONSUMERS }, (_, i) =>
      loop.createTask(consumer(i, q)),
    );
    const prod = loop.createTask(producer(q, NUM_CONSUMERS));
    yield* loop.gather(...consumers, prod);
  });
}

/**
 * Where a timer is late, consumer 0 may find its next item only once consumer 1 has had its own;
 * and where it is later still, the producer has waited until then. Python prints all of these: the
 * numbers are of the transcript's lines.
 */
const OTHER_ORDERS: readonly (readonly number[])[] = [
  [18, 19, 16, 17, 20, 21, 22, 23, 24, 25],
  [18, 19, 16, 17, 20, 21, 23, 24, 25, 22],
  [16, 17, 18, 19, 20, 21, 23, 24, 25, 22],
];
/** The lines before and behind those that may change places. */
const SAME_BEFORE = 16;
const SAME_BEHIND = 26;

export const TRANSCRIPT: readonly string[] = [
  'consumer 0: starting',
  'consumer 0: waiting for item',
  'consumer 1: starting',
  'consumer 1: waiting for item',
  'producer: starting',
  'producer: added task 0 to the queue',
  'producer: added task 1 to the queue',
  'consumer 0: has item 0',
  'consumer 1: has item 1',
  'producer: added task 2 to the queue',
  'producer: added task 3 to the queue',
  'consumer 0: waiting for item',
  'consumer 0: has item 2',
  'producer: added task 4 to the queue',
  'consumer 1: waiting for item',
  'consumer 1: has item 3',
  'producer: added task 5 to the queue',
  'producer: adding stop signals to the queue',
  'consumer 0: waiting for item',
  'consumer 0: has item 4',
  'consumer 1: waiting for item',
  'consumer 1: has item 5',
  'producer: waiting for queue to empty',
  'consumer 0: waiting for item',
  'consumer 0: has item None',
  'consumer 0: ending',
  'consumer 1: waiting for item',
  'consumer 1: has item None',
  'consumer 1: ending',
  'producer: ending',
];

/** What Python prints as well, on a machine that is busy with something else. */
export const OTHER_TRANSCRIPTS: readonly (readonly string[])[] = OTHER_ORDERS.map((order) => [
  ...TRANSCRIPT.slice(0, SAME_BEFORE),
  ...order.map((line) => TRANSCRIPT[line] as string),
  ...TRANSCRIPT.slice(SAME_BEHIND),
]);
