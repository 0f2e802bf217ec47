// Scenarios whose body is an ordinary async function, and the services they call.

import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/sim/explore/attempt.ts';
import { check } from '../../src/sim/explore/check.ts';
import { type Realm, realm } from '../../src/sim/schedule/realm.ts';
import type { RunResult } from '../../src/sim/schedule/run.ts';
import { inMacrotask, runAsync, runSync } from '../../src/sim/schedule/runtime/execute.ts';
import type { Scenario, ScenarioOptions } from '../../src/sim/schedule/scenario.ts';
import { Calm } from '../../src/sim/schedule/strategies/calm.ts';
import { makeStrategy } from '../../src/sim/schedule/strategies/index.ts';
import { InterleavingClass } from '../../src/sim/schedule/strategies/interleaving-class.ts';
import { collectSources, UsageError } from '../../src/sys/index.ts';
import { walk } from './styles.ts';

/** Every run that there is: how many, and the outcomes that the body has noted, sorted. */
async function everyRun(
  body: (world: Realm, note: (outcome: string) => void) => Promise<unknown>,
  strategy = 'dfs',
  options: ScenarioOptions = {},
): Promise<{ runs: number; outcomes: string[]; failures: string[] }> {
  const outcomes = new Set<string>();
  const failures = new Set<string>();
  const each = realm('each', (world) => body(world, (outcome) => outcomes.add(outcome)), options);
  const search = makeStrategy(strategy, { seed: 1 });
  let runs = 0;
  await inMacrotask(() => {
    for (; search.begin(); runs++) {
      const { failure } = runSync(each, { strategy: search });
      if (failure !== undefined) failures.add(failure.law);
    }
  });
  return { runs, outcomes: [...outcomes].sort(), failures: [...failures].sort() };
}

const calmRun = (body: (world: Realm) => Promise<unknown>): ReturnType<typeof runAsync> =>
  runAsync(realm('calm', body), { strategy: new Calm() });

class Counter {
  #value = 0;
  get(): Promise<number> {
    return Promise.resolve(this.#value);
  }
  async set(value: number): Promise<void> {
    this.#value = value;
  }
  async add(): Promise<number> {
    await this.set((await this.get()) + 1);
    return this.#value;
  }
}

describe('calls of a service that are made together', () => {
  // Each call is two steps in this order, so n calls are (2n)! / 2^n orders.
  it.each([
    [1, 1],
    [2, 6],
    [3, 90],
    [4, 2520],
  ])('%i of them begin and answer in every order there is: %i', async (calls, orders) => {
    const { runs, outcomes } = await everyRun(async (world, note) => {
      const log: string[] = [];
      const ask = world.service('ask', async (n: number) => {
        log.push(`b${n}`);
        return n;
      });
      const all = Array.from({ length: calls }, async (_, n) => log.push(`a${await ask(n)}`));
      await Promise.all(all);
      note(log.join(' '));
    });
    expect(runs).toBe(orders);
    expect(outcomes).toHaveLength(orders);
  });

  it('begin as they were made and answer as they ended in the calm run', async () => {
    const log: string[] = [];
    await calmRun(async (world) => {
      const ask = world.service('ask', async (n: number) => log.push(`b${n}`) && n);
      await Promise.all([1, 2, 3].map(async (n) => log.push(`a${await ask(n)}`)));
    });
    expect(log).toEqual(['b1', 'b2', 'b3', 'a1', 'a2', 'a3']);
  });

  it('go one after the other where the service is not concurrent', async () => {
    const { runs, outcomes } = await everyRun(async (world, note) => {
      const log: string[] = [];
      const options = { concurrent: false };
      const ask = world.service('ask', async (n: number) => log.push(`b${n}`) && n, options);
      await Promise.all([1, 2, 3].map(async (n) => log.push(`a${await ask(n)}`)));
      note(log.join(' '));
    });
    expect({ runs, outcomes }).toEqual({ runs: 1, outcomes: ['b1 a1 b2 a2 b3 a3'] });
  });

  it('lose an update in the orders in which a read is old, and in no other', async () => {
    const body = async (world: Realm, note: (outcome: string) => void): Promise<void> => {
      const counter = new Counter();
      const remote = world.service('counter', counter);
      const bump = async (): Promise<void> => remote.set((await remote.get()) + 1);
      await Promise.all([bump(), bump()]);
      note(`${await counter.get()}`);
    };
    // Two sequences of four steps; the update is kept where one's write is done before the other
    // reads: the second has its four steps behind the first one's third, 2 * C(5, 1).
    const whole = await everyRun(body);
    expect(whole).toEqual({ runs: 70, outcomes: ['1', '2'], failures: [] });
    const reduced = await everyRun(body, 'dpor');
    expect(reduced.outcomes).toEqual(whole.outcomes);
  });

  it('are one step where the object calls itself', async () => {
    const { outcomes } = await everyRun(async (world, note) => {
      const counter = new Counter();
      const remote = world.service('counter', counter);
      await Promise.all([remote.add(), remote.add()]);
      note(`${await counter.get()}`);
    });
    expect(outcomes).toEqual(['2']);
  });
});

describe('keys that methods say they read and write', () => {
  const body =
    (declared: boolean, keys: readonly string[]) =>
    async (world: Realm, note: (outcome: string) => void): Promise<void> => {
      const values = new Map<string, string>();
      const store = world.service(
        'store',
        { put: async (key: string, value: string) => void values.set(key, value) },
        declared ? { writes: { put: (key) => key } } : {},
      );
      await Promise.all(keys.map((key, n) => store.put(key, `${n}`)));
      note(JSON.stringify([...values].sort()));
    };

  it('spare the reduced search orders, and no outcome', async () => {
    for (const keys of [
      ['a', 'b', 'c'],
      ['a', 'b', 'a'],
      ['a', 'a', 'a'],
    ]) {
      const whole = await everyRun(body(false, keys));
      const undeclared = await everyRun(body(false, keys), 'dpor');
      const declared = await everyRun(body(true, keys), 'dpor');
      expect(declared.outcomes).toEqual(whole.outcomes);
      expect(undeclared.outcomes).toEqual(whole.outcomes);
      // Calls that write one key are told apart as those that may touch anything.
      if (new Set(keys).size === 1) expect(declared.runs).toBe(undeclared.runs);
      else expect(declared.runs).toBeLessThan(undeclared.runs);
    }
  });
});

describe('a service that may fail', () => {
  it('fails with each of its reasons, and without being carried out', async () => {
    const { outcomes } = await everyRun(async (world, note) => {
      let done = 0;
      const pay = world.service('pay', async () => ++done, { fails: [new Error('time-out'), 7] });
      const said = await pay().catch((reason: unknown) => `${reason}`);
      note(`${said}, ${done} done`);
    });
    expect(outcomes).toEqual(['1, 1 done', '7, 0 done', 'Error: time-out, 0 done']);
  });

  it('does not in the calm run', async () => {
    const { failure } = await calmRun(async (world) => {
      const pay = world.service('pay', async () => 1, { fails: [new Error('time-out')] });
      expect(await pay()).toBe(1);
    });
    expect(failure).toBeUndefined();
  });

  it('passes on what the method itself throws or rejects with', async () => {
    const { failure } = await calmRun(async (world) => {
      const bad = world.service('bad', {
        throws: (): Promise<void> => {
          throw new RangeError('thrown');
        },
        rejects: () => Promise.reject(new RangeError('rejected')),
      });
      await expect(bad.throws()).rejects.toThrow('thrown');
      await expect(bad.rejects()).rejects.toThrow('rejected');
    });
    expect(failure).toBeUndefined();
  });
});

describe('a service is its object', () => {
  it('with its values, getters, private members, and the methods that are called at once', async () => {
    class Store {
      readonly kind = 'memory';
      #keys = new Set<string>();
      get size(): number {
        return this.#keys.size;
      }
      has(key: string): boolean {
        return this.#keys.has(key);
      }
      async add(key: string): Promise<this> {
        this.#keys.add(key);
        return this;
      }
    }
    const { failure } = await calmRun(async (world) => {
      const store = world.service('store', new Store(), { sync: ['has'] });
      await store.add('a');
      expect([store.kind, store.size, store.has('a'), store.has('b')]).toEqual([
        'memory',
        1,
        true,
        false,
      ]);
      expect(store.add).toBe(store.add);
      expect(store).toBeInstanceOf(Store);
    });
    expect(failure).toBeUndefined();
  });

  it('and keeps the async context of its caller', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { failure } = await calmRun(async (world) => {
      const who = world.service('who', async () => storage.getStore());
      const ask = (name: string): Promise<string | undefined> => storage.run(name, () => who());
      expect(await Promise.all([ask('a'), ask('b')])).toEqual(['a', 'b']);
    });
    expect(failure).toBeUndefined();
  });

  it('may use timers and other services', async () => {
    const { failure, timeMs } = await calmRun(async (world) => {
      const clock = world.service('clock', async () => Date.now());
      const slow = world.service('slow', async () => {
        await new Promise((resolve) => setTimeout(resolve, 250));
        return clock();
      });
      const before = Date.now();
      expect((await slow()) - before).toBe(250);
    });
    expect(failure).toBeUndefined();
    expect(timeMs).toBe(250);
  });

  it('and refuses a call from outside of its run', async () => {
    let kept: (() => Promise<number>) | undefined;
    const first = realm('first', async (world) => {
      kept = world.service('kept', async () => 1);
      await kept();
    });
    await runAsync(first, { strategy: new Calm() });
    expect(() => kept?.()).toThrow(UsageError);
    const { failure } = await calmRun(async () => kept?.());
    expect(failure?.message).toMatch(/kept was called outside of the run that it belongs to/);
  });
});

describe('the body of a realm scenario', () => {
  const race: Scenario = realm('a seat is sold once', async (world) => {
    const seats = new Map<string, string>();
    const store = world.service('store', {
      get: async (seat: string) => seats.get(seat),
      set: async (seat: string, who: string) => void seats.set(seat, who),
    });
    world.always('a seat has one owner at most', () => seats.size <= 1);
    const buy = async (who: string): Promise<boolean> => {
      if ((await store.get('12A')) !== undefined) return false;
      await store.set('12A', who);
      return true;
    };
    const sold = await Promise.all([buy('ann'), buy('bob')]);
    expect(sold.filter(Boolean)).toHaveLength(1);
  });

  it('fails with what it throws, and the same in each replay', async () => {
    await inMacrotask(() => {
      let failed = 0;
      for (let seed = 0; seed < 200; seed++) {
        const first = attempt(race, walk(seed), { digest: true }) as RunResult;
        const again = attempt(race, walk(seed), { digest: true }) as RunResult;
        expect([again.digest, again.failure?.message]).toEqual([
          first.digest,
          first.failure?.message,
        ]);
        if (first.failure !== undefined) failed++;
      }
      expect(failed).toBeGreaterThan(0);
      expect(failed).toBeLessThan(200);
    });
  });

  it('is saved when it fails, and run first the next time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-realm-'));
    const messageOf = async (): Promise<string> =>
      String(await check(race, { runs: 200, folder }).catch((error: unknown) => error));
    const told = await messageOf();
    expect(told).toMatch(/found +the calm run, before the search/);
    // A step of a service stands nowhere that a debugger could stop at.
    expect(told).not.toMatch(/^ *debug /m);
    expect(await messageOf()).toMatch(/found +saved in \S+, which is run\s+first/);
    rmSync(folder, { recursive: true });
  });

  it('has one digest, whether or not lines are collected, and a class for each order', async () => {
    const body = async (world: Realm): Promise<void> => {
      const ask = world.service('ask', async (n: number) => n);
      await Promise.all([ask(1), ask(2)]);
    };
    const each = realm('each', body);
    const options = { strategy: new Calm(), digest: true };
    const plain = await runAsync(each, options);
    collectSources(() => 'somewhere.ts:1:1');
    const collected = await runAsync(each, options);
    collectSources(undefined);
    expect(collected.digest).toBe(plain.digest);

    const classes = new Set<number>();
    const search = new InterleavingClass(makeStrategy('dfs', { seed: 1 }));
    await inMacrotask(() => {
      while (search.begin()) {
        runSync(each, { strategy: search });
        classes.add(search.fingerprint);
      }
    });
    expect(classes.size).toBe(6);
  });

  it('has another digest where a service answers something else, however late in it', async () => {
    const digestOf = async (answer: string): Promise<string> => {
      const each = realm('each', async (world) => world.service('ask', async () => answer)());
      return (await runAsync(each, { strategy: new Calm(), digest: true })).digest;
    };
    const long = 'x'.repeat(5_000);
    expect(await digestOf(`${long}a`)).toBe(await digestOf(`${long}a`));
    expect(await digestOf(`${long}a`)).not.toBe(await digestOf(`${long}b`));
  });

  it('that can never end is told which call it waits for', async () => {
    const { failure } = await calmRun(async (world) => {
      const store = world.service('store', { get: () => new Promise<void>(() => {}) });
      await store.get();
    });
    expect(failure).toMatchObject({
      kind: 'outside',
      message: 'test can never end: store.get() has begun, and its promise is never settled',
    });
    const other = await calmRun(() => new Promise(() => {}));
    expect(other.failure?.message).toMatch(
      /a promise nobody settles.*; make what it awaits a service$/,
    );
  });

  it('may state laws and draw inputs while it runs', async () => {
    const { outcomes, failures } = await everyRun(async (world, note) => {
      const n = world.draw('n', 3);
      world.always('n is below 2', () => n < 2);
      world.finally('n is not 1', () => n !== 1);
      note(`${n}`);
    });
    expect(outcomes).toEqual(['0', '1', '2']);
    expect(failures).toEqual(['n is below 2', 'n is not 1']);
  });
});
