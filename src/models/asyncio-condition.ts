/**
 * Five coroutines that wait for one condition, and one that notifies them (seed 003).
 *
 * One thread. Whoever waits gives the lock up and waits for a future of its own; notify(n) wakes
 * the n oldest, and each takes the lock again before it goes on.
 *
 * # The order of a set
 * As in asyncio-event.ts: the consumers start in the order of the article's set.
 *
 * # The transcript is not this program's
 * The article prints "notifying 1 consumers" before anybody waits, so that this notification is
 * lost. With the sleep at the beginning of `manipulate_condition` that cannot be: the consumers
 * start in the round of the loop that comes next, 100 ms earlier. The transcript is that of the
 * program without this sleep; `run` is that program, `asWritten` has the sleep.
 */
import type { Program, Sys } from '../sys/index.ts';
import { Condition, type Coro, type EventLoop, run as runLoop } from './userland/asyncio/index.ts';
import { print } from './userland/text.ts';

const SET_ORDER = [2, 3, 0, 4, 1] as const;

function program(sys: Sys, sleepsFirst: boolean): (loop: EventLoop) => Coro {
  return function* main(loop) {
    function* consumer(condition: Condition, n: number): Coro {
      yield* condition.holding(function* () {
        yield* print(sys, `consumer ${n} is waiting`);
        yield* condition.wait();
        yield* print(sys, `consumer ${n} triggered`);
      });
      yield* print(sys, `ending consumer ${n}`);
    }

    function* manipulateCondition(condition: Condition): Coro {
      yield* print(sys, 'starting manipulate_condition');
      if (sleepsFirst) yield* loop.sleep(100);
      for (let i = 1; i < 3; i++) {
        yield* condition.holding(function* () {
          yield* print(sys, `notifying ${i} consumers`);
          condition.notify(i);
        });
        yield* loop.sleep(100);
      }
      yield* condition.holding(function* () {
        yield* print(sys, 'notifying remaining consumers');
        condition.notifyAll();
      });
      yield* print(sys, 'ending manipulate_condition');
    }

    const condition = new Condition(loop);
    const consumers = SET_ORDER.map((i) => consumer(condition, i));
    loop.createTask(manipulateCondition(condition));
    yield* loop.gather(...consumers);
  };
}

export function asWritten(sys: Sys): Program {
  return runLoop(sys, program(sys, true));
}

export function run(sys: Sys): Program {
  return runLoop(sys, program(sys, false));
}

export const TRANSCRIPT: readonly string[] = [
  'starting manipulate_condition',
  'notifying 1 consumers',
  'consumer 2 is waiting',
  'consumer 3 is waiting',
  'consumer 0 is waiting',
  'consumer 4 is waiting',
  'consumer 1 is waiting',
  'notifying 2 consumers',
  'consumer 2 triggered',
  'ending consumer 2',
  'consumer 3 triggered',
  'ending consumer 3',
  'notifying remaining consumers',
  'ending manipulate_condition',
  'consumer 0 triggered',
  'ending consumer 0',
  'consumer 4 triggered',
  'ending consumer 4',
  'consumer 1 triggered',
  'ending consumer 1',
];

/** What Python prints for the program as it stands in the article. */
export const TRANSCRIPT_AS_WRITTEN: readonly string[] = [
  'starting manipulate_condition',
  'consumer 2 is waiting',
  'consumer 3 is waiting',
  'consumer 0 is waiting',
  'consumer 4 is waiting',
  'consumer 1 is waiting',
  'notifying 1 consumers',
  'consumer 2 triggered',
  'ending consumer 2',
  'notifying 2 consumers',
  'consumer 3 triggered',
  'ending consumer 3',
  'consumer 0 triggered',
  'ending consumer 0',
  'notifying remaining consumers',
  'ending manipulate_condition',
  'consumer 4 triggered',
  'ending consumer 4',
  'consumer 1 triggered',
  'ending consumer 1',
];
