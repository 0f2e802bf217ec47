// Each line of the table in docs/from-fast-check.md, both ways, side by side.

import fc from 'fast-check';
import { check, type Realm, realm, type Scenario } from 'heddle';
import { describe, expect, test } from 'vitest';

/** Whether both find it: the property with fc.scheduler(), and the scenario with heddle. */
async function bothFind(
  property: (scheduler: fc.Scheduler) => Promise<void>,
  body: (world: Realm) => Promise<unknown>,
): Promise<void> {
  const scenario: Scenario = realm('the same', body);
  const [theirs, ours] = await Promise.allSettled([
    fc.assert(fc.asyncProperty(fc.scheduler(), property)),
    check(scenario, { runs: 200, folder: false }),
  ]);
  expect(theirs.status).toBe('rejected');
  expect(ours.status).toBe('rejected');
}

class Account {
  balance = 0;
  async read(): Promise<number> {
    return this.balance;
  }
  async write(balance: number): Promise<void> {
    this.balance = balance;
  }
}

type Remote = Pick<Account, 'read' | 'write'>;

async function deposit(account: Remote, amount: number): Promise<void> {
  await account.write((await account.read()) + amount);
}

describe('from fc.scheduler()', () => {
  test('scheduleFunction', () =>
    bothFind(
      // #region scheduleFunction-before
      async (scheduler) => {
        const account = new Account();
        const remote = {
          read: scheduler.scheduleFunction(() => account.read()),
          write: scheduler.scheduleFunction((balance: number) => account.write(balance)),
        };
        await scheduler.waitFor(Promise.all([deposit(remote, 1), deposit(remote, 2)]));
        expect(account.balance).toBe(3);
      },
      // #endregion
      // #region scheduleFunction-after
      async (world) => {
        const account = new Account();
        const remote = world.service('account', account);
        await Promise.all([deposit(remote, 1), deposit(remote, 2)]);
        expect(account.balance).toBe(3);
      },
      // #endregion
    ));

  test('schedule', () =>
    bothFind(
      // #region schedule-before
      async (scheduler) => {
        const log: string[] = [];
        scheduler.schedule(Promise.resolve('first')).then((text) => log.push(text));
        scheduler.schedule(Promise.resolve('second')).then((text) => log.push(text));
        await scheduler.waitAll();
        expect(log).toEqual(['first', 'second']);
      },
      // #endregion
      // #region schedule-after
      async (world) => {
        const log: string[] = [];
        const later = world.service('later', async (text: string) => text);
        await Promise.all(['first', 'second'].map(async (text) => log.push(await later(text))));
        expect(log).toEqual(['first', 'second']);
      },
      // #endregion
    ));

  test('scheduleSequence', () =>
    bothFind(
      // #region scheduleSequence-before
      async (scheduler) => {
        let items = 0;
        const seen: number[] = [];
        scheduler.scheduleSequence([
          { label: 'add', builder: async () => void items++ },
          { label: 'add', builder: async () => void items++ },
        ]);
        scheduler.scheduleSequence([{ label: 'look', builder: async () => void seen.push(items) }]);
        await scheduler.waitAll();
        expect(seen).not.toContain(1);
      },
      // #endregion
      // #region scheduleSequence-after
      async (world) => {
        let items = 0;
        const seen: number[] = [];
        const cart = world.service('cart', {
          add: async () => void items++,
          look: async () => void seen.push(items),
        });
        // A sequence is an async function that awaits one call after the other.
        const sequence = async (): Promise<void> => {
          await cart.add();
          await cart.add();
        };
        await Promise.all([sequence(), cart.look()]);
        expect(seen).not.toContain(1);
      },
      // #endregion
    ));

  test('waitNext', () =>
    bothFind(
      // #region waitNext-before
      async (scheduler) => {
        const done: number[] = [];
        for (const n of [1, 2, 3]) scheduler.schedule(Promise.resolve(n)).then((m) => done.push(m));
        await scheduler.waitNext(2);
        expect(done).not.toContain(3);
      },
      // #endregion
      // #region waitNext-after
      async (world) => {
        const done: number[] = [];
        // What must hold in the middle is a law: it is looked at after every step.
        world.always('3 is not among the first two', () => !done.slice(0, 2).includes(3));
        const later = world.service('later', async (n: number) => n);
        await Promise.all([1, 2, 3].map(async (n) => done.push(await later(n))));
      },
      // #endregion
    ));

  test('act', () =>
    bothFind(
      // #region act-before
      async (scheduler) => {
        const seen: string[] = [];
        const act = async (render: () => Promise<void>): Promise<void> => {
          seen.push('render');
          await render();
        };
        scheduler.schedule(Promise.resolve(), 'data', undefined, act);
        await scheduler.waitAll();
        expect(seen).toEqual([]);
      },
      // #endregion
      // #region act-after
      async (world) => {
        const seen: string[] = [];
        const act = async (render: () => Promise<void>): Promise<void> => {
          seen.push('render');
          await render();
        };
        const data = world.service('data', () => act(async () => {}));
        await data();
        expect(seen).toEqual([]);
      },
      // #endregion
    ));
});
