/**
 * Kernels of GoKer's other part (see goker-blocking.ts), in which goroutines do harm to each other
 * and none waits for ever. GoBench has them seen by Go's race detector; here each says what the
 * race does.
 */
import assert from 'node:assert/strict';
import { Cell, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { Chan, close, Once, RwMutex, recv, select, send, WaitGroup } from './go.ts';
import { change, guarded, holding, type Known, reading, within, writing } from './known.ts';

const grpc1687: Known = {
  name: 'grpc-go#1687',
  source: 'GoKer nonblocking, grpc/grpc-go#1687',
  mistake: 'a status closes the channel on which another goroutine still writes',
  build(world, repaired, play) {
    const writes = new Chan(world, 'writes');
    const closed = new Chan(world, 'closed');
    const offer = function* offer(sys: Sys): Program {
      if ((yield* select(sys, [{ recv: closed as Chan<unknown> }], true)).which === 0) return;
      yield* select(sys, [
        { send: writes as Chan<unknown>, value: true },
        { recv: closed as Chan<unknown> },
      ]);
    };
    play({
      *handler(sys) {
        yield* offer(sys);
        yield* close(sys, repaired ? closed : writes);
      },
      *writer(sys) {
        yield* offer(sys);
      },
      *stream(sys) {
        const cases = [{ recv: writes as Chan<unknown> }, { recv: closed as Chan<unknown> }];
        for (;;) {
          const { which, ok } = yield* select(sys, cases);
          if (which === 1 || !ok) return;
        }
      },
    });
  },
};

const grpc1748: Known = {
  name: 'grpc-go#1748',
  source: 'GoKer nonblocking, grpc/grpc-go#1748',
  mistake: 'a test puts a setting back while a goroutine of its own may still read it',
  build(_world, repaired, play) {
    const settingMs = new Cell('minimum connect time', 1);
    const balancer = new Cell('balancer', false);
    const ended = new WaitGroup(1);
    play({
      *watcher(sys) {
        for (let i = 0; i < 3; i++) {
          if (!(yield* sys.load(balancer))) continue;
          assert.equal(yield* sys.load(settingMs), 1, 'the setting of another test');
        }
        yield* ended.done(sys);
      },
      *test(sys) {
        yield* sys.store(balancer, true);
        if (repaired) yield* ended.wait(sys);
        yield* sys.store(settingMs, 20_000);
      },
    });
  },
};

const grpc2371: Known = {
  name: 'grpc-go#2371',
  source: 'GoKer nonblocking, grpc/grpc-go#2371',
  mistake: 'closing takes the balancer away from the resolver that is about to use it',
  startsAll: true,
  build(_world, repaired, play) {
    const lock = new Mutex('connection');
    const balancer = new Cell<string | null>('balancer', null);
    const update = function* update(sys: Sys): Program {
      yield* holding(sys, lock, function* handles() {
        const now = yield* sys.load(balancer);
        if (repaired && now === null) return;
        assert.ok(now !== null, 'nil pointer dereference');
      });
    };
    play({
      *dial(sys) {
        yield* sys.store(balancer, 'pick first');
        yield* sys.spawn(update, { name: 'resolver 1' });
        yield* sys.spawn(update, { name: 'resolver 2' });
        yield* sys.schedYield();
        yield* sys.schedYield();
        yield* holding(sys, lock, function* shuts() {
          yield* sys.store(balancer, null);
        });
      },
    });
  },
};

const grpc3090: Known = {
  name: 'grpc-go#3090',
  source: 'GoKer nonblocking, grpc/grpc-go#3090',
  mistake: 'a resolver polls while it is being built, before anybody knows it',
  startsAll: true,
  build(_world, repaired, play) {
    const lock = new Mutex('resolver');
    const resolver = new Cell<string | null>('resolver', null);
    play({
      *dial(sys) {
        if (repaired) yield* sys.lock(lock);
        yield* sys.spawn(
          function* poll(own) {
            yield* holding(own, lock, function* resolves() {
              assert.ok((yield* own.load(resolver)) !== null, 'nil pointer dereference');
            });
          },
          { name: 'poll' },
        );
        for (let i = 0; i < 2; i++) yield* sys.schedYield();
        yield* sys.store(resolver, 'dns');
        if (repaired) yield* sys.unlock(lock);
      },
    });
  },
};

const kubernetes13058: Known = {
  name: 'kubernetes#13058',
  source: 'GoKer nonblocking, kubernetes/kubernetes#13058',
  mistake: 'one event too many is counted down, if the loop is not stopped in time',
  startsAll: true,
  build(world, repaired, play) {
    const stop = new Chan(world, 'stop');
    const events = new WaitGroup();
    play({
      *test(sys) {
        yield* events.add(sys, 2);
        yield* sys.spawn(
          function* controller(own) {
            for (let event = 0; event < 4; event++) {
              const stopped = yield* select(own, [{ recv: stop as Chan<unknown> }], true);
              if (stopped.which === 0 || (repaired && event === 2)) return;
              yield* events.done(own);
            }
          },
          { name: 'controller' },
        );
        yield* events.wait(sys);
        yield* close(sys, stop);
      },
    });
  },
};

const kubernetes49404: Known = {
  name: 'kubernetes#49404',
  source: 'GoKer nonblocking, kubernetes/kubernetes#49404',
  mistake: 'a test looks whether its handler was called, and has not waited for it',
  startsAll: true,
  build(_world, repaired, play) {
    const called = new Cell('called', false);
    const served = new WaitGroup();
    play({
      *test(sys) {
        yield* served.add(sys, 1);
        yield* sys.spawn(
          function* serve(own) {
            yield* own.schedYield();
            yield* own.store(called, true);
            yield* served.done(own);
          },
          { name: 'serve' },
        );
        for (let i = 0; i < 8; i++) yield* sys.schedYield();
        if (repaired) yield* served.wait(sys);
        assert.ok(yield* sys.load(called), 'the handler was not called');
      },
    });
  },
};

const kubernetes70892: Known = {
  name: 'kubernetes#70892',
  source: 'GoKer nonblocking, kubernetes/kubernetes#70892',
  mistake: 'workers that score nodes write the lists of all others too',
  build(world, repaired, play) {
    const lists = [0, 1].map((i) => new Cell(`list ${i}`, 0));
    const lock = new Mutex('lists');
    const worker = function* worker(sys: Sys): Program {
      for (const list of lists) {
        yield* guarded(sys, lock, repaired, () => change(sys, list, 1));
      }
    };
    play({ 'worker 1': worker, 'worker 2': worker });
    world.finally('each list has both scores', () => lists.every(({ value }) => value === 2));
  },
};

const kubernetes77796: Known = {
  name: 'kubernetes#77796',
  source: 'GoKer nonblocking, kubernetes/kubernetes#77796',
  mistake: 'the watchers are gone through without the lock under which they are cleared',
  build(_world, repaired, play) {
    const lock = new Mutex('cacher');
    const mark = new Cell('buffer', false);
    const dispatch = function* dispatch(sys: Sys): Program {
      yield* sys.lock(lock);
      yield* writing(sys, mark);
      if (!repaired) yield* sys.unlock(lock);
      yield* reading(sys, mark);
      if (repaired) yield* sys.unlock(lock);
    };
    play({ 'dispatch 1': dispatch, 'dispatch 2': dispatch, 'dispatch 3': dispatch });
  },
};

const kubernetes79631: Known = {
  name: 'kubernetes#79631',
  source: 'GoKer nonblocking, kubernetes/kubernetes#79631',
  mistake: 'a test reads the heap without the lock under which the flusher pops it',
  build(_world, repaired, play) {
    const lock = new RwMutex('queue');
    const mark = new Cell('items', false);
    play({
      *flush(sys) {
        for (let i = 0; i < 2; i++) {
          yield* lock.lock(sys);
          yield* writing(sys, mark);
          yield* lock.unlock(sys);
        }
      },
      *test(sys) {
        if (repaired) yield* lock.rLock(sys);
        yield* reading(sys, mark);
        if (repaired) yield* lock.rUnlock(sys);
      },
    });
  },
};

const kubernetes80284: Known = {
  name: 'kubernetes#80284',
  source: 'GoKer nonblocking, kubernetes/kubernetes#80284',
  mistake: 'two that set up the transport each put their dialer in, and one is never closed',
  build(world, repaired, play) {
    const lock = new Mutex('authenticator');
    const dialer = new Cell<number | null>('dialer', null);
    let made = 0;
    const update = function* update(sys: Sys): Program {
      yield* guarded(sys, lock, repaired, function* sets() {
        if ((yield* sys.load(dialer)) !== null) return;
        yield* sys.store(dialer, ++made);
      });
    };
    play({ 'update 1': update, 'update 2': update });
    world.finally('there is one dialer', () => made === 1);
  },
};

const kubernetes81091: Known = {
  name: 'kubernetes#81091',
  source: 'GoKer nonblocking, kubernetes/kubernetes#81091',
  mistake: 'a counter of calls is added to by all workers at once',
  build(world, repaired, play) {
    const calls = new Cell('calls', 0);
    const lock = new Mutex('calls');
    const pieces = new Chan<number>(world, 'pieces', 4);
    const worker = function* worker(sys: Sys): Program {
      while ((yield* recv(sys, pieces)).ok) {
        yield* guarded(sys, lock, repaired, () => change(sys, calls, 1));
      }
    };
    play({
      *schedule(sys) {
        for (let piece = 0; piece < 4; piece++) yield* send(sys, pieces, piece);
        yield* close(sys, pieces);
      },
      'worker 1': worker,
      'worker 2': worker,
    });
    world.finally('every call is counted', () => calls.value === 4);
  },
};

const kubernetes81148: Known = {
  name: 'kubernetes#81148',
  source: 'GoKer nonblocking, kubernetes/kubernetes#81148',
  mistake: 'a test sets the age of a pod while the flusher looks through all of them',
  build(_world, repaired, play) {
    const lock = new RwMutex('queue');
    const mark = new Cell('time stamps', false);
    play({
      *flush(sys) {
        yield* lock.lock(sys);
        for (let pod = 0; pod < 2; pod++) yield* reading(sys, mark);
        yield* lock.unlock(sys);
      },
      *test(sys) {
        yield* lock.lock(sys);
        yield* sys.schedYield();
        yield* lock.unlock(sys);
        if (repaired) yield* lock.lock(sys);
        yield* writing(sys, mark);
        if (repaired) yield* lock.unlock(sys);
      },
    });
  },
};

const kubernetes82550: Known = {
  name: 'kubernetes#82550',
  source: 'GoKer nonblocking, kubernetes/kubernetes#82550',
  mistake: 'a provider that is made when it is first needed is made several times',
  build(world, repaired, play) {
    const provider = new Cell<number | null>('provider', null);
    const once = new Once('provider');
    let made = 0;
    const provide = function* provide(sys: Sys): Program {
      const make = function* make(): Program {
        if ((yield* sys.load(provider)) === null) yield* sys.store(provider, ++made);
      };
      yield* repaired ? once.do(sys, make) : make();
    };
    const tasks = Array.from({ length: 4 }, (_, i) => [`provide ${i + 1}`, provide] as const);
    play(Object.fromEntries(tasks));
    // Two have always been borne; three leave a cache that nobody fills.
    world.finally('it is not made three times', () => made < 3);
  },
};

const kubernetes88331: Known = {
  name: 'kubernetes#88331',
  source: 'GoKer nonblocking, kubernetes/kubernetes#88331',
  mistake: 'the length of a queue is taken without its lock, between the two halves of a pop',
  build(_world, repaired, play) {
    const lock = new Mutex('queue');
    const length = new Cell('length', 2);
    const popped = new Cell('popped', 0);
    play({
      *flush(sys) {
        for (let i = 0; i < 2; i++) {
          yield* holding(sys, lock, function* pops() {
            yield* change(sys, length, -1);
            yield* change(sys, popped, 1);
          });
        }
      },
      *test(sys) {
        yield* guarded(sys, lock, repaired, function* looks() {
          const seen = (yield* sys.load(length)) + (yield* sys.load(popped));
          assert.equal(seen, 2, 'an item is in both places or in none');
        });
      },
    });
  },
};

const moby18412: Known = {
  name: 'moby#18412',
  source: 'GoKer nonblocking, moby/moby#18412',
  mistake: 'after a time-out the output is read while the command still writes it',
  build(world, repaired, play) {
    const mark = new Cell('output', false);
    const done = new Chan(world, 'done', 1);
    const timeOut = new Chan(world, 'time-out', 1);
    play({
      *command(sys) {
        for (let line = 0; line < 2; line++) yield* writing(sys, mark);
        yield* send(sys, done, true);
      },
      *run(sys) {
        const cases = [{ recv: timeOut as Chan<unknown> }, { recv: done as Chan<unknown> }];
        const { which } = yield* select(sys, cases);
        if (which === 0 && repaired) yield* recv(sys, done);
        yield* reading(sys, mark);
      },
      *clock(sys) {
        for (let i = 0; i < 4; i++) yield* sys.schedYield();
        yield* send(sys, timeOut, true);
      },
    });
  },
};

const moby22941: Known = {
  name: 'moby#22941',
  source: 'GoKer nonblocking, moby/moby#22941',
  mistake: 'goroutines of a loop share its variable: a request is sent twice, another never',
  startsAll: true,
  build(world, repaired, play) {
    const pair = new Cell('pair', 0);
    const sent: number[] = [];
    play({
      *test(sys) {
        for (let i = 1; i <= 3; i++) {
          yield* sys.store(pair, i);
          const own = i;
          yield* sys.spawn(
            function* write(mine) {
              sent.push(repaired ? own : yield* mine.load(pair));
            },
            { name: `write ${i}` },
          );
          for (let j = 0; j < 3; j++) yield* sys.schedYield();
        }
      },
    });
    world.finally('each request is sent', () => new Set(sent).size === 3);
  },
};

const serving3068: Known = {
  name: 'serving#3068',
  source: 'GoKer nonblocking, knative/serving#3068',
  mistake: 'a pool is waited for, which closes it, while work is still handed in',
  build(world, repaired, play) {
    const work = new Chan(world, 'work', 2);
    const handedIn = new WaitGroup(1);
    play({
      *pool(sys) {
        while ((yield* recv(sys, work)).ok);
      },
      *producer(sys) {
        for (let i = 0; i < 2; i++) yield* send(sys, work, true);
        yield* handedIn.done(sys);
      },
      *wait(sys) {
        for (let i = 0; i < 9; i++) yield* sys.schedYield();
        if (repaired) yield* handedIn.wait(sys);
        yield* close(sys, work);
      },
    });
  },
};

const serving3148: Known = {
  name: 'serving#3148',
  source: 'GoKer nonblocking, knative/serving#3148',
  mistake: 'a hook is put into the chain of reactions while a worker goes through it',
  build(_world, repaired, play) {
    const lock = new RwMutex('fake');
    const mark = new Cell('reactions', false);
    play({
      *controller(sys) {
        for (let item = 0; item < 2; item++) {
          yield* lock.rLock(sys);
          yield* reading(sys, mark);
          yield* lock.rUnlock(sys);
        }
      },
      *hooks(sys) {
        if (repaired) yield* lock.lock(sys);
        yield* writing(sys, mark);
        if (repaired) yield* lock.unlock(sys);
      },
    });
  },
};

const serving4908: Known = {
  name: 'serving#4908',
  source: 'GoKer nonblocking, knative/serving#4908',
  mistake: 'a goroutine that nobody waits for logs through a test that is over',
  startsAll: true,
  build(_world, repaired, play) {
    const isOver = new Cell('the test is over', false);
    const checked = new WaitGroup();
    play({
      *test(sys) {
        yield* checked.add(sys, 1);
        yield* sys.spawn(
          function* check(own) {
            for (let line = 0; line < 2; line++) {
              assert.ok(
                !(yield* own.load(isOver)),
                'Log in goroutine after the test has completed',
              );
            }
            yield* checked.done(own);
          },
          { name: 'check' },
        );
        for (let i = 0; i < 6; i++) yield* sys.schedYield();
        if (repaired) yield* checked.wait(sys);
        yield* sys.store(isOver, true);
      },
    });
  },
};

const serving5865: Known = {
  name: 'serving#5865',
  source: 'GoKer nonblocking, knative/serving#5865',
  mistake: 'destinations are sent to a watcher that may have closed the channel',
  build(world, repaired, play) {
    const destinations = new Chan(world, 'destinations', 1);
    const stopped = new Chan(world, 'stopped');
    play({
      *watcher(sys) {
        yield* select(sys, [{ recv: destinations as Chan<unknown> }], true);
        yield* close(sys, repaired ? stopped : destinations);
      },
      *updates(sys) {
        for (let i = 0; i < 2; i++) {
          yield* select(
            sys,
            [
              { recv: stopped as Chan<unknown> },
              { send: destinations as Chan<unknown>, value: true },
            ],
            true,
          );
        }
      },
    });
  },
};

const serving6472: Known = {
  name: 'serving#6472',
  source: 'GoKer nonblocking, knative/serving#6472',
  mistake: 'work is handed out before it is counted: who counts it down may see it at zero twice',
  build(_world, repaired, play) {
    const lock = new Mutex('queue');
    const queue: number[] = [];
    const pending = new Cell('pending', 0);
    const worker = function* worker(sys: Sys): Program {
      const item = yield* within(sys, lock, () => queue.shift());
      if (item === undefined) return;
      const left = (yield* sys.update(pending, (n) => n - 1)) - 1;
      assert.ok(left >= 0, 'ready before it was asked for');
    };
    const add = function* add(sys: Sys): Program {
      for (const item of [1, 2]) yield* within(sys, lock, () => queue.push(item));
    };
    play({
      'worker 1': worker,
      'worker 2': worker,
      *prober(sys) {
        if (!repaired) yield* add(sys);
        yield* sys.update(pending, (n) => n + 2);
        if (repaired) yield* add(sys);
      },
    });
  },
};

export const GOKER_RACES: readonly Known[] = [
  grpc1687,
  grpc1748,
  grpc2371,
  grpc3090,
  kubernetes13058,
  kubernetes49404,
  kubernetes70892,
  kubernetes77796,
  kubernetes79631,
  kubernetes80284,
  kubernetes81091,
  kubernetes81148,
  kubernetes82550,
  kubernetes88331,
  moby18412,
  moby22941,
  serving3068,
  serving3148,
  serving4908,
  serving5865,
  serving6472,
];
