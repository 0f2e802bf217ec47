import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findDataRace } from '../../src/sim/explore/data-races.ts';
import { raceText } from '../../src/sim/laws/data-races.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import { Cell, Condition, Mutex, type Program, type Sys } from '../../src/sys/index.ts';

type Step = (sys: Sys) => Program;

/** Two threads of one process. */
function two(build: (world: World) => readonly [Step, Step]): Scenario {
  return scenario('two threads', (world) => {
    const process = world.process('p');
    for (const [i, body] of build(world).entries()) process.spawn(`t${i + 1}`, body);
  });
}

const bytes = new Uint8Array(1);
const search = { runs: 300, seed: 5 };

describe('a data race', () => {
  it('is found on the calm schedule too, and both lines are named', () => {
    const counting = two(() => {
      const count = new Cell('count', 0);
      const adds: Step = function* adds(sys) {
        const before = yield* sys.load(count);
        yield* sys.store(count, before + 1);
      };
      return [adds, adds];
    });
    const found = findDataRace(counting, { runs: 1, seed: 1, strategy: new Calm() });
    expect(found?.race).toMatchObject({
      cell: 'count',
      first: { task: 't1', did: 'store' },
      second: { task: 't2', did: 'load' },
    });
    const source = readFileSync(import.meta.filename, 'utf8').split('\n');
    const lineOf = (where = ''): string => source[Number(where.split(':').at(-2)) - 1] ?? '';
    expect(lineOf(found?.race.first.where)).toContain('sys.store(count');
    expect(lineOf(found?.race.second.where)).toContain('sys.load(count');
    expect(raceText(found?.race as NonNullable<typeof found>['race'])).toMatch(
      /^data race on count: t1 store at test\/strategies\/data-races\.test\.ts:\d+:\d+, and t2 load at /,
    );
  });

  it('is found between a plain access and an atomic one', () => {
    const mixed = two(() => {
      const flag = new Cell('flag', 0);
      return [
        function* sets(sys) {
          yield* sys.update(flag, () => 1);
        },
        function* looks(sys) {
          yield* sys.load(flag);
        },
      ];
    });
    expect(findDataRace(mixed, search)?.race.cell).toBe('flag');
  });
});

/** What puts accesses in order; each pair shares `cell`, and would race without. */
const ordered: readonly (readonly [string, Scenario])[] = [
  [
    'a mutex',
    two(() => {
      const cell = new Cell('cell', 0);
      const mutex = new Mutex('m');
      const adds: Step = function* adds(sys) {
        yield* sys.lock(mutex);
        yield* sys.store(cell, (yield* sys.load(cell)) + 1);
        yield* sys.unlock(mutex);
      };
      return [adds, adds];
    }),
  ],
  [
    'atomics',
    two(() => {
      const cell = new Cell('cell', 0);
      const adds: Step = function* adds(sys) {
        yield* sys.update(cell, (n) => n + 1);
      };
      return [adds, adds];
    }),
  ],
  [
    'an atomic flag',
    two(() => {
      const cell = new Cell('cell', 0);
      const flag = new Cell('flag', false);
      return [
        function* publishes(sys) {
          yield* sys.store(cell, 1);
          yield* sys.update(flag, () => true);
        },
        function* reads(sys) {
          if (yield* sys.update(flag, (set) => set)) yield* sys.load(cell);
        },
      ];
    }),
  ],
  [
    'a condition',
    two(() => {
      const cell = new Cell('cell', 0);
      const mutex = new Mutex('m');
      const condition = new Condition('c');
      let ready = false;
      return [
        function* signals(sys) {
          yield* sys.store(cell, 1);
          yield* sys.lock(mutex);
          ready = true;
          yield* sys.condSignal(condition);
          yield* sys.unlock(mutex);
        },
        function* waits(sys) {
          yield* sys.lock(mutex);
          while (!ready) yield* sys.condWait(condition, mutex);
          yield* sys.unlock(mutex);
          yield* sys.load(cell);
        },
      ];
    }),
  ],
  [
    'spawn and join',
    scenario('spawn and join', (world) => {
      const cell = new Cell('cell', 0);
      world.process('p').spawn('main', function* main(sys) {
        yield* sys.store(cell, 1);
        const child = yield* sys.spawn(function* child(own) {
          yield* own.store(cell, 2);
        });
        yield* sys.join(child);
        yield* sys.store(cell, 3);
      });
    }),
  ],
  [
    'a pipe',
    scenario('pipe', (world) => {
      const cell = new Cell('cell', 0);
      world.process('p').spawn('main', function* main(sys) {
        const [reader, writer] = yield* sys.pipe();
        yield* sys.spawn(function* child(own) {
          yield* own.store(cell, 2);
          yield* own.write(writer, bytes);
        });
        yield* sys.read(reader, 1);
        yield* sys.load(cell);
      });
    }),
  ],
  [
    'a connection',
    scenario('connection', (world) => {
      const cell = new Cell('cell', 0);
      const address = { host: '127.0.0.1', port: 7000 };
      world.process('p').spawn('server', function* server(sys) {
        const listener = yield* sys.socket('inet', 'stream');
        yield* sys.bind(listener, address);
        yield* sys.listen(listener);
        const { fd } = yield* sys.accept(listener);
        yield* sys.recv(fd, 1);
        yield* sys.load(cell);
      });
      world.process('q').spawn(
        'client',
        function* client(sys) {
          const fd = yield* sys.socket('inet', 'stream');
          yield* sys.connect(fd, address);
          yield* sys.store(cell, 1);
          yield* sys.send(fd, bytes);
        },
        { afterListen: 7000 },
      );
    }),
  ],
];

describe('no data race is seen', () => {
  it.each(ordered)('where there is %s between the accesses', (_name, program) => {
    expect(findDataRace(program, search)).toBeUndefined();
  });
});
