import pg from 'pg';

/** @param {string} host of the database, or the folder of its socket */
export async function connect(host) {
  const client = new pg.Client({ host, user: 'app', database: 'bank' });
  await client.connect();
  return client;
}

/** Runs `work` in a transaction. */
async function inTransaction(client, begin, work) {
  await client.query(begin);
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function balanceOf(client, id, suffix = '') {
  const text = `SELECT balance FROM accounts WHERE id = $1 ${suffix}`;
  const { rows } = await client.query(text, [id]);
  return rows[0].balance;
}

const setBalance = (client, id, balance) =>
  client.query('UPDATE accounts SET balance = $1 WHERE id = $2', [balance, id]);

async function move(client, from, to, amount, balances) {
  await setBalance(client, from, balances.from - amount);
  await setBalance(client, to, balances.to + amount);
  await client.query('INSERT INTO transfers (sender, recipient, amount) VALUES ($1, $2, $3)', [
    from,
    to,
    amount,
  ]);
}

/** Reads both balances, and writes what they should be then: what came between is overwritten. */
export const naive = (client, from, to, amount) =>
  inTransaction(client, 'BEGIN', async () => {
    const balances = { from: await balanceOf(client, from), to: await balanceOf(client, to) };
    await move(client, from, to, amount, balances);
  });

/** Locks both rows first, that of the sender before that of the recipient. */
export const locking = (client, from, to, amount) =>
  inTransaction(client, 'BEGIN', async () => {
    const balances = {
      from: await balanceOf(client, from, 'FOR UPDATE'),
      to: await balanceOf(client, to, 'FOR UPDATE'),
    };
    await move(client, from, to, amount, balances);
  });

/** Locks both rows, always in the same order. */
export const ordered = (client, from, to, amount) =>
  inTransaction(client, 'BEGIN', async () => {
    const found = new Map();
    for (const id of [from, to].sort()) found.set(id, await balanceOf(client, id, 'FOR UPDATE'));
    await move(client, from, to, amount, { from: found.get(from), to: found.get(to) });
  });

/** serialization_failure and deadlock_detected: the transaction may be tried again as it is. */
const AGAIN = new Set(['40001', '40P01']);

/** PostgreSQL refuses what could not have happened one after the other; that is tried again. */
export async function serializable(client, from, to, amount) {
  for (;;) {
    try {
      await inTransaction(client, 'BEGIN ISOLATION LEVEL SERIALIZABLE', async () => {
        const balances = { from: await balanceOf(client, from), to: await balanceOf(client, to) };
        await move(client, from, to, amount, balances);
      });
      return;
    } catch (error) {
      if (!AGAIN.has(error.code)) throw error;
    }
  }
}
