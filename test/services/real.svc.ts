// The programs of examples/bank as they are, on a server of PostgreSQL's own and in real time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { locking, naive, ordered, serializable } from '../../examples/bank/bank.mjs';
import { balances, CROSSWISE, carryOut, SAME_WAY } from '../../examples/bank/scenario.ts';
import { Cluster } from '../../src/services/postgres/cluster.ts';
import { Connection } from '../../src/services/postgres/connection.ts';
import { codeOf } from './run.ts';

const TIMES = 20;
const SCHEMA = readFileSync(join(import.meta.dirname, '../../examples/bank/schema.sql'), 'utf8');

const server = Cluster.start();
server.control.query('CREATE ROLE app SUPERUSER LOGIN');
server.control.query('CREATE DATABASE bank');
server.control.query("ALTER DATABASE bank SET deadlock_timeout = '50ms'");
const bank = new Connection(server.connect(), { user: 'postgres', database: 'bank' });
afterAll(() => bank.close());

/** What the accounts hold after the transfers, or why they have failed; so often. */
async function outcomes(transfer: typeof naive, orders: typeof SAME_WAY): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < TIMES; i++) {
    bank.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    bank.query(SCHEMA);
    const code = await codeOf(carryOut(server.folder, transfer, orders));
    found.add(code === 'none' ? await balances(server.folder) : code);
  }
  return found;
}

it('transfers that lock in one order, or are tried again, are all there', async () => {
  expect(await outcomes(ordered, CROSSWISE)).toEqual(new Set(['120 and 80']));
  expect(await outcomes(serializable, CROSSWISE)).toEqual(new Set(['120 and 80']));
});

it('others may lose what they carry, or fail by a deadlock', async () => {
  const lost = await outcomes(naive, SAME_WAY);
  for (const each of lost) expect(each).toMatch(/^(?:60|70|90) and (?:110|130|140)$/);
  const locked = await outcomes(locking, CROSSWISE);
  for (const each of locked) expect(['120 and 80', '40P01']).toContain(each);
  console.log(`in real time: ${[...lost].join(', ')}; ${[...locked].join(', ')}`);
});
