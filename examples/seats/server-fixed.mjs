// The same seats, fixed: the store takes a seat only if it is free, and says whether it was. A
// unique key of a database does that.
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';

const seats = new Map();
const store = {
  async takeIfFree(seat, name) {
    await sleep(1);
    if (seats.has(seat)) return false;
    seats.set(seat, name);
    return true;
  },
};

const app = express();
app.use(express.json());
app.post('/seats/:seat', async (request, response) => {
  const { seat } = request.params;
  if (await store.takeIfFree(seat, request.body.name)) response.json({ yours: seat });
  else response.status(409).json({ taken: true });
});
app.listen(Number(process.env.PORT ?? 8080));
