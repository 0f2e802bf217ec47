// Programs whose database is named on the command line, beside them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, hostsScenario, type ScheduleFailure } from 'heddle';
import { afterAll, expect, it } from 'vitest';
import { fails, holds } from './races.ts';

const folder = mkdtempSync(join(import.meta.dirname, 'hosts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const SCHEMA = write(
  'schema.sql',
  `CREATE TABLE seats (id int PRIMARY KEY, taken boolean NOT NULL DEFAULT false);
   INSERT INTO seats VALUES (1);`,
);
const CLIENT = write(
  'client.mjs',
  `const buy = async () => (await fetch('http://shop:8080/buy', { method: 'POST' })).text();
   const answers = await Promise.all([buy(), buy()]);
   if (answers.filter((each) => each === 'yours').length !== 1) throw new Error(answers.join());`,
);
const shop = (name: string, buys: string): string =>
  write(
    name,
    `import http from 'node:http';
     import Redis from 'ioredis';
     import pg from 'pg';
     const pool = new pg.Pool({ host: 'db', user: 'app', database: 'shop' });
     const cache = new Redis('redis://cache');
     http.createServer(async (_, response) => {
       await cache.incr('asked');
       ${buys}
     }).listen(8080);`,
  );
const LOOKS_FIRST = shop(
  'shop.mjs',
  `const { rows } = await pool.query('SELECT taken FROM seats WHERE id = $1', [1]);
   if (rows[0].taken) return response.end('taken');
   await pool.query('UPDATE seats SET taken = true WHERE id = $1', [1]);
   response.end('yours');`,
);
const AT_ONCE = shop(
  'repaired.mjs',
  `const { rowCount } = await pool.query('UPDATE seats SET taken = true WHERE id = $1 AND NOT taken', [1]);
   response.end(rowCount === 1 ? 'yours' : 'taken');`,
);

const scenarioOf = (program: string) =>
  hostsScenario({
    hosts: [
      { host: 'db', program: `postgres:${SCHEMA}` },
      { host: 'cache', program: 'redis' },
      { host: 'shop', program },
      { host: 'client', program: CLIENT },
    ],
  });

it('start before the programs, and what is asked of them is in the report', async () => {
  const failure: ScheduleFailure = await check(scenarioOf(LOOKS_FIRST), {
    runs: 20,
    folder: false,
  }).catch((error) => error);
  const text = failure.message;
  expect(text).toContain('yours,yours');
  expect(text).toMatch(/shop +gets POST \/buy from client:/);
  expect(text).toMatch(/(?:SELECT taken|UPDATE seats) .* \(\$1=1\)/);
  // What stands behind the host is no code of the user's.
  expect(text).not.toContain('eventfd');
});

fails(scenarioOf(LOOKS_FIRST), /yours,yours/);
holds(scenarioOf(AT_ONCE));
