/**
 * Two coroutines that wait for one event (seed 003).
 *
 * One thread. Whoever waits for the event waits for a future of its own, and all are woken when it
 * is set, the oldest first.
 *
 * # The order of a set
 * The Python of the article (3.6) made a set of what it was to gather, so the tasks were made in
 * the order of their addresses. In the article's run that was the second before the first; so it is
 * here.
 */
import type { Program, Sys } from '../sys/index.ts';
import { type Coro, Event, run as runLoop } from './userland/asyncio/index.ts';
import { print } from './userland/text.ts';

const truth = (value: boolean): string => (value ? 'True' : 'False');

export function run(sys: Sys): Program {
  return runLoop(sys, function* main(loop): Coro {
    function* setEvent(event: Event): Program {
      yield* print(sys, 'setting event in callback');
      event.set();
    }

    function* coro1(event: Event): Coro {
      yield* print(sys, 'coro1 waiting for event');
      yield* event.wait();
      yield* print(sys, 'coro1 triggered');
    }

    function* coro2(event: Event): Coro {
      yield* print(sys, 'coro2 waiting for event');
      yield* event.wait();
      yield* print(sys, 'coro2 triggered');
    }

    const event = new Event(loop);
    yield* print(sys, `event start state: ${truth(event.isSet)}`);
    yield* loop.callLater(100, () => setEvent(event));
    yield* loop.gather(coro2(event), coro1(event));
    yield* print(sys, `event end state: ${truth(event.isSet)}`);
  });
}

export const TRANSCRIPT: readonly string[] = [
  'event start state: False',
  'coro2 waiting for event',
  'coro1 waiting for event',
  'setting event in callback',
  'coro2 triggered',
  'coro1 triggered',
  'event end state: True',
];
