// A shop that is paid by way of a third party: whoever buys pays there, and a webhook tells the
// shop to book the order. A third party that has not heard in time that a webhook has come delivers
// it again.
import http from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A store that takes a while, as one does behind a network. */
class Store {
  orders = [];
  #events = new Set();

  async has(event) {
    await sleep(1);
    return this.#events.has(event);
  }

  /** False if it was there already: looking and adding are one step, as by a unique index. */
  async add(event) {
    await sleep(1);
    const isNew = !this.#events.has(event);
    this.#events.add(event);
    return isNew;
  }

  async book(order) {
    await sleep(1);
    this.orders.push(order);
  }
}

/** What the shop does with a webhook. */
const BOOKINGS = {
  /** An order for each webhook: what is delivered twice is sold twice. */
  each: (store, { order }) => store.book(order),
  /** It looks whether it knows the event: if both come together, neither is known. */
  async 'looked up'(store, { id, order }) {
    if (await store.has(id)) return;
    await store.book(order);
    await store.add(id);
  },
  /** Fixed: the first one to add the event books. */
  async added(store, { id, order }) {
    if (await store.add(id)) await store.book(order);
  },
};

export function listen(booking, payAt, port) {
  const store = new Store();
  const server = http
    .createServer(async (request, response) => {
      const said = await json(request);
      if (request.url === '/paid') {
        await BOOKINGS[booking](store, said);
        response.end();
        return;
      }
      const answer = await fetch(payAt, { method: 'POST', body: JSON.stringify(said) });
      response.writeHead(answer.ok ? 201 : 502).end();
    })
    .listen(port);
  return { server, orders: store.orders };
}
