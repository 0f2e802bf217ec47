// What threads and tasks synchronize with keeps its word under every interleaving.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as asyncio from '../../src/models/userland/asyncio/index.ts';
import { ValueError } from '../../src/models/userland/errors.ts';
import * as threads from '../../src/models/userland/threads.ts';
import { History, linearizableLaw } from '../../src/sim/laws/linearizability.ts';
import {
  type ConditionCall,
  condition,
  type EventCall,
  event,
  fifoQueue,
  type LockCall,
  lock,
  type QueueCall,
  type QueueResult,
  semaphore,
} from '../../src/sim/laws/specifications.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import type { Program, Sys } from '../../src/sys/index.ts';

const RUNS = { numRuns: 200 };

function holds(build: (world: World) => void, walk: number): void {
  const strategy = new RandomWalk(walk);
  strategy.begin();
  const subject = scenario('synchronization', build, { faults: ['eintr'] });
  expect(new Run(subject, { strategy }).execute().failure?.message).toBeUndefined();
}

const seed = fc.integer();
const tasks = fc.integer({ min: 1, max: 4 });
const rounds = fc.integer({ min: 1, max: 3 });

/** The same body as that many threads of one process, and perhaps one more. */
function crew(
  world: World,
  size: number,
  body: (sys: Sys, by: string) => Program,
  also?: (sys: Sys) => Program,
): void {
  const process = world.process('crew');
  for (let i = 0; i < size; i++) process.spawn(`task${i}`, (sys) => body(sys, `task${i}`));
  if (also !== undefined) process.spawn('also', also);
}

interface Takeable {
  acquire(sys: Sys): Program;
  release(sys: Sys): Program;
}

/** Take it and let it go that often, and write it down. */
function* takeTurns(
  sys: Sys,
  by: string,
  subject: Takeable,
  times: number,
  history: History<LockCall, boolean>,
): Program {
  for (let n = 0; n < times; n++) {
    const acquired = history.begin(by, { op: 'acquire' });
    yield* subject.acquire(sys);
    acquired(true);
    yield* sys.gettid();
    const released = history.begin(by, { op: 'release' });
    yield* subject.release(sys);
    released(true);
  }
}

describe('of threads', () => {
  it('a lock has one holder at a time', () => {
    fc.assert(
      fc.property(tasks, rounds, seed, (size, times, walk) => {
        holds((world) => {
          const subject = new threads.Lock();
          const history = new History<LockCall, boolean>();
          crew(world, size, (sys, by) => takeTurns(sys, by, subject, times, history));
          linearizableLaw(world, history, lock);
          world.finally('nobody keeps it', () => !subject.locked);
        }, walk);
      }),
      RUNS,
    );
  });

  it('a semaphore has as many holders as it has permits', () => {
    const permits = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(tasks, rounds, permits, seed, (size, times, n, walk) => {
        holds((world) => {
          const subject = new threads.Semaphore(n);
          const history = new History<LockCall, boolean>();
          crew(world, size, (sys, by) => takeTurns(sys, by, subject, times, history));
          linearizableLaw(world, history, semaphore(n));
        }, walk);
      }),
      RUNS,
    );
  });

  it('a re-entrant lock is free when it was released as often as it was taken', () => {
    fc.assert(
      fc.property(tasks, rounds, seed, (size, depth, walk) => {
        holds((world) => {
          const subject = new threads.RLock();
          let inside = 0;
          let most = 0;
          crew(world, size, function* (sys) {
            for (let n = 0; n < depth; n++) yield* subject.acquire(sys);
            most = Math.max(most, ++inside);
            yield* sys.gettid();
            inside--;
            for (let n = 0; n < depth; n++) yield* subject.release(sys);
          });
          world.finally('one at a time', () => most === 1);
        }, walk);
      }),
      RUNS,
    );
  });

  it('a wait for an event ends when it is set', () => {
    fc.assert(
      fc.property(tasks, seed, (size, walk) => {
        holds((world) => {
          const subject = new threads.Event();
          const history = new History<EventCall, boolean>();
          crew(
            world,
            size,
            function* (sys, by) {
              const waited = history.begin(by, { op: 'wait' });
              yield* subject.wait(sys);
              waited(true);
            },
            function* (sys) {
              yield* sys.gettid();
              const set = history.begin('setter', { op: 'set' });
              yield* subject.set(sys);
              set(true);
            },
          );
          linearizableLaw(world, history, event);
        }, walk);
      }),
      RUNS,
    );
  });

  it('a notification wakes who has waited longest, and nobody who came later', () => {
    fc.assert(
      fc.property(tasks, seed, (size, walk) => {
        holds((world) => {
          const subject = new threads.Condition();
          const history = new History<ConditionCall, null>();
          let awake = 0;
          crew(
            world,
            size,
            function* (sys, by) {
              yield* subject.acquire(sys);
              const ends = (['wait', 'woken'] as const).map((op) => history.begin(by, { op }));
              yield* subject.wait(sys);
              for (const end of ends) end(null);
              awake++;
              yield* subject.release(sys);
            },
            function* (sys) {
              while (awake < size) {
                yield* subject.acquire(sys);
                const notified = history.begin('notifier', { op: 'notify', count: 1 });
                yield* subject.notify(sys);
                notified(null);
                yield* subject.release(sys);
                yield* sys.schedYield();
              }
            },
          );
          linearizableLaw(world, history, condition);
        }, walk);
      }),
      RUNS,
    );
  });
});

/** Run a coroutine on a loop of its own, in a world of its own. */
function holdsOnLoop(
  main: (loop: asyncio.EventLoop) => asyncio.Coro,
  walk: number,
  laws: (world: World) => void = () => {},
): void {
  holds((world) => {
    world.process('crew').spawn('loop', (sys) => asyncio.run(sys, main));
    laws(world);
  }, walk);
}

const delayMs = fc.integer({ min: 0, max: 3 });

describe('of asyncio', () => {
  it('a queue is a queue', () => {
    const maxsizes = fc.integer({ min: 0, max: 2 });
    fc.assert(
      fc.property(maxsizes, fc.array(delayMs, { maxLength: 6 }), seed, (maxsize, delays, walk) => {
        const history = new History<QueueCall, QueueResult>();
        holdsOnLoop(
          function* (loop) {
            const queue = new asyncio.Queue<string>(loop, maxsize);
            function* putter(n: number, ms: number): asyncio.Coro {
              yield* loop.sleep(ms);
              const put = history.begin(`putter${n}`, { op: 'put', item: `${n}` });
              yield* queue.put(`${n}`);
              put(null);
            }
            function* getter(n: number, ms: number): asyncio.Coro {
              yield* loop.sleep(ms);
              const got = history.begin(`getter${n}`, { op: 'get' });
              got(yield* queue.get());
              queue.taskDone();
            }
            yield* loop.gather(
              ...delays.map((ms, n) => putter(n, ms)),
              ...delays.toReversed().map((ms, n) => getter(n, ms)),
            );
            yield* queue.join();
          },
          walk,
          (world) => {
            const most = maxsize === 0 ? Number.POSITIVE_INFINITY : maxsize;
            linearizableLaw(world, history, fifoQueue(most));
          },
        );
      }),
      RUNS,
    );
  });

  it.each(['lock', 'semaphore'] as const)('a %s is not lost with who is cancelled', (kind) => {
    const plans = fc.array(fc.tuple(delayMs, fc.option(delayMs)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(plans, seed, (plan, walk) => {
        holdsOnLoop(function* (loop) {
          const subject = kind === 'lock' ? new asyncio.Lock(loop) : new asyncio.Semaphore(loop);
          let inside = 0;
          function* worker(ms: number): asyncio.Coro {
            yield* subject.acquire();
            try {
              expect(++inside).toBe(1);
              yield* loop.sleep(ms);
            } finally {
              inside--;
              subject.release();
            }
          }
          const workers = plan.map(([ms]) => loop.createTask(worker(ms)));
          for (const [n, [, afterMs]] of plan.entries()) {
            if (afterMs !== null) yield* loop.callLater(afterMs, () => void workers[n]?.cancel());
          }
          yield* loop.wait(workers);
          for (const task of workers) if (!task.cancelled) task.result();
          // Whoever comes last finds it free.
          yield* worker(0);
        }, walk);
      }),
      RUNS,
    );
  });

  it('what is thrown reaches who gathers', () => {
    holdsOnLoop(function* (loop) {
      let caught: unknown;
      try {
        yield* loop.gather(
          loop.sleep(1),
          (function* (): asyncio.Coro {
            yield* loop.sleep(0);
            throw new ValueError('mine');
          })(),
        );
      } catch (error) {
        caught = error;
      }
      expect(caught).toEqual(new ValueError('mine'));
    }, 1);
  });
});
