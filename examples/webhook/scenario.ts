import 'heddle/realm';
import type { Server } from 'node:http';
import { realm, type Scenario } from 'heddle';
import { expect } from 'vitest';

export type Booking = 'each' | 'looked up' | 'added';

export interface Shop {
  listen(
    booking: Booking,
    payAt: string,
    port: number,
  ): { readonly server: Server; readonly orders: readonly string[] };
}

/** Gives the status that the shop answers with. */
export async function buy(shop: string, order: string): Promise<number> {
  const body = JSON.stringify({ order });
  const { status } = await fetch(`${shop}/buy`, { method: 'POST', body });
  return status;
}

/** One payment at a third party, whose webhook may come twice. */
export const payment = (booking: Booking): Scenario =>
  realm(`a payment is one order: ${booking}`, async (world) => {
    const delivered: Promise<number>[] = [];
    world.host('api.pay.com').http(
      async (request, party) => {
        const { order } = (await request.json()) as { order: string };
        delivered.push(party.webhook('http://shop:8080/paid', { id: `paid ${order}`, order }));
        return Response.json({ paid: true });
      },
      { faults: ['twice'] },
    );
    const { orders } = await world.host('shop').run(async () => {
      const { listen } = await world.import<Shop>('./shop.mjs');
      return listen(booking, 'https://api.pay.com/charges', 8080);
    });
    expect(await buy('http://shop:8080', 'a book')).toBe(201);
    await Promise.all(delivered);
    expect(orders).toEqual(['a book']);
  });
