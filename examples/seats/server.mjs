// Seats of a cinema, with express. It looks whether a seat is free, and then takes it: between the
// two it waits for its store, and whoever asks meanwhile is told that the seat is free, too.
//
//   heddle run --hosts server=examples/seats/server.mjs,client=examples/seats/client.mjs
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';

/** A store that takes a while, as one does behind a network. */
const seats = new Map();
const store = {
  async holder(seat) {
    await sleep(1);
    return seats.get(seat);
  },
  async take(seat, name) {
    await sleep(1);
    seats.set(seat, name);
  },
};

const app = express();
app.use(express.json());
app.post('/seats/:seat', async (request, response) => {
  const { seat } = request.params;
  if ((await store.holder(seat)) !== undefined) {
    response.status(409).json({ taken: true });
    return;
  }
  await store.take(seat, request.body.name);
  response.json({ yours: seat });
});
app.listen(Number(process.env.PORT ?? 8080));
