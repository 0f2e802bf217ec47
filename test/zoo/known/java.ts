/**
 * Bugs of Java's libraries in JaConTeBe (Lin, Marinov, Zhong, Chen, Zhao, "JaConTeBe: A Benchmark
 * Suite of Real-World Java Concurrency Bugs", ASE 2015), after its descriptions and the reports
 * that they name. Those whose cause is the memory model of Java alone are left out: a simulated
 * kernel has none. A monitor is a mutex with a condition.
 */
import assert from 'node:assert/strict';
import { Cell, Condition, Mutex, type Program, type Sys } from '../../../src/sys/index.ts';
import { change, guarded, holding, type Known, reading, within, writing } from './known.ts';

const JACONTEBE = 'JaConTeBe,';

/** Two monitors, taken in both orders; in the repaired twin one is let go before the other. */
function opposite(
  name: string,
  source: string,
  mistake: string,
  monitors: readonly [string, string],
  rounds: number,
): Known {
  return {
    name,
    source: `${JACONTEBE} ${source}`,
    mistake,
    build(_world, repaired, play) {
      const [a, b] = monitors.map((monitor) => new Mutex(monitor)) as [Mutex, Mutex];
      const body = (first: Mutex, second: Mutex, isLast: boolean) =>
        function* nests(sys: Sys): Program {
          for (let round = 1; round <= rounds; round++) {
            yield* within(sys, first, () => {});
            // Only the last of its calls goes on into the other object.
            if (round < rounds) continue;
            if (repaired && isLast) yield* within(sys, second, () => {});
            else yield* holding(sys, first, () => within(sys, second, () => {}));
          }
        };
      play({ 'thread 1': body(a, b, false), 'thread 2': body(b, a, true) });
    },
  };
}

const pool120: Known = {
  name: 'POOL-120',
  source: `${JACONTEBE} commons-pool POOL-120`,
  mistake: 'the evictor makes an object, and before it is in the pool a borrower makes another',
  build(_world, repaired, play) {
    const pool = new Mutex('pool');
    const idle = new Cell('idle', 0);
    const active = new Cell('active', 1);
    const make = function* make(sys: Sys): Program {
      assert.ok((yield* change(sys, active, 1)) <= 2, 'too many active instances');
    };
    play({
      *evictor(sys) {
        yield* guarded(sys, pool, repaired, function* ensures() {
          if ((yield* sys.load(active)) === 2) return;
          yield* make(sys);
          if (repaired) yield* change(sys, idle, 1);
        });
        if (!repaired) yield* holding(sys, pool, () => change(sys, idle, 1));
      },
      *borrower(sys) {
        yield* holding(sys, pool, function* borrows() {
          if ((yield* sys.load(idle)) > 0) yield* change(sys, idle, -1);
          else if (!repaired || (yield* sys.load(active)) < 2) yield* make(sys);
        });
      },
    });
  },
};

const pool146: Known = {
  name: 'POOL-146',
  source: `${JACONTEBE} commons-pool POOL-146`,
  mistake: 'who waits for a key that is exhausted stands in the way of those for other keys',
  build(_world, repaired, play) {
    const pool = new Mutex('pool');
    const changed = new Condition('pool');
    const queue: string[] = [];
    const free: Record<string, number> = { a: 0, b: 1 };
    const borrow = function* borrow(sys: Sys, key: string): Program {
      yield* sys.lock(pool);
      queue.push(key);
      while (!(free[key] === 1 && (repaired || queue[0] === key))) {
        yield* sys.condWait(changed, pool);
      }
      queue.splice(queue.indexOf(key), 1);
      free[key] = 0;
      yield* sys.condBroadcast(changed);
      yield* sys.unlock(pool);
    };
    play({
      *'user of b'(sys) {
        for (let i = 0; i < 3; i++) yield* within(sys, pool, () => {});
        yield* borrow(sys, 'b');
        // Only who has both gives the other one back.
        yield* sys.lock(pool);
        free['a'] = 1;
        yield* sys.condBroadcast(changed);
        yield* sys.unlock(pool);
      },
      'user of a': (sys) => borrow(sys, 'a'),
    });
  },
};

const pool149: Known = {
  name: 'POOL-149',
  source: `${JACONTEBE} commons-pool POOL-149`,
  mistake: 'a latch is told before its borrower has begun to wait for it',
  build(_world, repaired, play) {
    const pool = new Mutex('pool');
    const latch = new Mutex('latch');
    const told = new Condition('latch');
    let isQueued = false;
    let mayCreate = false;
    let active = 1;
    play({
      *borrower(sys) {
        const mustWait = yield* within(sys, pool, () => {
          if (active === 0) return false;
          isQueued = true;
          return true;
        });
        if (!mustWait) return;
        yield* sys.lock(latch);
        if (!(repaired && mayCreate)) yield* sys.condWait(told, latch);
        yield* sys.unlock(latch);
      },
      *invalidates(sys) {
        yield* sys.lock(pool);
        active--;
        if (isQueued) {
          yield* sys.lock(latch);
          mayCreate = true;
          yield* sys.condSignal(told);
          yield* sys.unlock(latch);
        }
        yield* sys.unlock(pool);
      },
    });
  },
};

const dbcp369: Known = {
  name: 'DBCP-369',
  source: `${JACONTEBE} commons-dbcp DBCP-369`,
  mistake: 'an instance is removed without the lock under which the table is gone through',
  build(_world, repaired, play) {
    const lock = new Mutex('instances');
    const mark = new Cell('instance map', false);
    const register = function* register(sys: Sys): Program {
      yield* holding(sys, lock, function* registers() {
        for (let i = 0; i < 2; i++) yield* reading(sys, mark);
        yield* writing(sys, mark);
      });
    };
    play({
      'register 1': register,
      'register 2': register,
      *remove(sys) {
        yield* guarded(sys, lock, repaired, () => writing(sys, mark));
      },
    });
  },
};

const derby5561: Known = {
  name: 'DERBY-5561',
  source: `${JACONTEBE} derby DERBY-5561`,
  mistake: 'the physical connection is looked for, then used, and may be taken away between',
  build(_world, repaired, play) {
    const lock = new Mutex('logical connection');
    const physical = new Cell<string | null>('physical connection', 'open');
    const call = function* call(sys: Sys): Program {
      yield* guarded(sys, lock, repaired, function* calls() {
        if ((yield* sys.load(physical)) === null) return;
        assert.ok((yield* sys.load(physical)) !== null, 'NullPointerException');
      });
    };
    play({
      'native SQL 1': call,
      'native SQL 2': call,
      *close(sys) {
        for (let i = 0; i < 3; i++) yield* sys.schedYield();
        yield* guarded(sys, lock, repaired, function* closes() {
          yield* sys.store(physical, null);
        });
      },
    });
  },
};

const groovy6068: Known = {
  name: 'GROOVY-6068',
  source: `${JACONTEBE} groovy GROOVY-6068`,
  mistake: 'two tasks save and put back the same stream, not one inside the other',
  build(world, repaired, play) {
    const lock = new Mutex('System.in');
    const input = new Cell('System.in', 'keyboard');
    const task = (i: number) =>
      function* task(sys: Sys): Program {
        yield* guarded(sys, lock, repaired, function* performs() {
          const saved = yield* sys.load(input);
          if (saved === 'keyboard') yield* sys.store(input, `of task ${i}`);
          yield* sys.schedYield();
          yield* sys.store(input, saved);
        });
      };
    play({ 'task 1': task(1), 'task 2': task(2) });
    world.finally('the stream is the old one', () => input.value === 'keyboard');
  },
};

const groovy6456: Known = {
  name: 'GROOVY-6456',
  source: `${JACONTEBE} groovy GROOVY-6456`,
  mistake: 'requests share a matcher: one resets it while another goes on with it',
  build(_world, repaired, play) {
    const lock = new Mutex('matcher');
    const text = new Cell('text', '');
    const position = new Cell('position', 0);
    const request = (uri: string) =>
      function* request(sys: Sys): Program {
        yield* guarded(sys, lock, repaired, function* replaces() {
          yield* sys.store(text, uri);
          yield* sys.store(position, 0);
          yield* change(sys, position, uri.length);
          const now = yield* sys.load(text);
          assert.ok((yield* sys.load(position)) <= now.length, 'IndexOutOfBoundsException');
        });
      };
    play({ 'request 1': request('/a/long/path'), 'request 2': request('/a') });
  },
};

const jdk4243978: Known = {
  name: 'JDK-4243978',
  source: `${JACONTEBE} JDK-4243978`,
  mistake: 'two lists use one field: what is enqueued by a user is cut out of the pending list',
  build(world, repaired, play) {
    const lock = new Mutex('lock');
    const next = [1, 2, -1].map((to, i) => new Cell(`next of ${i}`, to));
    const nextOf = (i: number): Cell<number> => next[i] as Cell<number>;
    const pending = new Cell('pending', 0);
    const queued = new Set<number>();
    play({
      *handler(sys) {
        for (;;) {
          const done = yield* holding(sys, lock, function* takes() {
            const first = yield* sys.load(pending);
            if (first < 0) return true;
            yield* sys.store(pending, yield* sys.load(nextOf(first)));
            queued.add(first);
            return false;
          });
          if (done) return;
        }
      },
      *user(sys) {
        yield* guarded(sys, lock, repaired, function* enqueues() {
          if (queued.has(1)) return;
          queued.add(1);
          // In the queue of its own it is the last.
          if (!repaired) yield* sys.store(nextOf(1), -1);
        });
      },
    });
    world.finally('no reference is lost', () => queued.size === 3);
  },
};

const jdk4742723: Known = {
  name: 'JDK-4742723',
  source: `${JACONTEBE} JDK-4742723`,
  mistake: 'a folder that another has just made counts as a failure, and the path is given up',
  build(world, repaired, play) {
    const parent = new Cell('parent', false);
    const made: string[] = [];
    const mkdir = function* mkdir(sys: Sys): Program<boolean> {
      return !(yield* sys.update(parent, () => true));
    };
    const mkdirs = (child: string) =>
      function* mkdirs(sys: Sys): Program {
        const isThere = yield* sys.load(parent);
        if (isThere || (yield* mkdir(sys)) || repaired) made.push(child);
      };
    play({ 'mkdirs a': mkdirs('a'), 'mkdirs b': mkdirs('b'), 'mkdirs c': mkdirs('c') });
    world.finally('all folders are made', () => made.length === 3);
  },
};

const jdk4779253: Known = {
  name: 'JDK-4779253',
  source: `${JACONTEBE} JDK-4779253`,
  mistake: 'a filter is asked after it was looked for, and may be taken away between',
  build(_world, repaired, play) {
    const lock = new Mutex('logger');
    const filter = new Cell<string | null>('filter', 'all');
    play({
      *log(sys) {
        for (let record = 0; record < 2; record++) {
          yield* holding(sys, lock, function* logs() {
            const now = yield* sys.load(filter);
            if (now === null) return;
            const again = repaired ? now : yield* sys.load(filter);
            assert.ok(again !== null, 'NullPointerException');
          });
        }
      },
      *set(sys) {
        for (let i = 0; i < 4; i++) yield* sys.schedYield();
        yield* sys.store(filter, null);
      },
    });
  },
};

const jdk6436220: Known = {
  name: 'JDK-6436220',
  source: `${JACONTEBE} JDK-6436220`,
  mistake: 'attach reads the old object and writes the new one in two steps: one is lost',
  build(world, repaired, play) {
    const attachment = new Cell('attachment', 0);
    const lock = new Mutex('key');
    const got: number[] = [];
    const attach = (object: number) =>
      function* attach(sys: Sys): Program {
        yield* guarded(sys, lock, repaired, function* attaches() {
          got.push(yield* sys.load(attachment));
          yield* sys.store(attachment, object);
        });
      };
    play({ 'attach 1': attach(1), 'attach 2': attach(2), 'attach 3': attach(3) });
    world.finally('each is given back once', () => new Set([...got, attachment.value]).size === 4);
  },
};

const jdk6648001: Known = {
  name: 'JDK-6648001',
  source: `${JACONTEBE} JDK-6648001`,
  mistake: 'a request that succeeds does not say that its authentication is over',
  build(_world, repaired, play) {
    const requests = new Mutex('requests');
    const ended = new Condition('requests');
    let isInProgress = false;
    const end = function* end(sys: Sys): Program {
      yield* within(sys, requests, () => {
        isInProgress = false;
      });
      yield* sys.condBroadcast(ended);
    };
    const request = (isRefused: boolean) =>
      function* request(sys: Sys): Program {
        yield* sys.lock(requests);
        const isFirst = !isInProgress;
        if (isFirst) isInProgress = true;
        while (!isFirst && isInProgress) yield* sys.condWait(ended, requests);
        yield* sys.unlock(requests);
        if (isFirst && (isRefused || repaired)) yield* end(sys);
      };
    play({ 'refused 1': request(true), 'refused 2': request(true), granted: request(false) });
  },
};

const jdk7132889: Known = {
  name: 'JDK-7132889',
  source: `${JACONTEBE} JDK-7132889`,
  mistake: 'a channel is found open, closed by another, and registered all the same',
  build(world, repaired, play) {
    const closing = new Mutex('close');
    const registering = new Mutex('register');
    const isOpen = new Cell('open', true);
    let isRegistered = false;
    play({
      *close(sys) {
        yield* holding(sys, closing, function* closes() {
          if (!(yield* sys.load(isOpen))) return;
          yield* sys.store(isOpen, false);
          yield* within(sys, registering, () => {
            isRegistered = false;
          });
        });
      },
      *register(sys) {
        if (!repaired && !(yield* sys.load(isOpen))) return;
        yield* holding(sys, registering, function* registers() {
          if (repaired && !(yield* sys.load(isOpen))) return;
          isRegistered = true;
        });
      },
    });
    world.finally('a closed channel has no key', () => !isRegistered);
  },
};

const jdk7045594: Known = {
  name: 'JDK-7045594',
  source: `${JACONTEBE} JDK-7045594`,
  mistake: 'two that find a logger without a bundle each give it theirs, and none is told',
  build(world, repaired, play) {
    const lock = new Mutex('logger');
    const bundle = new Cell<string | null>('bundle', null);
    let refused = 0;
    const get = (name: string) =>
      function* get(sys: Sys): Program {
        yield* within(sys, lock, () => {});
        yield* guarded(sys, lock, repaired, function* gets() {
          const now = yield* sys.load(bundle);
          if (now === null) yield* sys.store(bundle, name);
          else if (now !== name) refused++;
        });
      };
    play({ 'get logger 1': get('bar'), 'get logger 2': get('foo') });
    world.finally('one of two is refused', () => refused === 1);
  },
};

const jdk7132378: Known = {
  name: 'JDK-7132378',
  source: `${JACONTEBE} JDK-7132378`,
  mistake: 'a future says that it has run before its result is there',
  build(_world, repaired, play) {
    const state = new Cell('state', 'ready');
    const result = new Cell<string | null>('result', null);
    const get = function* get(sys: Sys): Program {
      for (let look = 0; look < 3; look++) {
        if ((yield* sys.load(state)) !== 'ran') continue;
        assert.ok((yield* sys.load(result)) !== null, 'a result that is null');
        return;
      }
    };
    play({
      'get 1': get,
      'get 2': get,
      *set(sys) {
        for (let i = 0; i < 4; i++) yield* sys.schedYield();
        if (repaired) yield* sys.store(result, 'done');
        yield* sys.store(state, 'ran');
        if (!repaired) yield* sys.store(result, 'done');
      },
    });
  },
};

const jdk8012019: Known = {
  name: 'JDK-8012019',
  source: `${JACONTEBE} JDK-8012019`,
  mistake: 'who closes waits for a reader that needs the lock which the one who closes holds',
  build(_world, repaired, play) {
    const position = new Mutex('position');
    const threads = new Mutex('threads');
    const left = new Condition('threads');
    let used = 0;
    let isClosed = false;
    play({
      *reader(sys) {
        const mayRead = yield* within(sys, threads, () => {
          if (!isClosed) used++;
          return !isClosed;
        });
        if (!mayRead) return;
        yield* within(sys, position, () => {});
        yield* within(sys, threads, () => {
          used--;
        });
        yield* sys.condBroadcast(left);
      },
      *interrupted(sys) {
        if (!repaired) yield* sys.lock(position);
        yield* sys.lock(threads);
        isClosed = true;
        while (used > 0) yield* sys.condWait(left, threads);
        yield* sys.unlock(threads);
        if (!repaired) yield* sys.unlock(position);
      },
    });
  },
};

const jdk8023541: Known = {
  name: 'JDK-8023541',
  source: `${JACONTEBE} JDK-8023541`,
  mistake: 'a registry can be asked before its constructor has come to its end',
  build(_world, repaired, play) {
    const isExported = new Cell('exported', false);
    const stub = new Cell<string | null>('stub', null);
    play({
      *constructs(sys) {
        yield* sys.schedYield();
        if (repaired) yield* sys.store(stub, 'system');
        yield* sys.store(isExported, true);
        if (!repaired) yield* sys.store(stub, 'system');
      },
      *lookup(sys) {
        for (let tries = 0; tries < 4; tries++) {
          if (!(yield* sys.load(isExported))) continue;
          assert.ok((yield* sys.load(stub)) !== null, 'a stub that is null');
          return;
        }
      },
    });
  },
};

const log4j44032: Known = {
  name: 'LOG4J-44032',
  source: `${JACONTEBE} log4j 44032`,
  mistake: 'an array that is still being filled is given to the next who asks',
  build(_world, repaired, play) {
    const lock = new Mutex('throwable');
    const lines = new Cell('lines', -1);
    const get = function* get(sys: Sys): Program {
      yield* guarded(sys, lock, repaired, function* gets() {
        const filled = yield* sys.load(lines);
        if (filled >= 0) {
          assert.equal(filled, 2, 'NullPointerException');
          return;
        }
        for (let count = 0; count <= 2; count++) yield* sys.store(lines, count);
      });
    };
    play({ 'append 1': get, 'append 2': get });
  },
};

const log4j50463: Known = {
  name: 'LOG4J-50463',
  source: `${JACONTEBE} log4j 50463`,
  mistake: 'the dispatcher dies of an error, and those that wait for room wait for ever',
  build(_world, repaired, play) {
    const buffer = new Mutex('buffer');
    const changed = new Condition('buffer');
    let events = 0;
    let appended = 0;
    let dispatched = 0;
    const append = function* append(sys: Sys): Program {
      for (let i = 0; i < 2; i++) {
        yield* sys.lock(buffer);
        while (events === 2) yield* sys.condWait(changed, buffer);
        events++;
        appended++;
        yield* sys.condBroadcast(changed);
        yield* sys.unlock(buffer);
      }
    };
    play({
      'append 1': append,
      'append 2': append,
      *dispatcher(sys) {
        while (dispatched < 4) {
          yield* sys.lock(buffer);
          while (events === 0) yield* sys.condWait(changed, buffer);
          dispatched += events;
          // An appender of the user's fails where it is given everything at once.
          const hasFailed = events === 2 && appended === 4;
          events = 0;
          if (!hasFailed || repaired) yield* sys.condBroadcast(changed);
          yield* sys.unlock(buffer);
          if (hasFailed && !repaired) {
            yield* sys.lock(buffer);
            yield* sys.condWait(changed, buffer);
          }
        }
      },
    });
  },
};

const log4j54325: Known = {
  name: 'LOG4J-54325',
  source: `${JACONTEBE} log4j 54325`,
  mistake: 'appenders are closed one by one, up to a number that another has made wrong',
  build(_world, repaired, play) {
    const lock = new Mutex('appenders');
    const size = new Cell('size', 2);
    const removeAll = function* removeAll(sys: Sys): Program {
      yield* guarded(sys, lock, repaired, function* removes() {
        const count = yield* sys.load(size);
        for (let i = 0; i < count; i++) {
          assert.ok(i < (yield* sys.load(size)), 'ArrayIndexOutOfBoundsException');
        }
        yield* sys.store(size, 0);
      });
    };
    play({ 'remove 1': removeAll, 'remove 2': removeAll });
  },
};

const lucene1544: Known = {
  name: 'LUCENE-1544',
  source: `${JACONTEBE} lucene LUCENE-1544`,
  mistake: 'who adds indexes holds the write lock and waits for a merge that needs the read lock',
  build(_world, repaired, play) {
    const writer = new Mutex('index writer');
    const changed = new Condition('index writer');
    let isWriting = false;
    let merges = 0;
    play({
      *merge(sys) {
        for (let i = 0; i < 2; i++) {
          yield* within(sys, writer, () => {
            merges++;
          });
          yield* sys.lock(writer);
          while (isWriting) yield* sys.condWait(changed, writer);
          merges--;
          yield* sys.condBroadcast(changed);
          yield* sys.unlock(writer);
        }
      },
      *addIndexes(sys) {
        yield* sys.lock(writer);
        if (!repaired) isWriting = true;
        while (merges > 0) yield* sys.condWait(changed, writer);
        isWriting = true;
        yield* sys.unlock(writer);
        yield* sys.lock(writer);
        isWriting = false;
        yield* sys.condBroadcast(changed);
        yield* sys.unlock(writer);
      },
    });
  },
};

export const JAVA: readonly Known[] = [
  pool120,
  pool146,
  pool149,
  opposite(
    'DBCP-270',
    'commons-dbcp DBCP-270',
    'a connection that closes calls the pool, whose evictor calls the connection',
    ['connection', 'pool'],
    2,
  ),
  dbcp369,
  derby5561,
  opposite(
    'DERBY-764',
    'derby DERBY-764',
    'the loader asks the lock set, which tells the loader when a lock is let go',
    ['loader', 'lock set'],
    3,
  ),
  groovy6068,
  groovy6456,
  jdk4243978,
  jdk4742723,
  jdk4779253,
  jdk6436220,
  opposite(
    'JDK-6934356',
    'JDK-6934356',
    'two vectors that hold each other are written by two threads',
    ['vector 1', 'vector 2'],
    1,
  ),
  jdk6648001,
  jdk7132889,
  jdk7045594,
  jdk7132378,
  opposite(
    'JDK-8010939',
    'JDK-8010939',
    'a new logger asks the manager, which looks at all loggers when it reads its file',
    ['logger context', 'log manager'],
    4,
  ),
  jdk8012019,
  jdk8023541,
  log4j44032,
  log4j50463,
  log4j54325,
  lucene1544,
];
