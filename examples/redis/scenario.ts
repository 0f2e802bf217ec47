import 'heddle/realm';
import { setTimeout as sleep } from 'node:timers/promises';
import { realm, redis, type Scenario } from 'heddle';
import { type Client, connect } from './client.mjs';
import { getThenIncrement, increment, LIMIT, WINDOW_S } from './limiter.mjs';
import { acquire, checkThenDelete, compareAndDelete } from './lock.mjs';
import { getThenSet, watched } from './stock.mjs';

/** So many at the same time, each with a connection of its own. */
async function atOnce(count: number, work: (client: Client, at: number) => Promise<void>) {
  const each = async (at: number) => {
    const client = connect('cache');
    try {
      await work(client, at);
    } finally {
      await client.quit();
    }
  };
  await Promise.all(Array.from({ length: count }, (_, at) => each(at)));
}

/** Longer than most work takes; the network may be slow. */
const LEASE_MS = 20;
const WORK_MS = 5;
const network = { latencyMsMin: 0, latencyMsMax: 8 };

/** Three workers that want one lock. What it held for its lease is nobody else's. */
const lock = (name: string, release: typeof checkThenDelete): Scenario =>
  realm(
    name,
    async (world) => {
      world.host('cache').service(redis());
      // Who holds it, and until when at least: the lease begins when Redis is asked, or later.
      const heldUntilMs = new Map<string, number>();
      await atOnce(3, async (client, at) => {
        const token = `worker ${at}`;
        let askedMs = Date.now();
        while (!(await acquire(client, 'lock', token, LEASE_MS))) {
          await sleep(WORK_MS);
          askedMs = Date.now();
        }
        for (const [other, untilMs] of heldUntilMs) {
          if (Date.now() < untilMs) throw new Error(`${token} has the lock of ${other}`);
        }
        heldUntilMs.set(token, askedMs + LEASE_MS);
        await sleep(WORK_MS);
        heldUntilMs.delete(token);
        await release(client, 'lock', token);
      });
    },
    { network },
  );

export const deletedLock: Scenario = lock('a lock is given back', checkThenDelete);
export const comparedLock: Scenario = lock('a lock is compared and given back', compareAndDelete);

/** More requests than a caller may have, in one window and in the next. */
const limiter = (name: string, mayGoOn: typeof increment): Scenario =>
  realm(name, async (world) => {
    world.host('cache').service(redis());
    for (let window = 0; window < 2; window++) {
      let allowed = 0;
      await atOnce(LIMIT + 1, async (client) => {
        if (await mayGoOn(client, 'anna')) allowed++;
      });
      if (allowed !== LIMIT) throw new Error(`${allowed} requests went on, of ${LIMIT}`);
      await sleep(WINDOW_S * 1000);
    }
  });

export const racyLimiter: Scenario = limiter('requests are looked up', getThenIncrement);
export const countedLimiter: Scenario = limiter('requests are counted', increment);

/** Two of something, and three who want one each. */
const stock = (name: string, take: typeof watched): Scenario =>
  realm(name, async (world) => {
    world.host('cache').service(redis());
    let sold = 0;
    await atOnce(1, async (client) => void (await client.set('seats', 2)));
    await atOnce(3, async (client) => {
      if (await take(client, 'seats')) sold++;
    });
    if (sold !== 2) throw new Error(`${sold} were sold, of 2`);
  });

export const soldTwice: Scenario = stock('what is left is looked up and set', getThenSet);
export const soldOnce: Scenario = stock('what is left is watched', watched);
