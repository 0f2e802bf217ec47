import { describe, expect, it } from 'vitest';
import { fuzz } from '../../src/sim/explore/fuzz.ts';
import { Run } from '../../src/sim/schedule/run.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import type { World } from '../../src/sim/schedule/world.ts';
import * as c from '../../src/sys/constants.ts';
import type { Program, Sys } from '../../src/sys/sys.ts';
import { bytes, text } from '../kernel/harness.ts';
import { searchReduced } from '../strategies/exact.ts';

const NEW = c.O_RDWR | c.O_CREAT;
const NONE = { faults: [] } as const;

function* save(sys: Sys, path: string, content: string): Program {
  const fd = yield* sys.open(path, NEW);
  yield* sys.write(fd, bytes(content));
  yield* sys.close(fd);
}

/** A host with one program, and another host that crashes it and starts it again. */
const crashed = (
  name: string,
  program: (sys: Sys, life: number) => Program,
  law: (world: World) => void,
): Scenario =>
  scenario(
    name,
    (world) => {
      const db = world.host('db');
      let lives = 0;
      db.process('db').spawn('db', (sys) => program(sys, lives++));
      world
        .host('chaos')
        .process('chaos')
        .spawn('chaos', function* chaos(sys) {
          yield* sys.nanosleep({ ms: 5 });
          db.crash();
          yield* sys.nanosleep({ ms: 5 });
          db.restart();
        });
      law(world);
    },
    NONE,
  );

const calm = (world: Scenario): string | undefined =>
  new Run(world, { strategy: new Calm() }).execute().failure?.message;

describe('a host that crashes', () => {
  it('ends its programs, and what they hold; started again they find its disk', () => {
    const lives: string[] = [];
    const world = crashed(
      'lives',
      function* program(sys) {
        const fd = yield* sys.open('/log', NEW | c.O_APPEND);
        yield* sys.flock(fd, c.LOCK_EX);
        lives.push(text(yield* sys.pread(fd, 100, 0)));
        yield* sys.write(fd, bytes('x'));
        const socket = yield* sys.socket('inet', 'stream');
        yield* sys.bind(socket, { host: '127.0.0.1', port: 7000 });
        yield* sys.listen(socket);
        if (lives.length === 1) yield* sys.nanosleep({ s: 60 });
      },
      (built) => built.finally('crashed once', () => built.host('db').crashCount === 1),
    );
    expect(calm(world)).toBeUndefined();
    expect(lives).toEqual(['', 'x']);
  });

  it('loses nothing in the calm case, and may lose what was not synced', () => {
    const law = (world: World): void =>
      world.finally('it is there', () => {
        const file = world.host('db').readFile('/a');
        return (
          text(file ?? bytes('nothing')) === 'hello' || `it holds ${text(file ?? bytes('nothing'))}`
        );
      });
    function* program(sys: Sys, life: number): Program {
      if (life === 0) yield* save(sys, '/a', 'hello');
    }
    const world = crashed('loses', program, law);
    expect(calm(world)).toBeUndefined();
    const { found } = fuzz(world, { runs: 100, seed: 1 });
    expect(found?.failure.message).toMatch(/^it holds/);
  });

  it('is crashed and started by a task of another host', () => {
    const refuses = (act: (world: World) => void, host = 'chaos'): string | undefined =>
      calm(
        scenario('refuses', (world) => {
          world
            .host('db')
            .process('db')
            .spawn('db', function* program(sys) {
              yield* sys.nanosleep({ ms: 5 });
            });
          world
            .host(host)
            .process('act')
            .spawn('act', function* acts(sys) {
              yield* sys.nanosleep({ ms: 1 });
              act(world);
            });
        }),
      );
    const outside = 'has to be called by a task on another host';
    expect(refuses((world) => world.host('db').crash(), 'db')).toContain(outside);
    expect(refuses((world) => world.host('db').restart())).toContain('db still runs on db');
    expect(refuses((world) => world.host('db').crash())).toBeUndefined();
    expect(() => calm(scenario('builds', (world) => world.host('db').crash()))).toThrow(outside);
  });
});

describe('partial-order reduction loses no state after a crash', () => {
  const make =
    (path: string, flags = NEW) =>
    (sys: Sys) =>
      sys.open(path, flags);
  const makesTwo = [make('/d/a'), make('/d/b')];

  /** What is found of these files, if two processes do these calls, in whatever order. */
  function states(paths: readonly string[], ...does: (typeof makesTwo)[]): string[] {
    const seen = new Set<string>();
    const orders = new Set<string>();
    const world = scenario(
      'states',
      (built) => {
        let order = '';
        const db = built.host('db');
        db.process('p').spawn('main', function* main(sys) {
          for (const path of ['/d', '/e']) yield* sys.mkdir(path);
          yield* save(sys, '/old', 'x');
          for (const path of ['/d', '/old']) yield* sys.fsync(yield* sys.open(path, c.O_RDONLY));
          for (const [i, calls] of does.entries()) {
            yield* sys.fork(function* own(its) {
              for (const call of calls) {
                yield* call(its);
                order += i;
              }
            });
          }
        });
        built
          .host('chaos')
          .process('chaos')
          .spawn('chaos', function* chaos(sys) {
            yield* sys.nanosleep({ ms: 1 });
            db.crash();
          });
        built.finally('seen', () => {
          orders.add(order);
          seen.add(paths.map((path) => text(db.readFile(path) ?? bytes('-'))).join('|'));
          return true;
        });
      },
      NONE,
    );
    expect(searchReduced(world, {}, 20_000)).toBeDefined();
    // Each order leaves another journal.
    expect([...orders].sort()).toEqual(['0011', '0101', '0110', '1001', '1010', '1100']);
    return [...seen].sort();
  }

  // Of what each has done a beginning is there, whatever that of the other is.
  it('of names in two directories', () => {
    const found = states(['/d/a', '/d/b', '/e/a', '/e/b'], makesTwo, [make('/e/a'), make('/e/b')]);
    const beginnings = ['-|-', '|-', '|'];
    const all = beginnings.flatMap((one) => beginnings.map((other) => `${one}|${other}`));
    expect(found).toEqual(all.sort());
  });

  it('of names and a truncation', () => {
    const empties = [make('/old', c.O_RDWR | c.O_TRUNC), make('/e/a')];
    const found = states(['/d/a', '/d/b', '/old', '/e/a'], makesTwo, empties);
    const beginnings = ['-|-', '|-', '|'];
    const all = beginnings.flatMap((one) => ['x|-', '|-', '|'].map((other) => `${one}|${other}`));
    expect(found).toEqual(all.sort());
  });
});
