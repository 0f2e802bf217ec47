/**
 * Programs with a known bug, on which schedulers are compared in the literature: SCTBench (Thomson, Donaldson, Betts, TOPC 2016),
 * CHESS, and the shapes of papers on PCT and SURW. One process; `main` starts the threads and joins them.
 * Every lock, unlock, read, write, wait, signal, spawn and join is a step, before it takes effect.
 */
import assert from 'node:assert/strict';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import { Cell, Condition, Mutex, type Program, type Sys } from '../../src/sys/index.ts';

type Thread = (sys: Sys) => Program;

/** What a program of the zoo is, and what is known of it. */
export interface Specimen {
  readonly name: string;
  readonly scenario: Scenario;
  /** The fewest preemptions with which it fails. */
  readonly preemptions?: number;
  /** How likely a random walk is to fail, exactly. */
  readonly probability?: number;
  /** Mean schedules to the first bug, from a re-creation with the same scheduling points (20 seeds, 10,000 at the most). */
  readonly known?: Readonly<Partial<Record<'random' | 'pct' | 'pos' | 'urw' | 'surw', string>>>;
  /** DFS, ICB and delay bounding, of the same source. */
  readonly knownSystematic?: string;
}

/** `build` makes the shared things of one run and gives the threads that main starts, in order. */
function threads(
  name: string,
  build: (world: World) => readonly Thread[],
  options: { join?: boolean; then?: (sys: Sys) => Program } = {},
): Scenario {
  return scenario(name, (world) => {
    const bodies = build(world);
    world.process(name).spawn('main', function* main(sys) {
      const ids: number[] = [];
      for (const body of bodies) ids.push(yield* sys.spawn(body, { name: 'thread' }));
      if (options.join === false) return;
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
    return [adds(1), adds(2), (sys) => within(sys, m, () => assert.ok(data < 3))];
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
      assert.ok((yield* sys.load(a)) === 1 && (yield* sys.load(b)) === -1);
    };
    return [...repeat(threadCount - 1, () => setter), checker];
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

export const SPECIMENS: readonly Specimen[] = [
  {
    name: 'account',
    scenario: account(),
    preemptions: 0,
    known: { random: '8', pct: '4', pos: '8', urw: '5', surw: '5' },
    knownSystematic: '4 / 4 / 3',
  },
  {
    name: 'lazy01',
    scenario: lazy01(),
    preemptions: 0,
    known: { random: '2', pct: '2', pos: '2', urw: '2', surw: '2' },
    knownSystematic: '1 / 1 / 1',
  },
  {
    name: 'deadlock01',
    scenario: deadlock01(),
    preemptions: 1,
    probability: 0.375,
    known: { random: '2', pct: '7', pos: '3', urw: '2', surw: '3' },
    knownSystematic: '10 / 9 / 7',
  },
  {
    name: 'carter01',
    scenario: carter01(),
    preemptions: 1,
    known: { random: '2', pct: '6', pos: '2', urw: '2', surw: '2' },
    knownSystematic: '1002 / 368 / 12',
  },
  { name: 'phase01', scenario: phase01(), preemptions: 0, probability: 1 },
  { name: 'sync01', scenario: sync01(), preemptions: 0, probability: 1 },
  {
    name: 'twostage',
    scenario: twostage(2),
    preemptions: 1,
    probability: 0.078125,
    known: { random: '10', pct: '7', pos: '8', urw: '21', surw: '7' },
    knownSystematic: '13 / 9 / 7',
  },
  {
    name: 'reorder_3',
    scenario: reorder(3),
    preemptions: 1,
    probability: 0.025034,
    known: { random: '24', pct: '34', pos: '15', urw: '11', surw: '7' },
    knownSystematic: '166 / 43 / 25',
  },
  {
    name: 'bluetooth_driver',
    scenario: bluetoothDriver(),
    preemptions: 1,
    probability: 0.0390625,
    known: { random: '23', pct: '21', pos: '17', urw: '97', surw: '16' },
    knownSystematic: '14 / 4 / 4',
  },
  { name: 'account-manager', scenario: accountManager(), probability: 0.375 },
];
