import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgres } from 'heddle';
import { expect, it } from 'vitest';
import { connected, connectedBySql } from './drivers.mjs';
import { codeOf, runBeside, valueBeside } from './run.ts';

const DB = { db: () => postgres({ schema: './shop.sql' }) };
const valuesOf = <T>(work: () => Promise<T>): Promise<T> => valueBeside(DB, work);

it('begins each run with the schema, whatever the run before has done', async () => {
  const look = async () => {
    const client = await connected();
    const { rows } = await client.query(
      'SELECT id, name, size, label, made FROM items ORDER BY id',
    );
    await client.query("INSERT INTO items (name) VALUES ('third')");
    const { rows: added } = await client.query("SELECT id, made FROM items WHERE name = 'third'");
    await client.query('CREATE TABLE more (id int)');
    await client.end();
    return { rows, added };
  };
  const first = await valuesOf(look);
  expect(first.rows.map(({ name, label }) => [name, label])).toEqual([
    ["it's \\one", "it's \\one!"],
    ['another', 'another!'],
  ]);
  expect(first.added).toEqual([{ id: 3, made: new Date('2024-01-01T00:00:00Z') }]);
  // The table that it has made is not there either.
  expect(await valuesOf(look)).toEqual(first);
});

it('says the time of the run, wherever it is asked for', async () => {
  const [times, later] = await valuesOf(async () => {
    const client = await connected();
    const ask = async () => {
      const { rows } = await client.query(
        `SELECT now(), CURRENT_TIMESTAMP, current_timestamp(0) AS rounded, statement_timestamp(),
           clock_timestamp(), transaction_timestamp(), stamp(), localtimestamp::text,
           CURRENT_DATE::text, 'CURRENT_DATE' AS "CURRENT_DATE"`,
      );
      return rows[0];
    };
    const early = await ask();
    await sleep(90_000);
    await client.query('BEGIN');
    await sleep(1_500);
    const late = await ask();
    await client.end();
    return [early, late];
  });
  const epoch = new Date('2024-01-01T00:00:00Z');
  for (const name of ['now', 'current_timestamp', 'rounded', 'stamp', 'clock_timestamp']) {
    expect(times[name], name).toEqual(epoch);
  }
  expect(times).toMatchObject({
    localtimestamp: '2024-01-01 00:00:00',
    current_date: '2024-01-01',
    CURRENT_DATE: 'CURRENT_DATE',
  });
  // A transaction has the time of its beginning; the clock goes on.
  const since = (name: string) => (later[name].getTime() - epoch.getTime()) / 1000;
  expect([since('now'), since('stamp')].map(Math.round)).toEqual([90, 90]);
  expect([since('clock_timestamp'), since('statement_timestamp')].map(Math.floor)).toEqual([
    91, 91,
  ]);
});

it('draws the same random numbers, names and process ids in each run', async () => {
  const draw = async () => {
    const [one, other] = [await connected(), await connected()];
    const sql = `SELECT random(), gen_random_uuid(), pg_backend_pid(), current_database(), current_user`;
    const { rows } = await one.query(sql);
    const { rows: others } = await other.query(sql);
    await Promise.all([one.end(), other.end()]);
    return [rows[0], others[0]];
  };
  const [one, other] = await valuesOf(draw);
  expect(await valuesOf(draw)).toEqual([one, other]);
  expect(one).toMatchObject({ current_database: 'shop', current_user: 'app' });
  expect(one.random).not.toBe(other.random);
  expect(one.pg_backend_pid).not.toBe(other.pg_backend_pid);
});

it('has a lock waited for, and time-outs of a wait, in virtual time', async () => {
  const { failure, timeMs } = await runBeside(DB, async () => {
    const [holder, waiter] = [await connected(), await connected({ lock_timeout: 3_000 })];
    await holder.query('BEGIN');
    await holder.query("UPDATE items SET name = 'held' WHERE id = 1");
    const update = "UPDATE items SET name = name || '+' WHERE id = 1 RETURNING name";
    expect(await codeOf(waiter.query(update))).toBe('55P03');
    await waiter.query('SET statement_timeout = 5000; SET lock_timeout = 0');
    expect(await codeOf(waiter.query(update))).toBe('57014');
    await waiter.query('SET statement_timeout = 0');
    const waits = waiter.query(update);
    await sleep(20_000);
    await holder.query('COMMIT');
    expect((await waits).rows).toEqual([{ name: 'held+' }]);
    await Promise.all([holder.end(), waiter.end()]);
  });
  expect(failure?.message).toBeUndefined();
  expect(Math.floor(timeMs / 1000)).toBe(28);
});

it('finds a deadlock after deadlock_timeout, and ends one of both', async () => {
  const { failure, timeMs } = await runBeside(DB, async () => {
    const clients = [await connected(), await connected()];
    for (const client of clients) await client.query('BEGIN');
    const lock = (client: number, id: number) =>
      clients[client]?.query('SELECT 1 FROM items WHERE id = $1 FOR UPDATE', [id]);
    await lock(0, 1);
    await lock(1, 2);
    const ends = [0, 1].map(async (client) => {
      const code = await codeOf(lock(client, 2 - client) as Promise<unknown>);
      await clients[client]?.end();
      return code;
    });
    expect((await Promise.all(ends)).sort()).toEqual(['40P01', 'none']);
  });
  expect(failure?.message).toBeUndefined();
  expect(Math.floor(timeMs / 1000)).toBe(1);
});

it('tells who listens, in the order of the commits', async () => {
  const hear = async () => {
    const [listener, one, other] = [await connected(), await connected(), await connected()];
    const heard: string[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query('LISTEN news');
    await Promise.all([one.query("NOTIFY news, 'one'"), other.query("NOTIFY news, 'other'")]);
    await one.query("BEGIN; NOTIFY news, 'late'");
    await other.query("NOTIFY news, 'early'");
    await one.query('COMMIT');
    await sleep(1);
    await Promise.all([listener, one, other].map((each) => each.end()));
    return heard;
  };
  expect(await valuesOf(hear)).toEqual(['one', 'other', 'early', 'late']);
});

it('says where a schema is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
  writeFileSync(join(folder, 'bad.sql'), 'SELECT 1;\nSELEKT 2;\n');
  const bad = { db: () => postgres({ schema: new URL(`file://${folder}/bad.sql`) }) };
  const { failure } = await runBeside(bad, () => sleep(1));
  expect(failure?.message).toMatch(/bad\.sql:2: ERROR: +syntax error at or near "SELEKT"/);
});

it('is reached by postgres.js as well', async () => {
  const rows = await valuesOf(async () => {
    const sql = connectedBySql();
    const found = await sql`SELECT name FROM items WHERE id = ${2}`;
    await sql.end();
    return [...found];
  });
  expect(rows).toEqual([{ name: 'another' }]);
});

it('listens on no port of this machine', () => {
  const own = readdirSync('/dev/shm').filter((name) => name.startsWith('heddle-postgres-'));
  expect(own.length).toBeGreaterThan(0);
  const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':1538 ') && line.includes(' 0A ')),
  );
  expect(listening).toEqual([]);
});
