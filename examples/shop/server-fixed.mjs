// The same shop, fixed: looking and taking are one step, and nobody else is served in between.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** Whoever comes waits for those who came before. */
let last = Promise.resolve();
const alone = (work) => {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
};

http
  .createServer(async (_request, response) => {
    const sold = await alone(async () => {
      const stock = await store.read();
      if (stock > 0) await store.write(stock - 1);
      return stock > 0;
    });
    if (sold) response.end('sold');
    else response.writeHead(409).end('sold out');
  })
  .listen(Number(process.env.PORT ?? 8080));
