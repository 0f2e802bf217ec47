import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { fails, holds } from '../test/services/races.ts';
import { type Booking, buy, payment, type Shop } from './webhook/scenario.ts';

/** `npm run services` makes all of the replays and runs. */
const SHARE = 0.05;
const TWICE = /'a book',\s+'a book'/;

fails(payment('each'), TWICE, SHARE);
fails(payment('looked up'), TWICE, SHARE);
holds(payment('added'), SHARE);

/** The shop on this machine's own sockets, and a third party that delivers each webhook twice. */
async function ordersOnReal(booking: Booking): Promise<readonly string[]> {
  const listening = async (server: http.Server): Promise<string> => {
    if (!server.listening) await new Promise((resolve) => server.on('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  let shopAt = '';
  let delivered: Promise<unknown> = Promise.resolve();
  const pay = http.createServer(async (request, response) => {
    const { order } = (await json(request)) as { order: string };
    const deliver = (): Promise<Response> =>
      fetch(`${shopAt}/paid`, {
        method: 'POST',
        body: JSON.stringify({ id: `paid ${order}`, order }),
      });
    delivered = Promise.all([deliver(), deliver()]);
    response.end();
  });
  const payAt = await listening(pay.listen(0, '127.0.0.1'));
  const { listen } = (await import('./webhook/shop.mjs' as string)) as Shop;
  const { server, orders } = listen(booking, payAt, 0);
  shopAt = await listening(server);
  expect(await buy(shopAt, 'a book')).toBe(201);
  await delivered;
  for (const each of [pay, server]) {
    each.close();
    each.closeAllConnections();
  }
  return orders;
}

test('on real sockets', async () => {
  expect(await ordersOnReal('each')).toEqual(['a book', 'a book']);
  expect(await ordersOnReal('added')).toEqual(['a book']);
});
