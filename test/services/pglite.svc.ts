// PostgreSQL as a package, where no server is installed: one session at a time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostService, postgres, type Realm, realm, type Scenario } from 'heddle';
import { afterAll, describe, expect, it } from 'vitest';
import { pglitePath } from '../../src/services/postgres/lite.ts';
import { type Client, connected } from './drivers.mjs';
import { fails, holds } from './races.ts';
import { codeOf, runBeside, valueBeside } from './run.ts';

const DB = { db: (): HostService => postgres({ schema: './seats.sql', engine: 'pglite' }) };

/** Two who want the only seat, over the one connection of their shop. */
const seat = (name: string, buy: (client: Client) => Promise<boolean>): Scenario =>
  realm(name, async (world) => {
    world.host('db').service(DB.db());
    const client = await connected();
    const late = async (): Promise<boolean> => {
      await sleep(world.draw('comes later by ms', 3));
      return buy(client);
    };
    const sold = (await Promise.all([late(), late()])).filter((each) => each).length;
    await client.end();
    if (sold !== 1) throw new Error(`${sold} were sold, of 1`);
  });

async function looksFirst(client: Client): Promise<boolean> {
  const { rows } = await client.query('SELECT taken FROM seats WHERE id = $1', [1]);
  if (rows[0].taken) return false;
  await sleep(1);
  await client.query('UPDATE seats SET taken = true WHERE id = $1', [1]);
  return true;
}

async function atOnce(client: Client): Promise<boolean> {
  const text = 'UPDATE seats SET taken = true WHERE id = $1 AND NOT taken RETURNING id';
  return (await client.query(text, [1])).rows.length === 1;
}

describe('a seat', () => {
  fails(seat('is looked at and then taken', looksFirst), /2 were sold/);
  holds(seat('is taken in one statement', atOnce));
});

it('begins each run with the schema, and has its time and chance', async () => {
  const look = async () => {
    const client = await connected();
    await sleep(90_000);
    const sql = `SELECT now(), CURRENT_TIMESTAMP AS at, random(), gen_random_uuid(), pg_backend_pid(),
      current_database(), current_user`;
    const { rows } = await client.query(sql);
    const { rows: seats } = await client.query('INSERT INTO seats DEFAULT VALUES RETURNING *');
    await client.end();
    const other = await connected();
    await other.query('CREATE TABLE more (id int)');
    const { rows: all } = await other.query('SELECT count(*)::int FROM seats');
    await other.query('BEGIN');
    const code = await codeOf(other.query('SELECT 1/0'));
    await other.end();
    return { rows, seats, all, code };
  };
  const first = await valueBeside(DB, look);
  expect(first).toMatchObject({
    rows: [{ current_database: 'shop', current_user: 'app' }],
    seats: [{ id: 2, taken: false }],
    all: [{ count: 2 }],
    code: '22012',
  });
  const sinceMs = first.rows[0].now.getTime() - Date.UTC(2024, 0, 1);
  expect(Math.floor(sinceMs / 1000)).toBe(90);
  expect(first.rows[0].at).toEqual(first.rows[0].now);
  expect(await valueBeside(DB, look)).toEqual(first);
});

it('says so where a second session would be needed', async () => {
  const { failure } = await runBeside(DB, async () => {
    const one = await connected();
    await Promise.race([connected(), sleep(1_000)]);
    await one.end();
  });
  expect(failure?.message).toMatch(/connects while .* is connected, and PGlite has one session/);
});

describe('before the first run', () => {
  const folder = mkdtempSync(join(import.meta.dirname, 'pglite-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is found beside the program, or not', () => {
    expect(pglitePath(import.meta.url)).toMatch(/pglite/);
    expect(pglitePath('/dev/null')).toBeUndefined();
  });

  it.each([
    ['COPY seats FROM stdin;\n1\n\\.\n', /pg_dump --inserts/],
    ['SELECT 1;\nSELEKT 2;\n', /bad\.sql: syntax error at or near "SELEKT"/],
  ])('a schema that it cannot read: %j', async (sql, message) => {
    writeFileSync(join(folder, 'bad.sql'), sql);
    const schema = new URL(`file://${folder}/bad.sql`);
    const bad = { db: (): HostService => postgres({ schema, engine: 'pglite' }) };
    const { failure } = await runBeside(bad, (_: Realm) => sleep(1));
    expect(failure?.message).toMatch(message);
  });
});
