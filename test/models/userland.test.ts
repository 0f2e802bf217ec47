// What stands for Python's own library does what that does: CPython 3.11 ran each of these programs
// too, and printed the same, but for what names lines of Python.

import { describe, expect, it } from 'vitest';
import * as asyncio from '../../src/models/userland/asyncio/index.ts';
import { ValueError } from '../../src/models/userland/errors.ts';
import { say } from '../../src/models/userland/log.ts';
import {
  EpollSelector,
  EVENT_READ,
  EVENT_WRITE,
  PollSelector,
  type Selector,
  SelectSelector,
} from '../../src/models/userland/selectors.ts';
import { Condition, Queue } from '../../src/models/userland/threads.ts';
import { RandomWalk } from '../../src/sim/schedule/strategies/random-walk.ts';
import type { Program, Sys } from '../../src/sys/index.ts';
import { ran } from './ran.ts';

const WALKS = 20;

/** Under each of some schedules it prints these lines, and comes to its end. */
function prints(lines: readonly string[], program: (sys: Sys) => Program): void {
  const strategy = new RandomWalk(1);
  for (let walk = 0; walk < WALKS; walk++) {
    strategy.begin();
    const { output, message } = ran(program, { strategy });
    expect(message).toBeUndefined();
    expect(output.split('\n').slice(0, -1)).toEqual(lines);
  }
}

/** Threads of one process, each of which begins so many milliseconds behind the one before it. */
function* oneBehindTheOther(sys: Sys, ...bodies: readonly ((sys: Sys) => Program)[]): Program {
  const ids: number[] = [];
  for (const body of bodies) {
    ids.push(yield* sys.spawn(body));
    yield* sys.nanosleep({ ms: 10 });
  }
  for (const id of ids) yield* sys.join(id);
}

describe('threading.Condition', () => {
  function waiter(subject: Condition, name: string, timeoutMs?: number) {
    return function* (sys: Sys): Program {
      yield* subject.acquire(sys);
      const notified = yield* subject.wait(sys, timeoutMs);
      yield* say(sys, `${name} ${notified}`);
      yield* subject.release(sys);
    };
  }

  function notifier(subject: Condition) {
    return function* (sys: Sys): Program {
      yield* subject.acquire(sys);
      yield* subject.notify(sys);
      yield* subject.release(sys);
    };
  }

  it('notifies who has waited longest', () => {
    prints(['a true', 'b true', 'c true'], (sys) => {
      const subject = new Condition();
      return oneBehindTheOther(
        sys,
        ...['a', 'b', 'c'].map((name) => waiter(subject, name)),
        notifier(subject),
        notifier(subject),
        notifier(subject),
      );
    });
  });

  it('notifies nobody whose time was up', () => {
    prints(['a false', 'b true'], (sys) => {
      const subject = new Condition();
      return oneBehindTheOther(
        sys,
        waiter(subject, 'a', 15),
        waiter(subject, 'b'),
        notifier(subject),
      );
    });
  });
});

describe('threading.Condition, under a lock that is held', () => {
  it('notifies in vain who waits for the lock because its time was up', () => {
    prints(['a false', 'b false'], (sys) => {
      const subject = new Condition();
      const waits = (name: string, timeoutMs: number) =>
        function* (own: Sys): Program {
          yield* subject.acquire(own);
          yield* say(own, `${name} ${yield* subject.wait(own, timeoutMs)}`);
          yield* subject.release(own);
        };
      return oneBehindTheOther(sys, waits('a', 25), waits('b', 200), function* (own): Program {
        yield* subject.acquire(own);
        yield* own.nanosleep({ ms: 50 });
        yield* subject.notify(own);
        yield* subject.release(own);
      });
    });
  });
});

describe('queue.Queue', () => {
  function* putter(sys: Sys, queue: Queue<string>): Program {
    for (const item of ['a', 'b']) {
      yield* queue.put(sys, item);
      yield* say(sys, `put ${item}`);
    }
  }

  it.each(['get', 'getNowait'] as const)(
    'that is full lets nobody put, until %s makes room',
    (get) => {
      prints(['put a', 'room', 'put b', 'room'], (sys) => {
        const queue = new Queue<string>(1);
        function* getter(its: Sys): Program {
          yield* say(its, 'room');
          yield* queue[get](its);
        }
        return oneBehindTheOther(sys, (its) => putter(its, queue), getter, getter);
      });
    },
  );

  it('is joined once all that was put has been reported done', () => {
    prints(['put a', 'put b', 'done a', 'done b', 'joined'], (sys) => {
      const queue = new Queue<string>();
      function* joiner(its: Sys): Program {
        yield* queue.join(its);
        yield* say(its, 'joined');
      }
      function* worker(its: Sys): Program {
        const item = yield* queue.get(its);
        yield* say(its, `done ${item}`);
        yield* queue.taskDone(its);
      }
      return oneBehindTheOther(sys, (its) => putter(its, queue), joiner, worker, worker);
    });
  });
});

/** The same, of a coroutine on a loop of its own. */
function loopPrints(
  lines: readonly string[],
  main: (loop: asyncio.EventLoop) => asyncio.Coro,
): void {
  prints(lines, (sys) => asyncio.run(sys, main));
}

describe('asyncio.Lock', () => {
  function* taker(loop: asyncio.EventLoop, lock: asyncio.Lock, name: string): asyncio.Coro {
    yield* lock.acquire();
    yield* say(loop.sys, `${name} has it`);
    lock.release();
  }

  it('that was let go is had by who has waited longest', () => {
    loopPrints(['free', 'a has it', 'b has it'], function* (loop) {
      const lock = new asyncio.Lock(loop);
      yield* lock.acquire();
      const takers = ['a', 'b'].map((name) => loop.createTask(taker(loop, lock, name)));
      yield* loop.sleep(0);
      lock.release();
      // Free until the one that was woken has its turn.
      yield* say(loop.sys, lock.locked ? 'locked' : 'free');
      yield* loop.wait(takers);
    });
  });

  it('is not had by who comes while another has been woken for it', () => {
    loopPrints(['a has it', 'main has it'], function* (loop) {
      const lock = new asyncio.Lock(loop);
      yield* lock.acquire();
      const other = loop.createTask(taker(loop, lock, 'a'));
      yield* loop.sleep(0);
      lock.release();
      yield* taker(loop, lock, 'main');
      yield* loop.wait([other]);
    });
  });

  it('is had by the next, if the one that was woken is cancelled', () => {
    loopPrints(['b has it'], function* (loop) {
      const lock = new asyncio.Lock(loop);
      yield* lock.acquire();
      const [first, second] = ['a', 'b'].map((name) => loop.createTask(taker(loop, lock, name)));
      yield* loop.sleep(0);
      lock.release();
      first?.cancel();
      yield* second?.wait() ?? [];
    });
  });
});

describe('the loop of asyncio', () => {
  it('polls between a callback and what that callback calls soon', () => {
    loopPrints(['soon 1', 'readable', 'soon 2', 'soon 3'], function* (loop) {
      const { sys } = loop;
      const [from, to] = yield* sys.pipe();
      yield* sys.write(to, Uint8Array.of(1));
      const pipe = { fileno: () => from };
      const end = loop.createFuture();
      function* soon(n: number): Program {
        yield* say(sys, `soon ${n}`);
        if (n === 3) end.setResult();
        else loop.callSoon(() => soon(n + 1));
      }
      yield* loop.addReader(pipe, function* () {
        yield* say(sys, 'readable');
        yield* loop.removeReader(pipe);
      });
      loop.callSoon(() => soon(1));
      yield* end.wait();
    });
  });

  it('calls at the time that was said, whoever said it first', () => {
    loopPrints(['10 ms', '20 ms', '30 ms'], function* (loop) {
      const end = loop.createFuture();
      for (const ms of [30, 10, 20]) {
        yield* loop.callLater(ms, function* () {
          yield* say(loop.sys, `${ms} ms`);
          if (ms === 30) end.setResult();
        });
      }
      yield* end.wait();
    });
  });

  it('tells of a callback that throws, and goes on', () => {
    const told = [
      'Exception in callback',
      'Traceback (most recent call last):',
      'ValueError: mine',
      'goes on',
    ];
    loopPrints(told, function* (loop) {
      loop.callSoon(() => {
        throw new ValueError('mine');
      });
      loop.callSoon(() => say(loop.sys, 'goes on'));
      yield* loop.sleep(1);
    });
  });
});

describe('selectors', () => {
  const kinds: readonly (readonly [
    name: string,
    create: (sys: Sys) => Program<Selector<string>>,
  ])[] = [
    ['SelectSelector', (sys) => SelectSelector.create(sys)],
    ['PollSelector', (sys) => PollSelector.create(sys)],
    ['EpollSelector', (sys) => EpollSelector.create(sys)],
  ];

  it.each(kinds)('%s: a hang-up wakes who reads, an error who writes', (_, create) => {
    prints(['reader 1,writer 2'], function* (sys) {
      const selector = yield* create(sys);
      const [unwritten, closedWriter] = yield* sys.pipe();
      const [closedReader, unread] = yield* sys.pipe();
      yield* sys.close(closedWriter);
      yield* sys.close(closedReader);
      yield* selector.register(sys, { fileno: () => unwritten }, EVENT_READ, 'reader');
      yield* selector.register(sys, { fileno: () => unread }, EVENT_WRITE, 'writer');
      const ready = yield* selector.select(sys, 0);
      yield* say(
        sys,
        ready
          .map(([{ data }, events]) => `${data} ${events}`)
          .toSorted()
          .join(),
      );
    });
  });
});
