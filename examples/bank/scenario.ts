import 'heddle/realm';
import { postgres, realm, type Scenario } from 'heddle';
import { type Client, connect, locking, naive, ordered, serializable } from './bank.mjs';

type Transfer = typeof naive;

/** Each with a connection of its own. */
async function using(host: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = await connect(host);
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Sender, recipient and amount. */
type Order = readonly [from: number, to: number, amount: number];

/** Both from the first account to the second. */
export const SAME_WAY: readonly Order[] = [
  [1, 2, 10],
  [1, 2, 30],
];
/** One from the first account to the second, and one back. */
export const CROSSWISE: readonly Order[] = [
  [1, 2, 10],
  [2, 1, 30],
];

/** All of them at the same time. */
export async function carryOut(
  host: string,
  transfer: Transfer,
  orders: readonly Order[],
): Promise<void> {
  await Promise.all(orders.map((order) => using(host, (client) => transfer(client, ...order))));
}

/** What the accounts hold then. */
export async function balances(host: string): Promise<string> {
  let found: unknown[] = [];
  await using(host, async (client) => {
    const { rows } = await client.query('SELECT balance FROM accounts ORDER BY id');
    found = rows.map(({ balance }) => balance);
  });
  return found.join(' and ');
}

const bank = (name: string, transfer: Transfer, orders: readonly Order[]): Scenario =>
  realm(name, async (world) => {
    world.host('db').service(postgres({ schema: './schema.sql' }));
    await carryOut('db', transfer, orders);
    const held = await balances('db');
    const should = orders === SAME_WAY ? '60 and 140' : '120 and 80';
    if (held !== should) throw new Error(`the accounts hold ${held}`);
  });

export const lostUpdate: Scenario = bank('both transfers count', naive, SAME_WAY);
export const deadlock: Scenario = bank('rows are locked', locking, CROSSWISE);
export const inOrder: Scenario = bank('rows are locked in one order', ordered, CROSSWISE);
export const retried: Scenario = bank('serializable, and tried again', serializable, CROSSWISE);
