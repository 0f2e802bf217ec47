/**
 * Programs with a known bug, on which schedulers are compared in the literature: SCTBench (Thomson,
 * Donaldson, Betts, TOPC 2016), CHESS, and the shapes of papers on PCT and SURW. One process;
 * `main` starts the threads and joins them. Every lock, unlock, read, write, wait, signal, spawn
 * and join is a step, before it takes effect.
 */
import assert from 'node:assert/strict';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Cell, Condition, Mutex, type Program, type Sys } from '../../src/sys/index.ts';
import { type Means, means } from './means.ts';

type Thread = (sys: Sys) => Program;

/** What a program of the zoo is, and what is known of it. */
export interface Specimen {
  readonly name: string;
  readonly scenario: Scenario;
  /** The fewest preemptions with which it fails. */
  readonly preemptions?: number;
  /** How likely a random walk is to fail, exactly. */
  readonly probability?: number;
  /**
   * Mean schedules to the first bug, from a re-creation with the same scheduling points (20 seeds,
   * 10,000 at most); left out where the program's details are not known.
   */
  readonly known?: Means;
  /**
   * Of the artifact of the SURW paper (ASPLOS 2025), 20 trials of 10,000 schedules; its scheduling
   * points are others.
   */
  readonly published?: Means;
  /** DFS, ICB and delay bounding, of the same source. */
  readonly knownSystematic?: readonly [dfs: string, icb: string, delay: string];
  /** Many threads, or a bug that takes very many schedules. */
  readonly large?: boolean;
  /** Where it is from, in a sentence. Default: the literature that this file names. */
  readonly source?: string;
  /** The same without the mistake. */
  readonly corrected?: Scenario;
  /**
   * Nothing was tuned by what was measured on it; undefined of programs that are older than this
   * rule.
   */
  readonly heldBack?: boolean;
}

/** `build` makes the shared things of one run and gives the threads that main starts, in order. */
function threads(name: string, build: () => readonly Thread[]): Scenario {
  return scenario(name, (world) => {
    const bodies = build();
    world.process(name).spawn('main', function* main(sys) {
      const ids: number[] = [];
      for (const body of bodies) ids.push(yield* sys.spawn(body, { name: 'thread' }));
      for (const id of ids) yield* sys.join(id);
    });
  });
}

/** What is done under a lock is no step of its own: nobody else may look. */
function* within(sys: Sys, mutex: Mutex, work: () => void): Program {
  yield* sys.lock(mutex);
  work();
  yield* sys.unlock(mutex);
}

const repeat = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));

// ---- SCTBench, CS ----

function account(): Scenario {
  return threads('account', () => {
    const m = new Mutex('m');
    let balance = 1000;
    let deposited = false;
    let withdrawn = false;
    return [
      (sys) =>
        within(sys, m, () => {
          // As in the original, what is asserted is wrong.
          if (deposited && withdrawn) assert.equal(balance, 1000 - 200 - 100);
        }),
      (sys) =>
        within(sys, m, () => {
          balance += 200;
          deposited = true;
        }),
      (sys) =>
        within(sys, m, () => {
          balance -= 100;
          withdrawn = true;
        }),
    ];
  });
}

function lazy01(): Scenario {
  return threads('lazy01', () => {
    const m = new Mutex('m');
    let data = 0;
    const adds =
      (n: number): Thread =>
      (sys) =>
        within(sys, m, () => {
          data += n;
        });
    return [
      adds(1),
      adds(2),
      (sys) => within(sys, m, () => assert.ok(data < 3, 'both have added')),
    ];
  });
}

function deadlock01(): Scenario {
  return threads('deadlock01', () => {
    const a = new Mutex('a');
    const b = new Mutex('b');
    const takes = (first: Mutex, second: Mutex): Thread =>
      function* both(sys) {
        yield* sys.lock(first);
        yield* sys.lock(second);
        yield* sys.unlock(second);
        yield* sys.unlock(first);
      };
    return [takes(a, b), takes(b, a)];
  });
}

function carter01(): Scenario {
  return threads('carter01', () => {
    const m = new Mutex('m');
    const l = new Mutex('l');
    const enters = (): Thread => {
      let count = 0;
      return function* enter(sys) {
        yield* sys.lock(m);
        if (++count === 1) yield* sys.lock(l);
        yield* sys.unlock(m);
        yield* sys.lock(m);
        if (--count === 0) yield* sys.unlock(l);
        yield* sys.unlock(m);
      };
    };
    const idle: Thread = function* nothing() {};
    return [enters(), enters(), idle, idle];
  });
}

function phase01(): Scenario {
  return threads('phase01', () => {
    const x = new Mutex('x');
    const y = new Mutex('y');
    const phase: Thread = function* locks(sys) {
      yield* sys.lock(x);
      yield* sys.unlock(x);
      yield* sys.lock(y);
      yield* sys.lock(x);
      yield* sys.unlock(y);
    };
    return [phase, phase];
  });
}

function sync01(): Scenario {
  return threads('sync01', () => {
    const m = new Mutex('m');
    const empty = new Condition('empty');
    const full = new Condition('full');
    let num = 1;
    return [
      function* producer(sys) {
        yield* sys.lock(m);
        while (num > 0) yield* sys.condWait(empty, m);
        num++;
        yield* sys.condSignal(full);
        yield* sys.unlock(m);
      },
      function* consumer(sys) {
        yield* sys.lock(m);
        while (num === 0) yield* sys.condWait(full, m);
        yield* sys.condSignal(empty);
        yield* sys.unlock(m);
      },
    ];
  });
}

function twostage(threadCount: number): Scenario {
  return threads('twostage', () => {
    const m1 = new Mutex('m1');
    const m2 = new Mutex('m2');
    let a = 0;
    let b = 0;
    const writer: Thread = function* write(sys) {
      yield* within(sys, m1, () => {
        a = 1;
      });
      yield* within(sys, m2, () => {
        b = a + 1;
      });
    };
    const reader: Thread = function* read(sys) {
      yield* sys.lock(m1);
      const t = a;
      yield* sys.unlock(m1);
      if (t === 0) return;
      yield* within(sys, m2, () => assert.equal(b, t + 1));
    };
    return [...repeat(threadCount - 1, () => writer), reader];
  });
}

function reorder(threadCount: number): Scenario {
  return threads('reorder', () => {
    const a = new Cell('a', 0);
    const b = new Cell('b', 0);
    const setter: Thread = function* set(sys) {
      yield* sys.store(a, 1);
      yield* sys.store(b, -1);
    };
    const checker: Thread = function* check(sys) {
      // Each read is one of its own, as in C's `(a == 0 && b == 0) || (a == 1 && b == -1)`.
      if ((yield* sys.load(a)) === 0 && (yield* sys.load(b)) === 0) return;
      assert.ok((yield* sys.load(a)) === 1 && (yield* sys.load(b)) === -1, 'one of the two is set');
    };
    return [...repeat(threadCount - 1, () => setter), checker];
  });
}

// ---- SCTBench, CS, continued ----

function sync02(): Scenario {
  return threads('sync02', () => {
    const m = new Mutex('m');
    const empty = new Condition('empty');
    const full = new Condition('full');
    let num = 1;
    return [
      function* producer(sys) {
        for (let i = 0; i < 2; i++) {
          yield* sys.lock(m);
          while (num === 1) yield* sys.condWait(empty, m);
          num++;
          yield* sys.condSignal(full);
          yield* sys.unlock(m);
        }
      },
      function* consumer(sys) {
        for (let i = 0; i < 2; i++) {
          yield* sys.lock(m);
          while (num === 0) yield* sys.condWait(full, m);
          // The original never counts down.
          yield* sys.condSignal(empty);
          yield* sys.unlock(m);
        }
      },
    ];
  });
}

function stack(): Scenario {
  return threads('stack', () => {
    const m = new Mutex('m');
    let top = 0;
    let flag = false;
    return [
      function* pusher(sys) {
        for (let i = 0; i < 10; i++) {
          yield* within(sys, m, () => {
            top++;
            flag = true;
          });
        }
      },
      function* popper(sys) {
        for (let i = 0; i < 10; i++) {
          yield* within(sys, m, () => {
            if (flag) assert.ok(--top >= 0, 'underflow');
          });
        }
      },
    ];
  });
}

function tokenRing(): Scenario {
  return threads('token_ring', () => {
    const m = new Mutex('m');
    let [x1, x2, x3] = [1, 2, 1];
    let done = 0;
    const block =
      (work: () => void): Thread =>
      (sys) =>
        within(sys, m, work);
    return [
      block(() => {
        x1 = (x3 + 1) % 4;
        done++;
      }),
      block(() => {
        x2 = x1;
        done++;
      }),
      block(() => {
        x3 = x2;
        done++;
      }),
      block(() => {
        if (done === 3) assert.ok(x1 === x2 && x2 === x3, 'the token went round');
      }),
    ];
  });
}

function circularBuffer(): Scenario {
  return threads('circular_buffer', () => {
    const m = new Mutex('m');
    const queue: number[] = [];
    let mayReceive = false;
    return [
      function* sender(sys) {
        for (let i = 0; i < 7; i++) {
          yield* within(sys, m, () => {
            if (mayReceive) return;
            queue.push(i);
            mayReceive = true;
          });
        }
      },
      function* receiver(sys) {
        for (let i = 0; i < 7; i++) {
          yield* within(sys, m, () => {
            if (!mayReceive) return;
            assert.equal(queue.shift(), i);
            mayReceive = false;
          });
        }
      },
    ];
  });
}

function queue(): Scenario {
  return threads('queue', () => {
    const m = new Mutex('m');
    const slots: number[] = [];
    const stored: number[] = [];
    let mayEnqueue = true;
    let mayDequeue = false;
    return [
      function* enqueues(sys) {
        yield* within(sys, m, () => {
          slots.push(1000);
          stored[0] = 1000;
        });
        for (let i = 1; i < 20; i++) {
          yield* within(sys, m, () => {
            if (!mayEnqueue) return;
            slots.push(1000 + i);
            stored[i] = 1000 + i;
            mayEnqueue = false;
            mayDequeue = true;
          });
        }
      },
      function* dequeues(sys) {
        for (let i = 0; i < 20; i++) {
          yield* within(sys, m, () => {
            if (!mayDequeue) return;
            assert.equal(slots.shift(), stored[i]);
            mayDequeue = false;
            mayEnqueue = true;
          });
        }
      },
    ];
  });
}

function wronglock(others: number): Scenario {
  return threads('wronglock', () => {
    const right = new Mutex('L1');
    const wrong = new Mutex('L2');
    const v = new Cell('v', 0);
    const other: Thread = function* other(sys) {
      yield* sys.lock(wrong);
      yield* sys.store(v, (yield* sys.load(v)) + 1);
      yield* sys.unlock(wrong);
    };
    return [
      function* one(sys) {
        yield* sys.lock(right);
        const x = yield* sys.load(v);
        yield* sys.store(v, (yield* sys.load(v)) + 1);
        assert.equal(yield* sys.load(v), x + 1);
        yield* sys.unlock(right);
      },
      ...repeat(others, () => other),
    ];
  });
}

function fsbench(): Scenario {
  return threads('fsbench', () => {
    const inodeLocks = repeat(32, (i) => new Mutex(`inode ${i}`));
    const blockLocks = repeat(26, (i) => new Mutex(`block ${i}`));
    const busy = new Set<number>();
    return repeat(
      27,
      (i) =>
        function* allocates(sys) {
          yield* sys.lock(inodeLocks[i] as Mutex);
          for (let b = i; ; b++) {
            // The original runs over the end of its array of locks.
            const lock = blockLocks[b];
            assert.ok(lock !== undefined, `there is no lock ${b}`);
            yield* sys.lock(lock);
            const free = !busy.has(b);
            busy.add(b);
            yield* sys.unlock(lock);
            if (free) break;
          }
          yield* sys.unlock(inodeLocks[i] as Mutex);
        },
    );
  });
}

function bluetoothDriver(): Scenario {
  return scenario('bluetooth_driver', (world) => {
    const pendingIo = new Cell('pendingIo', 1);
    const stoppingFlag = new Cell('stoppingFlag', false);
    const stoppingEvent = new Cell('stoppingEvent', false);
    const stopped = new Cell('stopped', false);
    function* decrement(sys: Sys): Program {
      const left = (yield* sys.update(pendingIo, (n) => n - 1)) - 1;
      if (left === 0) yield* sys.store(stoppingEvent, true);
    }
    world.process('driver').spawn('main', function* add(sys) {
      yield* sys.spawn(function* stop(own) {
        yield* own.store(stoppingFlag, true);
        yield* decrement(own);
        if (yield* own.load(stoppingEvent)) yield* own.store(stopped, true);
      });
      if (yield* sys.load(stoppingFlag)) return;
      yield* sys.update(pendingIo, (n) => n + 1);
      assert.equal(yield* sys.load(stopped), false);
      yield* decrement(sys);
    });
  });
}

function accountManager(): Scenario {
  return threads('account-manager', () => {
    const store = new Cell<ReadonlySet<string>>('store', new Set());
    const create: Thread = function* create(sys) {
      if (yield* sys.load(store, (names) => names.has('joe'))) return;
      const before = yield* sys.update(store, (names) => new Set([...names, 'joe']));
      assert.equal(before.has('joe'), false);
    };
    return [create, create];
  });
}

// ---- Other suites ----

function stringbuffer(): Scenario {
  return scenario('stringbuffer', (world) => {
    const sb = new Mutex('sb');
    const buf = new Mutex('buf');
    let count = 3;
    world.process('p').spawn('main', function* append(sys) {
      yield* sys.spawn(function* replaces(own) {
        yield* within(own, buf, () => {
          count = 0;
        });
        yield* within(own, buf, () => {
          count = 3;
        });
      });
      yield* sys.lock(sb);
      let length = 0;
      yield* within(sys, buf, () => {
        length = count;
      });
      yield* within(sys, buf, () => assert.ok(length <= count, 'index out of bounds'));
      yield* sys.unlock(sb);
    });
  });
}

/**
 * The deque of Cilk's THE protocol, with a thief that reads the tail before it has announced
 * itself.
 */
function workStealingDeque(): Scenario {
  return scenario('work-stealing deque', (world) => {
    const size = 2;
    const head = new Cell('head', 0);
    const tail = new Cell('tail', 0);
    const slots: number[] = [];
    const thieves = new Mutex('thieves');
    const executed = new Map<number, number>();
    const execute = (item: number | undefined): void => {
      if (item === undefined) return;
      executed.set(item, (executed.get(item) ?? 0) + 1);
      assert.equal(executed.get(item), 1, `item ${item} was executed twice`);
    };
    function* push(sys: Sys, item: number): Program {
      const t = yield* sys.load(tail);
      if (t - (yield* sys.load(head)) >= size) return execute(item);
      slots[t % size] = item;
      yield* sys.store(tail, t + 1);
    }
    function* pop(sys: Sys): Program {
      const t = (yield* sys.load(tail)) - 1;
      yield* sys.store(tail, t);
      const h = yield* sys.load(head);
      if (h <= t) return execute(slots[t % size]);
      yield* sys.store(tail, t + 1);
    }
    function* steal(sys: Sys): Program {
      yield* sys.lock(thieves);
      const h = yield* sys.load(head);
      if (h < (yield* sys.load(tail))) {
        yield* sys.store(head, h + 1);
        execute(slots[h % size]);
      }
      yield* sys.unlock(thieves);
    }
    world.process('p').spawn('owner', function* owner(sys) {
      const thief = yield* sys.spawn(function* thief(own) {
        yield* steal(own);
        yield* steal(own);
      });
      for (let i = 0; i < 4; i += 2) {
        yield* push(sys, i);
        yield* push(sys, i + 1);
        yield* pop(sys);
      }
      yield* sys.join(thief);
    });
  });
}

/**
 * Dmitry Vyukov's stack on a lock-free list, in which a popped node is reserved with a next of -1.
 */
function safeStack(): Scenario {
  return threads('SafeStack', () => {
    const nodes = 3;
    const head = new Cell('head', 0);
    const count = new Cell('count', nodes);
    const next = repeat(nodes, (i) => new Cell(`next ${i}`, i + 1 < nodes ? i + 1 : -1));
    const owner = repeat(nodes, (i) => new Cell(`owner ${i}`, -1));
    function* pop(sys: Sys): Program<number> {
      while ((yield* sys.load(count)) > 1) {
        const top = yield* sys.load(head);
        const below = yield* sys.update(next[top] as Cell<number>, () => -1);
        if (below < 0) continue;
        const seen = yield* sys.update(head, (now) => (now === top ? below : now));
        if (seen === top) {
          yield* sys.update(count, (n) => n - 1);
          return top;
        }
        yield* sys.update(next[top] as Cell<number>, () => below);
      }
      return -1;
    }
    function* push(sys: Sys, node: number): Program {
      let top = yield* sys.load(head);
      for (;;) {
        yield* sys.store(next[node] as Cell<number>, top);
        const expected = top;
        const seen = yield* sys.update(head, (now) => (now === expected ? node : now));
        if (seen === expected) break;
        top = seen;
      }
      yield* sys.update(count, (n) => n + 1);
    }
    return repeat(
      3,
      (me) =>
        function* user(sys) {
          for (let i = 0; i < 2; i++) {
            let node = yield* pop(sys);
            while (node < 0) {
              yield* sys.schedYield();
              node = yield* pop(sys);
            }
            yield* sys.store(owner[node] as Cell<number>, me);
            assert.equal(yield* sys.load(owner[node] as Cell<number>), me);
            yield* push(sys, node);
          }
        },
    );
  });
}

function dining(n: number): Scenario {
  return threads(`dining philosophers, ${n}`, () => {
    const forks = repeat(n, (i) => new Mutex(`fork ${i}`));
    return repeat(
      n,
      (i) =>
        function* philosopher(sys) {
          const left = forks[i] as Mutex;
          const right = forks[(i + 1) % n] as Mutex;
          yield* sys.lock(left);
          yield* sys.lock(right);
          yield* sys.unlock(right);
          yield* sys.unlock(left);
        },
    );
  });
}

function lostUpdate(): Scenario {
  return scenario('lost update to the bottom', (world) => {
    const v = new Cell('v', 0);
    world.process('p').spawn('main', function* main(sys) {
      const adds: Thread = function* adds(own) {
        for (let i = 0; i < 5; i++) yield* own.store(v, (yield* own.load(v)) + 1);
      };
      const a = yield* sys.spawn(adds);
      const b = yield* sys.spawn(adds);
      yield* sys.join(a);
      yield* sys.join(b);
      assert.notEqual(v.value, 2);
    });
  });
}

function uneven(stores: number): Scenario {
  return scenario(`uneven-${stores}`, (world) => {
    const v = new Cell('v', 1);
    world.process('p').spawn('main', function* main(sys) {
      const zero = yield* sys.spawn(function* zero(own) {
        yield* own.store(v, 0);
      });
      const ones = yield* sys.spawn(function* ones(own) {
        for (let i = 0; i < stores; i++) yield* own.store(v, 1);
      });
      yield* sys.join(zero);
      yield* sys.join(ones);
      assert.notEqual(v.value, 0);
    });
  });
}

/** Fails only if the accesses come in exactly this order, each thread doing those of its letter. */
function orderOf(name: string, letters: string): Scenario {
  return threads(name, () => {
    const order = new Cell('order', '');
    return [...new Set(letters)].map(
      (letter): Thread =>
        function* does(sys) {
          for (const _ of letters.split('').filter((other) => other === letter)) {
            yield* sys.update(order, (before) => before + letter);
            assert.notEqual(order.value, letters);
          }
        },
    );
  });
}

/**
 * Two producers and two consumers on one condition variable: a signal may wake one of its own kind.
 */
function boundedBuffer(): Scenario {
  return threads('bounded buffer, one condition', () => {
    const m = new Mutex('m');
    const changed = new Condition('changed');
    let items = 0;
    const puts: Thread = function* puts(sys) {
      for (let i = 0; i < 1; i++) {
        yield* sys.lock(m);
        while (items === 1) yield* sys.condWait(changed, m);
        items++;
        yield* sys.condSignal(changed);
        yield* sys.unlock(m);
      }
    };
    const takes: Thread = function* takes(sys) {
      for (let i = 0; i < 1; i++) {
        yield* sys.lock(m);
        while (items === 0) yield* sys.condWait(changed, m);
        items--;
        yield* sys.condSignal(changed);
        yield* sys.unlock(m);
      }
    };
    return [puts, puts, takes, takes];
  });
}

function lostSignal(): Scenario {
  return threads('lost signal', () => {
    const m = new Mutex('m');
    const changed = new Condition('changed');
    const flag = new Cell('flag', false);
    return [
      function* waits(sys) {
        // The flag is looked at outside the lock.
        if (yield* sys.load(flag)) return;
        yield* sys.lock(m);
        yield* sys.condWait(changed, m);
        yield* sys.unlock(m);
      },
      function* sets(sys) {
        yield* sys.store(flag, true);
        yield* sys.lock(m);
        yield* sys.condSignal(changed);
        yield* sys.unlock(m);
      },
    ];
  });
}

export const SPECIMENS: readonly Specimen[] = [
  {
    name: 'account',
    scenario: account(),
    preemptions: 0,
    known: means('8', '4', '8', '5', '5'),
    knownSystematic: ['4', '4', '3'],
    published: means('18', '4', '4', '3', '6'),
  },
  {
    name: 'lazy01',
    scenario: lazy01(),
    preemptions: 0,
    known: means('2', '2', '2', '2', '2'),
    knownSystematic: ['1', '1', '1'],
    published: means('21', '5', '5', '4', '2'),
  },
  {
    name: 'deadlock01',
    scenario: deadlock01(),
    preemptions: 1,
    probability: 0.375,
    known: means('2', '7', '3', '2', '3'),
    knownSystematic: ['10', '9', '7'],
    published: means('3', '13', '4', '3', '2'),
  },
  {
    name: 'carter01',
    scenario: carter01(),
    preemptions: 1,
    known: means('2', '6', '2', '2', '2'),
    knownSystematic: ['1002', '368', '12'],
    published: means('1', '5', '2', '–', '–'),
  },
  {
    name: 'phase01',
    scenario: phase01(),
    preemptions: 0,
    probability: 1,
    known: means('1', '1', '1', '1', '1'),
    knownSystematic: ['1', '1', '1'],
  },
  {
    name: 'sync01',
    scenario: sync01(),
    preemptions: 0,
    probability: 1,
    known: means('1', '1', '1', '1', '1'),
    knownSystematic: ['1', '1', '1'],
  },
  {
    name: 'sync02',
    scenario: sync02(),
    preemptions: 0,
    probability: 1,
    known: means('1', '1', '1', '1', '1'),
    knownSystematic: ['1', '1', '1'],
  },
  {
    name: 'twostage',
    scenario: twostage(2),
    preemptions: 1,
    probability: 0.078125,
    known: means('10', '7', '8', '21', '7'),
    knownSystematic: ['13', '9', '7'],
    published: means('464', '13', '15', '9', '8'),
  },
  {
    name: 'twostage_20',
    scenario: twostage(20),
    preemptions: 1,
    large: true,
    known: means('4711 (1)', '1276', '952', '100', '28'),
    published: means('0', '159', '156', '24', '6'),
  },
  {
    name: 'twostage_50',
    scenario: twostage(50),
    preemptions: 1,
    large: true,
    known: means('0', '3994 (19)', '4579 (17)', '314', '87'),
    published: means('0', '1676', '1637', '93', '20'),
  },
  {
    name: 'twostage_100',
    scenario: twostage(100),
    preemptions: 1,
    large: true,
    known: means('0', '6853 (5)', '3670 (4)', '523', '120'),
    published: means('0', '7466 (3)', '6674 (3)', '2992 (18)', '454'),
  },
  {
    name: 'reorder_3',
    scenario: reorder(3),
    preemptions: 1,
    probability: 0.025034,
    known: means('24', '34', '15', '11', '7'),
    knownSystematic: ['166', '43', '25'],
    published: means('0', '185', '86', '24', '7'),
  },
  {
    name: 'reorder_5',
    scenario: reorder(5),
    preemptions: 1,
    known: means('467', '126', '109', '17', '10'),
    knownSystematic: ['>10k', '3378', '1513'],
    published: means('0', '647', '2169', '27', '10'),
  },
  {
    name: 'reorder_10',
    scenario: reorder(10),
    preemptions: 1,
    large: true,
    known: means('0', '893', '4939 (11)', '65', '22'),
    knownSystematic: ['>10k', '>10k', '>10k'],
    published: means('0', '3225 (16)', '0', '74', '17'),
  },
  {
    name: 'reorder_20',
    scenario: reorder(20),
    preemptions: 1,
    large: true,
    known: means('0', '4252 (15)', '0', '528', '35'),
    knownSystematic: ['>10k', '>10k', '>10k'],
    published: means('0', '3005', '0', '10', '6'),
  },
  {
    name: 'reorder_50',
    scenario: reorder(50),
    preemptions: 1,
    large: true,
    known: means('0', '7636 (2)', '0', '2451 (5)', '139'),
    published: means('0', '3304 (6)', '0', '75', '13'),
  },
  {
    name: 'reorder_100',
    scenario: reorder(100),
    preemptions: 1,
    large: true,
    known: means('0', '0', '0', '8712 (1)', '215'),
    published: means('0', '0', '0', '3785 (12)', '194'),
  },
  {
    name: 'stack',
    scenario: stack(),
    preemptions: 1,
    known: means('2', '3', '3', '2', '2'),
    knownSystematic: ['22', '23', '22'],
    published: means('176', '3', '2', '986 (19)', '5'),
  },
  {
    name: 'token_ring',
    scenario: tokenRing(),
    preemptions: 0,
    known: means('7', '7', '5', '5', '4'),
    knownSystematic: ['7', '7', '10'],
    published: means('13', '8', '9', '9', '8'),
  },
  {
    name: 'bluetooth_driver',
    scenario: bluetoothDriver(),
    preemptions: 1,
    probability: 0.0390625,
    known: means('23', '21', '17', '97', '16'),
    knownSystematic: ['14', '4', '4'],
    published: means('215', '112', '36', '1494 (19)', '70'),
  },
  {
    name: 'circular_buffer',
    scenario: circularBuffer(),
    preemptions: 1,
    known: means('1', '4', '1', '1', '1'),
    knownSystematic: ['20', '23', '25'],
    published: means('4', '9', '2', '14', '3'),
  },
  {
    name: 'queue',
    scenario: queue(),
    preemptions: 1,
    known: means('1', '8', '1', '1', '1'),
    knownSystematic: ['43', '98', '63'],
    published: means('1', '3', '1', '2', '2'),
  },
  {
    name: 'wronglock',
    scenario: wronglock(7),
    preemptions: 1,
    known: means('2', '19', '3', '3', '4'),
    knownSystematic: ['>10k', '>10k', '31'],
    published: means('36', '51', '10', '4', '7'),
  },
  {
    name: 'wronglock_3',
    scenario: wronglock(3),
    preemptions: 1,
    known: means('3', '11', '4', '4', '4'),
    published: means('36', '58', '11', '5', '9'),
  },
  { name: 'fsbench', scenario: fsbench(), preemptions: 0, probability: 1 },
  {
    name: 'stringbuffer-jdk1.4',
    scenario: stringbuffer(),
    preemptions: 2,
    known: means('16', '103', '12', '14', '7'),
    knownSystematic: ['7', '9', '9'],
    published: means('2243 (19)', '281', '23', '834', '8'),
  },
  {
    name: 'work-stealing deque',
    scenario: workStealingDeque(),
    preemptions: 2,
  },
  {
    name: 'SafeStack',
    scenario: safeStack(),
    large: true,
    known: means('59132 (1 of 2)', '–', '0', '0', '0'),
    // Of a million schedules.
    published: means('0', '0', '0', '0', '368921 (19)'),
  },
  {
    name: 'dining philosophers 3',
    scenario: dining(3),
    preemptions: 1,
    known: means('6', '38', '9', '3', '7'),
    knownSystematic: ['639', '88', '59'],
  },
  {
    name: 'dining philosophers 5',
    scenario: dining(5),
    preemptions: 1,
    known: means('49', '506', '45', '6', '31'),
  },
  {
    name: 'dining philosophers 7',
    scenario: dining(7),
    preemptions: 1,
    known: means('164', '4954 (8)', '280', '6', '147'),
  },
  {
    name: 'lost update to the bottom',
    scenario: lostUpdate(),
    preemptions: 4,
    known: means('5049 (3)', '0', '0', '3911 (10)', '5615 (5)'),
    knownSystematic: ['>10k', '3960', '2136'],
  },
  {
    name: 'uneven-25',
    scenario: uneven(25),
    preemptions: 0,
    probability: 2 ** -26,
    known: means('0', '23', '0', '28', '24'),
    knownSystematic: ['27', '3', '27'],
  },
  {
    name: 'nested order A B C B A',
    scenario: orderOf('nested order', 'ABCBA'),
    preemptions: 2,
  },
  {
    name: 'FIFO order A B C A B',
    scenario: orderOf('FIFO order', 'ABCAB'),
  },
  { name: 'account-manager', scenario: accountManager(), preemptions: 1, probability: 0.375 },
  {
    name: 'bounded buffer, one condition',
    scenario: boundedBuffer(),
    preemptions: 0,
    known: means('100', '87', '82', '29', '12'),
    knownSystematic: ['1377', '161', '68'],
  },
  { name: 'lost signal', scenario: lostSignal(), preemptions: 1 },
];
