// Runs beside both engines and stands still in the middle of a run, one session waiting for a lock
// that another has: `node --import tsx test/services/engine-alone.ts`.
import 'heddle/realm';
import { writeSync } from 'node:fs';
import { inMacrotask, postgres, realm, redis, replay } from 'heddle';
import { pause } from '../../src/services/real.ts';
import { ioredis } from './clients.mjs';
import { connected } from './drivers.mjs';

const scenario = realm('it stands still', async (world) => {
  world.host('db').service(postgres({ schema: './shop.sql' }));
  world.host('cache').service(redis());
  await ioredis().set('key', 'v');
  const [holder, waiter] = [await connected(), await connected()];
  await holder.query('BEGIN');
  await holder.query("UPDATE items SET name = 'held'");
  const waits = waiter.query("UPDATE items SET name = 'late'");
  await new Promise((resolve) => setTimeout(resolve, 10));
  writeSync(1, 'it stands\n');
  pause(600_000);
  await waits;
});

await inMacrotask(() => replay(scenario, [], 'clamp'));
