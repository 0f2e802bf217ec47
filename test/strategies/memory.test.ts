import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { runAsync } from '../../src/sim/schedule/runtime/execute.ts';
import { type Scenario, scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { DepthFirst } from '../../src/sim/schedule/strategies/depth-first.ts';
import { type Body, Cell, Condition, Mutex } from '../../src/sys/index.ts';

function alone(body: Body): Scenario {
  return scenario('alone', (world) => {
    world.process('p').spawn('main', body);
  });
}

function runs(body: Body): void {
  const result = attempt(alone(body), new Calm());
  expect(result?.failure).toBeUndefined();
}

describe('cells', () => {
  it.each([0, 1, -1, -11, -4096, -4097, -0.5, 'text', null, undefined, Number.NaN])(
    'give back what was stored, also what looks like an errno: %s',
    async (value) => {
      runs(function* main(sys) {
        const cell = new Cell<unknown>('cell', 'before');
        yield* sys.store(cell, value);
        expect(yield* sys.load(cell)).toBe(value);
        expect(yield* sys.update(cell, () => 'after')).toBe(value);
        expect(cell.value).toBe('after');
      });
      const awaits = alone(async (sys) => {
        const cell = new Cell<unknown>('cell', value);
        expect(await sys.load(cell)).toBe(value);
      });
      expect((await runAsync(awaits, { strategy: new Calm() })).failure).toBeUndefined();
    },
  );

  it('let a collection be looked at without copying it', () => {
    runs(function* main(sys) {
      const cell = new Cell('names', new Map([['a', -7]]));
      expect(yield* sys.load(cell, (names) => names.get('a'))).toBe(-7);
      expect(yield* sys.load(cell, (names) => names.has('b'))).toBe(false);
    });
  });
});

describe('mutexes', () => {
  it('keep everybody else out, on every schedule', () => {
    let inside = 0;
    const exclusive = scenario('exclusive', (world) => {
      inside = 0;
      const mutex = new Mutex('m');
      for (const name of ['a', 'b']) {
        world.process('p').spawn(name, function* enters(sys) {
          yield* sys.lock(mutex);
          inside++;
          yield* sys.gettid();
          expect(inside).toBe(1);
          inside--;
          yield* sys.unlock(mutex);
        });
      }
    });
    const strategy = new DepthFirst();
    let count = 0;
    for (;;) {
      const result = attempt(exclusive, strategy);
      if (result === undefined) break;
      count++;
      expect(result.failure).toBeUndefined();
      // Whoever cannot have the lock is not offered: each task takes its three steps and no other.
      expect(result.steps).toBe(6);
    }
    expect(count).toBe(2);
  });

  it('are not let go by others, and not taken twice', () => {
    const mutex = new Mutex('m');
    runs(function* main(sys) {
      try {
        yield* sys.unlock(mutex);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: 'EPERM', syscall: 'unlock' });
      }
    });
    const twice = attempt(
      alone(function* main(sys) {
        const own = new Mutex('own');
        yield* sys.lock(own);
        yield* sys.lock(own);
      }),
      new Calm(),
    );
    expect(twice?.failure).toMatchObject({ kind: 'deadlock' });
    expect(twice?.failure?.message).toContain('main waits lock own');
  });
});

describe('conditions', () => {
  it('wake who has waited longest, one a signal and all at a broadcast', () => {
    const woken: string[] = [];
    const result = attempt(
      scenario('signals', (world) => {
        const mutex = new Mutex('m');
        const condition = new Condition('c');
        const process = world.process('p');
        for (const name of ['a', 'b', 'c']) {
          process.spawn(name, function* waits(sys) {
            yield* sys.lock(mutex);
            yield* sys.condWait(condition, mutex);
            woken.push(name);
            yield* sys.unlock(mutex);
          });
        }
        process.spawn('signals', function* signals(sys) {
          yield* sys.condSignal(condition);
          yield* sys.nanosleep({ ms: 1 });
          expect(woken).toEqual(['a']);
          yield* sys.condBroadcast(condition);
        });
      }),
      new Calm(),
    );
    expect(result?.failure).toBeUndefined();
    expect([...woken].sort()).toEqual(['a', 'b', 'c']);
  });

  it('forget a signal that nobody waits for', () => {
    const result = attempt(
      alone(function* main(sys) {
        const mutex = new Mutex('m');
        const condition = new Condition('c');
        yield* sys.condSignal(condition);
        yield* sys.lock(mutex);
        yield* sys.condWait(condition, mutex);
      }),
      new Calm(),
    );
    expect(result?.failure?.message).toContain('main waits condWait c');
  });
});
