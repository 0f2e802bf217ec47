// Tasks from async functions behave as tasks from generator functions do, and what they await is
// run before the next step.

import { AsyncLocalStorage } from 'node:async_hooks';
import { readFile } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Failure } from '../../src/sim/schedule/failure.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import type { DrainMode } from '../../src/sim/schedule/runtime/drain.ts';
import { drainMode } from '../../src/sim/schedule/runtime/drain.ts';
import { inMacrotask, runAsync, runSync } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { type Sys, SysError, UsageError } from '../../src/sys/index.ts';
import { alone, echoIn, walk } from './styles.ts';

const plan = fc.record({
  clients: fc.integer({ min: 1, max: 3 }),
  messages: fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 3 }),
});
const mode = fc.constantFrom('loopback' as const, 'adversarial' as const);
const DRAINS = ['checkpoint', 'hop'] as const;

describe('an async function and a generator function with the same syscalls', () => {
  it('take the same steps under the same schedule', async () => {
    const same = fc.property(plan, mode, fc.nat(), (its, network, seed) => {
      const options = { network: { mode: network }, faults: ['shortRead', 'shortWrite'] } as const;
      const generators = runSync(echoIn('generator', its, options), {
        strategy: walk(seed),
        digest: true,
      });
      const asyncs = runSync(echoIn('async', its, options), { strategy: walk(seed), digest: true });
      expect(asyncs.failure?.message).toBe(generators.failure?.message);
      expect(asyncs.schedule).toEqual(generators.schedule);
      expect(asyncs.digest).toBe(generators.digest);
    });
    await inMacrotask(() => fc.assert(same, { numRuns: 200 }));
  });

  it('take the same steps by turns of the event loop as in place', async () => {
    const same = fc.asyncProperty(plan, mode, fc.nat(), async (its, network, seed) => {
      const each = echoIn('async', its, { network: { mode: network } });
      const drained = (drain: DrainMode): Promise<RunResult> =>
        runAsync(each, { strategy: walk(seed), drain, digest: true });
      const inPlace = await drained('checkpoint');
      const hopping = await drained('hop');
      expect(hopping.failure?.message).toBe(inPlace.failure?.message);
      expect(hopping.digest).toBe(inPlace.digest);
    });
    await fc.assert(same, { numRuns: 40 });
  });

  it('see the same errors', async () => {
    const caught: unknown[] = [];
    await inMacrotask(() => {
      const inAsync = alone(async (sys) => {
        await sys.recv(7, 1).catch((error) => caught.push(error));
      });
      const inGenerator = alone(function* (sys) {
        try {
          yield* sys.recv(7, 1);
        } catch (error) {
          caught.push(error);
        }
      });
      for (const each of [inAsync, inGenerator]) runSync(each, { strategy: new Calm() });
    });
    expect(caught).toHaveLength(2);
    expect(caught[0]).toBeInstanceOf(SysError);
    expect(caught[0]).toEqual(caught[1]);
  });
});

/** A program of callbacks that queue callbacks. */
interface Queued {
  readonly by: 'nextTick' | 'queueMicrotask' | 'then' | 'await';
  readonly children: readonly Queued[];
}

const { tree: queued } = fc.letrec<{ tree: Queued; children: readonly Queued[] }>((tie) => ({
  tree: fc.record({
    by: fc.constantFrom('nextTick', 'queueMicrotask', 'then', 'await'),
    children: tie('children'),
  }),
  children: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant([]),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}));

/** Queue `programs`; `order` gets the path of each as it is called. */
function queue(programs: readonly Queued[], order: string[], path = ''): void {
  programs.forEach(({ by, children }, index) => {
    const name = `${path}/${by}${index}`;
    const called = (): void => {
      order.push(name);
      queue(children, order, name);
    };
    if (by === 'nextTick') process.nextTick(called);
    else if (by === 'queueMicrotask') queueMicrotask(called);
    else if (by === 'then') void Promise.resolve().then(called);
    else
      void (async () => {
        await null;
        called();
      })();
  });
}

describe('what an async task has queued', () => {
  it('runs in the order that Node runs it in', async () => {
    const same = fc.asyncProperty(fc.array(queued, { maxLength: 4 }), async (programs) => {
      const native: string[] = [];
      // Once in a macrotask, and once more after an await: there, microtasks come before ticks.
      await new Promise<void>((resolve) =>
        setImmediate(() => {
          queue(programs, native);
          setImmediate(resolve);
        }),
      );
      native.push('awaited');
      await new Promise((resolve) => setImmediate(resolve));
      queue(programs, native);
      await new Promise((resolve) => setImmediate(resolve));

      for (const drain of DRAINS) {
        const virtual: string[] = [];
        const body = async (sys: Sys): Promise<void> => {
          queue(programs, virtual);
          await sys.schedYield();
          virtual.push('awaited');
          queue(programs, virtual);
          await sys.schedYield();
        };
        const { failure } = await runAsync(alone(body), { strategy: new Calm(), drain });
        expect(failure).toBeUndefined();
        expect(virtual).toEqual(native);
      }
    });
    await fc.assert(same, { numRuns: 60 });
  });

  it('has run before the next step, however deep its awaits are nested', async () => {
    const deep = async (sys: Sys, depth: number): Promise<number> =>
      depth === 0 ? sys.getpid() : (await deep(sys, depth - 1)) + 0;
    let callsMade = 0;
    const body = async (sys: Sys): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        await deep(sys, 20);
        callsMade++;
      }
    };
    const { steps, failure } = await runAsync(alone(body), { strategy: new Calm() });
    expect({ steps, failure, callsMade }).toEqual({ steps: 5, failure: undefined, callsMade: 5 });
  });

  it('keeps its async context', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const body = (name: string) => (sys: Sys) =>
      storage.run(name, async () => {
        const see = (): void => void seen.push(`${name} ${storage.getStore()}`);
        for (let i = 0; i < 3; i++) {
          process.nextTick(see);
          setTimeout(see, 1);
          setImmediate(see);
          await sys.nanosleep({ ms: 2 });
          see();
        }
      });
    const both = scenario('two contexts', (world) => {
      for (const name of ['a', 'b']) world.process(name).spawn(name, body(name));
    });
    const { failure } = await runAsync(both, { strategy: walk(3) });
    expect(failure).toBeUndefined();
    expect([...new Set(seen)].sort()).toEqual(['a a', 'b b']);
    expect(seen).toHaveLength(24);
  });
});

describe('an error that no task can catch', () => {
  const throwers: readonly (readonly [string, (error: Error) => void])[] = [
    [
      'a nextTick callback',
      (error) =>
        process.nextTick(() => {
          throw error;
        }),
    ],
    [
      'a queueMicrotask callback',
      (error) =>
        queueMicrotask(() => {
          throw error;
        }),
    ],
    [
      'a setTimeout callback',
      (error) =>
        void setTimeout(() => {
          throw error;
        }, 1),
    ],
    [
      'a setImmediate callback',
      (error) =>
        void setImmediate(() => {
          throw error;
        }),
    ],
  ];

  it.each(throwers)('in %s fails the run, of the task that made it', async (where, throwIt) => {
    const error = new RangeError('boom');
    const after: string[] = [];
    const each = scenario('thrower', (world) => {
      world.process('p').spawn('quiet', async (sys) => {
        await sys.nanosleep({ ms: 5 });
      });
      world.process('q').spawn('loud', async (sys) => {
        throwIt(error);
        process.nextTick(() => after.push('the next one'));
        await sys.nanosleep({ ms: 10 });
      });
    });
    for (const drain of DRAINS) {
      const { failure } = await runAsync(each, { strategy: new Calm(), drain });
      expect(failure).toMatchObject({ kind: 'died', task: 'loud' });
      expect(failure?.message).toBe(`loud died: uncaught exception in ${where}: RangeError: boom`);
      expect((failure as Failure).error).toMatchObject({ cause: error });
    }
    expect(after).toEqual(['the next one', 'the next one']);
  });

  it('in a promise that nobody handles fails its run, and none of the runs after it', async () => {
    const floating = alone(async (sys) => {
      void (async () => {
        await null;
        throw new Error('adrift');
      })();
      await sys.schedYield();
    });
    const handledLater = alone(async (sys) => {
      const rejected = Promise.reject(new Error('late'));
      await sys.schedYield();
      await sys.nanosleep({ ms: 1 });
      await expect(rejected).rejects.toThrow('late');
    });
    const runs = await inMacrotask(() =>
      [handledLater, floating, handledLater, floating].map((each) =>
        runSync(each, { strategy: new Calm() }),
      ),
    );
    for (const each of [handledLater, floating]) {
      runs.push(await runAsync(each, { strategy: new Calm(), drain: 'hop' }));
    }
    const adrift =
      'a promise was rejected and nobody handles it: Error: adrift; await every promise that a task makes';
    expect(runs.map(({ failure }) => failure?.message)).toEqual([
      ...[undefined, adrift, undefined, adrift],
      ...[undefined, adrift],
    ]);
  });

  it('ends a task, with its name', async () => {
    const dying = alone(async (sys) => {
      await sys.schedYield();
      throw new TypeError('oh');
    });
    const { failure } = await runAsync(dying, { strategy: new Calm() });
    expect(failure?.message).toBe('task died: TypeError: oh');
  });

  it('does not hang a run whose ticks never end', async () => {
    const ticking = alone(async () => {
      const again = (): void => process.nextTick(again);
      again();
    });
    const { failure } = await runAsync(ticking, { strategy: new Calm() });
    expect(failure?.message).toContain('without giving way');
  });
});

describe('where a run may start', () => {
  const twice = alone(async (sys) => {
    await sys.schedYield();
  });

  afterEach(() => vi.unstubAllEnvs());

  it('is not inside a promise job, and it says so', async () => {
    await null;
    const start = (): unknown => runSync(twice, { strategy: new Calm() });
    expect(start).toThrow(UsageError);
    expect(start).toThrow(/inside a promise job .* `await runAsync\(…\)`/);
    expect((await runAsync(twice, { strategy: new Calm() })).failure).toBeUndefined();
  });

  it('is everywhere for generators', async () => {
    await null;
    const plain = alone(function* (sys) {
      yield* sys.schedYield();
    });
    expect(runSync(plain, { strategy: new Calm() }).failure).toBeUndefined();
  });

  it('is wherever no promise job is', async () => {
    const fromHere = (): unknown => runSync(twice, { strategy: new Calm() }).failure;
    for (const later of [setImmediate, setTimeout, process.nextTick]) {
      const failure = await new Promise((resolve, reject) => {
        later(() => {
          try {
            resolve(fromHere());
          } catch (error) {
            reject(error);
          }
        });
      });
      expect(failure).toBeUndefined();
    }
  });

  it('is the event loop where microtasks cannot be run in place', async () => {
    vi.stubEnv('HEDDLE_DRAIN', 'hop');
    expect(drainMode()).toBe('hop');
    await expect(inMacrotask(() => runSync(twice, { strategy: new Calm() }))).rejects.toThrow(
      /needs turns of the event loop .* `await runAsync\(…\)`/,
    );
    expect((await runAsync(twice, { strategy: new Calm() })).failure).toBeUndefined();
  });
});

describe('a task that waits for something outside', () => {
  const awaiting = (what: () => Promise<unknown>) =>
    scenario('outside', (world) => {
      for (let i = 0; i < 2; i++) {
        world.process('p').spawn('client', async (sys) => {
          await sys.nanosleep({ ms: 1 });
          if (i === 1) await what();
        });
      }
    });

  it.each([
    ['a promise that nobody settles', () => new Promise(() => {})],
    [
      'a real file',
      () => new Promise((resolve) => readFile(import.meta.filename, (_, data) => resolve(data))),
    ],
  ])('is named: %s', async (_, what) => {
    const { failure } = await runAsync(awaiting(what), { strategy: new Calm() });
    expect(failure).toMatchObject({ kind: 'outside', task: 'client#2' });
    expect(failure?.message).toMatch(/^client#2 waits for something outside: after its nanosleep/);
  });

  it('is named though its own interval goes on for ever', async () => {
    const ticking = awaiting(() => {
      setInterval(() => {}, 10);
      return new Promise(() => {});
    });
    const { failure } = await runAsync(ticking, { strategy: new Calm(), stepsMax: 500 });
    expect(failure?.message).toMatch(/^client#2 waits for something outside/);
  });

  it('goes on when another task calls it back', async () => {
    const order: string[] = [];
    const both = scenario('a promise between tasks', (world) => {
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      world.process('a').spawn('waiter', async (sys) => {
        await gate;
        await sys.nanosleep({ ms: 1 });
        order.push('waiter');
      });
      world.process('b').spawn('opener', async (sys) => {
        await sys.nanosleep({ ms: 1 });
        open();
        order.push('opener');
      });
    });
    for (const drain of DRAINS) {
      expect((await runAsync(both, { strategy: new Calm(), drain })).failure).toBeUndefined();
    }
    expect(order).toEqual(['opener', 'waiter', 'opener', 'waiter']);
  });
});

describe('a program that breaks the rules of the seam', () => {
  const messageOf = async (body: (sys: Sys) => Promise<unknown>): Promise<string | undefined> =>
    (await runAsync(alone(body), { strategy: new Calm() })).failure?.message;

  it('hears that a task has one syscall at a time', async () => {
    const both = await messageOf((sys) =>
      Promise.all([sys.nanosleep({ ms: 1 }), sys.schedYield()]),
    );
    expect(both).toMatch(
      /task asked for schedYield while its nanosleep was still pending; .* one syscall at a time/,
    );
    const late = await messageOf(async (sys) => {
      setTimeout(() => void sys.schedYield().then(), 1);
      await sys.nanosleep({ ms: 5 });
    });
    expect(late).toMatch(/task asked for schedYield while its nanosleep was still pending/);
  });

  it('hears that the sys of another task is not its own', async () => {
    let borrowed: Sys | undefined;
    const thief = scenario('thief', (world) => {
      world.process('a').spawn('owner', async (sys) => {
        borrowed = sys;
        await sys.nanosleep({ ms: 9 });
      });
      world.process('b').spawn('thief', async (sys) => {
        await sys.schedYield();
        await (borrowed as Sys).getpid();
      });
    });
    const { failure } = await runAsync(thief, { strategy: new Calm() });
    expect(failure?.task).toBe('thief');
    expect(failure?.message).toMatch(/the sys of owner was used from thief \(getpid\); .*/);
    await expect(borrowed?.getpid()).rejects.toThrow(UsageError);
  });

  it('hears that its task has ended', async () => {
    const message = await messageOf(async (sys) => {
      void (async () => {
        for (let i = 0; i < 5; i++) await null;
        await sys.getpid();
      })();
    });
    expect(message).toMatch(/task asked for getpid after it had ended; await everything/);
  });

  it('hears that a syscall is used once', async () => {
    const message = await messageOf(async (sys) => {
      const call = sys.getpid();
      await call;
      await call;
    });
    expect(message).toMatch(/this getpid was awaited twice/);
  });
});

describe('a syscall in a chain of promises', () => {
  it('is a promise to whoever chains on it', async () => {
    const seen: unknown[] = [];
    const body = async (sys: Sys): Promise<void> => {
      seen.push(await sys.getpid().then((pid) => pid + 100));
      seen.push(
        await sys
          .recv(9, 1)
          .then(() => 'read')
          .catch((error: SysError) => error.code),
      );
      seen.push(await sys.recv(9, 1).then(null, (error) => (error as SysError).syscall));
      await sys.schedYield().finally(() => seen.push('finally'));
      const kept = sys.getpid().then((pid) => pid);
      seen.push(await kept, await kept);
      const thrown = sys.getpid().then(() => {
        throw new Error('in the chain');
      });
      seen.push(await thrown.catch((error: Error) => error.message));
      seen.push(await Promise.race([sys.nanosleep({ ms: 1 }), new Promise(() => {})]));
    };
    for (const drain of DRAINS) {
      seen.length = 0;
      const { failure } = await runAsync(alone(body), { strategy: new Calm(), drain });
      expect(failure).toBeUndefined();
      expect(seen).toEqual([101, 'EBADF', 'recv', 'finally', 1, 1, 'in the chain', 0]);
    }
  });
});
