// A shop that sells one thing. It asks its store whether there is one, and then takes it: between
// the two it waits, and whoever asks meanwhile is told that there is one, too.
//
//   heddle run --hosts server=examples/shop/server.mjs,client=examples/shop/client.mjs
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A store that takes a while, as one does behind a network. */
const store = {
  stock: 1,
  async read() {
    await sleep(1);
    return this.stock;
  },
  async write(stock) {
    await sleep(1);
    this.stock = stock;
  },
};

http
  .createServer(async (_request, response) => {
    const stock = await store.read();
    if (stock === 0) {
      response.writeHead(409).end('sold out');
      return;
    }
    await store.write(stock - 1);
    response.end('sold');
  })
  .listen(Number(process.env.PORT ?? 8080));
