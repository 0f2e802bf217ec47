/**
 * Kernels of GoKer, the part of GoBench (Yuan et al., "GoBench: A Benchmark Suite of Real-World Go
 * Concurrency Bugs", CGO 2021; github.com/timmyyuan/gobench) in which goroutines wait for ever:
 * those of Kubernetes, Moby, gRPC, Serving, Hugo and Syncthing that not every schedule shows. Loops
 * that only repeat are shorter here; a time-out is a task that may strike at any moment.
 */
import { Condition, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { Chan, close, Once, RwMutex, recv, select, send, WaitGroup } from './go.ts';
import { holding, type Known, within } from './known.ts';

const kubernetes1321: Known = {
  name: 'kubernetes#1321',
  source: 'GoKer blocking, kubernetes/kubernetes#1321',
  mistake: 'an event is sent under the lock that the one who stops listening needs',
  build(world, repaired, play) {
    const lock = new Mutex('mux');
    const result = new Chan(world, 'result');
    const done = new Chan(world, 'done');
    let isWatched = false;
    const distribute = function* distribute(sys: Sys): Program {
      if (!isWatched) return;
      const cases = [
        { send: result as Chan<unknown>, value: true },
        { recv: done as Chan<unknown> },
      ];
      yield* select(sys, repaired ? cases : cases.slice(0, 1));
    };
    play({
      *loop(sys) {
        for (let i = 0; i < 2; i++) yield* holding(sys, lock, () => distribute(sys));
      },
      *watcher(sys) {
        yield* within(sys, lock, () => {
          isWatched = true;
        });
        yield* select(sys, [{ recv: result as Chan<unknown> }], true);
        if (repaired) yield* close(sys, done);
        yield* within(sys, lock, () => {
          isWatched = false;
        });
      },
    });
  },
};

const kubernetes10182: Known = {
  name: 'kubernetes#10182',
  source: 'GoKer blocking, kubernetes/kubernetes#10182',
  mistake: 'a status is sent under the lock that the one who takes it wants next',
  build(world, repaired, play) {
    const lock = new Mutex('pod statuses');
    const channel = new Chan(world, 'pod status');
    const set = function* set(sys: Sys): Program {
      if (!repaired) {
        yield* holding(sys, lock, () => send(sys, channel, true));
        return;
      }
      yield* within(sys, lock, () => {});
      yield* send(sys, channel, true);
    };
    play({
      *manager(sys) {
        for (let i = 0; i < 2; i++) {
          yield* recv(sys, channel);
          yield* within(sys, lock, () => {});
        }
      },
      'set 1': set,
      'set 2': set,
    });
  },
};

const kubernetes11298: Known = {
  name: 'kubernetes#11298',
  source: 'GoKer blocking, kubernetes/kubernetes#11298',
  mistake: 'a signal comes before the goroutine that it is for has begun to wait',
  build(world, repaired, play) {
    const lock = new Mutex('notifier');
    const changed = new Condition('notifier');
    const abort = new Chan(world, 'abort');
    const woken = new Chan(world, 'woken');
    let isAborted = false;
    play({
      *waiter(sys) {
        yield* sys.lock(lock);
        if (!(repaired && isAborted)) yield* sys.condWait(changed, lock);
        yield* sys.unlock(lock);
        yield* close(sys, woken);
      },
      *loop(sys) {
        const { which } = yield* select(sys, [
          { recv: abort as Chan<unknown> },
          { recv: woken as Chan<unknown> },
        ]);
        if (which === 1) return;
        yield* within(sys, lock, () => {
          isAborted = true;
        });
        yield* sys.condSignal(changed);
        yield* recv(sys, woken);
      },
      *notify(sys) {
        yield* select(sys, [{ recv: abort as Chan<unknown> }], true);
      },
      *stop(sys) {
        yield* close(sys, abort);
      },
    });
  },
};

const kubernetes13135: Known = {
  name: 'kubernetes#13135',
  source: 'GoKer blocking, kubernetes/kubernetes#13135',
  mistake: 'two locks, taken in one order by an event and in the other by the listing',
  build(_world, repaired, play) {
    const cacher = new Mutex('cacher');
    const watchCache = new Mutex('watch cache');
    const listed = new WaitGroup();
    let isListed = false;
    play({
      *caching(sys) {
        yield* listed.add(sys, 1);
        for (let i = 0; i < 2; i++) {
          const [first, second] = repaired ? [watchCache, cacher] : [cacher, watchCache];
          yield* sys.lock(first);
          yield* sys.lock(second);
          if (!isListed) yield* listed.done(sys);
          isListed = true;
          yield* sys.unlock(second);
          yield* sys.unlock(first);
        }
      },
      *event(sys) {
        yield* listed.wait(sys);
        yield* holding(sys, watchCache, () => within(sys, cacher, () => {}));
      },
    });
  },
};

const kubernetes25331: Known = {
  name: 'kubernetes#25331',
  source: 'GoKer blocking, kubernetes/kubernetes#25331',
  mistake: 'whoever stops a watch need not take its result, which is sent nevertheless',
  build(world, repaired, play) {
    const result = new Chan(world, 'result', repaired ? 1 : 0);
    const errors = new Chan(world, 'errors', 1);
    const cancelled = new Chan(world, 'cancelled');
    play({
      *watch(sys) {
        const cases = [{ recv: errors as Chan<unknown> }, { recv: cancelled as Chan<unknown> }];
        if ((yield* select(sys, cases)).which === 0) yield* send(sys, result, true);
      },
      *fails(sys) {
        yield* send(sys, errors, true);
      },
      *client(sys) {
        yield* select(sys, [{ recv: result as Chan<unknown> }], true);
        yield* close(sys, cancelled);
      },
    });
  },
};

const kubernetes30872: Known = {
  name: 'kubernetes#30872',
  source: 'GoKer blocking, kubernetes/kubernetes#30872',
  mistake: 'a queue calls back under its lock into who asks the queue under another lock',
  build(_world, repaired, play) {
    const informer = new Mutex('informer');
    const queue = new Mutex('queue');
    play({
      *start(sys) {
        yield* within(sys, informer, () => {});
      },
      *controller(sys) {
        for (let i = 0; i < 2; i++) {
          if (repaired) {
            yield* within(sys, queue, () => {});
            yield* within(sys, informer, () => {});
          } else yield* holding(sys, queue, () => within(sys, informer, () => {}));
        }
      },
      *reconcile(sys) {
        yield* holding(sys, informer, () => within(sys, queue, () => {}));
      },
      *stop(sys) {
        yield* within(sys, informer, () => {});
      },
    });
  },
};

const kubernetes5316: Known = {
  name: 'kubernetes#5316',
  source: 'GoKer blocking, kubernetes/kubernetes#5316',
  mistake: 'after a time-out nobody takes the answer of the goroutine that was asked',
  build(world, repaired, play) {
    const room = repaired ? 1 : 0;
    const answer = new Chan(world, 'answer', room);
    const failure = new Chan(world, 'failure', room);
    const timeOut = new Chan(world, 'time-out', 1);
    const fails = world.draw('the request fails', 2) === 1;
    play({
      *request(sys) {
        yield* sys.schedYield();
        yield* send(sys, fails ? failure : answer, true);
      },
      *finish(sys) {
        yield* select(sys, [
          { recv: answer as Chan<unknown> },
          { recv: failure as Chan<unknown> },
          { recv: timeOut as Chan<unknown> },
        ]);
      },
      *clock(sys) {
        for (let i = 0; i < 4; i++) yield* sys.schedYield();
        yield* send(sys, timeOut, true);
      },
    });
  },
};

const kubernetes58107: Known = {
  name: 'kubernetes#58107',
  source: 'GoKer blocking, kubernetes/kubernetes#58107',
  mistake: 'a worker waits for work with a read lock held; a writer comes, then no reader more',
  build(_world, repaired, play) {
    const workers = new RwMutex('workers');
    const queues = [1, 2].map((i) => ({
      mutex: new Mutex(`queue ${i}`),
      filled: new Condition(`queue ${i}`),
      count: 0,
    }));
    type Queue = (typeof queues)[number];
    const take = function* take(sys: Sys, queue: Queue): Program {
      yield* sys.lock(queue.mutex);
      while (queue.count === 0) yield* sys.condWait(queue.filled, queue.mutex);
      queue.count--;
      yield* sys.unlock(queue.mutex);
    };
    const worker = (queue: Queue) =>
      function* work(sys: Sys): Program {
        if (repaired) yield* take(sys, queue);
        yield* workers.rLock(sys);
        if (!repaired) yield* take(sys, queue);
        yield* workers.rUnlock(sys);
      };
    play({
      'worker 1': worker(queues[0] as Queue),
      'worker 2': worker(queues[1] as Queue),
      *sync(sys) {
        yield* workers.lock(sys);
        yield* workers.unlock(sys);
      },
      *producer(sys) {
        // What is done with the second queue is what fills the first.
        for (const queue of [...queues].reverse()) {
          yield* workers.rLock(sys);
          yield* sys.lock(queue.mutex);
          queue.count++;
          yield* sys.condSignal(queue.filled);
          yield* sys.unlock(queue.mutex);
          yield* workers.rUnlock(sys);
        }
      },
    });
  },
};

const kubernetes62464: Known = {
  name: 'kubernetes#62464',
  source: 'GoKer blocking, kubernetes/kubernetes#62464',
  mistake: 'a reader takes the read lock again; a writer has come between',
  build(world, repaired, play) {
    const state = new RwMutex('state');
    const isSet = world.draw('the container has a set of its own', 2) === 1;
    const look = function* look(sys: Sys): Program {
      if (!repaired) yield* state.rLock(sys);
      if (!repaired) yield* state.rUnlock(sys);
    };
    play({
      *reconcile(sys) {
        yield* state.rLock(sys);
        yield* look(sys);
        if (!isSet) yield* look(sys);
        yield* state.rUnlock(sys);
      },
      *remove(sys) {
        yield* state.rLock(sys);
        yield* state.rUnlock(sys);
        yield* state.lock(sys);
        yield* state.unlock(sys);
      },
    });
  },
};

const moby4951: Known = {
  name: 'moby#4951',
  source: 'GoKer blocking, moby/moby#4951',
  mistake: 'the lock of all devices is let go and taken again while that of one is held',
  build(_world, repaired, play) {
    const all = new Mutex('devices');
    const one = new Mutex('device');
    const remove = function* remove(sys: Sys): Program {
      yield* sys.lock(all);
      yield* sys.lock(one);
      yield* sys.unlock(all);
      yield* sys.schedYield();
      if (repaired) {
        yield* sys.unlock(one);
        yield* within(sys, all, () => {});
        return;
      }
      yield* sys.lock(all);
      yield* sys.unlock(one);
      yield* sys.unlock(all);
    };
    play({ 'delete 1': remove, 'delete 2': remove });
  },
};

const moby21233: Known = {
  name: 'moby#21233',
  source: 'GoKer blocking, moby/moby#21233',
  mistake: 'the one who takes the progress may leave early; who reports it goes on sending',
  build(world, repaired, play) {
    const progress = new Chan(world, 'progress');
    const released = [1, 2].map((i) => new Chan(world, `release ${i}`));
    const running = [1, 2].map((i) => new Chan(world, `running ${i}`));
    const watch = (i: number) =>
      function* reports(sys: Sys): Program {
        const release = released[i] as Chan;
        for (let round = 0; round < 2; round++) {
          if (world.draw('there is progress', 2) === 1) yield* send(sys, progress, true);
          if ((yield* select(sys, [{ recv: release as Chan<unknown> }], round === 0)).which === 0)
            break;
        }
        yield* close(sys, running[i] as Chan);
      };
    play({
      *consumer(sys) {
        while ((yield* recv(sys, progress)).ok) {
          // The test gave up at what it had not expected.
          if (!repaired && world.draw('as expected', 2) === 1) return;
        }
      },
      'watcher 1': watch(0),
      'watcher 2': watch(1),
      *transfer(sys) {
        for (const i of [0, 1]) {
          yield* close(sys, released[i] as Chan);
          yield* recv(sys, running[i] as Chan);
        }
        yield* close(sys, progress);
      },
    });
  },
};

const moby27782: Known = {
  name: 'moby#27782',
  source: 'GoKer blocking, moby/moby#27782',
  mistake: 'who removes a watch waits for an event that says so, and other events end the reading',
  build(world, repaired, play) {
    const events = new Chan(world, 'events');
    const closed = new Chan(world, 'closed');
    const done = new Chan(world, 'done');
    const mutex = new Mutex('watcher');
    const gone = new Condition('watcher');
    let isGone = false;
    const ignored = function* ignored(sys: Sys): Program {
      yield* within(sys, mutex, () => {
        isGone = true;
      });
      yield* sys.condBroadcast(gone);
    };
    play({
      *readEvents(sys) {
        // One event is of a change; the next, if the log was closed by then, that it has gone.
        const cases = [
          { send: events as Chan<unknown>, value: true },
          { recv: done as Chan<unknown> },
        ];
        const { which } = yield* select(sys, cases);
        if (which === 0 || repaired) yield* ignored(sys);
      },
      *follow(sys) {
        const cases = [{ recv: events as Chan<unknown> }, { recv: closed as Chan<unknown> }];
        const { which } = yield* select(sys, cases);
        yield* close(sys, done);
        if (which === 0) return;
        yield* sys.lock(mutex);
        while (!isGone) yield* sys.condWait(gone, mutex);
        yield* sys.unlock(mutex);
      },
      *reset(sys) {
        for (let i = 0; i < 2; i++) yield* sys.schedYield();
        yield* close(sys, closed);
      },
    });
  },
};

const moby33781: Known = {
  name: 'moby#33781',
  source: 'GoKer blocking, moby/moby#33781',
  mistake: 'told to stop while a probe is under way, the monitor leaves its result untaken',
  build(world, repaired, play) {
    const stop = new Chan(world, 'stop');
    play({
      *monitor(sys) {
        for (let probe = 1; ; probe++) {
          const stopped = { recv: stop as Chan<unknown> };
          if ((yield* select(sys, [stopped], probe <= 3)).which === 0) return;
          const results = new Chan(world, `results ${probe}`);
          yield* sys.spawn((own) => send(own, results, true), { name: `probe ${probe}` });
          const { which } = yield* select(sys, [stopped, { recv: results as Chan<unknown> }]);
          if (which === 1) continue;
          if (repaired) yield* recv(sys, results);
          return;
        }
      },
      *stopper(sys) {
        yield* send(sys, stop, true);
      },
    });
  },
};

const grpc660: Known = {
  name: 'grpc-go#660',
  source: 'GoKer blocking, grpc/grpc-go#660',
  mistake: 'told to stop, the loop leaves a call behind whose end nobody takes',
  build(world, repaired, play) {
    const stop = new Chan(world, 'stop');
    play({
      *loop(sys) {
        for (let call = 1; ; call++) {
          const done = new Chan(world, `done ${call}`, repaired ? 1 : 0);
          yield* sys.spawn((own) => send(own, done, true), { name: `call ${call}` });
          const isLast = call === 4;
          if (isLast) yield* recv(sys, done);
          const cases = [{ recv: stop as Chan<unknown> }, { recv: done as Chan<unknown> }];
          if ((yield* select(sys, isLast ? cases.slice(0, 1) : cases)).which === 0) return;
        }
      },
      *helper(sys) {
        yield* send(sys, stop, true);
      },
    });
  },
};

const grpc1353: Known = {
  name: 'grpc-go#1353',
  source: 'GoKer blocking, grpc/grpc-go#1353',
  mistake: 'addresses are sent under the lock that the one who takes them wants for the old ones',
  build(world, repaired, play) {
    const lock = new Mutex('round robin');
    const addresses = new Chan(world, 'addresses', repaired ? 2 : 0);
    play({
      *update(sys) {
        for (let i = 0; i < 2; i++) yield* holding(sys, lock, () => send(sys, addresses, true));
        yield* close(sys, addresses);
      },
      *watcher(sys) {
        while ((yield* recv(sys, addresses)).ok) {
          for (let old = 0; old < 2; old++) yield* within(sys, lock, () => {});
        }
      },
    });
  },
};

const grpc1460: Known = {
  name: 'grpc-go#1460',
  source: 'GoKer blocking, grpc/grpc-go#1460',
  mistake: 'the keepalive sleeps with the lock held that who would wake it needs',
  build(world, repaired, play) {
    const lock = new Mutex('transport');
    const awaken = new Chan(world, 'awaken', repaired ? 1 : 0);
    let streams = 0;
    const open = function* open(sys: Sys): Program {
      yield* holding(sys, lock, function* opens() {
        if (++streams === 1) {
          yield* select(sys, [{ send: awaken as Chan<unknown>, value: true }], !repaired);
        }
      });
    };
    play({
      'new stream 1': open,
      'new stream 2': open,
      *keepalive(sys) {
        yield* sys.lock(lock);
        if (streams > 0) {
          yield* sys.unlock(lock);
          return;
        }
        if (repaired) yield* sys.unlock(lock);
        yield* recv(sys, awaken);
        if (!repaired) yield* sys.unlock(lock);
      },
    });
  },
};

const grpc3017: Known = {
  name: 'grpc-go#3017',
  source: 'GoKer blocking, grpc/grpc-go#3017',
  mistake: 'a timer that strikes while it is called off returns with the lock held',
  startsAll: true,
  build(_world, repaired, play) {
    const lock = new Mutex('cache');
    let cached: { isAborted: boolean; hasStruck: boolean } | undefined;
    play({
      *connections(sys) {
        for (let round = 1; round <= 3; round++) {
          yield* sys.lock(lock);
          const entry = { isAborted: false, hasStruck: false };
          cached = entry;
          yield* sys.unlock(lock);
          yield* sys.spawn(
            function* timer(own) {
              entry.hasStruck = true;
              yield* own.lock(lock);
              if (entry.isAborted && !repaired) return;
              if (cached === entry) cached = undefined;
              yield* own.unlock(lock);
            },
            { name: `timer ${round}` },
          );
          yield* sys.lock(lock);
          if (cached === entry) {
            if (entry.hasStruck) entry.isAborted = true;
            cached = undefined;
          }
          yield* sys.unlock(lock);
        }
      },
    });
  },
};

const hugo3251: Known = {
  name: 'hugo#3251',
  source: 'GoKer blocking, gohugoio/hugo#3251',
  mistake: 'who waits for the lock of a URL holds that of the table, which the holder needs',
  build(_world, repaired, play) {
    const table = new RwMutex('table');
    const url = new Mutex('url');
    const get = function* get(sys: Sys): Program {
      yield* table.lock(sys);
      if (repaired) yield* table.unlock(sys);
      yield* sys.lock(url);
      if (!repaired) yield* table.unlock(sys);
      yield* table.rLock(sys);
      yield* sys.unlock(url);
      yield* table.rUnlock(sys);
    };
    play({ 'get 1': get, 'get 2': get });
  },
};

const hugo5379: Known = {
  name: 'hugo#5379',
  source: 'GoKer blocking, gohugoio/hugo#5379',
  mistake: 'what is done once takes a lock that its caller may hold already',
  build(world, repaired, play) {
    const plain = new Once('plain');
    const content = new Mutex('content');
    const timeOut = new Chan(world, 'time-out', 1);
    const words = (sys: Sys): Program => plain.do(sys, () => within(sys, content, () => {}));
    play({
      *clock(sys) {
        for (let i = 0; i < 6; i++) yield* sys.schedYield();
        yield* send(sys, timeOut, true);
      },
      *page(sys) {
        const prepared = new Chan(world, 'prepared', 1);
        yield* sys.spawn(
          function* prepare(own) {
            yield* own.schedYield();
            yield* own.lock(content);
            // A short code of the page asks for its words.
            if (!repaired) yield* words(own);
            yield* own.unlock(content);
            yield* send(own, prepared, true);
          },
          { name: 'prepare' },
        );
        yield* select(sys, [
          { recv: prepared as Chan<unknown> },
          { recv: timeOut as Chan<unknown> },
        ]);
        yield* words(sys);
      },
    });
  },
};

const serving2137: Known = {
  name: 'serving#2137',
  source: 'GoKer blocking, knative/serving#2137',
  mistake: 'the first request is waited for while the second holds the only place',
  startsAll: true,
  build(world, repaired, play) {
    const active = new Chan(world, 'active', 1);
    const requests = [1, 2].map((i) => ({
      lock: new Mutex(`request ${i}`),
      accepted: new Chan(world, `accepted ${i}`, 1),
    }));
    type Request = (typeof requests)[number];
    const serve = function* serve(sys: Sys, { lock, accepted }: Request): Program {
      yield* send(sys, active, true);
      yield* within(sys, lock, () => {});
      yield* recv(sys, active);
      yield* send(sys, accepted, true);
    };
    play({
      *test(sys) {
        for (const [i, request] of requests.entries()) {
          yield* sys.lock(request.lock);
          yield* sys.spawn((own) => serve(own, request), { name: `request ${i + 1}` });
        }
        if (repaired) for (const { lock } of requests) yield* sys.unlock(lock);
        for (const { lock, accepted } of requests) {
          if (!repaired) yield* sys.unlock(lock);
          yield* recv(sys, accepted);
        }
      },
    });
  },
};

export const GOKER_BLOCKING: readonly Known[] = [
  kubernetes1321,
  kubernetes10182,
  kubernetes11298,
  kubernetes13135,
  kubernetes25331,
  kubernetes30872,
  kubernetes5316,
  kubernetes58107,
  kubernetes62464,
  moby4951,
  moby21233,
  moby27782,
  moby33781,
  grpc660,
  grpc1353,
  grpc1460,
  grpc3017,
  hugo3251,
  hugo5379,
  serving2137,
];
