import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelNamed } from '../../src/models/catalogue.ts';
import type { Model } from '../../src/models/model.ts';
import { exploredScenario } from '../../src/scenarios/explored.ts';
import { stateGraph } from '../../src/sim/explore/state-graph.ts';
import type { FaultName } from '../../src/sim/kernel/choices.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import type { DporOptions } from '../../src/sim/schedule/strategies/dpor.ts';
import {
  Cell,
  Condition,
  EPOLLIN,
  F_SETFL,
  F_SETOWN,
  Mutex,
  O_ASYNC,
  POLLIN,
  type Program,
  SIGIO,
  type Sys,
} from '../../src/sys/index.ts';
import { SPECIMENS } from '../zoo/programs.ts';
import { RACES } from '../zoo/races.ts';
import { type Searched, search, searchReduced } from './exact.ts';
import { askedAndAnswered, independent } from './worlds.ts';

type Work = (sys: Sys) => Program;

/** Threads of one process. */
const threads = (name: string, make: () => readonly Work[]): Scenario =>
  scenario(name, (world) => {
    const process = world.process('p');
    make().forEach((work, i) => {
      process.spawn(`t${i}`, work);
    });
  });

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));

function* does(sys: Sys, ...calls: readonly ((sys: Sys) => unknown)[]): Program {
  for (const call of calls) yield* call(sys) as Program;
}

/** `n` writers of one cell. */
const writers = (n: number): Scenario => readersAndWriters(0, n);

const readersAndWriters = (readers: number, writersCount: number): Scenario =>
  threads(`${readers} readers, ${writersCount} writers`, () => {
    const cell = new Cell('x', 0);
    return [
      ...times(readers, () => (sys: Sys) => does(sys, (own) => own.load(cell))),
      ...times(writersCount, (i) => (sys: Sys) => does(sys, (own) => own.store(cell, i))),
    ];
  });

const sections = (n: number): Scenario =>
  threads(`${n} sections under one lock`, () => {
    const mutex = new Mutex('m');
    return times(
      n,
      () => (sys) =>
        does(
          sys,
          (own) => own.lock(mutex),
          (own) => own.unlock(mutex),
        ),
    );
  });

/**
 * The benchmark of Abdulla et al., JACM 2017: thread i writes a[i] = a[i-1] + 1; one looks for the
 * last zero.
 */
const lastZero = (n: number): Scenario =>
  threads(`lastzero(${n})`, () => {
    const cells = times(n + 1, (i) => new Cell(`a${i}`, 0));
    const at = (i: number): Cell<number> => cells[i] as Cell<number>;
    const writer = (i: number): Work =>
      function* writes(sys) {
        yield* sys.store(at(i), (yield* sys.load(at(i - 1))) + 1);
      };
    return [
      function* looks(sys) {
        let i = n;
        while ((yield* sys.load(at(i))) !== 0) i--;
      },
      ...times(n, (i) => writer(i + 1)),
    ];
  });

describe('the number of classes is the number of Mazurkiewicz traces', () => {
  it.each<[string, Scenario, number]>([
    ['independent tasks', independent([3, 3, 3]), 1],
    ['independent tasks, many', independent([4, 4, 4, 4, 4]), 1],
    ['2 writers', writers(2), 2],
    ['4 writers', writers(4), factorial(4)],
    ['5 writers', writers(5), factorial(5)],
    // Every reader is before the first, between two, or after the last.
    ['3 readers, 1 writer', readersAndWriters(3, 1), 2 ** 3],
    ['2 readers, 3 writers', readersAndWriters(2, 3), factorial(3) * 4 ** 2],
    ['3 sections', sections(3), factorial(3)],
    ['5 sections', sections(5), factorial(5)],
    // (n + 3) * 2^(n - 2) traces, Table 1 there: 64 of lastzero(5).
    ['lastzero(4)', lastZero(4), 7 * 2 ** 2],
    ['lastzero(5)', lastZero(5), 64],
  ])('%s', (_name, world, classes) => {
    for (const tries of ['all', 'races'] as const) {
      const found = searchReduced(world, { tries });
      expect(found?.classes.size, tries).toBe(classes);
      expect(found?.runs, `${tries}: no class twice`).toBe(classes);
      expect(found?.failures.size).toBe(0);
    }
  });

  it('looks at fewer runs in vain when it goes by races', () => {
    const world = lastZero(5);
    const byRaces = searchReduced(world)?.dpor.cutShort ?? Number.POSITIVE_INFINITY;
    expect(byRaces).toBeLessThan(searchReduced(world, { tries: 'all' })?.dpor.cutShort ?? 0);
  });
});

/** What the reduced search found is what the plain one found. */
function expectTheSame(reduced: Searched | undefined, plain: Searched): void {
  expect(reduced).toBeDefined();
  expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
  expect([...(reduced?.classes ?? [])].sort()).toEqual([...plain.classes].sort());
}

describe('finds every failure and every class that the plain exhaustive search finds', () => {
  const RUNS_MAX = 3_000;
  const small = [
    'account',
    'lazy01',
    'deadlock01',
    'carter01',
    'phase01',
    'sync01',
    'sync02',
    'twostage',
    'reorder_3',
    'bluetooth_driver',
  ];

  it.each(small)('%s', (name) => {
    const world = SPECIMENS.find((specimen) => specimen.name === name)?.scenario as Scenario;
    const plain = search(world, new DepthFirst(), RUNS_MAX) as Searched;
    expect(plain).toBeDefined();
    for (const tries of ['all', 'races'] as const) {
      expectTheSame(searchReduced(world, { tries }, RUNS_MAX), plain);
    }
  });

  /** Those whose runs can all be made. */
  const SMALL_RACES = /^(stale|lost wake-up|timer|listener|thundering|idle)/;

  it.each(
    RACES.filter(({ name }) => SMALL_RACES.test(name)).flatMap(({ scenario: world, corrected }) =>
      [world, corrected].map((one) => [one.name, one] as const),
    ),
  )('%s', (_name, asWritten) => {
    // Search by races leaves out that time may be short.
    const world = { ...asWritten, options: { ...asWritten.options, faults: [] } };
    const plain = search(world, new DepthFirst(), 6_000) as Searched;
    const reduced = searchReduced(world);
    expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
    expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
  });

  it('of random programs over cells, a mutex, a pipe, a pair of sockets, select and epoll', () => {
    let compared = 0;
    fc.assert(
      fc.property(programs, (program) => {
        const world = asScenario(program);
        const plain = search(world, new DepthFirst(), 600);
        if (plain === undefined) return;
        compared++;
        for (const tries of ['all', 'races'] as const) {
          const reduced = searchReduced(world, { tries }, RUNS_MAX);
          expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
          expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
          // What an epoll_wait looks at as it falls asleep depends on the order, so one class may
          // go by two names.
          if (!program.flat().includes('epoll')) expectTheSame(reduced, plain);
        }
      }),
      { numRuns: 60, seed: 2026 },
    );
    expect(compared).toBeGreaterThan(20);
  });
});

describe('finds every outcome and every failure of programs that sleep', () => {
  const compare = (
    make: (program: readonly (readonly SleepingCall[])[]) => Scenario,
    options: DporOptions,
    runs: number,
  ): void => {
    let compared = 0;
    let failing = 0;
    fc.assert(
      fc.property(sleepingPrograms, (program) => {
        const world = make(program);
        const plain = search(world, new DepthFirst(), 1_500);
        if (plain === undefined) return;
        compared++;
        if (plain.failures.size > 0) failing++;
        for (const tries of ['all', 'races'] as const) {
          const reduced = searchReduced(world, { ...options, tries }, 3_000);
          expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
          expect([...(reduced?.failures ?? [])].sort()).toEqual([...plain.failures].sort());
        }
      }),
      { numRuns: runs, seed: 2026 },
    );
    expect(compared).toBeGreaterThan(runs / 4);
    expect(failing).toBeGreaterThan(0);
  };

  it('of locks, conditions, pipes, sockets and time', () => {
    compare((program) => sleepingScenario(program, []), {}, 100);
  });

  it('of the same under faults', () => {
    const faultsMax = Number.POSITIVE_INFINITY;
    const make = (program: readonly (readonly SleepingCall[])[]): Scenario =>
      sleepingScenario(program, ['eintr', 'spurious', 'shortRead']);
    compare(make, { faultsMax }, 20);
  });
});

// ---- random programs ----

const SLEEPING_CALLS = [
  'lock',
  'unlock',
  'wait',
  'signal',
  'read',
  'write',
  'send',
  'recv',
  'recv in time',
  'poll in time',
  'select',
  'sleep',
  'sleep longer',
  'close',
  'store',
  'load',
] as const;
type SleepingCall = (typeof SLEEPING_CALLS)[number];

const sleepingPrograms = fc.array(
  fc.array(fc.constantFrom(...SLEEPING_CALLS), { minLength: 1, maxLength: 3 }),
  { minLength: 2, maxLength: 3 },
);

/** What it asks for may never come: then it is a deadlock, and those are to be found as well. */
function sleepingScenario(
  program: readonly (readonly SleepingCall[])[],
  faults: readonly FaultName[],
): Scenario {
  return scenario(
    JSON.stringify(program),
    (world) => {
      const mutex = new Mutex('m');
      const condition = new Condition('c');
      const cell = new Cell('x', 0);
      world.process('p').spawn('main', function* main(sys) {
        const pipe = yield* sys.pipe();
        const pair = yield* sys.socketpair();
        const own = { mutex, condition, cell, pipe, pair };
        for (const [i, calls] of program.entries()) {
          yield* sys.spawn(
            function* work(thread: Sys) {
              for (const call of calls) {
                try {
                  yield* sleepIn(thread, call, i, own);
                } catch (error) {
                  if (!(error instanceof Error && 'code' in error)) throw error;
                }
              }
            },
            { name: `t${i}` },
          );
        }
      });
    },
    { faults },
  );
}

interface Shared {
  readonly mutex: Mutex;
  readonly condition: Condition;
  readonly cell: Cell<number>;
  readonly pipe: readonly [number, number];
  readonly pair: readonly [number, number];
}

function* sleepIn(sys: Sys, call: SleepingCall, i: number, own: Shared): Program {
  const { mutex, condition, cell, pipe, pair } = own;
  switch (call) {
    case 'lock':
      return void (yield* sys.lock(mutex));
    case 'unlock':
      return void (yield* sys.unlock(mutex));
    case 'wait':
      yield* sys.lock(mutex);
      yield* sys.condWait(condition, mutex);
      return void (yield* sys.unlock(mutex));
    case 'signal':
      return void (yield* sys.condSignal(condition));
    case 'read':
      return void (yield* sys.read(pipe[0], 1));
    case 'write':
      return void (yield* sys.write(pipe[1], new Uint8Array([i])));
    case 'send':
      return void (yield* sys.send(pair[0], new Uint8Array([i])));
    case 'recv':
      return void (yield* sys.recv(pair[1], 1));
    case 'recv in time':
      if ((yield* sys.poll([{ fd: pair[1], events: POLLIN }], 2)).length === 0) return;
      return void (yield* sys.recv(pair[1], 1));
    case 'poll in time':
      return void (yield* sys.poll([{ fd: pipe[0], events: POLLIN }], 1));
    case 'select':
      return void (yield* sys.select({ read: [pipe[0], pair[1]] }, 3));
    case 'sleep':
      return void (yield* sys.nanosleep({ ms: 1 }));
    case 'sleep longer':
      return void (yield* sys.nanosleep({ ms: 2 }));
    case 'close':
      return void (yield* sys.close(pipe[1]));
    case 'store':
      return void (yield* sys.store(cell, i + 1));
    case 'load':
      return void (yield* sys.load(cell));
  }
}

/** Without sched_yield: depth-first search never lets a task go on that has given up its turn. */
const CALLS = [
  'load x',
  'store x',
  'load y',
  'store y',
  'update x',
  'section',
  'write',
  'read',
  'poll',
  'select',
  'epoll',
  'send',
  'recv',
  'dup',
  'close',
] as const;
type Call = (typeof CALLS)[number];

const programs = fc.array(fc.array(fc.constantFrom(...CALLS), { minLength: 1, maxLength: 3 }), {
  minLength: 2,
  maxLength: 3,
});

interface Things {
  readonly cells: { readonly x: Cell<number>; readonly y: Cell<number> };
  readonly mutex: Mutex;
  readonly pipe: readonly [number, number];
  readonly pair: readonly [number, number];
  readonly epoll: number;
}

function asScenario(program: readonly (readonly Call[])[]): Scenario {
  return scenario(JSON.stringify(program), (world) => {
    const cells = { x: new Cell('x', 0), y: new Cell('y', 0) };
    const mutex = new Mutex('m');
    world.process('p').spawn('main', function* main(sys) {
      const pipe = yield* sys.pipe({ nonblock: true });
      const pair = yield* sys.socketpair();
      const epoll = yield* sys.epollCreate();
      yield* sys.epollCtl(epoll, 'add', pipe[0], EPOLLIN);
      yield* sys.epollCtl(epoll, 'add', pair[1], EPOLLIN);
      const things: Things = { cells, mutex, pipe, pair, epoll };
      for (const [i, calls] of program.entries()) {
        yield* sys.spawn(
          function* work(own: Sys) {
            for (const call of calls) {
              try {
                yield* carryOut(own, call, i, things);
              } catch (error) {
                if (!(error instanceof Error && 'code' in error)) throw error;
              }
            }
          },
          { name: `t${i}` },
        );
      }
    });
  });
}

function* carryOut(sys: Sys, call: Call, i: number, things: Things): Program {
  const { cells, mutex, pipe, pair, epoll } = things;
  switch (call) {
    case 'load x':
      return void (yield* sys.load(cells.x));
    case 'store x':
      return void (yield* sys.store(cells.x, i + 1));
    case 'load y':
      return void (yield* sys.load(cells.y));
    case 'store y':
      return void (yield* sys.store(cells.y, i + 1));
    case 'update x':
      return void (yield* sys.update(cells.x, (n) => n * 3 + i));
    case 'section':
      yield* sys.lock(mutex);
      return void (yield* sys.unlock(mutex));
    case 'write':
      return void (yield* sys.write(pipe[1], new Uint8Array([i])));
    case 'read':
      return void (yield* sys.read(pipe[0], 1));
    case 'poll':
      return void (yield* sys.poll([{ fd: pipe[0], events: EPOLLIN }], 0));
    case 'select':
      return void (yield* sys.select({ read: [pipe[0], pair[1]] }));
    case 'epoll':
      return void (yield* sys.epollWait(epoll, 2));
    case 'send':
      return void (yield* sys.send(pair[0], new Uint8Array([i])));
    case 'recv':
      return void (yield* sys.recv(pair[1], 1));
    case 'dup':
      return void (yield* sys.dup(pipe[0]));
    case 'close':
      return void (yield* sys.close(pipe[1]));
  }
}

// ---- servers ----

const server = (id: string) => modelNamed(id)?.corrected as Parameters<typeof askedAndAnswered>[0];

function expectTheGraph(world: Scenario): number {
  const graph = stateGraph(world);
  const reduced = searchReduced(world);
  expect(graph.complete).toBe(true);
  expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...graph.outcomes].sort());
  return graph.outcomes.size;
}

/**
 * SIGIO for one end of a pair, whose handler writes into a pipe what the program reads there; the
 * other end is a child's.
 */
const toldBySignal = scenario('told by a signal', (world) => {
  world.process('p').spawn('main', function* main(sys) {
    const [own, other] = yield* sys.socketpair();
    const [told, telling] = yield* sys.pipe({ nonblock: true });
    yield* sys.sigaction(SIGIO, {
      handler: function* (_, handling): Program {
        yield* handling.write(telling, new Uint8Array([1]));
      },
    });
    yield* sys.fcntl(own, F_SETOWN, yield* sys.getpid());
    yield* sys.fcntl(own, F_SETFL, O_ASYNC);
    yield* sys.fork(function* child(its) {
      yield* its.send(other, new Uint8Array([7]));
      yield* its.send(other, new Uint8Array([8]));
    });
    yield* sys.recv(own, 1);
    yield* sys.poll([{ fd: told, events: POLLIN }], 5);
    yield* sys.recv(own, 1);
    yield* sys.poll([{ fd: told, events: POLLIN }], 5);
  });
});

describe('two clients on loopback, explored completely', () => {
  it.each(['threaded', 'select-queues'])(
    'every outcome of the full graph of states, and no other: %s',
    (id) => {
      const world = askedAndAnswered(server(id), 2, 1);
      const graph = stateGraph(world);
      const reduced = searchReduced(world);
      expect(graph.complete).toBe(true);
      expect([...(reduced?.outcomes ?? [])].sort()).toEqual([...graph.outcomes].sort());
      expect(BigInt(reduced?.runs ?? 0) * 1_000_000n).toBeLessThan(graph.interleavings);
    },
  );

  // Processes that share descriptions; requests under way in a ring.
  it.each([
    ['fork', 3],
    ['completion', 2],
  ] as const)(
    'every outcome of the graph, and no other: %s, 1 client, %i messages',
    (id, messages) => {
      const size = { clients: 1, messages, network: 'loopback' } as const;
      expectTheGraph(exploredScenario(modelNamed(id) as Model, 'corrected', size));
    },
  );

  it('every outcome of the graph, and no other: signals, which come between any two steps', () => {
    expect(expectTheGraph(toldBySignal)).toBeGreaterThan(1);
  });

  it.each([
    ['threaded', 1_000],
    ['select-queues', 10_000],
    ['epoll-level', 200_000],
  ])('two messages each: %s in at most %i runs', (id, runsMax) => {
    const reduced = searchReduced(askedAndAnswered(server(id), 2, 2), {}, runsMax);
    expect(reduced).toBeDefined();
    expect(reduced?.failures.size).toBe(0);
    const { complete, cutShort } = (reduced as NonNullable<typeof reduced>).dpor;
    expect(complete + cutShort).toBeLessThanOrEqual(runsMax);
  });
});

describe('the graph of states counts plain interleavings', () => {
  it.each([[[3, 3]], [[5, 2]], [[2, 2, 2]], [[5, 4, 3]], [[6, 6, 6, 6]]])(
    'of %j steps',
    (steps) => {
      const total = steps.reduce((sum, n) => sum + n, 0);
      const multinomial = steps.reduce((left, n) => left / factorial(n), factorial(total));
      expect(stateGraph(independent(steps)).interleavings).toBe(BigInt(Math.round(multinomial)));
    },
  );

  it.each(['threaded', 'select-queues', 'epoll-level'])(
    'as many as depth-first search makes runs of a server with one client: %s',
    (id) => {
      const world = askedAndAnswered(server(id), 1, 1);
      const plain = search(world, new DepthFirst(), 5_000) as Searched;
      const graph = stateGraph(world);
      expect(plain.runs).toBeGreaterThan(10);
      expect(graph.interleavings).toBe(BigInt(plain.runs));
      expect([...graph.outcomes].sort()).toEqual([...plain.outcomes].sort());
    },
  );

  it.each(['deadlock01', 'twostage', 'bluetooth_driver', 'account'])(
    'as many as depth-first search makes runs: %s',
    (name) => {
      const world = SPECIMENS.find((specimen) => specimen.name === name)?.scenario as Scenario;
      const plain = search(world, new DepthFirst()) as Searched;
      const graph = stateGraph(world);
      expect(graph.interleavings).toBe(BigInt(plain.runs));
      expect([...graph.outcomes].sort()).toEqual([...plain.outcomes].sort());
    },
  );
});

describe('with a bound on preemptions', () => {
  it('finds what depth-first search finds once the bound is large enough, and nothing new', () => {
    const world = SPECIMENS.find(({ name }) => name === 'reorder_3')?.scenario as Scenario;
    const plain = search(world, new DepthFirst()) as Searched;
    const found = [0, 1, 2, 9].map((preemptionsMax) => searchReduced(world, { preemptionsMax }));
    expect(found[0]?.failures.size).toBe(0);
    expect(found[1]?.failures.size).toBe(1);
    const sizes = found.map((one) => one?.outcomes.size ?? 0);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect([...(found[3]?.outcomes ?? [])].sort()).toEqual([...plain.outcomes].sort());
  });
});
