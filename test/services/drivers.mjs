import pg from 'pg';
import postgresjs from 'postgres';

/** By `pg`. */
export async function connected(more = {}) {
  const client = new pg.Client({ host: 'db', user: 'app', database: 'shop', ...more });
  await client.connect();
  return client;
}

/** By postgres.js. */
export const connectedBySql = () =>
  postgresjs({ host: 'db', user: 'app', database: 'shop', max: 2 });
