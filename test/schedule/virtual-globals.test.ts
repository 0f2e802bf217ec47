// Clocks, timers and randomness are the simulation's while a run with async tasks executes, and the
// real ones before and after.

import crypto, { randomBytes, randomUUID } from 'node:crypto';
import timers from 'node:timers';
import timersPromises, { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EPOCH_MS } from '../../src/sim/schedule/clock.ts';
import { inMacrotask, runAsync, runSync } from '../../src/sim/schedule/runtime/execute.ts';
import { scenario } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import type { Sys } from '../../src/sys/index.ts';
import { alone, walk } from './styles.ts';

const DRAINS = ['checkpoint', 'hop'] as const;

/** What a body sees; the run must not fail. */
async function seenBy<T>(body: (sys: Sys) => Promise<T>): Promise<T> {
  let seen: { value: T } | undefined;
  const { failure } = await runAsync(
    alone(async (sys) => {
      seen = { value: await body(sys) };
    }),
    { strategy: new Calm() },
  );
  expect(failure).toBeUndefined();
  return (seen as { value: T }).value;
}

/** Every property that a run may replace. */
function everything(): unknown[] {
  const owners: readonly (readonly [object, readonly string[]])[] = [
    [globalThis, ['Date', 'queueMicrotask', 'setTimeout', 'setInterval', 'setImmediate']],
    [globalThis, ['clearTimeout', 'clearInterval', 'clearImmediate']],
    [timers, ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval']],
    [timersPromises, ['setTimeout', 'setInterval', 'setImmediate']],
    [timersPromises.scheduler, ['wait', 'yield']],
    [process, ['nextTick', 'hrtime', 'emit']],
    [performance, ['now']],
    [Math, ['random']],
    [AbortSignal, ['timeout']],
    [crypto, ['randomBytes', 'randomInt', 'randomFill', 'randomFillSync', 'randomUUID']],
    [crypto.webcrypto, ['getRandomValues', 'randomUUID']],
  ];
  const found = owners.flatMap(([owner, names]) =>
    names.map((name) => Object.getOwnPropertyDescriptor(owner, name)),
  );
  return [...found, randomBytes, randomUUID, sleep];
}

describe('two runs under one schedule', () => {
  it('are equal though their tasks ask for the time and for random numbers', async () => {
    const talker = (sys: Sys) => async (): Promise<string> => {
      await sleep(Math.floor(Math.random() * 5));
      const bytes = crypto.randomBytes(2).toString('hex');
      const wide = crypto.getRandomValues(new Uint16Array(2)).join();
      await new Promise((resolve) => setImmediate(resolve));
      const number = crypto.randomInt(1000);
      await sys.nanosleep({ ms: number % 4 });
      return [Date.now(), performance.now(), randomUUID(), bytes, wide, number].join();
    };
    const chatter = scenario('chatter', (world) => {
      for (const name of ['a', 'b', 'c']) {
        world.process(name).spawn(name, async (sys) => {
          const talk = talker(sys);
          for (let i = 0; i < 3; i++) await sys.write(1, new TextEncoder().encode(await talk()));
        });
      }
      world.finally('everything was said', () => world.output('a').length > 100);
    });
    const same = fc.asyncProperty(fc.nat(), async (seed) => {
      const runs = [];
      for (const drain of [...DRAINS, ...DRAINS]) {
        runs.push(await runAsync(chatter, { strategy: walk(seed), drain, digest: true }));
      }
      expect(runs.map(({ failure }) => failure?.message)).toEqual(runs.map(() => undefined));
      expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1);
    });
    await fc.assert(same, { numRuns: 30 });
  });
});

describe('the real globals', () => {
  const throwing = scenario('throwing', (world) => {
    world.process('p').spawn('p', async () => {
      Date.now();
      setTimeout(() => {}, 5);
    });
    throw new Error('built badly');
  });
  const dying = alone(async (sys) => {
    setInterval(() => {}, 1);
    await sys.schedYield();
    throw new Error('died');
  });

  it('are back after a run, also when it fails or throws', async () => {
    const before = everything();
    for (const drain of DRAINS) {
      await runAsync(dying, { strategy: new Calm(), drain });
      expect(everything()).toEqual(before);
      const thrown = runAsync(throwing, { strategy: new Calm(), drain });
      await expect(thrown).rejects.toThrow('built badly');
      expect(everything()).toEqual(before);
    }
    expect(() => runSync(throwing, { strategy: new Calm() })).toThrow('built badly');
    expect(() => runSync({ ...dying }, { strategy: new Calm() })).toThrow('promise job');
    expect(everything()).toEqual(before);
    const failing = inMacrotask(() => {
      runSync(dying, { strategy: new Calm() });
      throw new Error('a batch that throws');
    });
    await expect(failing).rejects.toThrow('a batch that throws');
    expect(everything()).toEqual(before);
  });

  it('answer between the runs of a batch', async () => {
    const nowMs = Date.now();
    const between = await inMacrotask(() => {
      const seen: number[] = [];
      for (let i = 0; i < 2; i++) {
        runSync(dying, { strategy: new Calm() });
        seen.push(
          Date.now(),
          Date.parse(new Date().toISOString()),
          performance.timeOrigin + performance.now(),
        );
      }
      const later = new Promise((resolve) => setTimeout(() => resolve('later'), 1));
      return { seen, uuids: [randomUUID(), randomUUID()], later };
    });
    for (const ms of between.seen) expect(Math.abs(ms - nowMs)).toBeLessThan(60_000);
    expect(between.uuids[0]).not.toBe(between.uuids[1]);
    expect(await between.later).toBe('later');
  });

  it('may be fakes of the test', async () => {
    vi.useFakeTimers({ now: 5 });
    try {
      const before = everything();
      const seen = await seenBy(async () => {
        await sleep(50);
        return Date.now();
      });
      expect(seen).toBe(EPOCH_MS + 50);
      expect(everything()).toEqual(before);
      expect(Date.now()).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are never away for what does not run in the run', async () => {
    const order: string[] = [];
    void Promise.resolve().then(() => order.push(`microtask ${Date.now() > EPOCH_MS + 1e9}`));
    await runAsync(dying, { strategy: new Calm() });
    expect(order).toEqual(['microtask true']);
  });
});

describe('the time that tasks see', () => {
  it("is the kernel's", async () => {
    const seen = await seenBy(async (sys) => {
      const start = process.hrtime();
      const startBig = process.hrtime.bigint();
      await sys.nanosleep({ s: 1, ms: 500, us: 250 });
      return {
        now: Date.now(),
        date: new Date().toISOString(),
        text: Date().slice(0, 15),
        own: new Date(0).getTime(),
        isDate: new Date() instanceof Date,
        performance: performance.now(),
        kernel: await sys.clockGettime(),
        hrtime: process.hrtime(start),
        bigint: process.hrtime.bigint() - startBig,
      };
    });
    expect(seen).toEqual({
      now: EPOCH_MS + 1500,
      date: '2024-01-01T00:00:01.500Z',
      text: new Date(EPOCH_MS).toString().slice(0, 15),
      own: 0,
      isDate: true,
      performance: 1500.25,
      kernel: 1500.25,
      hrtime: [1, 500_250_000],
      bigint: 1_500_250_000n,
    });
  });

  it('stands still while anybody can move', async () => {
    const seen = await seenBy(async (sys) => {
      for (let i = 0; i < 100; i++) await sys.getpid();
      await new Promise((resolve) => setImmediate(resolve));
      return performance.now();
    });
    expect(seen).toBe(0);
  });
});

/** What a task does with its timers: `set` them, and `clear` or `refresh` some when others come. */
const timerPlans = fc.array(
  fc.record({
    delayMs: fc.oneof(fc.integer({ min: -1, max: 8 }), fc.constantFrom(0.5, Number.NaN, 2 ** 31)),
    does: fc.constantFrom('nothing' as const, 'clear' as const, 'refresh' as const),
    other: fc.nat(9),
  }),
  { minLength: 1, maxLength: 10 },
);

describe('timers', () => {
  it('come in the order of their time, each at its own, in step with nanosleep', async () => {
    const law = fc.property(timerPlans, fc.nat(9), (plans, sleepMs) => {
      const came: [index: number, atMs: number][] = [];
      const dueMs = plans.map(({ delayMs }) =>
        delayMs >= 1 && delayMs < 2 ** 31 ? Math.trunc(delayMs) : 1,
      );
      const each = scenario('timers', (world) => {
        world.process('p').spawn('setter', async (sys) => {
          const handles = plans.map(({ delayMs, does, other }, index) =>
            setTimeout(() => {
              came.push([index, world.nowMs]);
              if (came.length > 50) return;
              const handle = handles[other];
              if (does === 'clear') clearTimeout(handle);
              else if (does === 'refresh' && other > index) handle?.refresh();
            }, delayMs),
          );
          await sys.nanosleep({ ms: 100 });
        });
        world.process('q').spawn('sleeper', async (sys) => {
          await sys.nanosleep({ ms: sleepMs });
          came.push([-1, world.nowMs]);
        });
      });
      expect(runSync(each, { strategy: new Calm() }).failure).toBeUndefined();
      // Node's rule, played through on paper.
      const pending = dueMs.map((atMs, index) => ({ index, atMs, order: index }));
      const expected: [number, number][] = [];
      for (let order = pending.length; pending.length > 0; ) {
        pending.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
        const { index, atMs } = pending.shift() as (typeof pending)[number];
        expected.push([index, atMs]);
        const { does, other } = plans[index] as (typeof plans)[number];
        if (does === 'nothing' || other >= plans.length || expected.length > 50) continue;
        const place = pending.findIndex((timer) => timer.index === other);
        if (does === 'clear' && place >= 0) pending.splice(place, 1);
        if (does === 'refresh' && other > index) {
          if (place >= 0) pending.splice(place, 1);
          pending.push({ index: other, atMs: atMs + (dueMs[other] as number), order: order++ });
        }
      }
      expect(came.filter(([index]) => index >= 0)).toEqual(expected);
      expect(came.filter(([index]) => index < 0)).toEqual([[-1, sleepMs]]);
      const times = came.map(([, atMs]) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    });
    await inMacrotask(() => fc.assert(law, { numRuns: 300 }));
  });

  it('wake their task in virtual time, under every name they have', async () => {
    const ways: readonly ((ms: number) => Promise<unknown>)[] = [
      (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      (ms) => new Promise((resolve) => timers.setTimeout(resolve, ms)),
      (ms) => sleep(ms),
      (ms) => timersPromises.scheduler.wait(ms),
      (ms) => promisify(setTimeout)(ms),
      (ms) => new Promise((resolve) => AbortSignal.timeout(ms).addEventListener('abort', resolve)),
      async (ms) => {
        for await (const value of timersPromises.setInterval(ms, 'value')) return value;
        return undefined;
      },
    ];
    const seen = await seenBy(async () => {
      const times: number[] = [];
      for (const way of ways) {
        await way(60_000);
        times.push(performance.now());
      }
      return times;
    });
    expect(seen).toEqual(ways.map((_, index) => (index + 1) * 60_000));
  });

  it('can be given up', async () => {
    const seen = await seenBy(async (sys) => {
      const caught: unknown[] = [];
      const controller = new AbortController();
      const waits = [
        sleep(50, 'never', { signal: controller.signal }),
        timersPromises.setImmediate('never', { signal: controller.signal }),
        sleep(50, 'never', { signal: AbortSignal.abort() }),
        timersPromises.setInterval(50, 'never', { signal: controller.signal }).next(),
      ].map((each) => each.catch((error) => caught.push(error.name)));
      controller.abort();
      await Promise.all(waits);
      const kept = setInterval(() => caught.push('interval'), 2);
      using _ = setTimeout(() => caught.push('disposed'), 1);
      clearImmediate(setImmediate(() => caught.push('cleared')));
      clearTimeout(`${setTimeout(() => caught.push('cleared by its number'), 1)}`);
      setTimeout(() => caught.push('closed'), 1).close();
      _[Symbol.dispose]();
      await sys.nanosleep({ ms: 5 });
      clearInterval(kept);
      await sys.nanosleep({ ms: 5 });
      return [...caught, performance.now(), kept.hasRef(), kept.unref().hasRef()];
    });
    expect(seen).toEqual([...Array(4).fill('AbortError'), 'interval', 'interval', 10, true, false]);
  });

  it('refuse what Node refuses', async () => {
    const refused = [setTimeout, setInterval, setImmediate, process.nextTick, queueMicrotask];
    const codes = (): unknown[] =>
      refused.map((_, index) => {
        // What stands there now, not what stood there when the list was made.
        const now = [setTimeout, setInterval, setImmediate, process.nextTick, queueMicrotask];
        try {
          return (now[index] as (callback: unknown) => unknown)('no function');
        } catch (error) {
          return (error as { code?: string }).code;
        }
      });
    expect(await seenBy(async () => codes())).toEqual(refused.map(() => 'ERR_INVALID_ARG_TYPE'));
  });

  it('leave those of the host alone', async () => {
    const hosts = setTimeout(() => {}, 100_000);
    await seenBy(async () => clearTimeout(hosts));
    expect((hosts as unknown as { _destroyed: boolean })._destroyed).toBe(true);
  });
});

describe('immediates', () => {
  it('keep their order within a task, and let others go between', async () => {
    const orders = new Set<string>();
    const each = scenario('immediates', (world) => {
      const came: string[] = [];
      for (const name of ['a', 'b']) {
        world.process(name).spawn(name, async (sys) => {
          for (let i = 1; i <= 3; i++) setImmediate(() => came.push(`${name}${i}`));
          await sys.schedYield();
        });
      }
      world.finally('they come in order', () => {
        orders.add(came.join(' '));
        const of = (name: string): string => came.filter((each) => each.startsWith(name)).join(' ');
        expect([of('a'), of('b')]).toEqual(['a1 a2 a3', 'b1 b2 b3']);
      });
    });
    await inMacrotask(() => {
      for (let seed = 0; seed < 200; seed++) {
        expect(runSync(each, { strategy: walk(seed) }).failure).toBeUndefined();
      }
    });
    // All ways to merge two rows of three.
    expect(orders.size).toBe(20);
  });
});

describe('randomness', () => {
  it('has the forms it has in Node', async () => {
    const target = new Uint32Array(4);
    const seen = await seenBy(async () => {
      const called = await new Promise<Buffer>((resolve, reject) => {
        crypto.randomBytes(3, (error, bytes) => (error ? reject(error) : resolve(bytes)));
      });
      const int = await new Promise<number>((resolve) => {
        crypto.randomInt(5, 7, (_, value) => resolve(value));
      });
      const filled = await new Promise<Uint8Array>((resolve) => {
        crypto.randomFill(new Uint8Array(8), (_, bytes) => resolve(bytes));
      });
      crypto.randomFillSync(target, 1, 2);
      return {
        fractions: Array.from({ length: 100 }, () => Math.random()),
        ints: Array.from({ length: 100 }, () => crypto.randomInt(3)),
        called,
        int,
        filled,
        uuids: [crypto.randomUUID(), globalThis.crypto.randomUUID()],
        buffer: crypto.randomFillSync(new DataView(new ArrayBuffer(8)), 4),
        values: globalThis.crypto.getRandomValues(new Int16Array(2)),
      };
    });
    expect(new Set(seen.fractions).size).toBe(100);
    expect(seen.fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    expect(new Set(seen.ints)).toEqual(new Set([0, 1, 2]));
    expect([5, 6]).toContain(seen.int);
    expect(seen.called).toHaveLength(3);
    expect(seen.filled.some((byte) => byte !== 0)).toBe(true);
    expect([...target].map((word) => word !== 0)).toEqual([false, true, true, false]);
    expect(seen.buffer.getUint32(0)).toBe(0);
    expect(seen.buffer.getUint32(4)).not.toBe(0);
    expect(seen.values.some((word) => word !== 0)).toBe(true);
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    for (const each of seen.uuids) expect(each).toMatch(uuid);
    expect(seen.uuids[0]).not.toBe(seen.uuids[1]);
  });

  it('is the same in every run, and refuses what Node refuses', async () => {
    const draw = async (): Promise<unknown> => [
      ...[Math.random(), crypto.randomUUID(), crypto.randomInt(2 ** 40)],
      ...crypto.getRandomValues(new Uint8Array(4)),
    ];
    expect(await seenBy(draw)).toEqual(await seenBy(draw));
    const refused: readonly (() => unknown)[] = [
      () => crypto.randomBytes(-1),
      () => crypto.randomInt(5, 5),
      () => crypto.randomFillSync(new Uint8Array(2), 3),
      () => crypto.getRandomValues(new Uint8Array(65_537)),
    ];
    const errors = async (): Promise<unknown[]> =>
      refused.map((each) => {
        try {
          return each();
        } catch (error) {
          return (error as Error).message;
        }
      });
    expect(await seenBy(errors)).toEqual(await errors());
  });
});
