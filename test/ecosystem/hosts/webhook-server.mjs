// A hook that is delivered at least once. VERSION: repaired notes an event before it works on it,
// affected once it has.
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';

const done = new Set();
let balance = 0;
const app = express();
app.use(express.json());
app.post('/hook', async ({ body: { id, amount } }, response) => {
  if (!done.has(id)) {
    if (process.argv[2] === 'repaired') done.add(id);
    await sleep(Math.random() * 4);
    balance += amount;
    done.add(id);
  }
  response.sendStatus(204);
});
app.get('/balance', (_request, response) => response.json(balance));
app.listen(8080);
