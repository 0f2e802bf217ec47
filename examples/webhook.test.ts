import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fuzz, inMacrotask, replay } from 'heddle';
import { describe, expect, test } from 'vitest';
import { type Booking, buy, payment, type Shop } from './webhook/scenario.ts';

const RUNS = 500;
/** `HEDDLE_WEBHOOK_SHARE=1` makes all of the 100 replays and 2,000 runs. */
const SHARE = Number(process.env['HEDDLE_WEBHOOK_SHARE'] ?? 0.05);
const times = (whole: number): number => Math.max(1, Math.round(whole * SHARE));

const TWICE = /'a book',\s+'a book'/;

describe.each<Booking>(['each', 'looked up'])('an order for each webhook: %s', (booking) => {
  test(`is found within ${RUNS} runs, and each replay is that run`, async () => {
    const of = payment(booking);
    const { found } = await inMacrotask(() => fuzz(of, { runs: RUNS, seed: 1 }));
    expect(found?.failure.message).toMatch(TWICE);
    const digests = new Set<string>();
    for (let i = 0; i < times(100); i++) {
      const { failure, digest } = await inMacrotask(() =>
        replay(of, found?.decisions ?? [], 'strict', { digest: true }),
      );
      expect(failure?.message).toMatch(TWICE);
      digests.add(digest);
    }
    expect(digests.size).toBe(1);
  });
});

test(`an order for each event holds in ${times(2_000)} runs`, async () => {
  const { found } = await inMacrotask(() =>
    fuzz(payment('added'), { runs: times(2_000), seed: 1 }),
  );
  expect(found?.failure.message).toBeUndefined();
});

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
